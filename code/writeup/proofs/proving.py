"""How a step was established: its two sides shown to be equal, or its gap to have its sign.

Numbers come first, in the model itself or in its instances; then the rule that the step names. What does not
hold raises ProofError.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy
from sympy import Derivative, Dummy, Expr, MatrixBase, Product, S, Sum, Symbol, Tuple, expand

from writeup.proofs import algebra
from writeup.proofs.algebra import Method, Refuted, Undecided, has_sign, inside, prove_equal, refute
from writeup.proofs.models import LITERAL, Definition, Model, Root, match
from writeup.proofs.notation import add, minus
from writeup.proofs.steps import Derivation, Lemma, ProofError, SenselessError, Step, UndecidedError

# What sympy raises where an expression makes no sense: shapes that do not fit, a function without a value.
SENSELESS = (ValueError, TypeError, AttributeError, NotImplementedError)
TRIED = 3  # values of n at which numbers come before an induction


def check_step(derivation: Derivation, index: int) -> Method:
    """How a step was established, in all its models; raises ProofError where it does not hold."""
    step, left = derivation.steps[index], derivation.left(index)
    methods: set[Method] = set()
    for model in derivation.models_of(step):
        within = "" if model is LITERAL else f" ({model.name})"
        try:
            with inside(model.name):
                if step.relation == "=":
                    methods |= equal(step, model, left, step.rhs)
                else:
                    gap = left if step.gap is None else step.gap
                    if step.gap is not None:
                        methods |= equal(step, model, add(left, minus(step.rhs)), gap)
                    methods.add(sign(step, model, gap))
                for one in step.beside:
                    methods |= equal(step, model, one.lhs, one.rhs) - {"definition", "substitution"}
        except Undecided as error:
            said = f"is not proved{within}: {error}{_entries(left, step.rhs)}"
            raise UndecidedError(derivation.where(index, said)) from error
        except Refuted as error:
            raise ProofError(derivation.where(index, f"does not hold{within}: {error}")) from error
        except SENSELESS as error:
            said = f"cannot be evaluated{within}: {error}{_entries(left, step.rhs)}"
            raise SenselessError(derivation.where(index, said)) from error
    for lemma in (*step.using, *(one for one in step.given if isinstance(one, Lemma))):
        chain = lemma.derivation.chain(lemma.index)
        with algebra.watched():  # its own trials, which are those of the other derivation
            methods_there = [check_step(lemma.derivation, before) for before in chain]
        if "numerical" in methods_there:
            raise ProofError(derivation.where(index, f"rests on numbers in {lemma.derivation.name}"))
    known: tuple[Method, ...] = ("numerical", "symbolic", "definition")
    return next((method for method in known if method in methods), "substitution")


def _entries(*sides: Any) -> str:
    """What to write in place of a matrix without entries, to which no point gives a value."""
    found = sorted({one for side in sides for one in sympy.sympify(side).atoms(sympy.MatrixSymbol)}, key=str)
    if not found:
        return ""
    name, shape = str(found[0]), found[0].shape
    rows, columns = map(int, shape) if all(side.is_Integer for side in shape) else (2, 2)
    entries = f"{name} = Matrix({rows}, {columns}, symbols('{name.lower()}:{rows * columns}'))"
    return f"; {name} has no entries: write {entries}, of a size that is meant"


def try_facts(derivation: Derivation) -> None:
    """Every definition and assumed value holds where it is computed another way; ProofError otherwise."""
    for fact, models in derivation.facts():
        try:
            tried = try_fact(fact, models)
        except Refuted as error:
            said = f"derivation {derivation.name}: what is put in as {fact.latex} does not hold: {error}"
            raise ProofError(said) from error
        if not tried:
            raise ProofError(
                f"derivation {derivation.name}: nothing computes the definition {fact.latex} another way; "
                "give it `computed`, or its model an instance in which its sign has a meaning of its own"
            )


def try_fact(fact: Definition, models: Sequence[Model]) -> bool:
    """Whether something computes the left side another way; Refuted where that is not the right side."""
    tried = False
    for instance in (one for model in models for one in model.instances):
        tried = tried or fact.lhs in instance.meaning or fact.lhs.func in instance.meaning
        for pair in scalars(instance.interpret(fact.lhs), instance.interpret(fact.rhs)):
            try:
                refute(*pair)
            except Refuted as error:
                raise type(error)(f"in {instance.name} {error}", error.distance) from None
    for at in fact.at:
        assert fact.computed is not None
        meant = replace(models[0], values=()).interpret(fact.rhs)
        algebra.refute_value(meant, at, fact.computed(*at.values()))
        tried = True
    return tried


def equal(step: Step, model: Model, a: Expr, b: Expr) -> set[Method]:
    """How a = b was established in a model."""
    for instance in model.instances:
        with inside(instance.name):
            for pair in scalars(instance.interpret(a), instance.interpret(b)):
                refute(*pair)
    left, right = model.interpret(a), model.interpret(b)
    if left == 0 and right == 0 and a != 0 and b != 0:
        raise Refuted("both sides are zero in it, so it says nothing")
    if step.root is not None:
        return {_root(step.root, model, a, right)}
    if _put_in(model, a, left, right):
        return {"substitution"}
    twice = _computed_twice(model, a, b)
    if left == right and not (twice or isinstance(left, MatrixBase)):
        return {"definition"}
    if step.induction is not None:
        return {_by_induction(left, right, *step.induction)}
    if step.substitution is not None:
        left = algebra.substituted(left, *step.substitution)
    if model.linear is None and model.instances:  # numbers were asked there
        if all(algebra.same_by_symbols(*pair) for pair in scalars(left, right)):
            return {"symbolic"}
        raise Undecided("sympy does not make both sides equal")
    if model.linear is None:
        methods = {prove_equal(*pair) for pair in scalars(left, right)}
        return {"symbolic"} if twice and methods == {"definition"} else methods
    if model.normal(left - right) != 0:
        raise Undecided("the rules do not make both sides equal")
    return {"symbolic"}


def _computed_twice(model: Model, a: Expr, b: Expr) -> bool:
    """Whether each side has a sign of its own to which the model gives a meaning."""
    of_a, of_b = ({sign for sign in model.meaning if side.has(sign)} for side in (a, b))
    return bool(of_a - of_b and of_b - of_a)


def _put_in(model: Model, a: Expr, left: Any, right: Any) -> bool:
    """Whether values were put in and nothing else was done: the right side is a number, and so is the left as
    soon as it is evaluated.
    """
    if not model.universal or model.values or isinstance(right, MatrixBase) or right.free_symbols:
        return False
    if left.has(Derivative, sympy.Integral):
        return False
    if model.linear is not None and model.linear.sign is not None:
        left = left.xreplace({model.linear.sign(S.Zero): S.Zero})  # of a function that vanished
    return bool(left.doit() == right)


def _root(root: Root, model: Model, a: Expr, right: Expr) -> Method:
    """The right side is a zero of the equation, which is linear with a slope of known sign: the only one."""
    equation = model.interpret(root.equation)
    slope = expand(equation.diff(root.variable))
    if a != root.symbol:
        raise Refuted(f"the left side is not {root.symbol}")
    if prove_equal(equation.subs(root.variable, right), S.Zero) == "numerical":
        raise Undecided("the equation is not proved to be zero there")
    if slope.has(root.variable) or not (has_sign(slope, ">") or has_sign(slope, "<")):
        raise Undecided("the equation may have another zero")
    return "symbolic"


def sign(step: Step, model: Model, gap: Expr) -> Method:
    """How the sign of the gap was established in a model."""
    assert step.relation != "="
    for instance in model.instances:
        with inside(instance.name):
            algebra.refute_sign(instance.interpret(gap), step.relation)
    if step.rises is not None:
        return _rising(step, model.interpret(gap), step.rises)
    if not (step.using or model.linear):
        return algebra.prove_sign(model.interpret(gap), step.relation)
    if not model.instances:
        algebra.refute_sign(model.interpret(gap), step.relation)
    if not has_sign(_bounded(step, model, gap), step.relation):
        raise Undecided("no rule gives the sign")
    return "symbolic"


def _rising(step: Step, gap: Expr, parameter: Symbol) -> Method:
    """A function that is zero at 0 and has a positive slope beyond is positive there (mean value theorem)."""
    assert step.relation != "="
    algebra.refute_sign(gap, step.relation)
    at_zero = gap.subs(parameter, S.Zero)
    slope = Derivative(gap, parameter).doit().subs(parameter, Dummy(positive=True))
    if step.relation not in (">=", ">") or not (parameter.is_positive or step.relation == ">="):
        raise Refuted("a rising function bears out >= 0, and > 0 where the parameter is positive")
    if prove_equal(at_zero, S.Zero) == "numerical" or algebra.prove_sign(slope, ">") == "numerical":
        raise Undecided("its slope is not proved to be positive")
    return "symbolic"


def _bounded(step: Step, model: Model, expr: Expr) -> Expr:
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


def _applies(lemma: Lemma, model: Model, expr: Expr) -> bool:
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


def proves_same(derivation: Derivation, index: int, a: Expr, b: Expr) -> bool:
    """Whether a = b is proved in every model of a step; without `check_step`, which this judges."""
    step = derivation.steps[index]
    try:
        return all(same(model, a, b, step.induction) for model in derivation.models_of(step))
    except (Refuted, *SENSELESS):
        return False


def same(model: Model, a: Expr, b: Expr, induction: tuple[Symbol, Expr] | None = None) -> bool:
    """Whether a = b is proved in a model; by other ways than `equal`, which this judges."""
    for instance in model.instances:
        for pair in scalars(instance.interpret(a), instance.interpret(b)):
            refute(*pair)
    left, right = model.interpret(a), model.interpret(b)
    if left == right:
        return True
    if induction is not None:
        return _by_induction(left, right, *induction) == "symbolic"
    if model.linear is not None:
        return bool(model.normal(left - right) == 0)
    if model.instances:
        return all(algebra.same_by_symbols(*pair) for pair in scalars(left, right))
    return all(algebra.same_value(*pair) for pair in scalars(left, right))


def scalars(lhs: Any, rhs: Any) -> list[tuple[Expr, Expr]]:
    """The scalar equations that one of scalars, of tuples or of equally shaped matrices stands for."""
    if isinstance(lhs, Tuple) and isinstance(rhs, Tuple) and len(lhs) == len(rhs):
        return list(zip(lhs, rhs, strict=True))
    if isinstance(lhs, MatrixBase) or isinstance(rhs, MatrixBase):
        if getattr(lhs, "shape", None) != getattr(rhs, "shape", None):
            raise Refuted(
                f"the shapes {getattr(lhs, 'shape', '()')} and {getattr(rhs, 'shape', '()')} differ"
            )
        return list(zip(lhs, rhs, strict=True))
    return [(lhs, rhs)]


def _by_induction(left: Expr, right: Expr, n: Symbol, base: Expr) -> Method:
    """left = right for every integer n >= base; Refuted at some n, or Undecided where the step fails.

    That a sum over 1, ..., n + 1 is the sum over 1, ..., n and its last term is all that is used of it.
    """
    for k in range(TRIED):
        prove_equal(_put(left, n, base + k), _put(right, n, base + k))
    gained = _gained(left, n) - _gained(right, n)
    if gained != 0 and algebra.rational_in_logs(expand(gained)) != 0:
        raise Undecided(f"the step from {n} to {n} + 1 leaves {gained}")
    return "symbolic"


def _put(expr: Expr, n: Symbol, value: Expr) -> Expr:
    return expr.subs(n, value).doit()


def _gained(expr: Expr, n: Symbol) -> Expr:
    """What the expression gains from n to n + 1, sums and products up to n taken for unknowns."""
    after = expr.subs(n, n + 1).replace(lambda e: isinstance(e, Sum | Product), lambda e: _parted(e, n))
    unknown: dict[sympy.Basic, Dummy] = {
        atom: Dummy(positive=atom.function.is_positive or None, real=True)
        for atom in (after - expr).atoms(Sum, Product)
    }
    return (after - expr).xreplace(unknown)


def _parted(whole: Expr, n: Symbol) -> Expr:
    """A sum or product that ends at (something) + 1, as that to (something) and the last term."""
    (index, first, last), rest = whole.limits[0], whole.limits[1:]
    if rest or not last.has(n):
        return whole
    term = whole.function.subs(index, last)
    before = whole.func(whole.function, (index, first, last - 1))
    return sympy.Add(before, term) if isinstance(whole, Sum) else before * term
