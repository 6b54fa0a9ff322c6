"""A finished PDF as a reader has it: words in their order with how each is set, pictures, frames, sections.

Whoever made the file does not matter. A word's `look` says what its letters do not: which of them are raised,
lowered, small, bold or of a typewriter face, each beside its line, so that another page or font changes
nothing.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

from writeup.errors import UserError
from writeup.files import read_plain
from writeup.grade import glyphs, layout
from writeup.grade.glyphs import Box, Font, Glyph, hull
from writeup.grade.layout import Row

BYTES = 64 << 20  # of a file that is read
LARGEST = 300  # pages; what is longer is no report
FEWEST = 200  # characters of text; what has fewer is a scan, or empty
PICTURE = 24.0  # points: less is a sign, no picture
CAPTION = re.compile(r"(Figure|Table|Listing|Fig\.|Tab\.)$")
HYPHENS = "-\x02"  # the second is pdfium's, at the end of a line
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
    def mono(self) -> bool:
        return "m" in self.look


@dataclass(frozen=True)
class Place:
    """Where a word stands: its section's number, "" before the first; the float, as "table 2"; else ""."""

    section: str
    of: str


@dataclass(frozen=True)
class Page:
    """number: from 1. looks: of the glyphs. pictures: boxes of embedded drawings and bitmaps; strokes: lines
    of the page's own; links: their boxes, and the number of the page that each leads to, 0 for none of
    these; folio: the number that it bears.
    """

    number: int
    glyphs: Sequence[Glyph]
    looks: Sequence[str]
    words: Sequence[Word]
    rules: Sequence[Box]
    frames: Sequence[Box]
    pictures: Sequence[Box]
    links: Sequence[tuple[Box, int]]
    strokes: int
    folio: Word | None


