"""What a grading leaves: a table on the terminal, grade.json, grade.md, and grade.pdf, whose marks print."""

import ctypes
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from writeup.files import write_atomically
from writeup.grade.glyphs import Box
from writeup.grade.items import Verdict
from writeup.grade.pages import Paper
from writeup.grade.rubric import Item, Rubric

COLOURS = {"pass": (0, 120, 80), "not counted": (110, 110, 110), "needs a person": (60, 90, 200)}
RED = (190, 40, 20)
MARKED = 12  # places of an item that are marked on the pages
LINE = 11.0  # points between lines of the summary


@dataclass(frozen=True)
class Sheet:
    """marks: the items with their verdicts. whole: what costs points wherever it fails, at most all."""

    pdf: str
    rubric: Rubric
    marks: Sequence[tuple[Item, Verdict]]
    whole: Sequence[tuple[Item, Verdict]]

    @property
    def counted(self) -> float:
        """The points of all items that count for this paper."""
        return sum(item.points for item, verdict in self.marks if verdict.mark != "not counted")

    @property
    def off(self) -> float:
        """The points that are lost for the report as a whole."""
        counts = [
            (item, one) for item, one in self.whole if one.mark not in ("not counted", "needs a person")
        ]
        return sum(item.points * (1 - one.share) for item, one in counts)

    @property
    def points(self) -> float:
        earned = sum(item.points * verdict.share for item, verdict in self.marks)
        return max(0.0, earned - self.off)

    def summary(self) -> str:
        off = f" ({self.off:g} off for the report as a whole)" if self.off else ""
        left = self.rubric.total - self.counted
        rest = f"; {left:g} more are not counted" if left > 1e-6 else ""
        return f"{self.points:.1f} of {self.counted:g} points{off}{rest}"

    def rows(self) -> Iterator[tuple[Item, Verdict, str]]:
        """Every item with its verdict and its points in words."""
        for item, verdict in self.marks:
            yield (
                item,
                verdict,
                f"{item.points * verdict.share:.2g} of {item.points:.2g}" if item.points else "",
            )
        for item, verdict in self.whole:
            lost = (
                item.points * (1 - verdict.share)
                if verdict.mark not in ("not counted", "needs a person")
                else 0
            )
            yield item, verdict, f"-{lost:.2g}" if lost else ""


def show(sheet: Sheet, console: Console) -> None:
    """The table of items, and the total."""
    shown = Table(box=box.SIMPLE, title=sheet.pdf, title_justify="left")
    for head in ("", "points", "page", "verdict", "evidence"):
        shown.add_column(head, overflow="fold")
    for item, verdict, points in sheet.rows():
        row = f"{item.id} {item.what}", points, str(verdict.page or ""), verdict.mark, verdict.evidence[:200]
        shown.add_row(*map(escape, row))
    console.print(shown, highlight=False)
    console.print(sheet.summary(), highlight=False)


def write(sheet: Sheet, paper: Paper, folder: Path) -> list[Path]:
    """grade.json, grade.md and grade.pdf in the folder; their paths."""
    forms = {
        "grade.json": (json.dumps(_plain(sheet), indent=1, ensure_ascii=False) + "\n").encode(),
        "grade.md": markdown(sheet).encode(),
        "grade.pdf": marked(sheet, paper),
    }
    for name, data in forms.items():
        write_atomically(folder / name, data)
    return [folder / name for name in forms]


def _plain(sheet: Sheet) -> dict[str, Any]:
    rows = [
        {
            "item": item.id,
            "what": item.what,
            "of": round(item.points, 4),
            "share": round(verdict.share, 4),
            "verdict": verdict.mark,
            "page": verdict.page or None,
            "evidence": verdict.evidence,
        }
        for item, verdict, _ in sheet.rows()
    ]
    points = {
        "points": round(sheet.points, 4),
        "counted": round(sheet.counted, 4),
        "total": sheet.rubric.total,
    }
    return {"pdf": sheet.pdf, "rubric": sheet.rubric.path.name, **points, "off": sheet.off, "items": rows}


