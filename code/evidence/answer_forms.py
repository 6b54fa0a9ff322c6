"""Forms of the answers, made by seeded rules: equivalent ones, which a grader accepts, and wrong ones.

A rule changes the tree of the right formula; what it makes is right (or wrong) by the rule's own reason and
not by what the grader says. Wrong: one change that no reader would take for the answer.
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from writeup.grade import pages
from writeup.grade.expressions import NONE, Expr, Reader, row
from writeup.grade.layout import Row
from writeup.page.pdf.typeset import typeset
from writeup.page.source import latex

STARTS = {  # as the sheet and textbooks write them; rules start from these
    "convolution": "Y_{n,f} = ∑_{c=1}^{C} X_{n,c} *_{filt} W_{f,c} + b_f",
    "size": "H'' = H - H' + 1",
    "contrastive": "L = (1 - y) d^2 + y max(0, m - d)^2",
    "bound": "log p(x|y) ≥ E_q[log p(x|z,y)] - KL(q(z|x,y)∥p(z|y))",
    "divergence": "KL(q(z|x,y)∥p(z|y)) = -1/2 ∑_{j=1}^{m} (1 + log σ_j^2 - μ_j^2 - σ_j^2)",
}
APPLIED = frozenset("pqN")
Rule = Callable[[Expr, random.Random], Expr | None]


def made(name: str, count: int, seed: int, *, right: bool) -> Iterator[str]:
    """So many different forms as TeX: up to three rules of EQUIVALENT, and behind them one of WRONG."""
    draw = random.Random(f"{name} {seed} {right}")
    start = Reader(row(STARTS[name]), APPLIED).statement()
    seen = {tex(start)}
    for _ in range(60 * count):
        if len(seen) > count:
            return
        form: Expr | None = start
        for _ in range(draw.randint(0, 3)):
            form = draw.choice(EQUIVALENT)(form, draw) if form else None
        if not right and form:
            form = draw.choice(WRONG)(form, draw)
        if form and (shown := tex(form)) not in seen:
            seen.add(shown)
            yield shown


# --- trees ---


def places(expr: Expr, kind: str) -> list[tuple[int, ...]]:
    """The ways to each node of a kind."""
    found = [()] if expr.kind == kind else []
    return found + [(k, *way) for k, part in enumerate(expr.parts) for way in places(part, kind)]


def at(expr: Expr, way: tuple[int, ...]) -> Expr:
    return at(expr.parts[way[0]], way[1:]) if way else expr


def put(expr: Expr, way: tuple[int, ...], new: Expr) -> Expr:
    if not way:
        return new
    k, *rest = way
    return replace(expr, parts=(*expr.parts[:k], put(expr.parts[k], tuple(rest), new), *expr.parts[k + 1 :]))


def anywhere(kind: str, change: Callable[[Expr, random.Random], Expr | None]) -> Rule:
    """The change at a random node of a kind."""

    def rule(expr: Expr, draw: random.Random) -> Expr | None:
        ways = places(expr, kind)
        if not ways:
            return None
        way = draw.choice(ways)
        new = change(at(expr, way), draw)
        return None if new is None else put(expr, way, new)

    return rule


def neg(expr: Expr) -> Expr:
    return expr.parts[0] if expr.kind == "neg" else Expr("neg", "", (expr,))


def number(value: str) -> Expr:
    return Expr("number", value)


def mul(*parts: Expr) -> Expr:
    return Expr("mul", "", (parts[0], mul(*parts[1:]) if parts[2:] else parts[1]))


def renamed(expr: Expr, old: str, new: str) -> Expr:
    text = new if expr.text == old and expr.kind in ("name", "sum", "prod") else expr.text
    return replace(expr, text=text, parts=tuple(renamed(part, old, new) for part in expr.parts))


# --- what changes nothing ---


def shuffled(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, parts=tuple(draw.sample(expr.parts, len(expr.parts))))


def turned(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, text={"≥": "≤", "≤": "≥"}.get(expr.text, expr.text), parts=expr.parts[::-1])


def moved(expr: Expr, draw: random.Random) -> Expr | None:
    """A term of one side, with the other sign on the other."""
    k = next((k for k, part in enumerate(expr.parts) if part.kind == "add"), None)
    if k is None or len(expr.parts) != 2:
        return None
    terms = list(expr.parts[k].parts)
    term = terms.pop(draw.randrange(len(terms)))
    kept = terms[0] if len(terms) == 1 else Expr("add", "", tuple(terms))
    other = expr.parts[1 - k]
    sides = [kept, Expr("add", "", (*(other.parts if other.kind == "add" else (other,)), neg(term)))]
    return replace(expr, parts=tuple(sides if k == 0 else sides[::-1]))


def doubled(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, parts=tuple(mul(number("2"), part) for part in expr.parts))


def index(expr: Expr, draw: random.Random) -> Expr:
    new = draw.choice("iklrs")
    return expr if new in set(expr.names()) else renamed(expr, expr.text, new)


def without_limits(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, parts=(NONE, NONE, expr.parts[2]))


def half(expr: Expr, draw: random.Random) -> Expr | None:
    return number("0.5") if expr == Expr("div", "", (number("1"), number("2"))) else None


def logarithm(expr: Expr, draw: random.Random) -> Expr | None:
    """log s^2 as 2 log s, log(ab) as log a + log b."""
    inner = expr.parts[0]
    if expr.text != "log" or inner.kind != "pow":
        return None
    return mul(inner.parts[1], Expr("call", "log", (inner.parts[0],)))


def squared(expr: Expr, draw: random.Random) -> Expr | None:
    return (
        mul(expr.parts[0], expr.parts[0])
        if expr.parts[1] == number("2") and expr.parts[0].kind == "name"
        else None
    )


def negated(expr: Expr, draw: random.Random) -> Expr:
    """-(a + b) for each sign turned: as a factor -1 in front."""
    return neg(Expr("add", "", tuple(map(neg, expr.parts))))


def integral(expr: Expr, draw: random.Random) -> Expr:
    """A mean as an integral."""
    over = expr.parts[0]
    q = Expr("density", "q", (Expr("tuple", "", (Expr("name", "z"),)),
                              Expr("tuple", "", (Expr("name", "x"), Expr("name", "y")))))  # fmt: skip
    return Expr("integral", "z", (mul(q if over.kind == "name" else over, expr.parts[1]),))


EQUIVALENT: list[Rule] = [
    anywhere(kind, change)
    for kind, changes in {
        "add": (shuffled, negated),
        "chain": (turned, moved, doubled),
        "sum": (index, without_limits),
        "div": (half,),
        "call": (logarithm,),
        "pow": (squared,),
        "mean": (integral,),
    }.items()
    for change in changes
]


# --- what makes it wrong ---


def sign(expr: Expr, draw: random.Random) -> Expr:
    k = draw.randrange(len(expr.parts))
    return replace(expr, parts=(*expr.parts[:k], neg(expr.parts[k]), *expr.parts[k + 1 :]))


def dropped(expr: Expr, draw: random.Random) -> Expr:
    k = draw.randrange(len(expr.parts))
    left = (*expr.parts[:k], *expr.parts[k + 1 :])
    return left[0] if len(left) == 1 else replace(expr, parts=left)


def extra(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, parts=(*expr.parts, number(draw.choice("1235"))))


def as_product(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, kind="prod")


def other_limit(expr: Expr, draw: random.Random) -> Expr | None:
    low, high, body = expr.parts
    if low == NONE or high == NONE:
        return None
    changed = (
        (number("2"), high, body)
        if draw.random() < 0.5
        else (low, Expr("add", "", (high, neg(number("1")))), body)
    )
    return replace(expr, parts=changed)


def no_sum(expr: Expr, draw: random.Random) -> Expr:
    return expr.parts[2]


def relation(expr: Expr, draw: random.Random) -> Expr | None:
    signs = {"≥": "≤=<", "≤": "≥=>", "=": "≥≤≠"}[expr.text]
    return replace(expr, text=draw.choice(signs))


def exchanged(expr: Expr, draw: random.Random) -> Expr | None:
    return replace(expr, parts=expr.parts[::-1]) if expr.text == "KL" else None


def no_function(expr: Expr, draw: random.Random) -> Expr | None:
    return expr.parts[0] if expr.text in ("log", "max") and expr.parts[0].kind != "number" else None


def other_power(expr: Expr, draw: random.Random) -> Expr:
    return draw.choice([expr.parts[0], Expr("pow", "", (expr.parts[0], number("3"))),
                        Expr("name", expr.parts[0].text, (*expr.parts[0].parts, expr.parts[1]))
                        if expr.parts[0].kind == "name" else expr.parts[0]])  # fmt: skip


def given(expr: Expr, draw: random.Random) -> Expr:
    """The bar of a condition moved or gone, or a variable lost."""
    targets, behind = expr.parts
    ways = [(Expr("tuple", "", (*targets.parts, *behind.parts)), Expr("tuple")), (behind, targets)]
    if len(behind.parts) > 1:
        ways.append((targets, Expr("tuple", "", behind.parts[:1])))
    return replace(expr, parts=draw.choice(ways))


def other_number(expr: Expr, draw: random.Random) -> Expr:
    return number({"0": "1", "1": draw.choice("234"), "2": draw.choice("34")}[expr.text])


def no_prime(expr: Expr, draw: random.Random) -> Expr | None:
    return replace(expr, text=expr.text[:-1]) if expr.text.endswith("'") else None


def other_names(expr: Expr, draw: random.Random) -> Expr | None:
    pairs = {"μ": "σ", "σ": "μ", "d": "m", "X": "W", "n": "f", "b": "b", "y": "d", "H": "H'", "H'": "H"}
    new = pairs.get(expr.text)
    return replace(expr, text=new) if new and new != expr.text else None


def early(expr: Expr, draw: random.Random) -> Expr | None:
    """The bracket of a sum closed before its last term."""
    low, high, body = expr.parts
    if body.kind != "add":
        return None
    return Expr(
        "add", "", (replace(expr, parts=(low, high, replace(body, parts=body.parts[:-1]))), body.parts[-1])
    )


def turned_over(expr: Expr, draw: random.Random) -> Expr:
    return replace(expr, parts=expr.parts[::-1])


WRONG: list[Rule] = [
    anywhere(kind, change)
    for kind, changes in {
        "add": (sign, dropped, extra),
        "sum": (as_product, other_limit, no_sum, early),
        "chain": (relation,),
        "call": (exchanged, no_function),
        "pow": (other_power,),
        "density": (given,),
        "number": (other_number,),
        "name": (no_prime, other_names),
        "div": (turned_over,),
    }.items()
    for change in changes
]


# --- TeX ---

_NAMES = {"σ": r"\sigma", "μ": r"\mu"}
_RANK = {
    "chain": 0,
    "add": 1,
    "neg": 1,
    "sum": 2,
    "prod": 2,
    "integral": 2,
    "mul": 2,
    "convolve": 2,
    "pow": 4,
}
BAR = r" \mid "
_SIGN = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", "≈": r"\approx"}


def tex(expr: Expr, least: int = 0) -> str:
    """An expression as TeX; in brackets where it binds less than what it stands in."""
    text = _tex(expr)
    return rf"\left({text}\right)" if _RANK.get(expr.kind, 3) < least else text


def _tex(expr: Expr) -> str:
    parts = expr.parts
    match expr.kind:
        case "number":
            return expr.text
        case "name":
            text = _NAMES.get(expr.text, expr.text)
            return text + (f"_{{{','.join(map(tex, parts))}}}" if parts else "")
        case "chain":
            pieces = [tex(parts[0])]
            for one, side in zip(expr.text, parts[1:], strict=True):
                pieces += [_SIGN.get(one, one), tex(side)]
            return " ".join(pieces)
        case "add":
            text = tex(parts[0], 1)
            for part in parts[1:]:
                inner = part.parts[0] if part.kind == "neg" else part
                text += (" - " if part.kind == "neg" else " + ") + tex(inner, 2)
            return text
        case "neg":
            return f"-{tex(parts[0], 2)}"
        case "mul":
            first = parts[0]
            reaches = first.kind in ("sum", "prod", "integral") or (
                first.kind == "call" and first.text == "log"
            )
            left = rf"\left({tex(first)}\right)" if reaches else tex(first, 2)
            between = r" \cdot " if tex(parts[1], 2)[0] in "-0123456789" else " "
            return left + between + tex(parts[1], 2)
        case "convolve":
            return rf"{tex(parts[0], 3)} \ast_{{\mathrm{{filt}}}} {tex(parts[1], 3)}"
        case "div":
            return rf"\frac{{{tex(parts[0])}}}{{{tex(parts[1])}}}"
        case "pow":
            base = rf"\left({tex(parts[0])}\right)" if parts[0].kind not in ("name", "call", "number") or (
                parts[0].kind == "call" and parts[0].text == "log") else tex(parts[0])  # fmt: skip
            return f"{base}^{{{tex(parts[1])}}}"
        case "sum" | "prod":
            low, high, body = parts
            under = expr.text if low == NONE else f"{expr.text}={tex(low)}"
            over = "" if high == NONE else f"^{{{tex(high)}}}"
            return rf"\{expr.kind}_{{{under}}}{over} {tex(body, 2)}"
        case "integral":
            return rf"\int {tex(parts[0], 2)} \, d{expr.text}"
        case "mean":
            return rf"\mathbb{{E}}_{{{tex(parts[0])}}}\left[{tex(parts[1])}\right]"
        case "density":
            sides = (", ".join(map(tex, side.parts)) for side in parts if side.parts)
            return rf"{expr.text}({BAR.join(sides)})"
        case "call" if expr.text == "KL":
            return rf"\mathrm{{KL}}({tex(parts[0])} \,\|\, {tex(parts[1])})"
        case "call" if (
            expr.text == "log"
            and len(parts) == 1
            and parts[0].kind in ("density", "name", "pow", "div", "mean")
        ):
            return rf"\log {tex(parts[0])}"
        case "call":
            return rf"\{expr.text}\left({', '.join(map(tex, parts))}\right)"
    raise ValueError(f"no TeX for {expr.kind}")


# --- pages ---


def read_back(forms: Sequence[str], engine: str, *, display: bool = True) -> list[list[Row]]:
    """The lines of formulas that an engine typesets, in a frame each: displayed, or in a line."""
    begin, end = (r"\[", r"\]") if display else ("$", "$.")
    shown = (f"\\begin{{answer}}\n\\textbf{{Answer {k}.}} {begin}{form}{end}\n\\end{{answer}}"
             for k, form in enumerate(forms, 1))  # fmt: skip
    words = "This page has words too. " * 20  # what has none is no report
    head = "\\documentclass[11pt]{article}\n\\newcommand{\\pagemark}{}\n" + latex.preamble("a4")
    body = "\n\n".join([r"\title{Forms}\author{A}\date{}\begin{document}", *shown, words, r"\end{document}"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forms.tex"
        path.write_text(f"{head}\n{body}\n", encoding="utf-8")
        typeset(path, path.with_suffix(".pdf"), engine=engine)
        paper = pages.read(path.with_suffix(".pdf"))
    found = [paper.rows(*place) for place in paper.framed]
    assert len(found) == len(forms), f"{len(found)} of {len(forms)} frames"
    return found
