"""Derivations as checked objects: named steps, proved by sympy, printed from the very expressions proved.

A `Derivation` is a chain of `Step`s. A step states `lhs relation rhs`; without `lhs` it continues from the
right side of the step before, as in a derivation on paper. The expressions may hold notation that sympy knows
nothing of (an expectation, a divergence, `writeup.notation`). What it means is said by the derivation's
`Model`s, and a step holds when it holds in every one of them:

    x = Symbol("x", positive=True)
    steps = (
        Step("differentiate", lhs=Derivative(x - log(x), x), rhs=1 - 1 / x, rule="derivative of log"),
        Step("common denominator", rhs=(x - 1) / x, rule="algebra"),
    )
    check(Derivation("tangent", "The tangent of the logarithm", assumptions=("$x > 0$",), steps=steps))

Equal means: sympy proves that the difference is zero. What it cannot decide is compared at random points and
marked "numerical" (`writeup.algebra`). What does not hold raises `ProofError`.
"""

import hashlib
import json
import operator
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import sympy
from sympy import Add, Basic, Expr, MatrixBase, Mul, Pow, S, Subs, srepr, sympify

from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.proofs.algebra import Method, Refuted, prove_equal, prove_sign
from writeup.proofs.notation import latex

Relation = Literal["=", ">=", "<=", ">", "<"]
_RELATIONS: dict[Relation, str] = {"=": "=", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}


class ProofError(UserError):
    """A step that does not hold; the text names derivation and step and says where the two sides differ."""


class SenselessError(ProofError):
    """A step that states nothing: its expressions cannot be evaluated, for instance because shapes do not
    fit.
    """


@dataclass(frozen=True)
class Model:
    """What notation and symbols mean: each symbol or function class with the expression or function it stands
    for.
    """

    name: str
    meaning: Mapping[Any, Any] = field(default_factory=dict)

    def interpret(self, expr: Any) -> Any:
        """The expression in sympy's own terms: meanings put in from the leaves up, sums and products
        evaluated.
        """
        if expr in self.meaning:
            return self.meaning[expr]
        if not isinstance(expr, Basic) or not expr.args:
            return expr
        args = [self.interpret(arg) for arg in expr.args]
        function = self.meaning.get(expr.func, expr.func)
        if any(isinstance(arg, MatrixBase) for arg in args) and expr.func in (Add, Mul, Pow):
            function = {Add: _sum, Mul: _product, Pow: operator.pow}[
                expr.func
            ]  # sympy's Add takes no matrices
        return function(*args)


def _sum(*terms: Any) -> Any:
    return reduce(operator.add, terms)


def _product(*factors: Any) -> Any:
    return reduce(operator.mul, factors)


LITERAL = Model("as written")


@dataclass(frozen=True)
class Step:
    """One line of a derivation: `lhs relation rhs`, and the rule that justifies it.

    An inequality names its `gap`: lhs - rhs = gap is proved as an identity, then the sign of the gap, so that
    a bound which is valid but not the one derived does not pass. (A line that continues with "> 0" needs
    none: its left side was proved in the line before.) `text` is prose (LaTeX) printed before the line,
    `label` a label for a numbered equation, `models` replaces the derivation's models for this step.
    """

    name: str
    rhs: Expr
    rule: str
    lhs: Expr | None = None
    relation: Relation = "="
    gap: Expr | None = None
    text: str = ""
    label: str = ""
    models: tuple[Model, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rhs", sympify(self.rhs))
        if any(isinstance(side, Basic) and side.has(Subs) for side in (self.lhs, self.rhs, self.gap)):
            raise ProofError(f"step {self.name!r}: write writeup.notation.at(...) in place of sympy's Subs")
        if self.relation not in _RELATIONS:
            raise ProofError(
                f"step {self.name!r}: relation {self.relation!r} is not one of {' '.join(_RELATIONS)}"
            )
        if self.relation != "=" and self.gap is None and not (self.lhs is None and self.rhs == 0):
            raise ProofError(
                f"step {self.name!r}: an inequality with a left side of its own needs its gap, lhs - rhs"
            )


@dataclass(frozen=True)
class Derivation:
    """Named steps that lead from the first left side to the last right side."""

    name: str
    title: str
    assumptions: tuple[str, ...]
    steps: tuple[Step, ...]
    models: tuple[Model, ...] = (LITERAL,)

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or self.steps[0].lhs is None:
            raise ProofError(f"derivation {self.name}: the first step needs a left side")
        if len(set(names)) < len(names):
            raise ProofError(f"derivation {self.name}: two steps have the same name")

    def left(self, index: int) -> Expr:
        """Left side of a step: its own, or the right side of the step before."""
        step = self.steps[index]
        return sympify(step.lhs) if step.lhs is not None else self.steps[index - 1].rhs


@dataclass(frozen=True)
class CheckedStep:
    """A step that holds, as plain data for the templates. `latex` is the line as printed; its parts are
    beside it.
    """

    number: int
    name: str
    anchor: str
    latex: str
    lhs: str
    relation: str
    rhs: str
    rule: str
    text: str
    label: str
    method: str
    seconds: float
    models: tuple[str, ...]


@dataclass(frozen=True)
class CheckedDerivation:
    """A derivation all of whose steps hold, as plain data for the templates."""

    name: str
    title: str
    assumptions: tuple[str, ...]
    steps: tuple[CheckedStep, ...]

    @property
    def symbolic(self) -> int:
        return sum(step.method == "symbolic" for step in self.steps)

    @property
    def numerical(self) -> int:
        return len(self.steps) - self.symbolic

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)