def markdown(sheet: Sheet) -> str:
    """The same for a reader."""
    lines, problem = [f"# {sheet.pdf}: {sheet.summary()}"], ""
    for item, verdict, points in sheet.rows():
        if item.id.partition(".")[0] != problem:
            problem = item.id.partition(".")[0]
            title = sheet.rubric.titles.get(problem, "The report as a whole")
            lines += [
                "",
                f"## {title}",
                "",
                "| item | points | page | verdict | evidence |",
                "|---|---|---|---|---|",
            ]
        cells = f"{item.id} {item.what}", points, str(verdict.page or ""), verdict.mark, verdict.evidence
        lines.append(
            "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|")[:300] for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


def marked(sheet: Sheet, paper: Paper) -> bytes:
    """The PDF with a frame at each finding, item and points in the margin, and a summary as its last page."""
    document = pypdfium2.PdfDocument(paper.data)
    try:
        notes = list(_notes(sheet))
        for number in sorted({one[0] for one in notes}):
            page = document[number - 1]
            for _, colour, words, place in (one for one in notes if one[0] == number):
                _frame(page, colour, place)
                if words:
                    _print(document, page, words, 12.0, place[3] - 8, 7.0, colour)
            raw.FPDFPage_GenerateContent(page.raw)
        _summary(document, sheet)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()
    finally:
        document.close()


def _notes(sheet: Sheet) -> Iterator[tuple[int, tuple[int, int, int], str, Box]]:
    for item, verdict, points in sheet.rows():
        colour = COLOURS.get(verdict.mark, RED)
        for k, (page, place) in enumerate(verdict.spots[:MARKED]):
            yield page, colour, f"{item.id}: {points}" if not k else "", place


def _frame(page: Any, colour: tuple[int, int, int], place: Box) -> None:
    left, low, right, high = place
    drawn = raw.FPDFPageObj_CreateNewRect(left - 1.5, low - 1.5, right - left + 3, high - low + 3)
    raw.FPDFPageObj_SetStrokeColor(drawn, *colour, 255)
    raw.FPDFPageObj_SetStrokeWidth(drawn, 0.7)
    raw.FPDFPath_SetDrawMode(drawn, raw.FPDF_FILLMODE_NONE, True)
    raw.FPDFPage_InsertObject(page.raw, drawn)


def _print(
    document: Any, page: Any, words: str, x: float, y: float, size: float, colour: tuple[int, int, int]
) -> None:
    drawn = raw.FPDFPageObj_NewTextObj(document.raw, b"Helvetica", size)
    text = ctypes.create_string_buffer(words.encode("utf-16-le", errors="replace") + b"\0\0")
    raw.FPDFText_SetText(drawn, ctypes.cast(text, ctypes.POINTER(ctypes.c_ushort)))
    raw.FPDFPageObj_SetFillColor(drawn, *colour, 255)
    raw.FPDFPageObj_Transform(drawn, 1, 0, 0, 1, x, y)
    raw.FPDFPage_InsertObject(page.raw, drawn)


def _summary(document: Any, sheet: Sheet) -> None:
    """The last pages: every item with its points."""
    width, height = document[0].get_size()
    lines = [(sheet.summary(), (0, 0, 0))]
    for item, verdict, points in sheet.rows():
        lines.append(
            (f"{item.id} {item.what}: {points} {verdict.mark}"[:110], COLOURS.get(verdict.mark, RED))
        )
        if verdict.mark not in ("pass", "not counted"):
            lines.append((f"      {_latin(verdict.evidence)}"[:130], (70, 70, 70)))
    fit = int((height - 80) / LINE)
    for k in range(0, len(lines), fit):
        page = document.new_page(width, height)
        for at, (words, colour) in enumerate(lines[k : k + fit]):
            _print(document, page, _latin(words), 40.0, height - 40 - at * LINE, 8.0, colour)
        raw.FPDFPage_GenerateContent(page.raw)


def _latin(text: str) -> str:
    """Without the letters that the standard fonts lack."""
    names = {
        "σ": "sigma",
        "μ": "mu",
        "∑": "sum ",
        "∏": "prod ",
        "≥": ">=",
        "≤": "<=",
        "∥": "||",
        "′": "'",
        "∫": "int ",
    }
    plain = "".join(names.get(letter, letter) for letter in text)
    return plain.encode("cp1252", errors="replace").decode("cp1252")
