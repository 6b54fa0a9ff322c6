"""A finished PDF as a grader reads it: its text in order, where each character stands, and its pictures.

Whoever made the file does not matter. What is drawn inside a figure (ticks, labels) is no text of the report.
"""

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.grade.words import Squeezed
from writeup.page.elements import CAPTIONS

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points

LARGEST = 300  # pages; what is longer is no report
FEWEST = 200  # characters of text; what has fewer is a scan, or empty
PICTURE = 24.0  # points: less is a sign, no picture
BREAK = "\f"  # between the text and a figure or table that stood amid it


@dataclass(frozen=True)
class Picture:
    """A place on a page where a figure is embedded: a drawing or a bitmap.

    order: which object of the page it is. scale: of a drawing, how many points on the page one of its own is;
    0 of a bitmap.
    """

    page: int
    box: Box
    order: int
    scale: float = 0.0

    def of_size(self, width: float, height: float) -> Box:
        """Its place, for a drawing that is so large by itself: lines beyond its edge do not count."""
        left, low, *_ = self.box
        return (left, low, left + self.scale * width, low + self.scale * height) if self.scale else self.box


@dataclass(frozen=True)
class Stroke:
    """A line or area that is drawn on a page itself, in no embedded drawing. plain: a box has few points."""

    page: int
    box: Box
    plain: bool


@dataclass(frozen=True, eq=False)
class Paper:
    """text: all pages in order, without page numbers and what stands in pictures. pages, boxes, sizes, mono
    (set in a typewriter face): of each character of it. sheets: width and height of each page.
    """

    path: Path
    data: bytes
    text: str
    pages: list[int]
    boxes: list[Box]
    sizes: list[float]
    mono: list[bool]
    sheets: list[tuple[float, float]]
    pictures: list[Picture]
    strokes: list[Stroke] = field(default_factory=list)
    fonts: dict[str, bool] = field(default_factory=dict)  # name -> embedded
    folios: list[str] = field(default_factory=list)  # the number that each page bears; "" none

    @cached_property
    def squeezed(self) -> Squeezed:
        return Squeezed(self.text)

    @cached_property
    def body(self) -> float:
        """The size of most of the letters, in points."""
        counted = Counter(
            round(size, 1) for c, size in zip(self.text, self.sizes, strict=True) if c.isalpha()
        )
        return counted.most_common(1)[0][0]

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Offset and text of each line that is set larger than the body, below the first page's title."""
        found = []
        for line in re.finditer(r"[^\n]+", self.text):
            letters = [k for k in range(*line.span()) if self.text[k].isalnum()]
            if letters and min(self.sizes[k] for k in letters) > 1.04 * self.body:
                found.append((line.start(), line[0]))
        return found

    def page(self, offset: int) -> int:
        """The page of a character of the text, from 1; 0 where there is none."""
        return self.pages[offset] if 0 <= offset < len(self.pages) else 0

    def place(self, begin: int, end: int) -> list[tuple[int, Box]]:
        """Page and box of each line of text[begin:end]."""
        lines: dict[tuple[int, int], Box] = {}
        last: tuple[int, int] | None = None
        number = 0
        for k in range(max(begin, 0), min(end, len(self.text))):
            if self.text[k].isspace():
                number += self.text[k] == "\n"
                continue
            key, (left, low, right, high) = (self.pages[k], number), self.boxes[k]
            old = lines.get(key, (left, low, right, high))
            lines[key] = min(old[0], left), min(old[1], low), max(old[2], right), max(old[3], high)
            last = key
        return [(page, box) for (page, _), box in lines.items()] if last else []


def read(path: Path) -> Paper:
    """The PDF at `path`. UserError for what is missing, no PDF, encrypted, empty, scanned, endless."""
    import pypdfium2

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror or error}; make report makes it, or name a PDF by --pdf"
        ) from None
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
        return _read(path, data, document)
    except pypdfium2.PdfiumError as error:
        raise UserError(f"{path}: damaged ({error}); make it again") from None
    finally:
        document.close()


