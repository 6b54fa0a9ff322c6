"""Damages of every kind that a report may have, one change each, at places that a seed chooses.

A damage is caught where what is found names it: a difference with the words that were put there, or the item
of the answer that was made wrong. Each says which; kinds are spread over the whole report.
"""

import io
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as raw

from evidence import answer_forms, pdfs
from evidence.workshop import Copy
from writeup.grade.sheet import Sheet

_PAIRS = (
    "never often all some more fewer larger smaller first last training test five six two three mean median "
    "above below maximum average before after known unknown both neither"
)
WORDS = dict(zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True))  # each for the other
FORMULAS = {  # what is changed in a displayed formula, and into what
    "a minus": (r"(?<=[a-zA-Z\d}] )- ", "+ "),
    "a bracket": (r"\\left\(|\(", ""),
    "a product for a sum": (r"\\sum", r"\prod"),
    "a prime": (r"(?<=[A-Z])'", ""),
    "a half": (r"\\frac\{1\}\{2\}", "12"),
    "a square as an index": (r"\^\{?2\}?", "_{2}"),
    "a bar of a condition": (r"\\mid", ""),
    "a relation": (r"\\ge(?:q|(?![a-z]))", r"\le "),
    "a logarithm": (r"\\log", ""),
}
ITEMS = {"convolution": "1.1", "size": "1.2", "bound": "3.1", "divergence": "3.3"}  # of the rubric
NUMBERS = {"convolution": "1.1", "size": "1.2", "bound": "3.1", "divergence": "3.2"}  # of the sheet


KEPT = "pass", "not counted", "needs a person"


@dataclass(frozen=True)
class Damage:
    """kind, name: what is changed. make: changes a copy and returns words that the findings have to name, or
    "item N.M" for an item that has to lose points; "": any finding.
    """

    kind: str
    name: str
    make: Callable[[Copy], str]

    def caught(self, sheet: Sheet, words: str) -> str:
        """caught, elsewhere or missed."""
        lost = [
            (item, one)
            for item, one, _ in sheet.rows()
            if one.mark not in ("pass", "not counted", "needs a person")
        ]
        if words.startswith("item "):
            there = any(f"item {item.id}" == words for item, _ in lost)
        else:
            said = " ".join(re.sub(r"\W", "", one.evidence) for _, one in lost)
            there = bool(lost) and re.sub(r"\W", "", words) in said
        return "caught" if there else "elsewhere" if lost else "missed"


def listed(tex: str, each: int, seed: int = 0) -> Iterator[Damage]:
    """All damages of a source: of each kind of place so many, as far as there are."""
    draw = random.Random(seed)
    body = tex.index(r"\begin{document}")
    prose = [found for found in re.finditer(r"\n[A-Z][^\\\n]{80,}[^\n]*", tex) if found.start() > body]
    for kind, pattern, change in (
        ("a number in the text", r"(?<![\d.\w])\d+\.?\d*(?![\d\w])", bumped),
        ("a word", rf"\b(?:{'|'.join(WORDS)})\b", lambda said: WORDS[said]),
        ("a not", r"\b(?:is|are|was|has)\b(?! not)", lambda said: f"{said} not"),
    ):
        places = [
            (p.start() + f.start(), p.start() + f.end()) for p in prose for f in re.finditer(pattern, p[0])
        ]
        yield from _at(kind, tex, places, change, draw, 3 * each, "not" if kind == "a not" else None)
    rows = [found.span() for found in re.finditer(r"(?<=& )\$?\d+\.\d+(?=[^\n]*\\\\)", tex)]
    yield from _at("a cell of a table", tex, rows, bumped, draw, 2 * each)
    logs = [found.span() for found in re.finditer(r"\d+\.\d{3,}(?=\n|, G)", tex)]
    yield from _at("a line of a log", tex, logs, bumped, draw, each)
    code = [f.span() for f in re.finditer(r"(?<=\n    )(?:return|self)\b(?=[^\n]*\n)", tex)]
    yield from _at("a line of a listing", tex, code, lambda said: said[::-1], draw, each)
    shown = [f for f in re.finditer(r"\\begin\{(align|equation)\*?\}.*?\\end\{\1\*?\}", tex, re.DOTALL)]
    for kind, (pattern, new) in FORMULAS.items():
        places = [
            (f.start() + g.start(), f.start() + g.end()) for f in shown for g in re.finditer(pattern, f[0])
        ]
        yield from _at(kind, tex, places, lambda said, new=new: new, draw, each, "")  # type: ignore[misc]
    for kind, pattern in (
        ("a reference", r"\\[Cc]ref\{[^}]*\}"),
        ("a citation", r"\\hyperlink\{cite[^}]*\}\{\d+\}"),
    ):
        places = [found.span() for found in re.finditer(pattern, tex) if found.start() > body]
        others = [tex[begin:end] for begin, end in places]
        yield from _at(kind, tex, places, lambda said, some=others: draw.choice(some), draw, each, "")  # type: ignore[misc]
    yield from _answers(each)
    yield from _figures()
    yield from _files()


