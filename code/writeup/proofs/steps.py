"""Derivations as checked objects: named steps, proved by sympy, printed from the very expressions proved.

A `Derivation` is a chain of `Step`s. A step states `lhs relation rhs`; without `lhs` it continues from the
right side of the step before, as in a derivation on paper. The expressions may hold notation that sympy knows
nothing of (an expectation, a divergence, `writeup.proofs.notation`). What it means is said by the
derivation's `Model`s (`writeup.proofs.models`), and a step holds when it holds in every one of them:

    x = Symbol("x", positive=True)
    steps = (
        Step("differentiate", lhs=Derivative(x - log(x), x), rhs=1 - 1 / x, rule="derivative of log"),
        Step("common denominator", rhs=(x - 1) / x, rule="algebra"),
    )
    check(Derivation("tangent", "The tangent of the logarithm", assumptions=("$x > 0$",), steps=steps))

Every step bears its scope, which follows from how it was checked and is printed beside it: "all" where sympy
proved it under printed definitions, "cases" where a model holds fixed sizes, "points" where numbers alone
bear it out, "definition" where both sides are one expression as soon as the notation is put in (such a line
is not counted as a step). What does not hold raises `ProofError`.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import sympy
from sympy import Basic, Expr, S, Subs, Symbol, srepr, sympify

from writeup import sealed
from writeup.errors import UserError
from writeup.proofs import proving, scopes, watch
from writeup.proofs.algebra import Method, Refuted, Undecided, refute
from writeup.proofs.models import LITERAL, Definition, Model
from writeup.proofs.notation import add, latex, minus

Relation = Literal["=", ">=", "<=", ">", "<"]
_RELATIONS: dict[Relation, str] = {"=": "=", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}


class ProofError(UserError):
    """A step that does not hold; the text names derivation and step and says where the two sides differ."""


class SenselessError(ProofError):
    """A step that states nothing: its expressions cannot be evaluated, for instance because shapes do not
    fit.
    """


class UndecidedError(ProofError):
    """A step that numbers do not refute and the rules do not prove."""


@dataclass(frozen=True)
class Lemma:
    """A line of another derivation: a bound `lhs >= 0` or `lhs > 0`, or an equation.

    It is used for all real values of the symbols in it; symbols that are no numbers stand for themselves.
    """

    derivation: "Derivation"
    step: str

    @property
    def index(self) -> int:
        return [step.name for step in self.derivation.steps].index(self.step)


@dataclass(frozen=True)
class Step:
    """One line of a derivation: `lhs relation rhs`, and the rule that justifies it.

    An inequality names its `gap`: lhs - rhs = gap is proved as an identity, then the sign of the gap, so that
    a bound which is valid but not the one derived does not pass. (A line that continues with "> 0" needs
    none: its left side was proved in the line before.) `text` is prose (LaTeX) printed before the line,
    `label` a label for a numbered equation, `models` replaces the derivation's models for this step.

    induction: (n, base) proves the line for all integers n >= base. rises: the gap is zero where this
    parameter of the models is, and its slope in it is positive beyond. substitution: (z, path, eps) changes
    the variable of integrals over the line from z to eps, z = path. using: bounds that give the sign of the
    gap. given: earlier lines of this derivation, or lines of others, by which signs are put in. beside:
    equations that rule or text quote, checked with the step.
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
    induction: tuple[Symbol, Expr] | None = None
    rises: Symbol | None = None
    substitution: tuple[Symbol, Expr, Symbol] | None = None
    using: tuple[Lemma, ...] = ()
    given: tuple[str | Lemma, ...] = ()
    beside: tuple[Definition, ...] = ()

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
        if not self.rule.strip():
            raise ProofError(f"step {self.name!r}: no rule says why it holds")
        if self.models == ():
            raise ProofError(f"step {self.name!r}: no model says what it means, so nothing would be checked")


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
        for index, step in enumerate(self.steps):
            for name in (one for one in step.given if isinstance(one, str)):
                if name not in names[:index] or self.steps[names.index(name)].relation != "=":
                    raise ProofError(f"derivation {self.name}: step {step.name!r} takes {name!r} for proved")
        if not self.models:
            raise ProofError(f"derivation {self.name}: no model says what it means, so nothing is checked")

    def left(self, index: int) -> Expr:
        """Left side of a step: its own, or the right side of the step before."""
        step = self.steps[index]
        return sympify(step.lhs) if step.lhs is not None else self.steps[index - 1].rhs

    def models_of(self, step: Step) -> tuple[Model, ...]:
        """The models of a step; what earlier lines give takes the place of definitions."""
        models = self.models if step.models is None else step.models
        if not step.given:
            return models
        names = [one.name for one in self.steps]
        lines = tuple(
            one.derivation.line(one.index) if isinstance(one, Lemma) else self.line(names.index(one))
            for one in step.given
        )
        proved = {line.lhs for line in lines}
        return tuple(
            replace(one, definitions=(*lines, *(d for d in one.definitions if d.lhs not in proved)))
            for one in models
        )

    def chain(self, index: int) -> range:
        """The steps from the left side with which the chain of a step begins to that step.

        ProofError where one of them does not hold for all values of its symbols.
        """
        first = index
        while self.steps[first].lhs is None:
            first -= 1
        for step in self.steps[first : index + 1]:
            models = self.models_of(step)
            if scopes.conditions(models) or not all(model.universal for model in models):
                raise ProofError(
                    f"derivation {self.name}: step {step.name!r} does not hold for all, so that no other may "
                    "rest on it"
                )
        return range(first, index + 1)

    def line(self, index: int) -> Definition:
        """An equation that was proved, from the left side of its chain, to be put in elsewhere."""
        chain = self.chain(index)
        if any(self.steps[one].relation != "=" for one in chain):
            raise ProofError(f"derivation {self.name}: step {self.steps[index].name!r} is no equation")
        lhs = self.left(chain[0])
        own = tuple(symbol for symbol in lhs.free_symbols if not symbol.is_real)
        return Definition(lhs, self.steps[index].rhs, fixed=own)

    def all_models(self) -> list[Model]:
        """Every model of some step, each once."""
        found: dict[int, Model] = {}
        for step in self.steps:
            models = self.models if step.models is None else step.models
            found |= {id(model): model for model in models}
        return list(found.values())


