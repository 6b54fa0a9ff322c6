"""The report rendered anew from its templates and records, and how a printed one differs from it.

Words are compared with how they are set, in their order, so that a number, a "not", a sign, an index, a bold
cell or a page out of its place is a difference, whatever it means. Each is named with page and words.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from writeup.errors import UserError
from writeup.grade import pages
from writeup.grade.glyphs import Box
from writeup.grade.pages import Paper, Place, Word

if TYPE_CHECKING:
    from writeup.build import Build

SHOWN = 12  # words of a difference that its verdict quotes


@dataclass(frozen=True)
class Difference:
    """kind: text, formula, table, listing, figure, seen or file. section: of the report as it should be. said
    and should: what the page has and what belongs there. spots: pages and boxes.
    """

    kind: str
    section: str
    said: str
    should: str
    spots: Sequence[tuple[int, Box]] = ()
    of: str = ""

    @property
    def page(self) -> int:
        return self.spots[0][0] if self.spots else 0

    def __str__(self) -> str:
        where = f"page {self.page}, {self.of}: " if self.of else f"page {self.page}: " if self.page else ""
        if self.kind in ("seen", "file", "figure"):
            return f"{where}{self.said}"
        said, should = (_cut(one) for one in (self.said, self.should))
        if not self.said:
            return f"{where}missing: {should}"
        return f"{where}{said}, not {should}" if self.should else f"{where}not in the report: {said}"


def _cut(text: str) -> str:
    words = text.split()
    half = SHOWN // 2
    return text if len(words) <= SHOWN else " ".join([*words[:half], "…", *words[-half:]])


def make(build: "Build") -> None:
    """Source and figures of the report, brought up to today's templates and records."""
    from writeup import graph, steps

    if build.pending:
        names = ", ".join(run.name for run in build.pending[:3])
        raise UserError(f"grade: not recorded: {names}; python build.py report computes what is missing")
    graph.make(steps.before_the_forms(build), build.state)


def anew(build: "Build", engine: str) -> Paper:
    """The report as it should be, set by an engine in a folder of its own."""
    from writeup.page.pdf.typeset import typeset

    make(build)
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        made = Path(folder) / "report.pdf"
        typeset(build.path(".tex"), made, engine=engine)
        return pages.read(made)


def engine_of(paper: Paper) -> str:
    """Which engine of ours made a PDF; "" for another's."""
    import pypdfium2

    document = pypdfium2.PdfDocument(paper.data)
    facts = document.get_metadata_dict()
    document.close()
    made = f"{facts.get('Creator', '')} {facts.get('Producer', '')}"
    return next((engine for name, engine in MAKERS.items() if re.search(name, made, re.IGNORECASE)), "")


MAKERS = {"typst": "embedded", "pdftex|latex": "latexmk", "xdvipdfmx|tectonic|xetex": "tectonic"}


def differences(paper: Paper, should: Paper) -> Iterator[Difference]:
    """Where the words of a paper are not those that it should have, in order."""
    here, there = paper.words, should.words
    for a, b, c, d in _unequal(paper, should):
        yield _difference(paper, should, here[a:b], there[c:d], (a, c))


def matched(paper: Paper, should: Paper) -> list[tuple[int, int, int]]:
    """Runs of words that are the same: where they begin in both, and how many they are."""
    found, at, to = [], 0, 0
    for a, b, _, d in [*_unequal(paper, should), (len(paper.words), 0, len(should.words), 0)]:
        if a > at:
            found.append((at, to, a - at))
        at, to = b, d
    return found


def _unequal(paper: Paper, should: Paper) -> list[tuple[int, int, int, int]]:
    """The pieces that differ: first whole lines, then words within what is left."""
    one, two = ([tuple(word.key for word in p.words[a:b]) for a, b in p.lines] for p in (paper, should))
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        (begin, end), (first, last) = _span(paper, a, b), _span(should, c, d)
        words = [word.key for word in paper.words[begin:end]], [word.key for word in should.words[first:last]]
        for inner, e, f, g, h in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
            if inner != "equal":
                found.append((begin + e, begin + f, first + g, first + h))
    return found


def _span(paper: Paper, a: int, b: int) -> tuple[int, int]:
    """The words of lines a to b."""
    lines = paper.lines
    if a == b:
        at = lines[a][0] if a < len(lines) else len(paper.words)
        return at, at
    return lines[a][0], lines[b - 1][1]


def _difference(
    paper: Paper, should: Paper, said: Sequence[Word], wanted: Sequence[Word], at: tuple[int, int]
) -> Difference:
    place = should.places[min(at[1], len(should.places) - 1)] if should.places else Place("", "")
    near = said or paper.words[max(at[0] - 1, 0) : at[0] + 1]
    words = said or wanted
    texts = [" ".join(word.text for word in some) for some in (said, wanted)]
    if texts[0] == texts[1]:  # the letters are the same, and set otherwise
        texts = [" ".join(_with_look(word) for word in some) for some in (said, wanted)]
    return Difference(_kind(words, place), place.section, texts[0], texts[1], spots(near), place.of)


def _kind(words: Sequence[Word], place: Place) -> str:
    if any(word.mono for word in words) and place.of.startswith("listing"):
        return "listing"
    if place.of.startswith("table"):
        return "table"
    return "text"


def _with_look(word: Word) -> str:
    """A word with what its letters do not say."""
    names = {"b": "bold", "+": "raised", "-": "lowered", "<": "small", "m": "typewriter"}
    said = [name for sign, name in names.items() if sign in word.look]
    return f"{word.text} ({', '.join(said) or 'plain'})"


def spots(words: Sequence[Word]) -> list[tuple[int, Box]]:
    """Page and box of each line of some words."""
    found: list[tuple[int, Box]] = []
    for word in words:
        if found and found[-1][0] == word.page and not pages.below(word.box, found[-1][1]):
            a, b = found[-1][1], word.box
            found[-1] = word.page, (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        else:
            found.append((word.page, word.box))
    return found
