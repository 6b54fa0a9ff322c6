"""The report rendered anew from its templates and records, and how a printed one differs from it.

Words are compared with how they are set, in their order, so that a number, a "not", a sign, an index, a bold
cell or a page out of its place is a difference, whatever it means. Each is named with page and words.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from writeup.errors import UserError
from writeup.grade import pages
from writeup.grade.glyphs import Box, hull
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
    facts = paper.document.get_metadata_dict()
    made = f"{facts.get('Creator', '')} {facts.get('Producer', '')}"
    return next((engine for name, engine in MAKERS.items() if re.search(name, made, re.IGNORECASE)), "")


MAKERS = {"typst": "embedded", "pdftex|latex": "latexmk", "xdvipdfmx|tectonic|xetex": "tectonic"}


@dataclass(frozen=True)
class Beside:
    """A paper's words beside those of the report as it should be.

    same: pairs of words that are equal. others: pieces that are not, from and to in the units of both.
    """

    paper: Paper
    should: Paper
    same: Sequence[tuple[int, int]]
    others: Sequence[tuple[slice, slice]]

    def differences(self) -> Iterator[Difference]:
        """Each piece, in order."""
        paper, should = self.paper, self.should
        for one, two in self.others:
            at, to = (
                list(dict.fromkeys(k for _, k in p.units[piece]))
                for p, piece in ((paper, one), (should, two))
            )
            said, wanted = [paper.words[k] for k in at], [should.words[k] for k in to]
            place, first = should.places[_first(should, two)], _first(paper, one)
            near = said or paper.words[max(first - 1, 0) : first + 1]
            texts = [" ".join(word.text for word in some) for some in (said, wanted)]
            if texts[0] == texts[1]:  # the letters are the same, and set otherwise
                texts = [" ".join(_with_look(word) for word in some) for some in (said, wanted)]
            kind = _kind(said or wanted, place)
            yield Difference(kind, place.section, texts[0], texts[1], spots(near), place.of)


def beside(paper: Paper, should: Paper) -> Beside:
    """The longest common sequence of their units, and what is left."""
    known: dict[tuple[str, str], int] = {}
    one, two = ([known.setdefault(key, len(known)) for key, _ in p.units] for p in (paper, should))
    same: list[tuple[int, int]] = []
    others: list[tuple[slice, slice]] = []
    for step in LCSseq.opcodes(one, two):
        if step.tag == "equal":
            pairs = zip(
                range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True
            )
            same += [(paper.units[a][1], should.units[b][1]) for a, b in pairs]
        else:
            begin = step.src_start, step.dest_start
            if others and (others[-1][0].stop, others[-1][1].stop) == begin:
                begin = others[-1][0].start, others.pop()[1].start
            others.append((slice(begin[0], step.src_end), slice(begin[1], step.dest_end)))
    return Beside(paper, should, same, others)


def _first(paper: Paper, piece: slice) -> int:
    """The word that a piece begins with, or would stand before."""
    begin: int = piece.start
    return paper.units[min(begin, len(paper.units) - 1)][1]


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
            found[-1] = word.page, hull((found[-1][1], word.box))
        else:
            found.append((word.page, word.box))
    return found