@dataclass(frozen=True, eq=False)
class Paper:
    """A PDF, read. data: its bytes; document, sheets: it and its pages, as pdfium has them."""

    path: Path
    data: bytes
    pages: Sequence[Page]
    fonts: Collection[Font]
    document: Any
    sheets: Sequence[Any]

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
        heads, lines = dict(self.headings), {begin: (begin, end) for begin, end in self.lines}
        found: list[Place] = []
        section = of = ""
        for k, word in enumerate(self.words):
            section = heads.get(k, section)
            small = word.size < 0.97 * self.body
            line = self.words[slice(*lines.get(k, (k, k)))]
            log = len(line) > 2 and all(one.mono for one in line)
            if small and CAPTION.search(word.text) and k + 1 < len(self.words):
                number = re.match(r"(\d+)[:.]", self.words[k + 1].text)
                of = f"{word.text.lower()} {number[1]}" if number else of
                j = k - 1  # what a figure says stands before its caption
                while of.startswith("fig") and j >= 0 and self._drawn(j, word.page) and not found[j].of:
                    found[j], j = Place(section, of), j - 1
            elif not small or (log and not of.startswith("listing")):
                of = ""
            found.append(Place(section, of))
        return found

    def _drawn(self, k: int, page: int) -> bool:
        """Whether a word of this page may be a drawing's: small, and not of a log."""
        word = self.words[k]
        return word.page == page and word.size < 0.97 * self.body and not word.mono

    @cached_property
    def units(self) -> list[tuple[tuple[str, str], int]]:
        """What is compared as one, how it is set, and its word: letters that stand together, numbers, signs.

        The text in its order, then the floats by their numbers: where these stand, and where lines and pages
        end, is the engine's choice.
        """
        found: list[tuple[str, int, str, str, int]] = []
        before = self.pages[0].glyphs[0]
        for k, word in enumerate(self.words):
            kind, _, number = self.places[k].of.partition(" ")
            if k in self._page_numbers:
                found.append((kind, int(number or 0), "(page)", "", k))
                continue
            page, (begin, end) = self.pages[word.page - 1], word.glyphs
            for j in range(begin, end):
                one, look = page.glyphs[j], page.looks[j]
                after = page.glyphs[j + 1] if j + 1 < end else None
                if one.text in HYPHENS and j > begin and after and before.upright and after.upright:
                    continue  # the end of a line may have put it there
                if one.font.large and one.text == before.text:
                    continue  # a piece more of a long bar
                if _together(before, one) and (j > begin or one.text in "/="):
                    *_, text, last, _ = found.pop()
                    text, look = text + one.text, last if last[-1:] == look[-1:] else last + look
                    text = text if text != "/=" else "=/"
                else:
                    text = one.text
                found.append((kind, int(number or 0), text, look, k))
                before = one
        return [((text, look), k) for *_, text, look, k in sorted(found, key=lambda one: one[:2])]

    @cached_property
    def _page_numbers(self) -> set[int]:
        """Words that alone make a link, and are the number of the page to which it leads. LaTeX leads to
        what bears a number before the label, which may stand a page off.
        """
        found = set()
        for page in self.pages:
            mine = [(k, word) for k, word in enumerate(self.words) if word.page == page.number]
            for box, to in page.links:
                there = [k for k, word in mine if _within(_middle(word.box), [box])] if to else []
                folio = self.pages[to - 1].folio if len(there) == 1 else None
                said = self.words[there[0]].text if folio else ""
                if folio and said.isdigit() and abs(int(said) - int(folio.text)) < 2:
                    found.add(there[0])
        return found

    def number(self, title: str) -> str:
        """The number of the section whose heading has these words; "" where there is none."""
        ends = dict(self.lines)
        for begin, number in self.headings:
            said = self.text(begin + 1, ends.get(begin, begin)).lower()
            if title and title.lower() in said and "." not in number:
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

    @cached_property
    def framed(self) -> list[tuple[int, int]]:
        """The words in each frame, from and to, page by page."""
        found = []
        for page in self.pages:
            mine = [(k, word.box) for k, word in enumerate(self.words) if word.page == page.number]
            for left, low, right, high in page.frames:
                inside = [k for k, box in mine if left < box[0] < right and low < box[1] < high]
                found += [(inside[0], inside[-1] + 1)] if inside else []
        return found


def below(one: Box, two: Box) -> bool:
    """Whether a box lies below another, on the next line."""
    return one[3] < two[1] + 0.3 * (two[3] - two[1]) or one[1] > two[3] + 20


def read(path: Path) -> Paper:
    """The PDF at `path`. UserError for what is missing, no PDF, encrypted, empty, scanned, endless."""
    return parse(path, content(path))


def content(path: Path) -> bytes:
    """Its bytes; UserError for what is missing or no plain file."""
    if not path.exists():
        raise UserError(f"{path}: No such file; make report makes it, or name a PDF")
    return read_plain(path, BYTES)


def parse(path: Path, data: bytes) -> Paper:
    """The same of bytes; `path` is named in errors."""
    if b"%PDF-" not in data[:1024]:
        raise UserError(f"{path}: no PDF (it begins with {data[:8]!r}); name a PDF")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        why = "damaged: no page can be read; make it again"
        if re.search("password|security", str(error), re.IGNORECASE):
            why = "encrypted: save it without a password"
        raise UserError(f"{path}: {why}") from None
    if not 0 < len(document) <= LARGEST:
        many = f"{len(document)} pages; 1 to {LARGEST} are graded"
        raise UserError(f"{path}: {many if len(document) else 'empty: it has no pages'}")
    fonts: dict[int, Font] = {}
    try:
        sheets = list(document)
        pages = [_page(document, sheet, number, fonts) for number, sheet in enumerate(sheets, 1)]
    except pypdfium2.PdfiumError as error:
        raise UserError(f"{path}: damaged ({error}); make it again") from None
    paper = Paper(path, data, pages, fonts.values(), document, sheets)
    if sum(len(page.glyphs) for page in pages) < FEWEST:
        scanned = any(page.pictures for page in pages)
        why = "scanned: it has pictures and no text; typeset it" if scanned else "empty: it has no text"
        raise UserError(f"{path}: {why}")
    return paper