def check_step(derivation: Derivation, index: int) -> Method:
    """How a step was established, in all its models; raises ProofError where it does not hold."""
    step, left = derivation.steps[index], derivation.left(index)
    methods: set[Method] = set()
    for model in _models(derivation, step):
        try:
            lhs, rhs = model.interpret(left), model.interpret(step.rhs)
            if step.relation == "=":
                methods |= {prove_equal(*pair) for pair in _scalars(lhs, rhs)}
                continue
            gap = lhs - rhs
            if step.gap is not None:
                gap = model.interpret(step.gap)
                methods.add(prove_equal(lhs - rhs, gap))
            methods.add(prove_sign(gap, step.relation))
        except Refuted as refuted:
            raise ProofError(_where(derivation, index, f"does not hold{_in(model)}: {refuted}")) from None
        except _EVALUATION as error:
            raise SenselessError(
                _where(derivation, index, f"cannot be evaluated{_in(model)}: {error}")
            ) from error
    return "numerical" if "numerical" in methods else "symbolic"


# What sympy raises where an expression makes no sense: shapes that do not fit, a function without a value.
_EVALUATION = (ValueError, TypeError, AttributeError, NotImplementedError)


def _in(model: Model) -> str:
    return "" if model is LITERAL else f" ({model.name})"


def _where(derivation: Derivation, index: int, what: str) -> str:
    step = derivation.steps[index]
    return " ".join(f"derivation {derivation.name}, step {index + 1} '{step.name}' {what}".split())


def _models(derivation: Derivation, step: Step) -> tuple[Model, ...]:
    return derivation.models if step.models is None else step.models


def _scalars(lhs: Any, rhs: Any) -> list[tuple[Expr, Expr]]:
    """The scalar equations that an equation of scalars or of equally shaped matrices stands for."""
    if isinstance(lhs, MatrixBase) or isinstance(rhs, MatrixBase):
        if getattr(lhs, "shape", None) != getattr(rhs, "shape", None):
            raise Refuted(
                f"the shapes {getattr(lhs, 'shape', '()')} and {getattr(rhs, 'shape', '()')} differ"
            )
        return list(zip(lhs, rhs, strict=True))
    return [(lhs, rhs)]


def check(
    derivation: Derivation, record: dict[str, Any] | None = None, engine: str = ""
) -> CheckedDerivation:
    """The derivation as printed and with how each step was established; raises ProofError at the first that
    fails.

    `record` maps the digest of a step to its verdict: a step found there is not proved again, a new one is
    added.
    """
    record = {} if record is None else record
    steps = []
    for index, step in enumerate(derivation.steps):
        key = step_digest(derivation, index, engine)
        if key not in record:
            start = time.perf_counter()
            method = check_step(derivation, index)
            record[key] = {"method": method, "seconds": round(time.perf_counter() - start, 4)}
        lhs = latex(step.lhs) if step.lhs is not None else ""
        relation, rhs = _RELATIONS[step.relation], latex(step.rhs)
        steps.append(
            CheckedStep(
                number=index + 1,
                name=step.name,
                anchor=f"proof-{derivation.name}-{index + 1}",
                latex=f"{lhs} {relation} {rhs}".strip(),
                lhs=lhs,
                relation=relation,
                rhs=rhs,
                rule=step.rule,
                text=step.text,
                label=step.label,
                method=record[key]["method"],
                seconds=record[key]["seconds"],
                models=tuple(model.name for model in _models(derivation, step)),
            )
        )
    return CheckedDerivation(derivation.name, derivation.title, derivation.assumptions, tuple(steps))


def check_all(
    derivations: Sequence[Derivation], cache: Path | None = None, engine: str = ""
) -> list[CheckedDerivation]:
    """Check every derivation. `cache` is a JSON file of verdicts: unchanged steps are not proved again.

    engine: digest of the code that gives the verdicts; those of another one do not count.
    """
    known = read_record(cache)
    used: dict[str, Any] = {}
    checked = []
    for derivation in derivations:
        keys = [step_digest(derivation, index, engine) for index in range(len(derivation.steps))]
        used |= {key: known[key] for key in keys if key in known}
        checked.append(check(derivation, used, engine))
    if cache is not None and used != known:
        write_record(cache, used)
    return checked


def as_plain(checked: Sequence[CheckedDerivation]) -> list[dict[str, Any]]:
    """JSON-ready form, for a report that is rendered later without sympy."""
    return [
        asdict(d) | {"symbolic": d.symbolic, "numerical": d.numerical, "seconds": d.seconds} for d in checked
    ]


def interpreted_pairs(derivation: Derivation, index: int, a: Expr, b: Expr) -> list[tuple[Expr, Expr]]:
    """The scalar equations that a = b stands for in every model of a step."""
    models = _models(derivation, derivation.steps[index])
    return [pair for model in models for pair in _scalars(model.interpret(a), model.interpret(b))]


def step_digest(derivation: Derivation, index: int, engine: str = "") -> str:
    """What a verdict depends on: the engine, the relation, and the sides as every model interprets them."""
    step = derivation.steps[index]
    sides = [derivation.left(index), step.rhs, S.Zero if step.gap is None else step.gap]
    try:
        meant = [srepr(model.interpret(side)) for model in _models(derivation, step) for side in sides]
    except _EVALUATION as error:
        raise SenselessError(_where(derivation, index, f"cannot be evaluated: {error}")) from error
    return hashlib.sha256(
        "\n".join([engine, sympy.__version__, step.relation, str(step.gap is None), *meant]).encode()
    ).hexdigest()


def read_record(path: Path | None) -> dict[str, Any]:
    """The verdicts kept in a file; none where there is no such file or it is not ours to read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write the verdicts at once, so that a killed build leaves the old file or the new one."""
    write_atomically(path, (json.dumps(record, indent=0, sort_keys=True) + "\n").encode())
