"""A finished PDF as a reader has it: words in their order with how each is set, pictures, frames, sections.

Whoever made the file does not matter. A word's `look` says what its letters do not: which of them are raised,
lowered, small, bold or of a typewriter face, each beside the one before it, so that another page or font
changes nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

from writeup.errors import UserError
from writeup.grade import glyphs, layout
from writeup.grade.glyphs import Box, Glyph
from writeup.grade.layout import Row

LARGEST = 300  # pages; what is longer is no report
FEWEST = 200  # characters of text; what has fewer is a scan, or empty
PICTURE = 24.0  # points: less is a sign, no picture
BOLD = re.compile(r"Bold|CMBX|BX\d|-Bd|Black|SemiBold|Demi", re.IGNORECASE)
MONO = re.compile(r"Mono|CMTT|TT\d|Courier|Consol|Typewriter|Code", re.IGNORECASE)
CAPTION = re.compile(r"(Figure|Table|Listing|Fig\.|Tab\.)$")
TOP = re.compile(r"[1-9]|[A-Z]")
NUMBERED = re.compile(r"(\d+(\.\d+)*|[A-Z](\.\d+)*)\.?")


@dataclass(frozen=True)
class Word:
    """glyphs: places in its page's list of glyphs, from and to. look: see the module."""

    text: str
    look: str
    page: int
    box: Box
    size: float
    glyphs: tuple[int, int]

    @property
    def key(self) -> tuple[str, str]:
        return self.text, self.look

    @property
    def mono(self) -> bool:
        return "m" in self.look


@dataclass(frozen=True)
class Place:
    """Where a word stands: its section's number, "" before the first; the float, as "table 2"; else ""."""

    section: str
    of: str


@dataclass(frozen=True)
class Page:
    """number: from 1. pictures: boxes of embedded drawings and bitmaps; strokes: lines of the page's
    own; folio: the number that it bears."""

    number: int
    size: tuple[float, float]
    glyphs: Sequence[Glyph]
    words: Sequence[Word]
    rules: Sequence[Box]
    frames: Sequence[Box]
    pictures: Sequence[Box]
    strokes: int
    folio: str


@dataclass(frozen=True, eq=False)
class Paper:
    """A PDF, read. data: its bytes; fonts: name -> whether the file brings it along."""

    path: Path
    data: bytes
    pages: Sequence[Page]
    fonts: dict[str, bool]

    @cached_property
    def words(self) -> list[Word]:
        return [word for page in self.pages for word in page.words]

    @cached_property
    def body(self) -> float:
        """The size of most letters, in points."""
        counted: Counter[float] = Counter()
        for word in self.words:
            counted[round(word.size, 1)] += len(word.text)
        return counted.most_common(1)[0][0]

    @cached_property
    def lines(self) -> list[tuple[int, int]]:
        """The words of each line, from and to."""
        starts = [0]
        for k in range(1, len(self.words)):
            before, word = self.words[k - 1], self.words[k]
            if word.page != before.page or word.box[0] < before.box[0] - 2 or below(word.box, before.box):
                starts.append(k)
        return list(zip(starts, [*starts[1:], len(self.words)], strict=True))

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """The first word of each numbered heading, and its number: lines larger or bolder than the body."""
        found = []
        for begin, end in self.lines:
            first = self.words[begin]
            large = min(word.size for word in self.words[begin:end]) > 1.04 * self.body
            bold = all("b" in word.look for word in self.words[begin : min(end, begin + 4)])
            if end - begin > 1 and NUMBERED.fullmatch(first.text) and (large or (bold and "." in first.text)):
                found.append((begin, first.text.rstrip(".")))
        return found

    @cached_property
    def places(self) -> list[Place]:
        """Where each word stands."""
        heads = dict(self.headings)
        found, section, of = [], "", ""
        for k, word in enumerate(self.words):
            section = heads.get(k, section)
            small = word.size < 0.97 * self.body
            if small and CAPTION.search(word.text) and k + 1 < len(self.words):
                number = re.match(r"(\d+)[:.]", self.words[k + 1].text)
                of = f"{word.text.lower()} {number[1]}" if number else of
            elif not small:
                of = ""
            found.append(Place(section, of))
        return found

    def number(self, title: str) -> str:
        """The number of the section whose heading has these words; "" where there is none."""
        ends = dict(self.lines)
        for begin, number in self.headings:
            if (
                title
                and title.lower() in self.text(begin + 1, ends.get(begin, begin)).lower()
                and "." not in number
            ):
                return number
        return ""

    def section(self, number: str) -> tuple[int, int]:
        """The words of a numbered section with what is below it; (0, 0) where there is none."""
        for k, (begin, found) in enumerate(self.headings):
            if found == number:
                inner = number + "."
                ends = (at for at, other in self.headings[k + 1 :] if not other.startswith(inner))
                return begin, next(ends, len(self.words))
        return 0, 0

    def text(self, begin: int, end: int) -> str:
        return " ".join(word.text for word in self.words[begin:end])

    def rows(self, begin: int, end: int) -> list[Row]:
        """The lines of some words, as rows of signs; page by page, without headings."""
        found: list[Row] = []
        for page in self.pages:
            mine = [
                w.glyphs for w in self.words[begin:end] if w.page == page.number and w.size < 1.1 * self.body
            ]
            signs = [page.glyphs[k] for one in mine for k in range(*one)]
            if signs:
                low, high = min(g.box[1] for g in signs), max(g.box[3] for g in signs)
                found += layout.lines(signs, [box for box in page.rules if low < box[1] < high])
        return found

    def framed(self, page: Page, frame: Box) -> list[int]:
        """The words in a frame."""
        left, low, right, high = frame
        return [
            k
            for k, word in enumerate(self.words)
            if word.page == page.number and left < word.box[0] < right and low < word.box[1] < high
        ]


