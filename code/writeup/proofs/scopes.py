"""For what a step holds, as it is printed beside it; and what may stand in prose beside the proof.

The scope follows from the models and from how the step was established; it cannot be typed. A formula with a
relation in a rule or in the prose of a derivation must be one that was checked, put in by definition, or
carried by the symbols: else it would pass for proved.
"""

import re
from collections.abc import Iterator
from typing import Any

from sympy import Basic, Expr, IndexedBase, Symbol

from writeup.errors import UserError
from writeup.proofs.algebra import POINTS, Method
from writeup.proofs.models import Model, conditions
from writeup.proofs.notation import Notation, latex
from writeup.proofs.steps import RELATIONS, Derivation, Step

_RELATION = re.compile(
    r"=|<|>|\\(ge|le|geq|leq|ne|neq|in|equiv|approx|to|sim|propto|iff|implies)(?![A-Za-z])"
)
_INLINE = re.compile(r"(?<!\\)\$([^$]*)\$")


def of(derivation: Derivation, step: Step, method: Method) -> dict[str, str]:
    """`scope`: the kind; `holds`: for what, in words (LaTeX); `mark`: the same in short."""
    models = derivation.models_of(step)
    if method == "numerical":
        return {"scope": "points", "holds": f"numerically at {POINTS} points", "mark": f"{POINTS} points"}
    nothing = {"definition": ("by definition", "def."), "substitution": ("by putting values in", "values")}
    words, short = nothing.get(method, ("", ""))
    universal = all(model.universal for model in models)
    scope: str = method if words else "all" if universal else "cases"
    if universal:
        within = conditions(models)
        holds = " with ".join(filter(None, [words or "for all", "; ".join(within)]))
        if step.induction is not None and not words:
            n, base = step.induction
            holds += f", by induction over ${latex(n)}$ from ${latex(base)}$"
        marks = [short or "all", *within]
    else:
        holds = (f"{words} in " if words else "for these cases: ") + _listed(models)
        marks = [short, "one case" if len(models) == 1 else f"{len(models)} cases"]
    return {"scope": scope, "holds": holds, "mark": ", ".join(filter(None, marks))}


def _listed(models: tuple[Model, ...]) -> str:
    names = list(dict.fromkeys(model.name for model in models))
    shown = names if len(names) <= 6 else [*names[:2], f"and {len(names) - 2} more, up to {names[-1]}"]
    return "; ".join(shown)


def facts(derivation: Derivation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is put in by definition, and what is assumed of a functional, as LaTeX."""
    models = derivation.all_models()
    definitions = dict.fromkeys(one.latex for model in models for one in model.definitions)
    definitions |= dict.fromkeys(step.root.latex for step in derivation.steps if step.root)
    known = dict.fromkeys(one.latex for model in models if model.linear for one in model.linear.known)
    return tuple(definitions), tuple(known)


def symbols(derivation: Derivation) -> tuple[str, ...]:
    """What the symbols of the steps run through, as they carry it."""
    return tuple(
        f"{latex(one)}{carried}"
        for one in _atoms(derivation)
        if isinstance(one, Symbol) and (carried := _carried(one))
    )


def _carried(symbol: Symbol) -> str:
    domains = {
        r" \in \mathbb{N}": symbol.is_integer and symbol.is_positive,
        r" \in \mathbb{N}_0": symbol.is_integer and symbol.is_nonnegative,
        r" \in \mathbb{Z}": symbol.is_integer,
        " > 0": symbol.is_positive,
        r" \ge 0": symbol.is_nonnegative,
        r" \ne 0": symbol.is_real and symbol.is_nonzero,
        r" \in \mathbb{R}": symbol.is_real,
    }
    return next((said for said, holds in domains.items() if holds), "")


def check_prose(derivation: Derivation) -> None:
    """UserError where two things print alike, or where prose states what is neither checked nor carried."""
    alike: dict[str, Any] = {}
    for one in _atoms(derivation):
        printed = getattr(one, "template", None) or latex(one)
        if alike.setdefault(printed, one) != one:
            raise UserError(f"derivation {derivation.name}: two different things are printed as {printed}")
    for formula in (one for text in derivation.assumptions for one in _INLINE.findall(text)):
        _carries(derivation, formula)
    stated = {_bare(line) for line in _stated(derivation)}
    for step in derivation.steps:
        for formula in _INLINE.findall(step.rule) + _INLINE.findall(step.text):
            if _RELATION.search(formula) and _bare(formula) not in stated:
                raise UserError(
                    f"derivation {derivation.name}, step {step.name!r}: ${formula}$ is typed and not "
                    "checked; name it in `beside`, or say it in words"
                )


def _bare(formula: str) -> str:
    return re.sub(r"\s|\\[,;!:]|\\left|\\right|\\quad", "", formula).replace("{}", "")


def _stated(derivation: Derivation) -> Iterator[str]:
    """Every line that was checked, put in by definition, or is carried by the symbols."""
    for index, step in enumerate(derivation.steps):
        yield f"{latex(derivation.left(index))} {RELATIONS[step.relation]} {latex(step.rhs)}"
        yield from (one.latex for one in step.beside)
        models = derivation.models_of(step)
        if step.root is not None:
            yield step.root.latex
        for some in (models, *([model] for model in models)):
            yield from (condition.strip("$") for condition in conditions(some))
        yield from (one.latex for model in models for one in model.facts())
    yield from symbols(derivation)


_DOMAIN = re.compile(r"(?P<names>.+?)\s*(?P<sign>>|\\ge|\\ne|\\in)\s*(?P<of>0|\\mathbb\{R\})")


def _carries(derivation: Derivation, formula: str) -> None:
    """What an assumption says of single symbols is what these carry in the proof."""
    said = _DOMAIN.fullmatch(formula.strip())
    if said is None:
        return
    named = {_bare(latex(one)): one for one in _atoms(derivation) if isinstance(one, Symbol)}
    for name in said["names"].split(","):
        symbol = named.get(_bare(name))
        if symbol is None:
            continue
        has = {
            (">", "0"): symbol.is_positive,
            (r"\ge", "0"): symbol.is_nonnegative,
            (r"\ne", "0"): symbol.is_nonzero,
            (r"\in", r"\mathbb{R}"): symbol.is_real,
        }
        if not has.get((said["sign"], said["of"])):
            raise UserError(
                f"derivation {derivation.name}: it is assumed that ${formula}$, which the symbol "
                f"{latex(symbol)} of the proof does not carry"
            )


def _atoms(derivation: Derivation) -> list[Any]:
    """The symbols and notations of the steps, as written."""
    found: dict[Any, None] = {}
    for index, step in enumerate(derivation.steps):
        for side in (derivation.left(index), step.rhs, step.gap):
            if isinstance(side, Basic):
                found |= dict.fromkeys(_in(side))
    return sorted(found, key=lambda one: str(getattr(one, "template", one)))


def _in(expr: Expr) -> Iterator[Any]:
    """Labels of indexed symbols count as these; bound variables as what they are."""
    bases = expr.atoms(IndexedBase)
    yield from bases
    labels = {base.label for base in bases}
    yield from (one for one in expr.atoms(Symbol) if one not in labels)
    yield from {one.func for one in expr.atoms(Notation)}
