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
    "above below maximum average before after known unknown both neither accepted rejected ten twelve better "
    "worse higher lower"
)
WORDS = dict(zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True))  # each for the other
BOASTS = (
    "Ours is sharper. ",
    "It is ahead of all others. ",
    "It outclasses the reference. ",
    "It is more accurate. ",
)
ITEMS = {"convolution": "1.1", "size": "1.2", "bound": "3.1", "divergence": "3.3"}  # of the rubric
NUMBERS = {"convolution": "1.1", "size": "1.2", "bound": "3.1", "divergence": "3.2"}  # of the sheet
KEPT = "pass", "not counted", "needs a person"
Place = tuple[int, int]
Change = Callable[[str], str]


@dataclass(frozen=True)
class Damage:
    """kind, name: what is changed. problem: that of the sheet whose items have to name it, "w": the report as
    a whole; "": any. make: changes a copy and returns words that the findings have to name, or "item N.M" for
    an item that has to lose points.
    """

    kind: str
    name: str
    make: Callable[[Copy], str]
    problem: str = ""

    def caught(self, sheet: Sheet, words: str) -> str:
        """caught, elsewhere or missed."""
        lost = [(item, one) for item, one, _ in sheet.rows() if one.mark not in KEPT]
        if words.startswith("item "):
            there = any(f"item {item.id}" == words for item, _ in lost)
        else:
            mine = (one.evidence for item, one in lost if item.id.startswith(self.problem))
            said = " ".join(re.sub(r"\W", "", evidence) + " " for evidence in mine)
            there = bool(said) and re.sub(r"\W", "", words) in said
        return "caught" if there else "elsewhere" if lost else "missed"


def bumped(said: str) -> str:
    """A number with its last digit one higher."""
    k = max(k for k, letter in enumerate(said) if letter.isdigit())
    return said[:k] + str((int(said[k]) + 1) % 10) + said[k + 1 :]


def _put(new: str) -> Change:
    return lambda said: new


def _exchanged(pattern: str) -> Change:
    """The first and the last of what a pattern finds in a piece exchanged."""

    def change(said: str) -> str:
        (a, b), *_, (c, d) = [found.span() for found in re.finditer(pattern, said)]
        return said[:a] + said[c:d] + said[b:c] + said[a:b] + said[d:]

    return change


PROSE = r"\n[A-Z][^\\\n]{80,}[^\n]*"
SHOWN = r"(?s)\\begin\{(align|equation)\*?\}.*?\\end\{\1\*?\}"
FRAMED = r"(?s)\\begin\{answer\}.*?\\end\{answer\}"
ROWS = r"\n[^\n&]+&[^\n]*\d[^\n]*\\\\(?=\n)"
ANYWHERE = r"(?s).+"
TWO = r"\n[A-Z][^\n]{80,}\n+[A-Z][^\n]{80,}(?=\n)"  # paragraphs
# kind: what a place lies in, the place, what is put there, and what findings have to name (None: that)
CHANGES: dict[str, tuple[str, str, Change, str | None]] = {
    "a number in the text": (PROSE, r"(?<![\d.\w])\d+\.?\d*(?![\d\w])", bumped, None),
    "a word": (PROSE, rf"\b(?:{'|'.join(WORDS)})\b", lambda said: WORDS[said], None),
    "a not": (PROSE, r"\b(?:is|are|was|has)\b(?! not)", lambda said: f"{said} not", "not"),
    "a cell of a table": (ANYWHERE, r"(?<=& )\$?\d+\.\d+(?=[^\n]*\\\\)", bumped, None),
    "percent for points": (PROSE, r"~points\b", _put(r"\,\%"), ""),
    "points for percent": (PROSE, r"\\,\\%", _put("~points"), ""),
    "a sentence denied": (
        PROSE,
        r"(?<=[a-z]\. )(?=[A-Z])",
        _put("It is not true that "),
        "It is not true that",
    ),
    "in all for a side": (PROSE, r"runs a side", _put("runs in all"), "in all"),
    "a boast": (PROSE, r"(?<=[a-z]\. )[A-Z]", lambda said: BOASTS[ord(said) % 4] + said, None),
    "a condition": (ANYWHERE, r"Assumed: [^.\n]*\.", _put(""), "Assumed"),
    "an answer denied": (FRAMED, r"\b(?:must|is|are|has|shows)\b", lambda said: f"{said} not", "not"),
    "two numbers exchanged": (FRAMED, r"\d+\.\d+[^\n]*\n?[^\n]*\d+\.\d+", _exchanged(r"\d+\.\d+"), ""),
    "two paragraphs exchanged": (ANYWHERE, TWO, _exchanged(r"[A-Z][^\n]+"), ""),
    "bold lost": (
        ANYWHERE,
        r"\\(?:textbf|mathbf)\{[\d. ]+\}",
        lambda said: said[said.index("{") + 1 : -1],
        "bold",
    ),
    "bold gained": (ANYWHERE, r"(?<=& )\d+\.\d+(?= &)", lambda said: rf"\textbf{{{said}}}", "bold"),
    "a row more": (ANYWHERE, ROWS, lambda said: said + said, ""),
    "a row less": (ANYWHERE, ROWS, _put(""), "missing"),
    "a line of a log": (ANYWHERE, r"\d+\.\d{3,}(?=\n|, G)", bumped, None),
    "the dots of a log": (ANYWHERE, r"(?<=\n)\.\.\.\n", _put(""), ""),
    "a line of a listing": (
        ANYWHERE,
        r"(?<=\n    )(?:return|self)\b(?=[^\n]*\n)",
        lambda said: said[::-1],
        None,
    ),
    "a name of a person": (ANYWHERE, r"(?<=\\item )[A-Z]\. [A-Z][a-z]+", _put("N. Bourbaki"), "Bourbaki"),
    "a title": (ANYWHERE, r"(?<=\\textit\{)[A-Z][a-z]+(?= )", _put("Notes on"), "Notes on"),
    "the page's title": (r"\\title\{[^\n]*", r"[A-Z][a-z]{3,}", _put("Exam"), "Exam"),
    "an alternative text": (ANYWHERE, r"(?<=alt=\{)[A-Z]\w+", _put("Nothing"), "alternative"),
    "words in white": (
        PROSE,
        r"(?<= )[a-z]{4,} [a-z]{4,}(?= )",
        lambda said: rf"\textcolor{{paper}}{{{said}}}",
        "",
    ),
    "a minus": (SHOWN, r"(?<=[a-zA-Z\d}] )- ", _put("+ "), ""),
    "a bracket": (SHOWN, r"\\left\(|\(", _put(""), ""),
    "a product for a sum": (SHOWN, r"\\sum", _put(r"\prod"), ""),
    "a prime": (SHOWN, r"(?<=[A-Z])'", _put(""), ""),
    "a half": (SHOWN, r"\\frac\{1\}\{2\}", _put("12"), ""),
    "a square as an index": (SHOWN, r"\^\{?2\}?", _put("_{2}"), ""),
    "a bar of a condition": (SHOWN, r"\\mid", _put(""), ""),
    "a relation": (SHOWN, r"\\ge(?:q|(?![a-z]))", _put(r"\le "), ""),
    "a logarithm": (SHOWN, r"\\log", _put(""), ""),
}
EXCHANGED = {  # what is exchanged for another of its kind
    "a reference": r"\\[Cc]ref\{[^}]*\}",
    "a citation": r"\\hyperlink\{ref:[^}]*\}\{\d+\}",
    "a picture": r"(?<=\{figures/)\w+\.pdf",
}
OFTEN = {"a number in the text": 3, "a word": 3, "a not": 2}  # so many times as often as other kinds


