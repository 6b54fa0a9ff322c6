"""What stands in a template in place of a value: text escaped for LaTeX, numbers in a format, tables.

A number is formatted once: `number_format` reads its text back and links it to its card.
"""

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

from markupsafe import Markup

from writeup.errors import UserError
from writeup.page.source.latex import GROUP, LITERAL, OPTIONS
from writeup.results.values import Value

Tex = Markup  # text that is LaTeX already
Number = Value | float
P = ParamSpec("P")

SPECIAL = {character: f"\\{character}" for character in "{}$&#%_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "`": r"\`{}",  # \textasciigrave means nothing to pandoc
    "-": "-{}",  # no ligature: -- in data stays two hyphens
    "\n": " ",
    "\t": " ",
}
TYPESETTABLE = frozenset("–—‘’“”…€†‡•‰™")
NOT_IN_T1 = frozenset("ĦħĸĿŀŉŦŧſ\xad")  # pdfLaTeX stops at these; a soft hyphen is invisible
LIGATURE = re.compile("['’](?=['’])|‘(?=‘)|[!?](?=‘)|,(?=,)|–(?=-)")  # pairs that TeX makes one of


_CARDS_SHOWN: ContextVar[bool] = ContextVar("cards_shown", default=False)
PERCENT = r"\,\%"
PRINTED = re.compile(r"(?P<number>-?\d+(?:\.(?P<decimals>\d+))?)(?: \\times 10\^\{(?P<exponent>-?\d+)\})?")


def escape(value: object) -> Tex:
    """`value` as LaTeX that prints its text. Characters that the fonts lack appear as their code point."""
    if hasattr(value, "__html__"):
        return Tex(value.__html__())
    if isinstance(value, float | Value):
        shown = value.mean if isinstance(value, Value) else value
        raise UserError(f"a bare number {shown!r} in a template: say its format, for example | fixed(2)")
    return Tex(LIGATURE.sub(r"\g<0>{}", "".join(_character(c) for c in str(value))))


def _character(c: str) -> str:
    if c in SPECIAL:
        return SPECIAL[c]
    if " " <= c < "\x7f" or ("\xa1" <= c < "\u0180" and c not in NOT_IN_T1) or c in TYPESETTABLE:
        return c
    return rf"\texttt{{U+{ord(c):04X}}}"


# --- links to cards, around numbers and steps of proofs; the HTML makes buttons of them ---

CARD = "card:"  # before the name of a card, or of several with a blank between
LINK = re.compile(rf"\\hyperlink\{{{CARD}([^{{}}]*)\}}\{{({GROUP[2:-2]})\}}", re.DOTALL)
_STEP = re.compile(rf"(\\hyperlink\{{{CARD}[^{{}}]*\}})\{{\\hyperlink\{{[^{{}}]*\}}({GROUP})\}}", re.DOTALL)
_PLACES = re.compile(
    rf"{LITERAL.pattern}|\\includegraphics\s*{OPTIONS}"
    r"|(?P<display>\\begin\{(?P<kind>(?:align|equation)\*?)\}.*?\\end\{(?P=kind)\})"
    r"|(?P<formula>(?<!\\)\$[^$]*(?<!\\)\$(?:\\,\\%)?)",
    re.DOTALL,
)


@contextmanager
def cards_shown() -> Iterator[None]:
    """Within, what is printed is linked to its card."""
    token = _CARDS_SHOWN.set(True)
    try:
        yield
    finally:
        _CARDS_SHOWN.reset(token)


def linked(text: str, card: str) -> Tex:
    """LaTeX, linked to its card where cards are shown."""
    return Tex(_to_card(text, card if _CARDS_SHOWN.get() else ""))


def _to_card(text: str, card: str) -> str:
    return rf"\hyperlink{{{CARD}{card}}}{{{text}}}" if card else text


def bare(text: str) -> str:
    """The text without links to cards."""
    return LINK.sub(lambda link: link[2], text)


def placed(text: str, cards: Callable[[str], str]) -> str:
    """The page with links where a link can stand: a formula of running text is linked as a whole, and nothing
    in listings, logs, displays and the words for a picture is, but for the steps of a proof. What links
    elsewhere besides leads to the card. cards: the cards to link to in place of those written, "" for none.
    """

    def place(found: re.Match[str]) -> str:
        if found["display"]:
            return LINK.sub(lambda link: link[0] if _STEP.fullmatch(link[0]) else link[2], found[0])
        if not found["formula"]:
            return bare(found[0])
        several = dict.fromkeys(card for link in LINK.finditer(found[0]) for card in link[1].split())
        return _to_card(bare(found[0]), " ".join(several))

    text = LINK.sub(lambda link: _to_card(link[2], cards(link[1])), text)
    return _STEP.sub(r"\1\2", _PLACES.sub(place, text))


# --- numbers ---


def number_format(form: Callable[Concatenate[Number, P], str]) -> Callable[Concatenate[Number, P], Tex]:
    """A format of numbers as a filter. Its text, read back, is within half a unit of its last digit, or
    UserError says so; it is linked to the number's card.
    """

    @functools.wraps(form)
    def printed(value: Number, /, *arguments: P.args, **options: P.kwargs) -> Tex:
        text = form(value, *arguments, **options)
        _read_back(value, text)
        return linked(text, getattr(value, "card", ""))

    return printed


def _read_back(value: Number, text: str) -> None:
    numbers = [value.mean, value.std] if isinstance(value, Value) else [value]
    found = list(PRINTED.finditer(text.replace(r"\,", "")))
    if not found:
        raise UserError(f"{value} is printed as {text!r}, which is no number")
    for number, match in zip(numbers, found, strict=False):
        scale = 10.0 ** int(match["exponent"] or 0)
        shown, half = float(match["number"]) * scale, 0.5 * scale * 10.0 ** -len(match["decimals"] or "")
        right = number < shown if "<" in text else abs(number - shown) <= half * (1 + 1e-6)
        if not right:
            raise UserError(f"{number} is printed as {text!r}: its format is at fault")


@number_format
def fixed(value: Number, digits: int = 2) -> str:
    """A number with so many decimals; of a Value its mean. Unless negative it fits into formulas too."""
    return _decimals(value, digits)


@number_format
def pct(value: Number, digits: int = 2) -> str:
    """A number that is in percent already, with its sign."""
    return _decimals(value, digits) + PERCENT


@number_format
def integer(value: Number) -> str:
    """A whole number with thin spaces between thousands."""
    return _decimals(value, 0)


@number_format
def spread(value: Number, digits: int = 2) -> str:
    """Mean and standard deviation over the runs; the number alone of one run, or where all agree."""
    return _mean_and_deviation(value, digits)


@number_format
def spread_pct(value: Number, digits: int = 2) -> str:
    """Mean and standard deviation, in percent."""
    return _mean_and_deviation(value, digits) + PERCENT


@number_format
def sig(value: Number, digits: int = 3) -> str:
    """A number with so many significant digits, as a power of ten where it is very small or very large."""
    number = _finite(value)
    if number == 0 or 1e-4 <= abs(number) < 1e6:
        return _decimals(number, max(0, digits - 1 - math.floor(math.log10(abs(number)))) if number else 0)
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


@number_format
def p_value(value: Number) -> str:
    """`p = 0.012`, or `p < 0.001`."""
    p = _finite(value)
    return "$p < 0.001$" if p < 0.001 else f"$p = {p:.3f}$"


def _decimals(value: Number, digits: int) -> str:
    text = f"{_finite(value):,.{digits}f}".replace(",", r"\,")
    if not text.startswith("-"):
        return text
    return f"${text}$" if any(c in "123456789" for c in text) else text[1:]


def _mean_and_deviation(value: Number, digits: int) -> str:
    mean = _decimals(value, digits)
    if not isinstance(value, Value) or value.runs == 1 or value.std == 0:
        return mean
    return rf"${mean.strip('$')} \pm {_finite(value.std):.{digits}f}$"


def _finite(value: Number) -> float:
    number = value.mean if isinstance(value, Value) else value
    if not math.isfinite(number):
        raise UserError(f"a number in the report is {number}")
    return float(number)


# --- text and tables ---


def bold(value: object) -> Tex:
    """The best entry of a column."""
    text = escape(value)
    if link := LINK.fullmatch(text):
        return linked(bold(Tex(link[2])), link[1])
    formula = text.startswith("$") and text.endswith("$")
    return Tex(rf"$\mathbf{{{text[1:-1]}}}$" if formula else rf"\textbf{{{text}}}")


def sentence(text: object) -> Tex:
    """Prose that begins a sentence: its first letter, where it is one, in upper case."""
    tex = escape(text).strip()
    return Tex(tex[:1].upper() + tex[1:])


@dataclass(frozen=True)
class Table:
    """What booktabs() takes; `align` has a letter (l, c, r) for each column of `head`."""

    head: Sequence[object]
    rows: Sequence[Sequence[object]]
    align: str


def by_columns(columns: Mapping[str, tuple[str, Sequence[object]]]) -> Table:
    """A table from its columns: head -> (letter of its alignment, cells). A head stands where its cells are
    made, so that it cannot come to stand over others.
    """
    aligns, cells = zip(*columns.values(), strict=True)
    return Table(list(columns), [list(row) for row in zip(*cells, strict=True)], "".join(aligns))


def booktabs(head: Sequence[object], rows: Sequence[Sequence[object]], align: str) -> Tex:
    """A tabular with few rules. align: one letter (l, c, r) a column."""
    if not len(head) == len(align) or any(len(row) != len(head) for row in rows):
        raise UserError(f"a table's rows do not fit its head {[str(h) for h in head]}")
    body = "\n".join(" & ".join(escape(cell) for cell in row) + r" \\" for row in rows)
    top = " & ".join(escape(cell) for cell in head)
    inner = f"\\toprule\n{top} \\\\\n\\midrule\n{body}\n\\bottomrule"
    return Tex(f"\\begin{{tabular}}{{{align}}}\n{inner}\n\\end{{tabular}}")
