"""A table derived anew beside the one that is printed: head and rows, cell by cell, in their order."""

from dataclasses import dataclass

from writeup.grade.paper import Paper
from writeup.grade.words import plain, squeeze
from writeup.page.source.formats import Table, escape

Span = tuple[int, int]


@dataclass(frozen=True)
class Found:
    """head: where it stands; None: nowhere. rows: where each stands. missing: as they should read."""

    head: Span | None
    rows: list[Span]
    missing: list[str]


def text(cells: "list[object] | tuple[object, ...]") -> str:
    """A row of cells as the page prints them."""
    return " ".join(plain(escape(cell)).strip() for cell in cells)


def find(paper: Paper, table: Table, after: int = 0) -> Found:
    """The table in the paper: its head at or behind the offset `after`, and below it each row in turn."""
    squeezed = paper.squeezed
    head = squeeze(text(list(table.head)))
    rows = [(text(list(row)), squeeze(text(list(row)))) for row in table.rows]
    begin = squeezed.text.find(head, squeezed.at(after)) if head else -1
    if begin < 0:
        return Found(None, [], [shown for shown, _ in rows])
    reach = begin + len(head)
    room = 80 + 2 * len(head)  # a page may turn between two rows, and the head stand there again
    spans: list[Span] = []
    missing: list[str] = []
    for shown, row in rows:
        k = squeezed.text.find(row, reach, reach + len(row) + room + len("".join(missing)))
        if k < 0:
            missing.append(shown)
            continue
        spans.append(squeezed.back(k, k + len(row)))
        reach = k + len(row)
    return Found(squeezed.back(begin, begin + len(head)), spans, missing)