def _at(kind: str, tex: str, places: list[tuple[int, int]], change: Callable[[str], str], draw: random.Random,
        count: int, named: str | None = None) -> Iterator[Damage]:  # fmt: skip
    """The change at places that are drawn. named: what findings must name; None: what was put there."""
    for begin, end in draw.sample(places, min(count, len(places))):
        new = change(tex[begin:end])

        def make(copy: Copy, begin: int = begin, end: int = end, new: str = new) -> str:
            copy.tex = copy.tex[:begin] + new + copy.tex[end:]
            return re.sub(r"\\[a-z]+|[{}$]", "", new).split(" ")[0] if named is None else named

        around = " ".join(tex[max(begin - 30, 0) : end + 20].split())
        yield Damage(kind, f"{kind}: {around}", make)


def bumped(said: str) -> str:
    """A number with its last digit one higher."""
    k = max(k for k, letter in enumerate(said) if letter.isdigit())
    return said[:k] + str((int(said[k]) + 1) % 10) + said[k + 1 :]


def _answers(each: int) -> Iterator[Damage]:
    """A framed answer that says something else, though the right formula stands above it."""
    for name, item in ITEMS.items():
        label = rf"\\textbf\{{Answer {re.escape(NUMBERS[name])}\.\}}"
        for form in answer_forms.made(name, each, 3, right=False):

            def make(copy: Copy, label: str = label, form: str = form, item: str = item) -> str:
                copy.rewrite(
                    rf"(?s)({label}).*?(?=\\end\{{answer\}})", lambda found: f"{found[1]} ${form}$.\n"
                )
                return f"item {item}"

            yield Damage("the answer's frame", f"{name}: {form}", make)


def _turned(svg: str) -> str:
    return svg.replace('<g id="figure_1"', '<g transform="scale(1,-1) translate(0,-200)" id="figure_1"')


def _cropped(svg: str) -> str:
    return re.sub(
        r'viewBox="0 0 ([\d.]+)', lambda found: f'viewBox="0 0 {float(found[1]) * 0.8:.1f}', svg, count=1
    )


def _moved(svg: str) -> str:
    pattern = r'(<path d="M [\d.]+ )([\d.]+)(?=[^"]{200})'
    return re.sub(pattern, lambda found: f"{found[1]}{float(found[2]) + 25:.3f}", svg)


DRAWN: dict[str, Callable[[str], str]] = {
    "upside down": _turned,
    "cropped": _cropped,
    "without dashes": lambda svg: re.sub(r"stroke-dasharray: [\d., ]+;?", "", svg),
    "in other hues": lambda svg: re.sub(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", r"#\2\3\1", svg),
    "with a curve moved": _moved,
}
FIGURES = "text_cnn_loss", "siamese_loss", "siamese_pairs", "cvae_samples", "gan_loss", "gan_progress"


def _figures() -> Iterator[Damage]:
    """Drawings turned, cropped, without dashes, in other hues, moved."""
    for name in FIGURES:
        for what, change in DRAWN.items():

            def make(copy: Copy, name: str = name, change: Callable[[str], str] = change) -> str:
                copy.redraw(name, change)
                return ""

            yield Damage("a figure", f"{name} {what}", make)


def _files() -> Iterator[Damage]:
    """What is done to the finished PDF."""
    ways: dict[str, Callable[[bytes], bytes]] = {
        "a page is missing": pdfs.without_middle,
        "a page stands twice": pdfs.page_twice,
        "two pages exchanged": pdfs.pages_exchanged,
        "a picture over a number": lambda data: _over(data, "picture"),
        "a white box over words": lambda data: _over(data, "box"),
        "a note over words": lambda data: _over(data, "note"),
        "half a page cut off": lambda data: _changed(data, lambda page: page.set_cropbox(0, 0, 300, 842)),
        "a page turned": lambda data: _changed(data, lambda page: page.set_rotation(180)),
        "tags removed": lambda data: data.replace(b"/StructTreeRoot", b"/StructTreeRoo_"),
        "the pages alone in a new file": _alone,
    }
    for name, change in ways.items():

        def make(copy: Copy, change: Callable[[bytes], bytes] = change) -> str:
            copy.after.append(change)
            return ""

        yield Damage("the file", name, make)


def _changed(data: bytes, change: Callable[[pypdfium2.PdfPage], None]) -> bytes:
    return pdfs.changed(data, lambda document: change(document[3]))


def _over(data: bytes, what: str) -> bytes:
    def cover(page: pypdfium2.PdfPage) -> None:
        if what == "note":
            one = raw.FPDFPage_CreateAnnot(page.raw, raw.FPDF_ANNOT_SQUARE)
            raw.FPDFAnnot_SetRect(one, raw.FS_RECTF(100, 520, 300, 490))
            raw.FPDFAnnot_SetColor(one, raw.FPDFANNOT_COLORTYPE_InteriorColor, 255, 255, 200, 255)
            raw.FPDFPage_CloseAnnot(one)
            return
        drawn = raw.FPDFPageObj_CreateNewRect(100, 490, 200 if what == "box" else 60, 30)
        grey = 255 if what == "box" else 90
        raw.FPDFPageObj_SetFillColor(drawn, grey, grey, grey, 255)
        raw.FPDFPath_SetDrawMode(drawn, raw.FPDF_FILLMODE_WINDING, False)
        raw.FPDFPage_InsertObject(page.raw, drawn)
        raw.FPDFPage_GenerateContent(page.raw)

    return _changed(data, cover)


def _alone(data: bytes) -> bytes:
    """The pages alone, in a new file."""
    with pypdfium2.PdfDocument(data) as old, pypdfium2.PdfDocument.new() as new:
        new.import_pages(old)
        buffer = io.BytesIO()
        new.save(buffer)
        return buffer.getvalue()
