"""Decide whether two expressions are equal, or which sign one has: by proof where sympy can, else by numbers.

First a few random points try to refute the claim (a false one falls at once, and the point explains why),
then sympy tries to prove it, and only what it cannot decide is held against POINTS random points to DIGITS
digits.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from typing import Any, Literal

import mpmath
from sympy import (
    Dummy,
    Expr,
    Indexed,
    Integral,
    Symbol,
    cancel,
    default_sort_key,
    expand,
    expand_log,
    factor,
    lambdify,
    log,
    nan,
    simplify,
    together,
    zoo,
)

DIGITS = 40
POINTS = 100
_REFUTATION_POINTS = 3

Method = Literal["symbolic", "numerical"]
Sign = Literal[">=", "<=", ">", "<"]


class Refuted(Exception):
    """The claim is false, or could not be checked; the text says at which point the two sides differ."""


class NoPoints(Refuted):
    """Numbers cannot decide: the expressions have no finite values at the points that were tried."""


def prove_equal(left: Expr, right: Expr) -> Method:
    """How left = right was established; raises Refuted where it does not hold."""
    left, right = _evaluate(left), _evaluate(right)
    if left.has(zoo, nan) or right.has(zoo, nan):
        raise Refuted("one side is not a finite number")
    if left == right:
        return "symbolic"
    try:
        _compare_at_points(left, right, _REFUTATION_POINTS)
    except NoPoints:
        if left.has(Integral) or right.has(Integral):  # an integral that diverges equals nothing
            raise
    if _same_integral(left, right) or same_value(left, right):
        return "symbolic"
    left, right = _without_integrals(left), _without_integrals(right)
    _compare_at_points(left, right, POINTS)
    return "numerical"


def prove_sign(expr: Expr, sign: Sign) -> Method:
    """How `expr sign 0` was established; raises Refuted where it does not hold."""
    expr = _without_integrals(expr)
    with suppress(NoPoints):
        _sign_at_points(expr, sign, _REFUTATION_POINTS)
    for form in (expr, expand(expr), factor(together(expr))):
        known = {
            ">=": form.is_nonnegative,
            "<=": form.is_nonpositive,
            ">": form.is_positive,
            "<": form.is_negative,
        }
        if known[sign]:
            return "symbolic"
    _sign_at_points(expr, sign, POINTS)
    return "numerical"


def same_value(left: Expr, right: Expr) -> bool:
    """Whether sympy proves the two equal, integrals solved."""
    left, right = _solved(left), _solved(right)
    return is_zero(left - right) or _same_logarithm(left, right)


@cache
def _solved(expr: Expr) -> Expr:
    """With derivatives, sums and integrals carried out; kept, since the steps of a chain share sides."""
    return expr.doit()


def _without_integrals(expr: Expr) -> Expr:
    """The solved form, for numbers to DIGITS digits; quadrature here only ever refutes."""
    solved = _solved(expr)
    if solved.has(Integral):
        raise Refuted("sympy cannot solve an integral in it")
    return solved


def is_zero(expr: Expr) -> bool:
    """Whether sympy proves that the expression vanishes under the assumptions of its symbols."""
    return any(form(expr) == 0 for form in (expand, _rational_in_logs, simplify))


def _rational_in_logs(expr: Expr) -> Expr:
    """Split every logarithm into those of irreducible factors, take these for unknowns, and cancel."""
    split = expr.replace(log, lambda arg: expand_log(log(factor(together(arg)))))
    unknowns = {atom: Dummy() for atom in split.atoms(log)}
    return cancel(together(split.xreplace(unknowns)))


def _evaluate(expr: Expr) -> Expr:
    """With derivatives and sums carried out, but not integrals: quadrature refutes before they are solved."""
    return expr.doit(integrals=False)


def _same_logarithm(left: Expr, right: Expr) -> bool:
    """Products of exponentials are compared by their logarithms."""
    return bool(left.is_positive and right.is_positive) and _rational_in_logs(log(left) - log(right)) == 0


def _same_integral(left: Expr, right: Expr) -> bool:
    if not (isinstance(left, Integral) and isinstance(right, Integral) and left.limits == right.limits):
        return False
    return left.function == right.function or same_value(left.function, right.function)


def _compare_at_points(left: Expr, right: Expr, count: int) -> None:
    relative, absolute = _tolerance(left, right)
    for point, (a, b) in _values([left, right], count):
        if abs(a - b) > max(relative * max(abs(a), abs(b)), absolute):
            raise Refuted(f"at {point} one side is {mpmath.nstr(a, 6)}, the other {mpmath.nstr(b, 6)}")


def _sign_at_points(expr: Expr, sign: Sign, count: int) -> None:
    slack = _tolerance(expr)[1]  # rounding may push an exact zero to either side
    for point, (value,) in _values([expr], count):
        ok = {">=": value >= -slack, "<=": value <= slack, ">": value > 0, "<": value < 0}
        if mpmath.im(value) != 0 or not ok[sign]:
            raise Refuted(f"at {point} the value {mpmath.nstr(value, 6)} is not {sign} 0")


def _tolerance(*exprs: Expr) -> tuple[Any, Any]:
    """Relative and absolute. Ten digits are left to cancellation; quadrature only ever has to refute."""
    if any(e.has(Integral) for e in exprs):
        return mpmath.mpf(10) ** -6, mpmath.mpf(10) ** -12
    return mpmath.mpf(10) ** (10 - DIGITS), mpmath.mpf(10) ** (10 - DIGITS)


def _values(exprs: list[Expr], count: int) -> Iterator[tuple[str, list[Any]]]:
    """(printed point, values of the expressions) at `count` random points that meet the assumptions."""
    atoms = set().union(*(e.atoms(Symbol, Indexed) for e in exprs))
    names = {
        atom: Symbol(f"v_{i}", **atom.assumptions0)
        for i, atom in enumerate(sorted(atoms, key=default_sort_key))
    }
    exprs = [e.xreplace(names) for e in exprs]  # Python takes no LaTeX for a variable's name
    free = set().union(*(e.free_symbols for e in exprs))
    symbols = {atom: name for atom, name in names.items() if name in free}
    quadrature = {"quad": partial(mpmath.quad, maxdegree=5)}  # six digits are asked of it
    function = lambdify(list(symbols.values()), exprs, modules=[quadrature, "mpmath"])
    draw, found = random.Random(0), 0  # a fixed seed: a proof must not depend on the day
    digits = 15 if any(e.has(Integral) for e in exprs) else DIGITS
    for _ in range(4 * count):
        try:
            with mpmath.workdps(digits):
                point = [_draw(symbol, draw) for symbol in symbols]
                values = [mpmath.mpmathify(v) for v in function(*point)]
        except (ZeroDivisionError, ValueError, OverflowError):
            continue  # a pole of one side
        except (TypeError, NameError) as error:
            raise NoPoints(f"it cannot be evaluated at a point ({error})") from None
        if not all(mpmath.isfinite(v) for v in values):
            continue
        at = ", ".join(f"{s} = {mpmath.nstr(v, 4)}" for s, v in zip(symbols, point, strict=True))
        yield at or "every point", values
        found += 1
        if found == count or not symbols:
            return
    raise NoPoints(f"only {found} of {count} random points give finite values on both sides")


def _draw(symbol: Any, draw: random.Random) -> Any:
    """A value of a symbol that meets its assumptions."""
    sign = -1 if symbol.is_nonpositive else 1
    signed = symbol.is_nonnegative or symbol.is_nonpositive
    if symbol.is_integer:
        return mpmath.mpf(
            sign * draw.randint(0 if symbol.is_nonzero is None else 1, 9) if signed else draw.randint(-9, 9)
        )
    low = mpmath.mpf(1) / 10 if signed else mpmath.mpf(-3)
    return sign * (low + (3 - low) * mpmath.mpf(draw.getrandbits(128)) / 2**128)