def _page(document: Any, page: Any, number: int, fonts: dict[int, Font]) -> Page:
    text = page.get_textpage()
    pictures, inside = _pictures(page)
    found = [one for one in glyphs.glyphs(text, fonts) if not _within((one.x, one.y), inside)]
    looks = list(_looks(found))
    words = list(_words(found, looks, number))
    _, bottom, _, top = page.get_mediabox()
    folio = None
    if words and words[-1].text.isdigit() and words[-1].box[3] < bottom + 0.1 * (top - bottom):
        folio = words.pop()
    paths = [one.get_bounds() for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=4)]
    bars, frames = glyphs.rules(paths), glyphs.frames(paths)
    links = [_link(document, one) for one in annotations(page) if is_link(one)]
    return Page(number, found, looks, words, bars, frames, pictures, links, len(paths), folio)


def annotations(page: Any) -> Iterator[Any]:
    """What a page bears besides its content, each open while it is looked at."""
    for k in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        one = raw.FPDFPage_GetAnnot(page.raw, k)
        yield one
        raw.FPDFPage_CloseAnnot(one)


def is_link(annotation: Any) -> bool:
    return bool(raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_LINK)


def _link(document: Any, annotation: Any) -> tuple[Box, int]:
    """A link's box, and the number of the page that it leads to, 0 for none."""
    place = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, place)
    link = raw.FPDFAnnot_GetLink(annotation)
    to = link and (raw.FPDFLink_GetDest(document.raw, link)
                   or raw.FPDFAction_GetDest(document.raw, raw.FPDFLink_GetAction(link)))  # fmt: skip
    number = raw.FPDFDest_GetDestPageIndex(document.raw, to) + 1 if to else 0
    return (place.left, place.bottom, place.right, place.top), number


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


def _within(point: tuple[float, float], boxes: Sequence[Box]) -> bool:
    return any(b[0] < point[0] < b[2] and b[1] < point[1] < b[3] for b in boxes)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _words(found: Sequence[Glyph], looks: Sequence[str], number: int) -> Iterator[Word]:
    begin = 0
    for k in range(1, len(found) + 1):
        if k < len(found):
            before, one = found[k - 1], found[k]
            if not one.spaced and abs(one.y - before.y) < 2 * max(before.size, one.size):
                continue
        piece = found[begin:k]
        if piece:
            box = hull(one.box for one in piece)
            look = "".join(looks[begin:k])
            text = "".join(one.text for one in piece)
            yield Word(text.replace("\x02", "-"), look, number, box, piece[0].size, (begin, k))
        begin = k


def _looks(found: Sequence[Glyph]) -> Iterator[str]:
    """+ - raised, lowered beside the last full glyph of the line; < smaller than it; b bold; m typewriter."""
    base: Glyph | None = None
    for one in found:
        code = ord(one.letter[0])
        bold = one.font.bold or 0x1D400 <= code < 0x1D434 or 0x1D7CE <= code < 0x1D7D8
        look = "b" * bold + "m" * one.font.mono
        if one.font.large:
            yield look
            continue
        shift = one.y - base.y if base else 0.0
        if (
            base is None
            or not 0.11 * base.size <= abs(shift) <= 0.9 * base.size
            or one.size > 0.87 * base.size
        ):
            base = one
        else:
            look += ("+" if shift > 0 else "-") + "<" * (1 + (one.size < 0.62 * base.size))
        yield look


def _together(one: Glyph, two: Glyph) -> bool:
    """Whether two glyphs that follow each other belong to a word or a number."""
    if (one.upright and two.upright) or {one.text, two.text} == {"=", "/"}:
        return True
    return (one.text[-1].isdigit() or one.text == ".") and (two.text.isdigit() or two.text == ".")