@dataclass(frozen=True)
class CheckedStep:
    """A step that holds, as plain data for the templates. `latex` is the line as printed; its parts are
    beside it. `scope` is the kind, `holds` says for what, `mark` in short; `tried` are the points at which
    numbers tried it.
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
    scope: str
    holds: str
    mark: str
    seconds: float
    models: tuple[str, ...]
    tried: tuple[dict[str, Any], ...]  # of `watch.Trials`


@dataclass(frozen=True)
class CheckedDerivation:
    """A derivation all of whose steps hold, as plain data for the templates."""

    name: str
    title: str
    assumptions: tuple[str, ...]
    definitions: tuple[str, ...]
    assumed: tuple[str, ...]
    symbols: tuple[str, ...]
    steps: tuple[CheckedStep, ...]

    @property
    def symbolic(self) -> int:
        return sum(step.method == "symbolic" for step in self.steps)

    @property
    def numerical(self) -> int:
        return sum(step.method == "numerical" for step in self.steps)

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)


def check_step(derivation: Derivation, index: int) -> Method:
    """How a step was established, in all its models; raises ProofError where it does not hold."""
    step, left = derivation.steps[index], derivation.left(index)
    methods: set[Method] = set()
    for model in derivation.models_of(step):
        try:
            with watch.inside(model.name):
                if step.relation == "=":
                    methods |= proving.equal(step, model, left, step.rhs)
                else:
                    gap = left if step.gap is None else step.gap
                    if step.gap is not None:
                        methods |= proving.equal(step, model, add(left, minus(step.rhs)), gap)
                    methods.add(proving.sign(step, model, gap))
                for one in step.beside:
                    methods |= proving.equal(step, model, one.lhs, one.rhs) - {"definition"}
        except Undecided as undecided:
            raise UndecidedError(
                _where(derivation, index, f"is not proved{_in(model)}: {undecided}")
            ) from None
        except Refuted as refuted:
            raise ProofError(_where(derivation, index, f"does not hold{_in(model)}: {refuted}")) from None
        except _EVALUATION as error:
            raise SenselessError(
                _where(derivation, index, f"cannot be evaluated{_in(model)}: {error}")
            ) from error
    for lemma in (*step.using, *(one for one in step.given if isinstance(one, Lemma))):
        chain = lemma.derivation.chain(lemma.index)
        with watch.watched():  # its own trials, which are those of the other derivation
            methods_there = [check_step(lemma.derivation, before) for before in chain]
        if "numerical" in methods_there:
            raise ProofError(_where(derivation, index, f"rests on numbers in {lemma.derivation.name}"))
    known: tuple[Method, ...] = ("numerical", "symbolic")
    return next((method for method in known if method in methods), "definition")


def try_facts(derivation: Derivation) -> None:
    """What is put in without proof, by definition or assumed, holds in every model with numbers."""
    for model in derivation.all_models():
        for instance in model.instances:
            for fact in model.facts():
                try:
                    for pair in proving.scalars(instance.interpret(fact.lhs), instance.interpret(fact.rhs)):
                        refute(*pair)
                except Refuted as refuted:
                    raise ProofError(
                        f"derivation {derivation.name}: what is put in as {fact.latex} does not hold "
                        f"({instance.name}): {refuted}"
                    ) from None


def proves_same(derivation: Derivation, index: int, a: Expr, b: Expr) -> bool:
    """Whether a = b is proved in every model of a step; without `check_step`, which this judges."""
    step = derivation.steps[index]
    try:
        return all(proving.same(step, model, a, b) for model in derivation.models_of(step))
    except (Refuted, *_EVALUATION):
        return False


# What sympy raises where an expression makes no sense: shapes that do not fit, a function without a value.
_EVALUATION = (ValueError, TypeError, AttributeError, NotImplementedError)


def _in(model: Model) -> str:
    return "" if model is LITERAL else f" ({model.name})"


def _where(derivation: Derivation, index: int, what: str) -> str:
    step = derivation.steps[index]
    return " ".join(f"derivation {derivation.name}, step {index + 1} '{step.name}' {what}".split())


def check(
    derivation: Derivation, record: dict[str, Any] | None = None, engine: str = ""
) -> CheckedDerivation:
    """The derivation as printed and with how each step was established; raises ProofError at the first that
    fails.

    `record` maps the digest of a step to its verdict: a step found there is not proved again, a new one is
    added.
    """
    record = {} if record is None else record
    scopes.check_prose(derivation)
    steps: list[CheckedStep] = []
    if any(step_digest(derivation, index, engine) not in record for index in range(len(derivation.steps))):
        try_facts(derivation)
    for index, step in enumerate(derivation.steps):
        key = step_digest(derivation, index, engine)
        if any(one.name in step.given and one.method == "numerical" for one in steps):
            raise ProofError(_where(derivation, index, "rests on a line that numbers alone bear out"))
        if "tried" not in record.get(key, {}):
            start = time.perf_counter()
            with watch.watched() as trials:
                method = check_step(derivation, index)
            seconds = round(time.perf_counter() - start, 4)
            tried = [asdict(one) for one in trials.values()]
            record[key] = {"method": method, "seconds": seconds, "tried": tried}
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
                **scopes.of(derivation, step, record[key]["method"]),
                seconds=record[key]["seconds"],
                models=tuple(model.name for model in derivation.models_of(step)),
                tried=tuple(record[key]["tried"]),
            )
        )
    definitions, assumed = scopes.facts(derivation)
    return CheckedDerivation(
        derivation.name,
        derivation.title,
        derivation.assumptions,
        definitions,
        assumed,
        scopes.symbols(derivation),
        tuple(steps),
    )


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


def step_digest(derivation: Derivation, index: int, engine: str = "") -> str:
    """What a verdict depends on: the engine, the step as written, and the sides as every model has them."""
    step = derivation.steps[index]
    sides = [derivation.left(index), step.rhs, S.Zero if step.gap is None else step.gap]
    sides += [side for one in step.beside for side in (one.lhs, one.rhs)]
    try:
        parts = [srepr(said) for model in derivation.models_of(step) for said in _meant(model, sides)]
    except _EVALUATION as error:
        raise SenselessError(_where(derivation, index, f"cannot be evaluated: {error}")) from error
    parts += [srepr(side) for side in sides]
    parts += [
        f"{step.induction} {step.rises} {step.substitution}",
        *(step_digest(one.derivation, one.index) for one in step.using),
    ]
    return hashlib.sha256(
        "\n".join([engine, sympy.__version__, step.relation, str(step.gap is None), *parts]).encode()
    ).hexdigest()


def _meant(model: Model, sides: Sequence[Expr]) -> Iterator[Any]:
    for one in (model, *model.instances):
        yield from (one.interpret(side) for side in sides)
    yield from (side for fact in model.facts() for side in (fact.lhs, fact.rhs))


def read_record(path: Path | None) -> dict[str, Any]:
    """The verdicts kept in a file; none where there is no such file or it is not what was written."""
    return (sealed.read(path, "its proofs are checked anew") if path is not None else None) or {}


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write the verdicts under their digest; a killed build leaves the old file or the new one."""
    sealed.write(path, record)
