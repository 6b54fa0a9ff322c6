"""A derivation as data: named steps, each `lhs relation rhs` with the rule that justifies it.

Without `lhs` a step continues from the right side of the step before, as in a derivation on paper. The
expressions may hold notation that sympy knows nothing of (an expectation, a divergence, see
`writeup.proofs.notation`). What it means is said by the derivation's models (`writeup.proofs.models`), and a
step holds if it holds in every one of them (`writeup.proofs.check`):

    x = Symbol("x", positive=True)
    steps = (
        Step("differentiate", lhs=Derivative(x - log(x), x), rhs=1 - 1 / x, rule="derivative of log"),
        Step("common denominator", rhs=(x - 1) / x, rule="algebra"),
    )
    check(Derivation("tangent", "The tangent of the logarithm", assumptions=("$x > 0$",), steps=steps))
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sympy import Basic, Expr, Subs, Symbol, sympify

from writeup.errors import UserError
from writeup.proofs.models import LITERAL, Definition, Model, Root, conditions

Relation = Literal["=", ">=", "<=", ">", "<"]
RELATIONS: dict[Relation, str] = {"=": "=", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}


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
    the variable of integrals over the line from z to eps, z = path. root: the left side is the only zero of
    an equation. using: bounds that give the sign of the gap. given: earlier lines of this derivation, or
    lines of others, by which signs are put in. beside: equations that rule or text quote, checked with the
    step. answers: the question of answers.toml that the line answers.
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
    root: Root | None = None
    using: tuple[Lemma, ...] = ()
    given: tuple[str | Lemma, ...] = ()
    beside: tuple[Definition, ...] = ()
    answers: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rhs", sympify(self.rhs))
        if any(isinstance(side, Basic) and side.has(Subs) for side in (self.lhs, self.rhs, self.gap)):
            raise ProofError(f"step {self.name!r}: write writeup.notation.at(...) in place of sympy's Subs")
        if self.relation not in RELATIONS:
            raise ProofError(
                f"step {self.name!r}: relation {self.relation!r} is not one of {' '.join(RELATIONS)}"
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

    def first(self, index: int) -> int:
        """The step whose left side begins the chain of a step."""
        return next(k for k in range(index, -1, -1) if self.steps[k].lhs is not None)

    def left(self, index: int) -> Expr:
        """Left side of a step: its own, or the right side of the step before."""
        step = self.steps[index]
        return sympify(step.lhs) if step.lhs is not None else self.steps[index - 1].rhs

    def where(self, index: int, what: str) -> str:
        """What is to be said of a step, in one line."""
        step = self.steps[index]
        return " ".join(f"derivation {self.name}, step {index + 1} '{step.name}' {what}".split())

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
        first = self.first(index)
        for step in self.steps[first : index + 1]:
            models = self.models_of(step)
            if conditions(models) or not all(model.universal for model in models):
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

    def facts(self) -> Iterator[tuple[Definition, list[Model]]]:
        """What is put in without proof, each once, with the models that put it in."""
        found: dict[str, tuple[Definition, list[Model]]] = {}
        for model in self.all_models():
            for fact in model.facts():
                found.setdefault(fact.latex, (fact, []))[1].append(model)
        yield from found.values()
