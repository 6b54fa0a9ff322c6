"""Decide whether two expressions are equal, or which sign one has: by proof where sympy can, else by numbers.

Numbers come first, always: a few random points try to refute the claim (a false one falls at once, and the
point explains why), and only where they do not may sympy prove it, since its `simplify` has been wrong
(sympy's issue 23086). What it cannot decide is held against POINTS random points to DIGITS digits.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal

import mpmath
import sympy
from sympy import Derivative, Dummy, Expr, Integral, Symbol, cancel, expand, log, nan, oo, simplify, together

DIGITS = 40
POINTS = 100
_REFUTATION_POINTS = 3

CLOSE = 1e-6  # to a value that was computed elsewhere, in double precision or by quadrature
SHOWN = 3  # trials that are kept of each model; the others are counted

Method = Literal["symbolic", "numerical", "definition", "substitution"]
Sign = Literal[">=", "<=", ">", "<"]


class Refuted(Exception):
    """The claim is false, or could not be checked; the text says at which point the two sides differ.

    distance: how far apart they are there, relative to the larger one (of a gap: its size); None without a
    point.
    """

    def __init__(self, text: str, distance: float | None = None) -> None:
        super().__init__(text)
        self.distance = distance


class Undecided(Refuted):
    """Neither do numbers refute the claim, nor is it proved."""


class NoPoints(Undecided):
    """Numbers cannot decide: the expressions have no finite values at the points that were tried."""


@dataclass
class Trials:
    """What numbers tried in one model while a step was checked: the first points, each {at, values}, and how
    many there were. Noted as each comparison is made, so that what is shown was tried.
    """

    model: str
    points: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


_KEPT: ContextVar[dict[str, Trials] | None] = ContextVar("kept", default=None)
_MODEL: ContextVar[str] = ContextVar("model", default="")


@contextmanager
def watched() -> Iterator[dict[str, Trials]]:
    """Collects the trials made within, by model; a watch inside another keeps its own."""
    kept: dict[str, Trials] = {}
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


@contextmanager
def inside(model: str) -> Iterator[None]:
    """The trials made within are made in this model."""
    token = _MODEL.set(model)
    try:
        yield
    finally:
        _MODEL.reset(token)


def _note(point: str, *values: Any) -> None:
    if (kept := _KEPT.get()) is not None:
        trials = kept.setdefault(_MODEL.get(), Trials(_MODEL.get()))
        trials.total += 1
        if len(trials.points) < SHOWN:
            trials.points.append({"at": point, "values": [mpmath.nstr(value, 6) for value in values]})


def prove_equal(left: Expr, right: Expr) -> Method:
    """How left = right was established; raises Refuted where it does not hold.

    "definition": both sides are one expression as soon as the notation is put in, so nothing was proved.
    """
    refute(left, right)
    if left == right:
        return "definition"
    if same_by_symbols(left, right):
        return "symbolic"
    left, right = _without_integrals(left), _without_integrals(right)
    _compare_at_points(left, right, POINTS)
    return "numerical"


def prove_sign(expr: Expr, sign: Sign) -> Method:
    """How `expr sign 0` was established; raises Refuted where it does not hold."""
    expr = _without_integrals(expr)
    _sign_at_points(expr, sign, _REFUTATION_POINTS)
    if has_sign(expr, sign):
        return "symbolic"
    _sign_at_points(expr, sign, POINTS)
    return "numerical"


def has_sign(expr: Expr, sign: Sign) -> bool:
    """Whether sympy derives the sign from the assumptions of the symbols."""
    counts = {
        s: 1 + Dummy(integer=True, nonnegative=True)
        for s in expr.free_symbols
        if s.is_integer and s.is_positive
    }
    for form in (expr, expand(expr), sympy.factor(together(expr)), expand(expr.xreplace(counts))):
        known = {
            ">=": form.is_nonnegative,
            "<=": form.is_nonpositive,
            ">": form.is_positive,
            "<": form.is_negative,
        }
        if known[sign]:
            return True
    return False


def refute(left: Expr, right: Expr) -> None:
    """Refuted where numbers tell the two apart, or where there are no numbers to ask."""
    left, right = _evaluate(left), _evaluate(right)
    if left.has(sympy.zoo, nan) or right.has(sympy.zoo, nan):
        raise Refuted("one side is not a finite number")
    _compare_at_points(left, right, _REFUTATION_POINTS)


def refute_value(expr: Expr, at: Mapping[Any, Any], value: Any) -> None:
    """Refuted where the expression, its symbols at these values, is not the value computed another way."""
    for _ in range(2):  # an index that runs to a symbol is a symbol in the second round only
        expr = _evaluate(expr).xreplace({symbol: sympy.sympify(one) for symbol, one in at.items()})
    point = ", ".join(f"{symbol} = {one}" for symbol, one in at.items())
    if (expr := _evaluate(expr)).has(sympy.zoo, nan):
        raise Refuted(f"at {point} one side is not a finite number")
    for _, (found,) in _values([expr], 1):
        if not abs(found - value) <= CLOSE * max(1, abs(value)):
            raise Refuted(f"at {point} one side is {mpmath.nstr(found, 6)}, the other {float(value):.6g}")


def refute_sign(expr: Expr, sign: Sign) -> None:
    """Refuted where numbers contradict `expr sign 0`."""
    _sign_at_points(_evaluate(expr), sign, _REFUTATION_POINTS)


def same_value(left: Expr, right: Expr) -> bool:
    """Whether the two are equal by proof: numbers do not tell them apart, and sympy says so."""
    try:
        refute(left, right)
    except Refuted:
        return False
    return same_by_symbols(left, right)


def same_by_symbols(left: Expr, right: Expr) -> bool:
    """Whether sympy says that the two are equal. Ask numbers first."""
    left, right = _evaluate(left), _evaluate(right)
    return left == right or _same_integral(left, right) or _same_symbols(left, right)


def substituted(expr: Expr, old: Symbol, by: Expr, new: Symbol) -> Expr:
    """The integrals over the line in `old` as integrals in `new`, with old = by, linear and rising in new."""
    slope = Derivative(by, new).doit()
    if slope.has(new) or not slope.is_positive:
        raise Undecided(f"{by} does not map the line onto itself")
    line = (old, -oo, oo)

    def changed(integral: Expr) -> Expr:
        if integral.limits != (sympy.Tuple(*line),):
            return integral
        return Integral(integral.function.subs(old, by) * slope, (new, -oo, oo))

    return expr.replace(lambda e: isinstance(e, Integral), changed)


def _same_symbols(left: Expr, right: Expr) -> bool:
    """Whether sympy says that the two are equal, integrals solved. Ask `refute` first."""
    left, right = _solved(left), _solved(right)
    return _is_zero(left - right) or _same_logarithm(left, right)


@cache
def _solved(expr: Expr) -> Expr:
    """With derivatives, sums and integrals carried out; kept, since the steps of a chain share sides."""
    return expr.doit()


def _without_integrals(expr: Expr) -> Expr:
    """The solved form, for numbers to DIGITS digits; quadrature here only ever refutes."""
    solved = _solved(expr)
    if solved.has(Integral):
        raise Undecided("sympy cannot solve an integral in it")
    return solved


def _is_zero(expr: Expr) -> bool:
    return any(form(expr) == 0 for form in (expand, rational_in_logs, simplify))


def rational_in_logs(expr: Expr) -> Expr:
    """Split every logarithm into those of irreducible factors, take these for unknowns, and cancel."""
    split = split_logs(expr)
    unknowns = {atom: Dummy() for atom in split.atoms(log)}
    return cancel(together(split.xreplace(unknowns)))


def split_logs(expr: Expr) -> Expr:
    """Every logarithm as those of the irreducible factors of its argument."""
    return expr.replace(log, lambda arg: sympy.expand_log(log(sympy.factor(together(arg)))))


def _evaluate(expr: Expr) -> Expr:
    """With derivatives and sums carried out, but not integrals: quadrature refutes before they are solved."""
    return expr.doit(integrals=False)


def _same_logarithm(left: Expr, right: Expr) -> bool:
    """Products of exponentials are compared by their logarithms."""
    return bool(left.is_positive and right.is_positive) and rational_in_logs(log(left) - log(right)) == 0


def _same_integral(left: Expr, right: Expr) -> bool:
    if not (isinstance(left, Integral) and isinstance(right, Integral) and left.limits == right.limits):
        return False
    return left.function == right.function or _same_symbols(left.function, right.function)


def _compare_at_points(left: Expr, right: Expr, count: int) -> None:
    relative, absolute = _tolerance(left, right)
    for point, (a, b) in _values([left, right], count):
        _note(point, a, b)
        if abs(a - b) > max(relative * max(abs(a), abs(b)), absolute):
            far = float(abs(a - b) / max(abs(a), abs(b)))
            raise Refuted(f"at {point} one side is {mpmath.nstr(a, 6)}, the other {mpmath.nstr(b, 6)}", far)


def _sign_at_points(expr: Expr, sign: Sign, count: int) -> None:
    slack = _tolerance(expr)[1]  # rounding may push an exact zero to either side
    for point, (value,) in _values([expr], count):
        _note(point, value)
        ok = {">=": value >= -slack, "<=": value <= slack, ">": value > 0, "<": value < 0}
        if mpmath.im(value) != 0 or not ok[sign]:
            said = f"at {point} the value {mpmath.nstr(value, 6)} is not {sign} 0"
            raise Refuted(said, float(abs(value)))


def _tolerance(*exprs: Expr) -> tuple[Any, Any]:
    """Relative and absolute. Ten digits are left to cancellation; quadrature only ever has to refute."""
    if any(e.has(Integral) for e in exprs):
        return mpmath.mpf(10) ** -6, mpmath.mpf(10) ** -12
    return mpmath.mpf(10) ** (10 - DIGITS), mpmath.mpf(10) ** (10 - DIGITS)


def _values(exprs: list[Expr], count: int) -> Iterator[tuple[str, list[Any]]]:
    """(printed point, values of the expressions) at `count` random points that meet the assumptions."""
    atoms = set().union(*(e.atoms(Symbol, sympy.Indexed) for e in exprs))
    names = {
        atom: Symbol(f"v_{i}", **atom.assumptions0)
        for i, atom in enumerate(sorted(atoms, key=sympy.default_sort_key))
    }
    exprs = [e.xreplace(names) for e in exprs]  # Python takes no LaTeX for a variable's name
    free = set().union(*(e.free_symbols for e in exprs))
    symbols = {atom: name for atom, name in names.items() if name in free}
    quadrature = {"quad": partial(mpmath.quad, maxdegree=5)}  # six digits are asked of it
    function = sympy.lambdify(list(symbols.values()), exprs, modules=[quadrature, "mpmath"])
    draw, found = random.Random(0), 0  # a fixed seed: a proof must not depend on the day
    digits = 15 if any(e.has(Integral) for e in exprs) else DIGITS
    for _ in range(4 * count):
        try:
            with mpmath.workdps(digits):
                point = [draw_value(symbol, draw) for symbol in symbols]
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


def draw_value(symbol: Any, draw: random.Random) -> Any:
    """A value of a symbol that meets its assumptions."""
    sign = -1 if symbol.is_nonpositive else 1
    signed = symbol.is_nonnegative or symbol.is_nonpositive
    if symbol.is_integer:
        return mpmath.mpf(
            sign * draw.randint(0 if symbol.is_nonzero is None else 1, 9) if signed else draw.randint(-9, 9)
        )
    low = mpmath.mpf(1) / 10 if signed else mpmath.mpf(-3)
    return sign * (low + (3 - low) * mpmath.mpf(draw.getrandbits(128)) / 2**128)
