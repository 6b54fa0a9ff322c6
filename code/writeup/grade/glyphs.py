"""What a page prints, glyph by glyph: letter, baseline, box, size and font; its rules and boxes beside them.

Positions are points from the page's lower left corner. Letters are plain: an italic, bold or calligraphic N
is `N`. TeX's extension fonts have no letters for large brackets and operators: LARGE has their codes.
"""

import ctypes
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as raw

Box = tuple[float, float, float, float]  # left, bottom, right, top

_LARGE = {  # codes of cmex10 and its kin: TeXbook, page 432
    "(": "\x00\x10\x12\x20\uf8eb\uf8ed\x30\x40", ")": "\x01\x11\x13\x21\uf8f6\uf8f8\x31\x41",
    "[": "\x02\x14\x22\x68", "]": "\x03\x15\x23\x69", "{": "\x08\x1a\x28\x6e", "}": "\x09\x1b\x29\x6f",
    "|": "\x0c", "∥": "\x0d", "∑": "PX", "∏": "QY", "∫": "RZ", "√": "pqrst",
}  # fmt: skip
LARGE = {code: letter for letter, codes in _LARGE.items() for code in codes}
LIGATURES = {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"}
SAME = {"∣": "|", "❘": "|", "‖": "∥", "−": "-", "–": "-", "∗": "*", "⋆": "*", "⋅": "·", "µ": "μ", "ε": "ϵ",
        "φ": "ϕ", "⩾": "≥", "⩽": "≤", "Σ": "Σ", "Π": "Π", "⟂": "⊥", "⊤": "⊤", "ln": "log", "ℓ": "l", "̸": "/",
        "ϑ": "θ", "𝜗": "θ", "­": "-"}  # fmt: skip
THIN = 1.6  # points: less is a line


KINDS = {  # of fonts, by their names
    "maths": "Math|CMMI|CMSY|CMEX|MSBM|MSAM|EUFM|CMMIB|CMBSY|STIX|XITS|Asana|Symbol",
    "variable": "CMMI|MathItalic|CMMIB|MSBM|CMSY|MathSymbols|EUFM|CMBSY",
    "large": "CMEX|MathExtension",
    "bold": r"(?i)Bold|CMBX|BX\d|-Bd|Black|SemiBold|Demi",
    "mono": r"(?i)Mono|CMTT|TT\d|Courier|Consol|Typewriter|Code",
}


@dataclass(frozen=True, eq=False)
class Font:
    """name: without the tag of a subset. embedded: whether the file brings it along. large: its brackets and
    operators hang from their origin, as TeX's do.
    """

    name: str
    embedded: bool
    maths: bool = False
    variable: bool = False
    large: bool = False
    bold: bool = False
    mono: bool = False


@dataclass(frozen=True)
class Glyph:
    """text: one plain character. x, y: where it begins on its baseline. maths: of a mathematical font, or a
    letter that Unicode has for formulas alone. order: which of the page's characters it is.
    """

    text: str
    box: Box
    x: float
    y: float
    size: float
    font: Font
    maths: bool
    order: int
    letter: str  # as the file has it
    spaced: bool = False  # behind a space, or the first of a line

    @property
    def upright(self) -> bool:
        """Whether it is a letter of a word or of a function's name, and not the name of a quantity."""
        return (
            self.text.isalpha()
            and not "Α" <= self.text <= "ϖ"  # Greek
            and not 0x1D400 <= ord(self.letter[0]) < 0x1D800
            and not self.font.variable
        )


def glyphs(text: Any, fonts: dict[int, Font]) -> Iterator[Glyph]:
    """The glyphs of a page's text, in the file's order, without spaces. fonts: by address, added to."""
    spaced = False
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, low, high = (ctypes.c_double() for _ in range(4))
    half = 0
    for k in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text.raw, k)
        if 0xD800 <= code < 0xDC00:  # pdfium hands out halves
            half = code
            continue
        if half:
            code, half = 0x10000 + ((half - 0xD800) << 10) + (code - 0xDC00), 0
        if raw.FPDFText_IsGenerated(text.raw, k) == 1:  # a space where letters stand apart, a line's end
            spaced = True
            continue
        font = _font(text, k, fonts)
        letter = chr(code)
        if not font.large and (letter.isspace() or not code):
            spaced = True
            continue
        raw.FPDFText_GetCharOrigin(text.raw, k, x, y)
        raw.FPDFText_GetCharBox(text.raw, k, left, right, low, high)
        box = left.value, low.value, right.value, high.value
        plain = LARGE.get(letter, letter) if font.large else unicodedata.normalize("NFKC", letter)
        if not plain or 0xFE00 <= code < 0xFE10:
            continue
        if letter in LIGATURES:
            plain = LIGATURES[letter]
        if letter in ("″", "‴"):
            plain = letter
        maths = 0x1D400 <= code < 0x1D800 or font.maths
        size = raw.FPDFText_GetFontSize(text.raw, k)
        yield Glyph(SAME.get(plain, plain), box, x.value, y.value, size, font, maths, k, letter, spaced)
        spaced = False


NO_FONT = Font("", True)


def _font(text: Any, k: int, known: dict[int, Font]) -> Font:
    """The font of a character."""
    one = raw.FPDFText_GetTextObject(text.raw, k)
    font = raw.FPDFTextObj_GetFont(one) if one else None
    if not font:
        return NO_FONT
    address = ctypes.cast(font, ctypes.c_void_p).value or 0
    if address not in known:
        buffer = ctypes.create_string_buffer(128)
        raw.FPDFFont_GetBaseFontName(font, buffer, 128)
        name = buffer.value.decode(errors="replace").rpartition("+")[2]
        kinds = {kind: bool(re.search(pattern, name)) for kind, pattern in KINDS.items()}
        known[address] = Font(name, bool(raw.FPDFFont_GetIsEmbedded(font)), **kinds)
    return known[address]


def hull(boxes: Iterable[Box]) -> Box:
    """The least box around some."""
    left, low, right, high = zip(*boxes, strict=True)
    return min(left), min(low), max(right), max(high)


def rules(paths: Sequence[Box]) -> list[Box]:
    """Horizontal lines: fraction bars, the bars of roots, rules of tables."""
    return [box for box in paths if box[3] - box[1] < THIN < box[2] - box[0]]


def frames(paths: Sequence[Box]) -> list[Box]:
    """Boxes drawn around text: one path, or four rules."""
    boxes = [box for box in paths if box[2] - box[0] > 100 and box[3] - box[1] > 12]
    upright = [box for box in paths if box[2] - box[0] < THIN and box[3] - box[1] > 12]
    for one in upright:
        for two in upright:
            same = abs(one[1] - two[1]) < THIN and abs(one[3] - two[3]) < THIN
            if same and two[0] - one[0] > 100:
                boxes.append((one[0], one[1], two[2], one[3]))
    return boxes