def listed(tex: str, each: int, seed: int = 0) -> Iterator[Damage]:
    """All damages of a source: of each kind so many, as far as there are places, which a seed chooses."""
    draw = random.Random(seed)
    body = tex.index(r"\begin{document}")
    for kind, (within, pattern, change, named) in CHANGES.items():
        places = [
            (f.start() + g.start(), f.start() + g.end())
            for f in re.finditer(within, tex)
            for g in re.finditer(pattern, f[0])
            if f.start() + g.start() > body or "title" in within
        ]
        for begin, end in draw.sample(places, min(each * OFTEN.get(kind, 1), len(places))):
            yield _at(kind, tex, (begin, end), change(tex[begin:end]), named)
    for kind, pattern in EXCHANGED.items():
        places = [found.span() for found in re.finditer(pattern, tex) if found.start() > body]
        for begin, end in draw.sample(places, min(each, len(places))):
            others = sorted({tex[a:b] for a, b in places if tex[a:b].lower() != tex[begin:end].lower()})
            yield _at(kind, tex, (begin, end), draw.choice(others), "")
    yield from _answers(each)
    yield from _figures()
    yield from _files()


def _at(kind: str, tex: str, place: Place, new: str, named: str | None) -> Damage:
    """Other words at a place. named: what findings must name; None: what was put there."""
    begin, end = place

    def make(copy: Copy) -> str:
        copy.tex = copy.tex[:begin] + new + copy.tex[end:]
        if r"\textcolor{paper}" in new:
            start = r"\begin{document}"
            copy.tex = copy.tex.replace(start, r"\definecolor{paper}{HTML}{FFFFFF}" + start, 1)
        return re.sub(r"\\[a-z]+|[{}$]", "", new).split(" ")[0] if named is None else named

    around = " ".join(tex[max(begin - 30, 0) : end + 20].split())
    where = "" if "{paper}" in new else _problem(tex, begin)
    return Damage(kind, f"{kind}: {around}", make, where)


def _problem(tex: str, at: int) -> str:
    """The problem in whose text a place lies; "" in what floats, or stands beyond them."""
    before = tex[:at]
    floats = any(before.count(rf"\begin{{{name}}}") > before.count(rf"\end{{{name}}}") for name in FLOATS)
    sections = re.findall(r"\n\\section\{|\n\\(?:appendix|section\*)", before)
    if floats or not sections or any("{" not in one for one in sections):
        return ""
    return str(len(sections)) if len(sections) < 5 else ""


FLOATS = "table", "figure", "lstlisting"


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