def _read(path: Path, data: bytes, document: Any) -> Paper:
    count = len(document)
    if not count:
        raise UserError(f"{path}: empty: it has no pages")
    if count > LARGEST:
        raise UserError(f"{path}: {count} pages; a report of more than {LARGEST} is not graded")
    paper = Paper(path, data, "", [], [], [], [], [], [])
    text: list[str] = []
    for number, page in enumerate(document, 1):
        paper.sheets.append(page.get_size())
        pictures, drawn = _pictures(page, number, page.get_size())
        found, folio = _letters(page, drawn)
        paper.folios.append(folio)
        paper.strokes.extend(_strokes(page, number))
        paper.pictures.extend(
            _shrunk(one, [box for letters, box, *_ in found if not letters.isspace()]) for one in pictures
        )
        for letters, box, size, font in found:
            if font is not None:
                paper.fonts[font[0]] = font[1]
            for letter in letters:
                text.append(letter)
                paper.pages.append(number)
                paper.boxes.append(box)
                paper.sizes.append(size)
                paper.mono.append(font is not None and "Mono" in font[0])
        text.append("\n")
        paper.pages.append(number)
        paper.boxes.append((0, 0, 0, 0))
        paper.sizes.append(0)
        paper.mono.append(False)
    whole = "".join(text)
    flow = in_flow(whole, paper.sizes, paper.boxes)
    places = [k for _, k in flow]
    if sum(c.isalnum() for c in whole) < FEWEST:
        hint = (
            "scanned: it has pictures and no text; typeset it" if paper.pictures else "empty: it has no text"
        )
        raise UserError(f"{path}: {hint}")
    return replace(
        paper,
        text="".join(letter for letter, _ in flow),
        pages=[paper.pages[k] for k in places],
        boxes=[paper.boxes[k] for k in places],
        sizes=[paper.sizes[k] for k in places],
        mono=[paper.mono[k] for k in places],
    )


FLOAT = re.compile(rf"({CAPTIONS})\s+\d+\s*[:.]\s")


def in_flow(text: str, sizes: list[float], boxes: list[Box]) -> list[tuple[str, int]]:
    """The characters in the order in which they are read, and where each stood.

    A figure or table that stands amid a sentence comes behind it. It begins with its caption and ends where a
    line of the body's size does, but for lines in columns. A BREAK before and behind sets it apart.
    """
    counted = Counter(round(size, 1) for c, size in zip(text, sizes, strict=True) if c.isalpha())
    body = counted.most_common(1)[0][0] if counted else 0.0
    flow: list[tuple[str, int]] = []
    waiting: list[tuple[str, int]] = []
    floating = ""

    def flush() -> None:
        if waiting:
            apart = [("\n", waiting[0][1]), (BREAK, waiting[0][1]), ("\n", waiting[0][1])]
            flow.extend([*apart, *waiting, *apart])
            waiting.clear()

    for line in re.finditer(r"[^\n]*\n|[^\n]+", text):
        places = range(*line.span())
        letters = Counter(round(sizes[k], 1) for k in places if text[k].isalpha())
        size = letters.most_common(1)[0][0] if letters else 0.0
        if (caption := FLOAT.match(line[0])) and size < 0.97 * body:
            floating = caption[1]
        elif size > 1.04 * body or (
            size >= 0.97 * body and not (floating == "Table" and _in_columns(text, boxes, places, body))
        ):
            floating = ""
        if floating:
            waiting += [(text[k], k) for k in places]
            continue
        if size > 1.04 * body:  # a heading
            flush()
        flow += [(text[k], k) for k in places]
        if size > 1.04 * body:
            flow += [(BREAK, places[-1]), ("\n", places[-1])]
        if line[0].rstrip().endswith((".", "?", "!", "◼", "■", "\ufe0e")):
            flush()
    flush()
    return flow


def _in_columns(text: str, boxes: list[Box], places: range, body: float) -> bool:
    """Whether a line has a gap that no space between words has."""
    solid = [boxes[k] for k in places if not text[k].isspace()]
    return any(after[0] - before[2] > 0.9 * body for before, after in pairwise(solid))


def _pictures(page: Any, number: int, sheet: tuple[float, float]) -> tuple[list[Picture], set[int]]:
    """The embedded drawings and bitmaps of a page, and the addresses of the text objects within drawings.

    One that fills the page is the page.
    """
    import pypdfium2.raw as raw

    pictures, within = [], set()
    for order, one in enumerate(page.get_objects(max_depth=1)):
        if one.type not in (raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_IMAGE):
            continue
        left, low, right, high = one.get_bounds()
        if (
            min(right - left, high - low) < PICTURE
            or (right - left) * (high - low) > 0.9 * sheet[0] * sheet[1]
        ):
            continue
        scale = 0.0
        if one.type == raw.FPDF_PAGEOBJ_FORM:
            within |= set(_text_objects(one.raw))
            a, b, _, _, e, f = one.get_matrix().get()
            if not b and a > 0:
                scale, left, low = a, e, f
        pictures.append(Picture(number, (left, low, right, high), order, scale))
    return pictures, within