def below(one: Box, two: Box) -> bool:
    """Whether a box lies below another, on the next line."""
    return one[3] < two[1] + 0.3 * (two[3] - two[1]) or one[1] > two[3] + 20


def read(path: Path) -> Paper:
    """The PDF at `path`. UserError for what is missing, no PDF, encrypted, empty, scanned, endless."""
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = "make report makes it, or name a PDF by --pdf"
        raise UserError(f"{path}: {error.strerror or error}; {hint}") from None
    return parse(path, data)


def parse(path: Path, data: bytes) -> Paper:
    """The same of bytes; `path` is named in errors."""
    if b"%PDF-" not in data[:1024]:
        raise UserError(f"{path}: no PDF (it begins with {data[:8]!r}); name a PDF by --pdf")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        why = (
            "encrypted: save it without a password"
            if locked
            else "damaged: no page can be read; make it again"
        )
        raise UserError(f"{path}: {why}") from None
    try:
        if not 0 < len(document) <= LARGEST:
            why = (
                f"{len(document)} pages; 1 to {LARGEST} are graded"
                if len(document)
                else "empty: it has no pages"
            )
            raise UserError(f"{path}: {why}")
        fonts: dict[str, bool] = {}
        pages = [_page(page, number, fonts) for number, page in enumerate(document, 1)]
    except pypdfium2.PdfiumError as error:
        raise UserError(f"{path}: damaged ({error}); make it again") from None
    finally:
        document.close()
    paper = Paper(path, data, pages, fonts)
    if sum(len(page.glyphs) for page in pages) < FEWEST:
        scanned = any(page.pictures for page in pages)
        why = "scanned: it has pictures and no text; typeset it" if scanned else "empty: it has no text"
        raise UserError(f"{path}: {why}")
    return paper


def _page(page: Any, number: int, fonts: dict[str, bool]) -> Page:
    text = page.get_textpage()
    pictures, inside = _pictures(page)
    found = [one for one in glyphs.glyphs(page, text, fonts) if not _within(one, inside)]
    words = list(_words(found, number))
    _, bottom, _, top = page.get_mediabox()
    folio = ""
    if words and words[-1].text.isdigit() and words[-1].box[3] < bottom + 0.1 * (top - bottom):
        folio = words.pop().text
    paths = [one.get_bounds() for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=4)]
    bars, frames = glyphs.rules(paths), glyphs.frames(paths)
    return Page(number, page.get_size(), found, words, bars, frames, pictures, len(paths), folio)


def _pictures(page: Any) -> tuple[list[Box], list[Box]]:
    """The boxes of embedded drawings and bitmaps, and of those whose words are the drawing's own."""
    found, drawn = [], []
    _, height = page.get_size()
    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_IMAGE], max_depth=1):
        box = one.get_bounds()
        if min(box[2] - box[0], box[3] - box[1]) > PICTURE:
            found.append(box)
            if one.type == raw.FPDF_PAGEOBJ_FORM and box[3] - box[1] < 0.8 * height:
                drawn.append(box)
    return found, drawn


def _within(glyph: Glyph, boxes: Sequence[Box]) -> bool:
    return any(b[0] < glyph.x < b[2] and b[1] < glyph.y < b[3] for b in boxes)


def _words(found: Sequence[Glyph], number: int) -> Iterator[Word]:
    begin = 0
    for k in range(1, len(found) + 1):
        if k < len(found):
            before, one = found[k - 1], found[k]
            if not one.spaced and abs(one.y - before.y) < 2 * max(before.size, one.size):
                continue
        piece = found[begin:k]
        if piece:
            boxes = [one.box for one in piece]
            box = (min(b[0] for b in boxes), min(b[1] for b in boxes),
                   max(b[2] for b in boxes), max(b[3] for b in boxes))  # fmt: skip
            look = "".join(_look(found, at) for at in range(begin, k))
            yield Word(
                "".join(one.text for one in piece), look.strip("="), number, box, piece[0].size, (begin, k)
            )
        begin = k


def _look(found: Sequence[Glyph], k: int) -> str:
    """How a glyph is set beside the one before: = as that; + - raised, lowered; < small; b bold; m mono."""
    one = found[k]
    look = (
        "b" if BOLD.search(one.font) or 0x1D400 <= ord(one.letter[0]) < 0x1D434 or _bold_digit(one) else ""
    ) + ("m" if MONO.search(one.font) else "")
    if k:
        before = found[k - 1]
        size = max(one.size, before.size)
        if (
            abs(one.box[0] - before.box[2]) < 0.6 * size
            and abs(one.y - before.y) < 0.9 * size
            and not one.large
        ):
            shift = one.y - before.y
            if abs(shift) > 0.11 * size and not before.large:
                look += "+" if shift > 0 else "-"
            look += "<" if one.size < 0.87 * before.size else ""
    return look or "="


def _bold_digit(one: Glyph) -> bool:
    return 0x1D7CE <= ord(one.letter[0]) <= 0x1D7D7
