"""A formula in words, for people who hear the page: the alternative text that PDF/UA-1 requires.

Read from the MathML that pandoc makes of it. Heads with their brackets are said by what they mean together,
where that is known: p(x | z) is "p of x given z end p", N(z; 0, 1) "the normal density of z with mean 0 and
variance 1 end density". Any other bracket is spoken, and so is the end of whatever is longer than a sign, so
that formulas that differ sound different: `\\frac{a}{b+c}` is "the fraction a over b plus c end fraction"
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
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
BRACKETS = {"(": ")", "[": "]"}
MEAN = "double-struck capital e"
DIVERGENCES = {"KL": "the divergence", "JSD": "the Jensen-Shannon divergence"}
FUNCTIONS = {*"pqfgh", "f prime", "capital d", "capital g", "capital l", "capital v"}  # by one letter
MEANT = "\0"  # behind words that hold the brackets, too
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
        case "mrow" if what := _bars(children):
            return f"the {what} of {_all(children[1:-1])} end {what.split()[-1]}"
        case "mrow" if children and children[-1].text == "|":  # an evaluation bar
            return f"{_all(children[:-1])} at"
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


class _Name(str):
    """A word of upright letters: that of a function, where brackets follow."""


def _all(children: Iterable[Element]) -> str:
    return _spoken(_items(children))


def _items(children: Iterable[Element]) -> list[Any]:
    """Words, and a list for each pair of brackets with what stands in them. Upright letters beside each other
    are one name, as in `\\mathrm{KL}`.
    """
    stack: list[list[Any]] = [[]]
    for upright, together in groupby(_flat(children), _upright):
        group = list(together)
        if upright and len(name := "".join(child.text or "" for child in group)) > 1:
            stack[-1].append(_Name(name))
            continue
        for child in group:
            text, words = "".join(child.itertext()).strip("\N{FUNCTION APPLICATION} "), _say(child)
            if text in BRACKETS:
                stack.append([])
            is_name = text == words and text.isalpha() and len(text) > 1
            stack[-1] += [_Name(words) if is_name else words] if words else []
            if text in BRACKETS.values() and len(stack) > 1:
                closed = stack.pop()
                stack[-1].append(closed)
    return [item for level in stack for item in level]  # a bracket that stays open holds nothing


def _flat(children: Iterable[Element]) -> Iterator[Element]:
    """Brackets that grow with what they hold have a row of their own."""
    for child in children:
        inner = list(child)
        if child.tag.endswith("mrow") and inner and (inner[0].text or "") in BRACKETS:
            yield from _flat(inner)
        else:
            yield child


def _spoken(items: Sequence[Any]) -> str:
    """The words of all; a head and its brackets are said together, where both mean something."""
    said: list[str] = []
    for item, after in zip(items, [*items[1:], ""], strict=False):  # brackets may be empty
        if isinstance(item, list):
            said += [] if said and said[-1].endswith(MEANT) else [_spoken(item)]
        else:
            said.append(_meant(item, after) if isinstance(after, list) else item)
    return " ".join(said).replace(MEANT, "")


def _meant(head: str, brackets: list[Any]) -> str:
    """What a head and the brackets behind it mean, with a mark; the head alone if that is not known."""
    inner = brackets[1:-1]
    of, *rest = _split(inner, "semicolon")
    moments = [_spoken(one) for one in _split(rest[0] if rest else of, "comma")]
    if head == "script capital n" and len(moments) == 2:
        density = f"density of {_spoken(of)}" if rest else "distribution"
        of_both = f"with mean {moments[0]} and variance {moments[1]}"
        return f"the normal {density} {of_both} end {density.split()[0]}{MEANT}"
    if head.split(" sub ")[0] == MEAN:
        under = head.removeprefix(MEAN).replace(" sub", " under", 1).removesuffix(" end sub")
        return f"the mean{under} of {_closed(_spoken(inner), 'mean')}{MEANT}"
    if head in DIVERGENCES and len(sides := _split(inner, "double bar")) == 2:
        return f"{DIVERGENCES[head]} of {_spoken(sides[0])} from {_spoken(sides[1])} end divergence{MEANT}"
    named = head in FUNCTIONS and (len(inner) < 3 or "given" in inner or "comma" in inner)
    if named or isinstance(head, _Name):
        return f"{head} of {_closed(_spoken(inner), head)}{MEANT}"
    return head


def _split(items: Sequence[Any], sign: str) -> list[list[Any]]:
    """What stands between these signs, outside brackets."""
    return [list(part) for is_sign, part in groupby(items, lambda item: item == sign) if not is_sign]


def _upright(element: Element) -> bool:
    letter = (element.text or "").isascii() and (element.text or "").isalpha()
    return letter and element.tag.endswith("mi") and element.get("mathvariant") == "normal"


def _bars(children: list[Element]) -> str:
    """What two bars that belong together mean, "" where there are none."""
    ends = [children[0], children[-1]] if len(children) > 2 else []
    pair = {one.text if one.get("stretchy") == "true" else "" for one in ends}
    return "norm" if pair and pair <= {"∥", "‖"} else "absolute value" if pair == {"|"} else ""


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
    if base.endswith(" at"):
        return f"{base} {_closed(low, 'at')}"
    return f"{base} sub {_closed(low, 'sub')}"


def _above(base: str, high: str, accent: bool = False) -> str:
    if accent and high in ACCENTS.values():
        return f"{base} {high}".strip()
    if high in POWERS:
        return f"{base} {POWERS[high]}"
    return f"{base} to the power {_closed(high, 'power')}"
