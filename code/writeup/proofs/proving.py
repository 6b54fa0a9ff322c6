"""One step in one model: how its two sides were shown to be equal, or its gap to have its sign.

Numbers come first, in the model itself or in its instances; then the rule that the step names.
"""

from typing import TYPE_CHECKING, Any

from sympy import Derivative, Dummy, Expr, MatrixBase, S, Symbol

from writeup.proofs import induction, watch
from writeup.proofs.algebra import (
    Method,
    Refuted,
    Undecided,
    has_sign,
    prove_equal,
    prove_sign,
    refute,
    refute_sign,
    same_by_symbols,
    same_value,
    substituted,
)
from writeup.proofs.models import Model, match

if TYPE_CHECKING:
    from writeup.proofs.steps import Lemma, Step


def equal(step: "Step", model: Model, a: Expr, b: Expr) -> set[Method]:
    """How a = b was established in a model."""
    for instance in model.instances:
        with watch.inside(instance.name):
            for pair in scalars(instance.interpret(a), instance.interpret(b)):
                refute(*pair)
    left, right = model.interpret(a), model.interpret(b)
    if left == 0 and right == 0 and a != 0 and b != 0:
        raise Refuted("both sides are zero in it, so it says nothing")
    if left == right and not isinstance(left, MatrixBase):
        return {"definition"}
    if step.induction is not None:
        return {induction.prove(left, right, *step.induction)}
    if step.substitution is not None:
        left = substituted(left, *step.substitution)
    if model.linear is None and model.instances:  # numbers were asked there
        if all(same_by_symbols(*pair) for pair in scalars(left, right)):
            return {"symbolic"}
        raise Undecided("sympy does not make both sides equal")
    if model.linear is None:
        return {prove_equal(*pair) for pair in scalars(left, right)}
    if model.normal(left - right) != 0:
        raise Undecided("the rules do not make both sides equal")
    return {"symbolic"}


def sign(step: "Step", model: Model, gap: Expr) -> Method:
    """How the sign of the gap was established in a model."""
    assert step.relation != "="
    for instance in model.instances:
        with watch.inside(instance.name):
            refute_sign(instance.interpret(gap), step.relation)
    if step.rises is not None:
        return _rising(step, model.interpret(gap), step.rises)
    if not (step.using or model.linear):
        return prove_sign(model.interpret(gap), step.relation)
    if not model.instances:
        refute_sign(model.interpret(gap), step.relation)
    if not has_sign(_bounded(step, model, gap), step.relation):
        raise Undecided("no rule gives the sign")
    return "symbolic"


def _rising(step: "Step", gap: Expr, parameter: Symbol) -> Method:
    """A function that is zero at 0 and has a positive slope beyond is positive there (mean value theorem)."""
    assert step.relation != "="
    refute_sign(gap, step.relation)
    at_zero = gap.subs(parameter, S.Zero)
    slope = Derivative(gap, parameter).doit().subs(parameter, Dummy(positive=True))
    if step.relation not in (">=", ">") or not (parameter.is_positive or step.relation == ">="):
        raise Refuted("a rising function bears out >= 0, and > 0 where the parameter is positive")
    if prove_equal(at_zero, S.Zero) == "numerical" or prove_sign(slope, ">") == "numerical":
        raise Undecided("its slope is not proved to be positive")
    return "symbolic"


def _bounded(step: "Step", model: Model, expr: Expr) -> Expr:
    """The expression with what bounds give the sign of as a symbol of that sign."""
    for lemma in step.using:
        if _applies(lemma, model, expr):
            strict = lemma.derivation.steps[lemma.index].relation == ">"
            return Dummy(positive=True) if strict else Dummy(nonnegative=True)
    if not expr.args or not isinstance(expr, Expr):
        return model.interpret(expr)
    args = [_bounded(step, model, arg) for arg in expr.args]
    meant = model.interpret(expr.func(*args))
    functional = None if model.linear is None else model.linear.sign
    if functional is not None and meant.func == functional and has_sign(meant.args[0], ">="):
        return Dummy(nonnegative=True)
    return meant


def _applies(lemma: "Lemma", model: Model, expr: Expr) -> bool:
    """Whether the expression is what the lemma bounds, at arguments that are what its symbols are."""
    whole, index = lemma.derivation, lemma.index
    bound, found = whole.steps[index], dict[Any, Any]()
    if bound.relation not in (">=", ">") or bound.rhs != 0 or not match(whole.left(index), expr, found):
        return False
    if any(_meaning(other, expr, model) != _meaning(model, expr, model) for other in whole.models_of(bound)):
        return False
    for symbol, value in found.items():
        meant = model.interpret(value)
        if symbol.is_positive and not meant.is_positive:
            return False
        if symbol.is_real and not meant.is_real:
            return False
        known = [one for other in whole.models_of(bound) if other.linear for one in other.linear.known]
        density = any(one.lhs.args[0] == symbol and one.rhs == 1 for one in known)
        if density and (model.linear is None or model.normal(model.linear.sign(meant)) != 1):
            return False
    return True


def _meaning(model: Model, expr: Expr, here: Model) -> list[tuple[Expr, Expr]]:
    """What the outer sign of the expression means in a model, its integral written as the one used here."""
    found = [one for one in model.definitions if one.lhs.func == expr.func]
    if model.linear is None or here.linear is None:
        return [(one.lhs, one.rhs) for one in found]
    sign, own = model.linear.sign, here.linear.sign
    return [(one.lhs, one.rhs.replace(sign, own)) for one in found]


def same(step: "Step", model: Model, a: Expr, b: Expr) -> bool:
    """Whether a = b is proved in a model; by other ways than `equal`, which this judges."""
    for instance in model.instances:
        for pair in scalars(instance.interpret(a), instance.interpret(b)):
            refute(*pair)
    left, right = model.interpret(a), model.interpret(b)
    if left == right:
        return True
    if step.induction is not None:
        return induction.prove(left, right, *step.induction) == "symbolic"
    if model.linear is not None:
        return bool(model.normal(left - right) == 0)
    if model.instances:
        return all(same_by_symbols(*pair) for pair in scalars(left, right))
    return all(same_value(*pair) for pair in scalars(left, right))


def scalars(lhs: Any, rhs: Any) -> list[tuple[Expr, Expr]]:
    """The scalar equations that an equation of scalars or of equally shaped matrices stands for."""
    if isinstance(lhs, MatrixBase) or isinstance(rhs, MatrixBase):
        if getattr(lhs, "shape", None) != getattr(rhs, "shape", None):
            raise Refuted(
                f"the shapes {getattr(lhs, 'shape', '()')} and {getattr(rhs, 'shape', '()')} differ"
            )
        return list(zip(lhs, rhs, strict=True))
    return [(lhs, rhs)]
