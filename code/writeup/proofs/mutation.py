"""Does the checker notice a mistake? Break every step of a derivation, one small mistake at a time, and check
it.

A mutant is a step with one side altered at one place: a sign flipped, a term or a factor dropped, an exponent
or a number changed, the two arguments of a divergence exchanged, two symbols swapped, a relation turned
round. The mutant is checked together with the step that follows from it, as the whole derivation would be. A
mutant that passes is either an equivalent rewriting, which sympy then has to prove equal to the original, or
a hole in the checker. Mutants that state nothing (a matrix added to a number), and those that the checker
refuses because it finds neither a proof nor a counterexample, are counted apart: to refuse them is no merit.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

from sympy import Add, Derivative, Expr, Integral, Mul, Pow, Rational, Sum, Symbol, log, srepr

from writeup.proofs.notation import At, Notation, latex, minus
from writeup.proofs.steps import (
    Derivation,
    ProofError,
    Relation,
    SenselessError,
    Step,
    UndecidedError,
    check_step,
    proves_same,
    read_record,
    step_digest,
    write_record,
)

Outcome = Literal["caught", "survived", "equivalent", "undecided", "senseless"]
SHOWN = 60  # letters of LaTeX that a reason may show


@dataclass(frozen=True)
class Mutant:
    """One altered step. `mutation` says what was done, in LaTeX; `side` is the field that was altered."""

    mutation: str
    side: str
    step: Step


@dataclass(frozen=True)
class Row:
    """What became of one mutant; `reason` says why it is equivalent, or which check caught it."""

    derivation: str
    step: str
    mutation: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class MutationReport:
    """All mutants of all derivations."""

    rows: tuple[Row, ...]

    def having(self, outcome: Outcome) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.outcome == outcome)

    @property
    def counts(self) -> dict[str, int]:
        """`proofs/mutants` counts false statements alone, no equivalent, undecided or senseless mutants."""
        number = {outcome: len(self.having(outcome)) for outcome in get_args(Outcome)}
        return {
            "proofs/mutants": number["caught"] + number["survived"],
            "proofs/mutants_caught": number["caught"],
            "proofs/mutants_equivalent": number["equivalent"],
            "proofs/mutants_undecided": number["undecided"],
            "proofs/mutants_senseless": number["senseless"],
        }

    def by_step(self) -> dict[tuple[str, str], dict[Outcome, int]]:
        """How many mutants of each step had which outcome, by derivation and step."""
        found: dict[tuple[str, str], dict[Outcome, int]] = {}
        for row in self.rows:
            counted = found.setdefault((row.derivation, row.step), dict.fromkeys(get_args(Outcome), 0))
            counted[row.outcome] += 1
        return found


def run(derivations: Sequence[Derivation], cache: Path | None = None, engine: str = "") -> MutationReport:
    """Break every step of every derivation. `cache` is a JSON file: unchanged steps are not broken again.

    engine: digest of the code that breaks and judges; what another one kept does not count.
    """
    known, used = read_record(cache), {}
    rows: list[Row] = []
    for derivation in derivations:
        for index in range(len(derivation.steps)):
            key = _digest(derivation, index, engine)
            used[key] = known.get(key) or [asdict(row) for row in run_step(derivation, index)]
            rows += [Row(**row) for row in used[key]]
    if cache is not None and used != known:
        write_record(cache, used)
    return MutationReport(tuple(rows))


def run_step(derivation: Derivation, index: int) -> list[Row]:
    """What becomes of every mutant of one step."""
    step = derivation.steps[index]
    return [Row(derivation.name, step.name, m.mutation, *judge(derivation, index, m)) for m in mutants(step)]


def judge(derivation: Derivation, index: int, mutant: Mutant) -> tuple[Outcome, str]:
    """Check the derivation with this step in place of the original one."""
    steps = (*derivation.steps[:index], mutant.step, *derivation.steps[index + 1 :])
    broken = replace(derivation, steps=steps)
    try:
        check_step(broken, index)
        if index + 1 < len(steps) and steps[index + 1].lhs is None:
            check_step(broken, index + 1)
    except SenselessError as error:
        return "senseless", str(error)
    except UndecidedError as error:
        return "undecided", str(error)
    except ProofError as error:
        return "caught", str(error)
    if mutant.side != "relation":
        original, altered = getattr(derivation.steps[index], mutant.side), getattr(mutant.step, mutant.side)
        if proves_same(derivation, index, original, altered):
            return "equivalent", _why(derivation, index, mutant)
    return "survived", "passed the check"


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
    if expr != 0:
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
    elif isinstance(expr, Add | Mul) or getattr(expr, "is_Function", False):
        inside = list(enumerate(args))
    else:
        inside = []
    for i, arg in inside:
        for text, altered in _local(arg):
            yield text, _rebuild(expr, (*args[:i], altered, *args[i + 1 :]))


def _rebuild(expr: Expr, args: tuple[Any, ...]) -> Expr:
    keep_order = {"evaluate": False} if isinstance(expr, Add | Mul | Pow) else {}
    return expr.func(*args, **keep_order)


def _digest(derivation: Derivation, index: int, engine: str) -> str:
    """What the rows depend on: the step as written, what it and the next one mean, and the engine."""
    step = derivation.steps[index]
    following = [index + 1] * (index + 1 < len(derivation.steps))
    written = [
        step.name,
        *(srepr(side) + latex(side) for side in (step.lhs, step.rhs, step.gap) if side is not None),
    ]
    meant = [step_digest(derivation, i) for i in [index, *following]]
    return hashlib.sha256("\n".join([engine, derivation.name, *written, *meant]).encode()).hexdigest()
