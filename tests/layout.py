"""What can be read in a finished PDF about its layout, beside the .tex that it was made from.

Places are (page, points from the top); each check yields what is wrong, in words, nothing where all is right.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

Place = tuple[int, float]
MARGINS = (21.0 - 16.4) / 2 * 72 / 2.54  # points: the text is 16.4 cm wide on A4
HANGING = 7.0  # points by which a comma or hyphen, with the space that its box has, may hang in the margin
FOOT = 775.0  # points: above the page number
LONG = 35  # lines; a shorter listing stands on one page
LONG_DISPLAY = 4  # lines; so does a shorter display
DERIVATION = re.compile(r"\\derivationstarts(.*?)\\derivationover", re.DOTALL)
DISPLAY = re.compile(r"\\begin\{(align\*?)\}(.*?)\\end\{\1\}", re.DOTALL)
STEP = re.compile(r"\[(\d+):")
LISTING = re.compile(r"\\begin\{lstlisting\}\[[^\n]*\]\n(.*?)\n\\end\{lstlisting\}", re.DOTALL)
CAPTIONED = re.compile(
    r"\\(?P<section>section)\*?\{|\\begin\{(?P<kind>figure|table|longtable|lstlisting|algorithm)\}", re.DOTALL
)
LABEL = re.compile(r"(?:\\label\{|\blabel=\{)((?:fig|tab|lst):[^}]*)\}")
REFERENCE = re.compile(r"\\[cC]?ref\{([^}]*)\}")
ANSWERED = re.compile(r"\\pageref\{ans:([^}]*)\}")
HOLE = 0.12  # of the text's height
TOP = 2.2 * 72 / 2.54
KINDS = {"figure": "Figure", "table": "Table", "longtable": "Table"}
KINDS |= {"lstlisting": "Listing", "algorithm": "Algorithm"}


@dataclass(frozen=True)
class Line:
    """Text on one line of a page, pieces beside each other joined; points from the top and from the left."""

    page: int
    top: float
    bottom: float
    left: float
    right: float
    text: str

    @property
    def place(self) -> Place:
        return self.page, self.top


class Read:
    """A PDF and its source: `lines` of text top to bottom, `drawn` as Lines without text, and `headings`.

    headings: level (from 0), title and place of whatever the outline names.
    """

    def __init__(self, pdf: Path, tex: Path) -> None:
        text = tex.read_text(encoding="utf-8")
        self.tex = text[text.index(r"\begin{document}") :]
        self.lines: list[Line] = []
        self.drawn: list[Line] = []
        document = pypdfium2.PdfDocument(pdf)
        self.pages = len(document)
        try:
            for number, page in enumerate(document, 1):
                self.width, height = page.get_size()
                self.lines += _joined(_pieces(page.get_textpage(), number, height))
                for thing in page.get_objects(max_depth=1):
                    if thing.type != pdfium.FPDF_PAGEOBJ_TEXT:
                        left, bottom, right, top = thing.get_bounds()
                        self.drawn.append(Line(number, height - top, height - bottom, left, right, "a line"))
            self.headings = [
                (entry.level, entry.get_title(), _target(document, entry.get_dest()))
                for entry in document.get_toc()
            ]
        finally:
            document.close()

    @property
    def chief(self) -> list[tuple[str, Place]]:
        """Titles and places of the chief sections."""
        return [(title, place) for level, title, place in self.headings if level == 0]

    @property
    def last_of_text(self) -> int:
        """The page on which the references end, before the appendix; without these the last page."""
        ends = [end for (title, _), (_, end) in pairwise(self.chief) if title == "References"]
        return ends[0][0] - (ends[0][1] < TOP + 40) if ends else self.pages

    @cached_property
    def captions(self) -> dict[str, Place]:
        """Where "Figure 3" and its like stand."""
        heads = (
            (re.match(r"((?:Figure|Table|Listing|Algorithm) \d+):", line.text), line) for line in self.lines
        )
        return {match[1]: line.place for match, line in heads if match}

    @cached_property
    def steps(self) -> dict[int, Place]:
        """Where the mark of each step stands."""
        return {int(n): line.place for line in self.lines for n in STEP.findall(line.text)}


def floats_beyond_their_section(read: Read) -> Iterator[str]:
    """Captions that do not stand between the headings of the section in which their source stands."""
    sections = [place for _, place in read.chief]
    ends = [*sections[1:], (10**6, 0.0)]
    counts = dict.fromkeys(KINDS.values(), 0)
    section = -1
    for found in CAPTIONED.finditer(read.tex):
        if found["section"]:
            section += 1
            continue
        counts[KINDS[found["kind"]]] += 1
        name = f"{KINDS[found['kind']]} {counts[KINDS[found['kind']]]}"
        place = read.captions.get(name)
        if section < 0:  # before all sections
            if place is None or _before(sections[0], place):
                yield f"{name} at {place}, the first section at {sections[0]}"
        elif place is None or not _before(sections[section], place) or ends[section] <= place:
            yield f"{name} at {place}, its section from {sections[section]} to {ends[section]}"


def derivations_interrupted(read: Read) -> Iterator[str]:
    """Captions between the first and the last step of a derivation, and displays on two pages; of a long one
    two lines at least stand on each.
    """
    for derivation in DERIVATION.finditer(read.tex):
        numbers = STEP.findall(derivation[1])
        steps = [read.steps[int(n)] for n in numbers]
        for name, place in read.captions.items():
            if min(steps) < place < max(steps):
                yield f"{name} stands within steps {numbers[0]} to {numbers[-1]}"
        for display in DISPLAY.finditer(derivation[1]):
            numbers = STEP.findall(display[2])
            pages = [read.steps[int(n)][0] for n in numbers]
            parts = [pages.count(page) for page in set(pages)]
            if len(parts) > 1 and (len(pages) < LONG_DISPLAY or min(parts) < 2):
                yield f"the display of steps {numbers[0]} to {numbers[-1]} is split"


def listings_split(read: Read) -> Iterator[str]:
    """Listings of fewer than 35 lines that begin on one page and end on another."""
    for number, listing in enumerate(LISTING.finditer(read.tex), 1):
        code = listing[1].splitlines()
        page, top = read.captions[f"Listing {number}"]
        below = _squeezed("".join(line.text for line in read.lines if line.page == page and line.top > top))
        if len(code) < LONG and _squeezed(code[-1]) not in below:
            yield f"Listing {number} begins on page {page} and ends elsewhere"


def headings_alone(read: Read) -> Iterator[str]:
    """Headings with nothing below them on their page."""
    for _, title, (page, top) in read.headings:
        below = [
            one for one in (*read.lines, *read.drawn) if one.page == page and top + 12 < one.bottom < FOOT
        ]
        if len(below) < 2:
            yield f"{title} stands alone at the foot of page {page}"


def beyond_the_text(read: Read) -> Iterator[str]:
    """Text and lines that reach into a margin, further than a hanging full stop."""
    for one in (*read.lines, *read.drawn):
        if one.left < MARGINS - HANGING or one.right > read.width - MARGINS + HANGING:
            yield f"page {one.page}: {one.text!r} from {one.left:.0f} to {one.right:.0f}"


def signs_apart(read: Read) -> Iterator[str]:
    """Lines that begin with a sign or unit whose number stands on the line above, or end before a p value."""
    for above, line in pairwise(read.lines):
        begins = re.match(r"%|±|(points|nats)\b", line.text) and re.search(r"\d$", above.text)
        full = line.page == above.page and above.right > read.width - MARGINS - 20
        if (begins and full) or re.search(r"(adjusted|\()[p ]*[<=]$", line.text):
            yield f"page {line.page}: {line.text!r} below {above.text!r}"


def holes(read: Read, most: float = HOLE) -> Iterator[str]:
    """Pages of which more than `most` is blank in one piece; the last of text and appendix may end early."""
    for page in range(1, read.pages + 1):
        shown = (one for one in (*read.lines, *read.drawn) if one.page == page and one.bottom < FOOT)
        inked = sorted((one.top, one.bottom) for one in shown)
        if page not in (read.pages, read.last_of_text):
            inked.append((FOOT, FOOT))
        reached, widest = TOP, 0.0
        for top, bottom in inked:
            widest, reached = max(widest, top - reached), max(reached, bottom)
        if widest > most * (FOOT - TOP):
            yield f"page {page}: {widest / (FOOT - TOP):.0%} of its height is blank"


def sentences_cut(read: Read) -> Iterator[str]:
    """Captions of tables and listings right below a full line of text whose sentence goes on elsewhere."""
    inside = [line for line in read.lines if TOP - 5 < line.top < FOOT]
    for above, line in pairwise(inside):
        full = above.left < MARGINS + 3 and above.right > read.width - MARGINS - 3
        if re.match(r"(Table|Listing|Algorithm) \d+:", line.text) and full and above.text[-1] not in ".:?!)]":
            yield f"page {line.page}: {line.text[:30]!r} stands below {above.text!r}"


def never_referred_to(read: Read) -> Iterator[str]:
    """Figures, tables and listings that the text does not refer to."""
    named = {name.strip() for names in REFERENCE.findall(read.tex) for name in names.split(",")}
    yield from (f"{label} is never referred to" for label in LABEL.findall(read.tex) if label not in named)


def never_cited(read: Read) -> Iterator[str]:
    """Works of the bibliography that the text does not cite."""
    for work in re.findall(r"\\hypertarget\{ref:([^}]*)\}", read.tex):
        if rf"\hyperlink{{ref:{work}}}" not in read.tex:
            yield f"{work} is never cited"


def answers_elsewhere(read: Read, questions: Mapping[str, str]) -> Iterator[str]:
    """Rows of the first page's table that name another page than the answer's, and questions without a row.

    questions: by the key of its answer, the words after "Answer".
    """
    first = [line for line in read.lines if line.place < read.chief[0][1] and line.page == 1]
    (head,) = (line for line in first if re.fullmatch(r"question\b.*\bpage", line.text))
    rows = [line.text for line in first if line.top > head.top and line.right > head.right - 6]
    pages = [int(row.split()[-1]) for row in rows]
    keys = ANSWERED.findall(read.tex)
    yield from (f"question {questions[key]} has no row" for key in questions if key not in keys)
    for key, page in zip(keys, pages, strict=True):
        there = [line.page for line in read.lines if line.text.startswith(f"Answer {questions[key]}.")]
        if there != [page]:
            yield f"question {questions[key]}: page {page} is named, the answer stands on {there}"


def _pieces(text: Any, page: int, height: float) -> Iterator[Line]:
    for index in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(index)
        yield Line(
            page, height - top, height - bottom, left, right, text.get_text_bounded(left, bottom, right, top)
        )


def _joined(pieces: Iterator[Line]) -> list[Line]:
    """Pieces whose middles are at one height, as lines."""
    lines: list[list[Line]] = []
    for piece in sorted(pieces, key=lambda one: one.top + one.bottom):
        middle = (piece.top + piece.bottom) / 2
        if lines and lines[-1][0].top <= middle <= lines[-1][0].bottom:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    found = []
    for line in lines:
        line.sort(key=lambda one: one.left)
        text = unicodedata.normalize("NFKC", " ".join(" ".join(one.text.split()) for one in line))
        edges = min(one.top for one in line), max(one.bottom for one in line)
        found.append(Line(line[0].page, *edges, line[0].left, max(one.right for one in line), text))
    return found


def _target(document: Any, target: Any) -> Place:
    page = target.get_index()
    height = document[page].get_height()
    heights = [value for value in target.get_view()[1] if value]
    return page + 1, height - (heights[-1] if heights else height)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _before(first: Place, second: Place) -> bool:
    """Whether a heading's anchor comes first; it may lie a little above or below its line."""
    return (first[0], first[1] - 30) <= second


Check = Callable[[Read], Iterator[str]]
CHECKS: Sequence[Check] = (
    floats_beyond_their_section,
    derivations_interrupted,
    listings_split,
    headings_alone,
    beyond_the_text,
    signs_apart,
)
OF_A_PAPER: Sequence[Check] = (never_referred_to, never_cited)
