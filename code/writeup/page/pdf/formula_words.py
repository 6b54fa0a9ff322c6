"""A formula in words, for people who hear the page: the alternative text that PDF/UA-1 requires.

Read from the MathML that pandoc makes of it. Every bracket is spoken, and so is the end of whatever is
longer than a sign, so that two formulas that differ sound different: `\\frac{a}{b+c}` is "the fraction a
over b plus c end fraction".
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from writeup.errors import UserError

Element = ElementTree.Element
_SAID = """
    + plus  - minus  − minus  ± plus or minus  × times  · times  ⋅ times  ∗ star  * star  ⋆ star  / over
    ! factorial  % percent  ∘ after  = equals  ≠ is not equal to  ≈ is approximately  ≡ is identical to
    ∝ is proportional to  ≔ is defined as  := is defined as  ∼ is distributed as  < is less than
    > is greater than  ≤ is at most  ≥ is at least  ≪ is much less than  ≫ is much greater than  ∈ in
    ∉ not in  ⊂ is a subset of  ∪ union  ∩ intersected with  → to  ↦ maps to  ⇒ implies  ⇔ if and only if
    ∣ given  | bar  ∥ double bar  ‖ double bar  ∞ infinity  ∇ nabla  ∂ partial  ∑ sum  ∏ product  ∫ integral
    √ root  ⊤ transpose  ′ prime  ″ double prime  ‴ triple prime  … dots  ⋯ dots  ◼ end of proof
    □ end of proof  ( open parenthesis  ) close parenthesis  [ open bracket  ] close bracket  { open brace
    } close brace  ⟨ open angle  ⟩ close angle  ⌊ open floor  ⌋ close floor  ⌈ open ceiling  ⌉ close ceiling
    , comma  ; semicolon  : colon  . point  ∀ for all  ∃ there is  ∧ and  ∨ or  ¬ not  ℓ script l
"""
SIGNS = dict(entry.split(" ", 1) for entry in re.split(r"\s{2,}", _SAID.strip()))
SIGNS |= dict.fromkeys(
    "\N{FUNCTION APPLICATION}\N{INVISIBLE TIMES}\N{INVISIBLE SEPARATOR}\N{ZERO WIDTH SPACE}", ""
)
ACCENTS = {"⏟": "", "⏞": "", "˙": "dot", "\N{COMBINING DOT ABOVE}": "dot"} | {
    sign: word
    for word, signs in {
        "hat": "^\N{COMBINING CIRCUMFLEX ACCENT}",
        "tilde": "~\N{COMBINING TILDE}",
        "bar": "¯‾\N{COMBINING MACRON}\N{COMBINING OVERLINE}",
        "vector": "\N{COMBINING RIGHT ARROW ABOVE}",
    }.items()
    for sign in signs
}
STYLES = {"DOUBLE-STRUCK": "double-struck", "SCRIPT": "script", "FRAKTUR": "fraktur", "BOLD": "bold"}
POWERS = {"2": "squared", "3": "cubed"} | {
    word: word for word in ("transpose", "star", "prime", "double prime", "triple prime")
}
LARGE = {"sum", "product", "integral"}
BELOW = {"max", "min", "sup", "inf", "arg max", "arg min", "lim"}


def spoken(mathml: str) -> str:
    """The words of one `<math>`. Raises UserError for an element that has no words here."""
    return _say(ElementTree.fromstring(mathml))


def _say(element: Element) -> str:
    children = list(element)
    tag = element.tag.rpartition("}")[2]
    match tag:
        case "mi" | "mn" | "mo":
            return _sign((element.text or "").strip(), element.get("mathvariant", ""))
        case "mtext":
            return " ".join((element.text or "").split())
        case "mspace" | "mphantom" | "annotation":
            return ""
        case "mrow" if _norm(children):
            return f"the norm of {_all(children[1:-1])} end norm"
        case "math" | "semantics" | "mrow" | "mstyle" | "mpadded" | "menclose" | "mtd":
            return _all(children)
        case "msqrt":
            return f"the square root of {_closed(_all(children), 'root')}"
        case "mfrac":
            return _fraction(_say(children[0]), _say(children[1]), element.get("linethickness") == "0")
        case "msub" | "munder":
            return _below(_say(children[0]), _say(children[1]), accent=tag == "munder")
        case "msup" | "mover":
            return _above(_say(children[0]), _say(children[1]), accent=tag == "mover")
        case "msubsup" | "munderover":
            base, low, high = map(_say, children)
            if base in LARGE:
                return f"the {base} from {low} to {high} of"
            return _above(_below(base, low), high)
        case "mtable":
            rows = (", ".join(filter(None, map(_say, row))) for row in children)
            return "; ".join(f"line {number}: {row}" for number, row in enumerate(rows, 1))
    raise UserError(f"a formula contains <{tag}>, which has no words: see SIGNS in formula_words.py")


def _all(children: Iterable[Element]) -> str:
    """The words of all; upright letters beside each other are one name, as in `\\mathrm{KL}`."""
    said: list[str] = []
    for upright, group in groupby(children, _upright):
        together = list(group)
        name = "".join(child.text or "" for child in together) if upright else ""
        said += [name] if len(name) > 1 else map(_say, together)
    return " ".join(filter(None, said))


def _upright(element: Element) -> bool:
    letter = (element.text or "").isascii() and (element.text or "").isalpha()
    return letter and element.tag.endswith("mi") and element.get("mathvariant") == "normal"


def _norm(children: list[Element]) -> bool:
    """Whether it stands between two bars that belong together."""
    ends = [children[0], children[-1]] if len(children) > 2 else []
    return bool(ends) and all(one.text in {"∥", "‖"} and one.get("stretchy") == "true" for one in ends)


def _sign(text: str, variant: str = "") -> str:
    """A letter by its style, case and name; a sign by its meaning; a word, and a number, as it is."""
    plain = unicodedata.normalize("NFKC", text)
    for written in (text, plain):
        for known_signs in (SIGNS, ACCENTS):
            if written in known_signs:
                return known_signs[written]
    known = unicodedata.name(text, "") if len(text) == 1 else ""
    style = [word for key, word in STYLES.items() if key in known or key.lower() in variant]
    if len(plain) > 1 or plain.isdigit():
        return " ".join([*style[:1], plain])
    letter = unicodedata.name(plain, plain).lower()
    capital = ["capital"] if plain.isupper() else []
    name = plain.lower() if plain.isascii() else letter.rpartition(" letter ")[2]
    return " ".join([*style[:1], *capital, name])


def _closed(words: str, what: str) -> str:
    """With its end spoken where it is longer than a sign."""
    return f"{words} end {what}" if " " in words else words


def _fraction(above: str, below: str, stacked: bool) -> str:
    if stacked:
        return f"{above} choose {below}"
    plain = " " not in above + below
    return f"{above} over {below}" if plain else f"the fraction {above} over {below} end fraction"


def _below(base: str, low: str, accent: bool = False) -> str:
    if base in LARGE | BELOW:
        return f"the {base} over {_closed(low, 'range')} of"
    if accent and low in ACCENTS.values():
        return f"{base} {low}".strip()
    return f"{base} sub {_closed(low, 'sub')}"


def _above(base: str, high: str, accent: bool = False) -> str:
    if accent and high in ACCENTS.values():
        return f"{base} {high}".strip()
    if high in POWERS:
        return f"{base} {POWERS[high]}"
    return f"{base} to the power {_closed(high, 'power')}"
