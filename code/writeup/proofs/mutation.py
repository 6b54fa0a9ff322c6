"""Does the checker notice a mistake? Break every step and every definition, one small mistake at a time.

A mutant of a step has one side altered at one place (`alterations`), or its relation turned round. It is
checked together with the step that follows from it. A mutant of a definition is altered together with all
lines that follow from it, so that only what computes the definition another way can refuse it. A mutant that
passes is an equivalent rewriting, which sympy has to prove equal to the original, or a hole in the checker.
Mutants that state nothing (a matrix added to a number), and those for which the checker finds neither a proof
nor a counterexample, are counted apart: to refuse them is no merit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal, get_args

from sympy import Add, Derivative, Expr, Integral, Mul, Pow, Rational, Sum, Symbol, Tuple, log

from writeup.proofs.algebra import Refuted, Undecided
from writeup.proofs.models import Definition, Model
from writeup.proofs.notation import At, Notation, latex, minus
from writeup.proofs.proving import SENSELESS, check_step, proves_same, same, try_fact
from writeup.proofs.steps import Derivation, ProofError, Relation, SenselessError, Step, UndecidedError

Outcome = Literal["caught", "survived", "equivalent", "undecided", "senseless"]
Judged = tuple[Outcome, str, float | None]  # outcome, reason and distance of a `Row`
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SHOWN = 60  # letters of LaTeX that a reason may show


@dataclass(frozen=True)
class Mutant:
    """One altered step. `mutation` says what was done, in LaTeX; `side` is the field that was altered."""

    mutation: str
    side: str
    step: Step


@dataclass(frozen=True)
class Row:
    """What became of one mutant; `reason` says why it is equivalent, or which check caught it. step: of a
    definition, what it defines. distance: how far apart the sides were at the point that refuted it, see
    `algebra.Refuted`.
    """

    derivation: str
    kind: Literal["step", "definition"]
    step: str
    mutation: str
    outcome: Outcome
    reason: str
    distance: float | None = None


def run(derivation: Derivation) -> list[Row]:
    """What becomes of every mutant of every step and of every definition."""
    steps = (row for index in range(len(derivation.steps)) for row in run_step(derivation, index))
    return [*steps, *run_definitions(derivation)]


def run_step(derivation: Derivation, index: int) -> list[Row]:
    """What becomes of every mutant of one step."""
    step = derivation.steps[index]
    return [
        Row(derivation.name, "step", step.name, m.mutation, *judge(derivation, index, m))
        for m in mutants(step)
    ]


def run_definitions(derivation: Derivation) -> Iterator[Row]:
    """What becomes of every mutant of a definition or of an assumed value."""
    for fact, models in derivation.facts():
        for text, altered in alterations(fact.rhs):
            said = judge_fact(replace(fact, rhs=altered), fact, models)
            yield Row(derivation.name, "definition", f"${latex(fact.lhs)}$", text, *said)


def by_step(rows: Iterable[Row]) -> dict[str, list[Any]]:
    """A table: how many mutants of each step and of each definition had which outcome."""
    found: dict[tuple[str, str, str], dict[Outcome, int]] = {}
    for row in rows:
        key = row.derivation, row.kind, row.step
        found.setdefault(key, dict.fromkeys(OUTCOMES, 0))[row.outcome] += 1
    names = ("derivation", "kind", "step")
    columns: dict[str, list[Any]] = {name: [key[k] for key in found] for k, name in enumerate(names)}
    return columns | {one: [counted[one] for counted in found.values()] for one in OUTCOMES}


def judge(derivation: Derivation, index: int, mutant: Mutant) -> Judged:
    """Check the derivation with this step in place of the original one."""
    steps = (*derivation.steps[:index], mutant.step, *derivation.steps[index + 1 :])
    broken = replace(derivation, steps=steps)

    def check() -> None:
        check_step(broken, index)
        if index + 1 < len(steps) and steps[index + 1].lhs is None:
            check_step(broken, index + 1)

    if refused := _refused(check):
        return refused
    if mutant.side != "relation":
        original, altered = getattr(derivation.steps[index], mutant.side), getattr(mutant.step, mutant.side)
        if proves_same(derivation, index, original, altered):
            return "equivalent", _why(derivation, index, mutant), None
    return "survived", "passed the check", None


def judge_fact(altered: Definition, fact: Definition, models: Sequence[Model]) -> Judged:
    """Hold an altered definition against what computes it another way."""
    if refused := _refused(lambda: try_fact(altered, models)):
        return refused
    if any(_same(model, fact.rhs, altered.rhs) for model in models):
        return "equivalent", "sympy proves both equal", None
    instances = [one for model in models for one in model.instances]
    if instances and all(_same(one, fact.rhs, altered.rhs) for one in instances):
        names = ", ".join(dict.fromkeys(one.name for one in instances))
        return "equivalent", f"sympy proves both equal in {names}", None
    return "survived", "passed the check", None


def _refused(check: Callable[[], object]) -> Judged | None:
    """How a check refuses; None where it passes."""
    try:
        check()
    except (SenselessError, *SENSELESS) as error:
        return "senseless", str(error), None
    except (UndecidedError, Undecided) as error:
        return "undecided", str(error), None
    except (ProofError, Refuted) as error:
        refuted = error if isinstance(error, Refuted) else error.__cause__
        return "caught", str(error), getattr(refuted, "distance", None)
    return None


def _same(model: Model, a: Expr, b: Expr) -> bool:
    try:
        return same(model, a, b)
    except (Refuted, *SENSELESS):
        return False


def _why(derivation: Derivation, index: int, mutant: Mutant) -> str:
    """What a mutant that is proved equal to the original shares with it: the value, where it is short."""
    if "swap" in mutant.mutation or "exchange" in mutant.mutation:
        return "symmetric in the two"
    models = derivation.models_of(derivation.steps[index])
    original = getattr(derivation.steps[index], mutant.side)
    if len(models) == 1:
        value = models[0].interpret(original)
        shown = latex(value.doit()) if isinstance(value, Expr) else ""
        if 0 < len(shown) <= SHOWN:
            return f"both are ${shown}$"
    return "sympy proves both equal"


_TURNED: dict[Relation, Relation] = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


def mutants(step: Step) -> Iterator[Mutant]:
    """All mutants of a step, each with one alteration on one side."""
    for side in ("lhs", "rhs", "gap"):
        expr = getattr(step, side)
        if expr is None:
            continue
        where = {"lhs": "left side", "rhs": "right side", "gap": "gap"}[side]
        for text, altered in alterations(expr):
            yield Mutant(f"{where}: {text}", side, replace(step, **{side: altered}))
    if step.relation != "=":
        turned = _TURNED[step.relation]
        yield Mutant("turn the inequality round", "relation", replace(step, relation=turned))


def alterations(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """(what was done, the altered expression) for every place and every mistake."""
    if expr != 0 and isinstance(expr, Expr):
        yield rf"flip the sign of ${latex(expr)}$", minus(expr)
    yield from _local(expr)
    symbols = sorted((s for s in expr.free_symbols if isinstance(s, Symbol)), key=str)
    for a, b in combinations(symbols, 2):
        yield rf"swap ${latex(a)}$ and ${latex(b)}$", expr.xreplace({a: b, b: a})


def _local(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """Mistakes at the root of the expression, then those inside each argument."""
    args = expr.args
    if isinstance(expr, Add):
        for i, term in enumerate(args):
            rest = args[:i] + args[i + 1 :]
            yield rf"drop the term ${latex(term)}$", _rebuild(expr, rest)
            yield (
                rf"flip the sign of the term ${latex(term)}$",
                _rebuild(expr, (*args[:i], minus(term), *args[i + 1 :])),
            )
    if isinstance(expr, Mul):
        for i, factor in enumerate(args):
            if factor not in (1, -1):  # a dropped -1 is a flipped sign
                yield rf"drop the factor ${latex(factor)}$", _rebuild(expr, args[:i] + args[i + 1 :])
    if isinstance(expr, Pow):
        base, exponent = args
        yield rf"raise the exponent of ${latex(expr)}$ by one", Pow(base, exponent + 1, evaluate=False)
        yield rf"turn ${latex(expr)}$ upside down", Pow(base, -exponent, evaluate=False)
    if isinstance(expr, log):
        yield rf"drop the logarithm of ${latex(args[0])}$", args[0]
    if isinstance(expr, Notation) and len(args) == 2:
        yield rf"exchange the arguments of ${latex(expr)}$", expr.func(args[1], args[0])
    if isinstance(expr, Rational) and expr != 0:
        yield rf"add one to ${latex(expr)}$", expr + 1
    if isinstance(expr, Derivative | Integral | Sum | At | Pow):  # limits and exponents are not terms
        inside = [(0, args[0])]
    elif isinstance(expr, Add | Mul | Tuple) or getattr(expr, "is_Function", False):
        inside = list(enumerate(args))
    else:
        inside = []
    for i, arg in inside:
        for text, altered in _local(arg):
            yield text, _rebuild(expr, (*args[:i], altered, *args[i + 1 :]))


def _rebuild(expr: Expr, args: tuple[Any, ...]) -> Expr:
    keep_order = {"evaluate": False} if isinstance(expr, Add | Mul | Pow) else {}
    return expr.func(*args, **keep_order)


COLUMNS = "derivation", "kind", "step", "mutation", "reason", "distance"


def nearest(rows: Iterable[Row]) -> dict[str, list[Any]]:
    """A table: of each step and definition the refused version whose sides differ least where it was refuted.

    A version that was refused without a point (one side is infinite, say) is no counterexample, and left out.
    """
    found: dict[tuple[str, str, str], Row] = {}
    refuted = [row for row in rows if row.outcome == "caught" and row.distance is not None]
    for row in sorted(refuted, key=lambda row: row.distance or 0.0):
        found.setdefault((row.derivation, row.kind, row.step), row)
    return {name: [getattr(row, name) for row in found.values()] for name in COLUMNS}