def _strokes(page: Any, number: int) -> Iterator[Stroke]:
    import pypdfium2.raw as raw

    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        yield Stroke(number, one.get_bounds(), raw.FPDFPath_CountSegments(one.raw) <= 6)


def _text_objects(form: Any) -> Iterator[int]:
    import pypdfium2.raw as raw

    for k in range(raw.FPDFFormObj_CountObjects(form)):
        one = raw.FPDFFormObj_GetObject(form, k)
        kind = raw.FPDFPageObj_GetType(one)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield ctypes.cast(one, ctypes.c_void_p).value or 0
        elif kind == raw.FPDF_PAGEOBJ_FORM:
            yield from _text_objects(one)


def _shrunk(picture: Picture, letters: list[Box]) -> Picture:
    """Without the text above it: lines that are cut off at its edge count in its box."""
    left, low, right, high = picture.box
    above = [b for a, b, c, d in letters if left < (a + c) / 2 < right and low < (b + d) / 2 < high]
    return replace(picture, box=(left, low, right, min([high, *above])))


Letter = tuple[str, Box, float, tuple[str, bool] | None]


def _letters(page: Any, drawn: set[int]) -> tuple[list[Letter], str]:
    """The characters of a page in their order, without what drawings say (`drawn`), and its page number."""
    import pypdfium2.raw as raw

    text = page.get_textpage()
    _, bottom, _, top = page.get_cropbox()
    found: list[Letter] = []
    sides = [ctypes.c_double() for _ in range(4)]
    fonts: dict[int, tuple[str, bool]] = {}
    half = 0
    for k in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text.raw, k)
        raw.FPDFText_GetCharBox(text.raw, k, sides[0], sides[2], sides[1], sides[3])
        left, low, right, high = (side.value for side in sides)
        font = _font(text, k, fonts)
        if 0xD800 <= code < 0xDC00:  # pdfium hands out halves
            half = code
            continue
        if half:
            code, half = 0x10000 + ((half - 0xD800) << 10) + (code - 0xDC00), 0
        if code == 13 or (
            font is not None and re.search("CMEX|MathExtension", font[0])
        ):  # large brackets and sums of TeX
            continue
        one = raw.FPDFText_GetTextObject(text.raw, k)
        if drawn and one and (ctypes.cast(one, ctypes.c_void_p).value or 0) in drawn:
            continue
        letters = "\n" if code == 10 else unicodedata.normalize("NFKC", chr(code) if code else "")
        found.append((letters, (left, low, right, high), raw.FPDFText_GetFontSize(text.raw, k), font))
    return _without_page_number(found, bottom + 0.1 * (top - bottom))


def _font(text: Any, k: int, known: dict[int, tuple[str, bool]]) -> tuple[str, bool] | None:
    """Name of a character's font, and whether the file brings it along."""
    import pypdfium2.raw as raw

    one = raw.FPDFText_GetTextObject(text.raw, k)
    font = raw.FPDFTextObj_GetFont(one) if one else None
    if not font:
        return None
    address = ctypes.cast(font, ctypes.c_void_p).value or 0
    if address not in known:
        size = raw.FPDFFont_GetBaseFontName(font, None, 0)
        buffer = ctypes.create_string_buffer(size)
        raw.FPDFFont_GetBaseFontName(font, buffer, size)
        known[address] = buffer.value.decode(errors="replace"), bool(raw.FPDFFont_GetIsEmbedded(font))
    return known[address]


def _without_page_number(letters: list[Letter], below: float) -> tuple[list[Letter], str]:
    """Without a last line of digits alone that lies below a height; and these digits."""
    solid = [k for k, one in enumerate(letters) if not one[0].isspace()]
    foot: set[int] = set()
    for k in reversed(solid):
        _, low, _, high = letters[k][1]
        if foot and low > letters[solid[-1]][1][3]:
            break  # a line above
        if high > below or not letters[k][0].isdigit():
            return letters, ""  # they end a line of text
        foot.add(k)
    return [one for k, one in enumerate(letters) if k not in foot], "".join(
        letters[k][0] for k in sorted(foot)
    )
