"""What the signs of a derivation mean: printed definitions and rules, or one case that stands for many.

A `Model` whose every meaning is printed (definitions, values that a symbol runs through, rules of a linear
functional) proves a step for all values of the symbols. One that holds Python functions or fixed sizes is a
case, and what is checked in it alone is said to hold for this case: see `Model.universal`.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

import sympy
from sympy import Add, Basic, Dummy, Expr, Mul, Pow, Set, Sum, Symbol, Tuple, expand, oo

from writeup.errors import UserError
from writeup.proofs.algebra import Sign, has_sign, rational_in_logs, same_value, split_logs
from writeup.proofs.notation import add, latex

LESS, MORE = r"\le", r"\ge"


@dataclass(frozen=True)
class Definition:
    """`lhs` is a symbol, or a notation of symbols that stand for anything (but for those `fixed`); it means
    `rhs`. Printed.

    computed(*values): the value of `lhs` computed another way, in numbers, where symbols have the values
    `at`. A definition needs this, or an instance of its model that gives its sign a meaning of its own.
    """

    lhs: Expr
    rhs: Expr
    fixed: tuple[Symbol, ...] = ()
    computed: Callable[..., Any] | None = None
    at: tuple[Mapping[Any, Any], ...] = ()

    @property
    def latex(self) -> str:
        return f"{latex(self.lhs)} = {latex(self.rhs)}"


@dataclass(frozen=True)
class Root:
    """`symbol` is where `equation` is zero, which is linear in `variable`. Printed."""

    symbol: Symbol
    variable: Symbol
    equation: Expr

    @property
    def latex(self) -> str:
        return f"{latex(self.equation.xreplace({self.variable: self.symbol}))} = 0"


@dataclass(frozen=True)
class Values:
    """`symbol` runs through `by` as the parameter does; `inverse` is the parameter that gives its value.

    So `Values(d, m + g, g, d - m)` with g >= 0 reaches every d >= m: the condition is printed, solved for
    `reads` (the symbol itself where nothing is said), unless it follows from what the symbols are.
    """

    symbol: Symbol
    by: Expr
    parameter: Symbol
    inverse: Expr
    reads: Symbol | None = None

    def __post_init__(self) -> None:
        back = self.by.subs(self.parameter, self.inverse)
        if not same_value(back, self.symbol):
            raise UserError(
                f"the values {latex(self.by)} of {latex(self.symbol)}: {latex(self.parameter)} = "
                f"{latex(self.inverse)} gives {latex(back)}"
            )
        _ = self.condition  # raises where the parameter has no sign

    @property
    def condition(self) -> tuple[Expr, Sign] | None:
        """What an arbitrary value of the symbol must meet to be reached; None where it always is."""
        known = self.parameter
        sign: Sign | None = ">" if known.is_positive else ">=" if known.is_nonnegative else None
        if sign is None and known.is_real and not known.is_nonzero:
            return None
        if sign is None:
            raise UserError(f"the parameter {latex(known)} must be real, positive or non-negative")
        return None if has_sign(self.inverse, sign) else (self.inverse, sign)


@dataclass(frozen=True)
class Linear:
    """A linear functional, such as an expectation: sums part, and what does not vary is drawn out.

    sign: its notation. varying: the symbols that depend on the point; all others are constants. known: its
    values, printed as what is assumed of it. Of a function that is nowhere negative its value is not either.
    Without any of these the rules are those of finite sums alone.
    """

    sign: Any = None
    varying: tuple[Basic, ...] = ()
    known: tuple[Definition, ...] = ()

    def normal(self, expr: Expr) -> Expr:
        """The expression with every value of the functional reduced by the rules."""
        if not expr.args:
            return expr
        if expr.func == self.sign:
            return self._value(expr.args[0])
        args = [self.normal(arg) if isinstance(arg, Expr) else arg for arg in expr.args]
        if isinstance(expr, Sum):
            return _each(expand(args[0]), lambda term: _drawn_out(term, expr.args[1:]))
        return expr.func(*args)

    def _value(self, f: Expr) -> Expr:
        held = {inner: Dummy(positive=inner.is_positive) for inner in f.atoms(self.sign)}  # constants
        value = _each(expand(split_logs(f.xreplace(held))), self._of_term)
        return value.xreplace({constant: self.normal(inner) for inner, constant in held.items()})

    def _of_term(self, term: Expr) -> Expr:
        factors = Mul.make_args(term)
        varies = [f for f in factors if _varies(f, self.varying)]
        constant = self.normal(Mul(*(f for f in factors if f not in varies)))
        rest = Mul(*varies)
        if isinstance(rest, Sum):  # a finite sum of functions
            inside = self._value(rest.function)
            return constant * _each(expand(inside), lambda one: _drawn_out(one, rest.args[1:]))
        for known in self.known:
            found: dict[Any, Any] = {}
            if match(known.lhs.args[0], rest, found, self.varying):
                return constant * _evaluated(known.rhs).xreplace(found)
        return constant * self.sign(rest)


def _varies(expr: Expr, varying: Sequence[Basic]) -> bool:
    """Whether the expression depends on the point; a variable of integration inside it does not count."""
    free = expr.free_symbols
    return any(one in free if isinstance(one, Symbol) else expr.has(one) for one in varying)


def _each(expr: Expr, function: Any) -> Expr:
    return Add(*(function(term) for term in Add.make_args(expr)))


def _drawn_out(term: Expr, limits: Sequence[Any]) -> Expr:
    """A finite sum of one term, constants drawn out: first of the sums over indices that few factors have.

    Finite sums change places where no end of one depends on the index of another.
    """
    indices = {limit[0] for limit in limits}
    if not any(indices & end.free_symbols for limit in limits for end in limit[1:]):
        limits = sorted(limits, key=lambda one: sum(one[0] in f.free_symbols for f in Mul.make_args(term)))
    for limit in limits:
        factors = Mul.make_args(term)
        inside = [f for f in factors if limit[0] in f.free_symbols]
        whole = Sum(Mul(*inside), limit)
        term = Mul(*(f for f in factors if f not in inside)) * (whole if inside else whole.doit())
    return term


def match(pattern: Any, expr: Any, found: dict[Any, Any], fixed: Sequence[Any] = ()) -> bool:
    """Whether the expression has the form of the pattern, whose symbols stand for any but for the fixed."""
    if pattern in fixed or not isinstance(pattern, Basic):
        return bool(pattern == expr)
    if isinstance(pattern, Symbol):
        return bool(found.setdefault(pattern, expr) == expr)
    if not pattern.args or pattern.func != expr.func or len(pattern.args) != len(expr.args):
        return bool(pattern == expr)
    pairs = zip(pattern.args, expr.args, strict=True)
    return all(match(part, whole, found, fixed) for part, whole in pairs)


@dataclass(frozen=True)
class Model:
    """What notation and symbols mean, for a derivation or a step.

    definitions, values, linear: printed, and in force for all values of the symbols.
    instances: models with numbers in which steps, definitions and assumed values are tried before any rule.
    meaning: each symbol or notation with an expression or Python function. A model with a meaning is a case,
    known by its name.
    """

    name: str
    meaning: Mapping[Any, Any] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    values: tuple[Values, ...] = ()
    linear: Linear | None = None
    instances: tuple["Model", ...] = ()

    def __post_init__(self) -> None:
        if self.linear and not self.instances:
            raise UserError(f"model {self.name!r}: rules need instances in which numbers try them")

    @property
    def universal(self) -> bool:
        """Whether what is proved here is proved for all values of the symbols (under `conditions`)."""
        return not self.meaning

    def interpret(self, expr: Any) -> Any:
        """The expression in sympy's own terms: meanings put in from the leaves up, sums and products
        evaluated.
        """
        if expr in self.meaning:
            return self.meaning[expr]
        for value in self.values:
            if expr == value.symbol:
                return value.by
        for one in self.definitions:
            if expr == one.lhs and isinstance(expr, Symbol):
                return self.interpret(one.rhs)
        if not isinstance(expr, Basic) or not expr.args:
            return expr
        args = [self.interpret(arg) for arg in expr.args]
        for one in self.definitions:
            found: dict[Any, Any] = {}
            if expr.func == one.lhs.func and match(_evaluated(one.lhs), expr.func(*args), found, one.fixed):
                held = {sign: Dummy() for sign in found}  # what is interpreted is not interpreted again
                meant = self.interpret(one.rhs.xreplace(held))
                return meant.xreplace({held[sign]: value for sign, value in found.items()})
        function = self.meaning.get(expr.func, expr.func)
        if function in (Add, Mul, Pow) and any(isinstance(arg, Tuple) for arg in args):
            raise TypeError("a tuple is no number")
        if any(isinstance(arg, sympy.MatrixBase) for arg in args) and expr.func in (Add, Mul, Pow):
            function = {Add: _sum, Mul: _product, Pow: operator.pow}[
                expr.func
            ]  # sympy's Add takes no matrices
        return function(*args)

    def normal(self, expr: Expr) -> Expr:
        """Reduced by the rules, what is left of the functional and of sums taken for unknowns."""
        assert self.linear is not None
        reduced = self.linear.normal(expr)
        sums = [known for known in self.linear.known if known.lhs.func != self.linear.sign]
        reduced = reduced.xreplace({self.linear.normal(known.lhs): known.rhs for known in sums})
        kinds = tuple(kind for kind in (self.linear.sign, Sum) if kind is not None)
        unknown = {atom: Dummy(positive=atom.is_positive) for atom in reduced.atoms(*kinds)}
        within = {inner for atom in unknown for inner in atom.args[0].atoms(*kinds)}
        outer = {atom: new for atom, new in unknown.items() if atom not in within}
        return rational_in_logs(expand(reduced.xreplace(outer)))

    def facts(self) -> Iterator[Definition]:
        """All that is put in without proof: definitions, and the values assumed of a functional."""
        yield from self.definitions
        yield from self.linear.known if self.linear else ()


@cache
def _evaluated(lhs: Expr) -> Expr:
    """In sympy's own form, as that which it is held against or put into."""
    return LITERAL.interpret(lhs)


def _sum(*terms: Any) -> Any:
    return reduce(operator.add, terms)


def _product(*factors: Any) -> Any:
    return reduce(operator.mul, factors)


LITERAL = Model("as written")


def conditions(models: Sequence[Model]) -> list[str]:
    """The conditions (LaTeX) under which the models reach every value; none where they leave nothing out.

    Conditions on one symbol alone are put together over the models: above 1 or below 1 is $t \\ne 1$.
    """
    of_each = [[one for one in model.values if one.condition is not None] for model in models]
    every = [one for found in of_each for one in found]
    symbols = {one.symbol for one in every}
    if len(symbols) == 1 and all(len(found) == 1 and _region(found[0]) for found in of_each):
        (symbol,) = symbols
        region = sympy.Union(*(_region(found[0]) for found in of_each))
        return [f"${said}$"] if (said := _of_region(symbol, region)) else []
    return list(dict.fromkeys(f"${_solved(one)}$" for one in every))


def _domain(symbol: Symbol) -> Set:
    return sympy.Interval.open(0, oo) if symbol.is_positive else sympy.S.Reals


def _region(value: Values) -> Set | None:
    """Where the condition holds, if it is one on the symbol alone."""
    assert value.condition is not None
    expr, sign = value.condition
    if expr.free_symbols != {value.symbol}:
        return None
    x = Dummy(real=True)
    expr = expr.xreplace({value.symbol: x})
    return sympy.solveset(expr > 0 if sign == ">" else expr >= 0, x, _domain(value.symbol))


def _of_region(symbol: Symbol, region: Set) -> str:
    """LaTeX that the symbol lies in the region; empty where it always does."""
    left_out = sympy.Complement(_domain(symbol), region)
    if left_out.is_empty:
        return ""
    if isinstance(left_out, sympy.FiniteSet):
        return " , ".join(rf"{latex(symbol)} \ne {latex(one)}" for one in left_out)
    low = "" if region.start == -oo else f"{latex(region.start)} {'<' if region.left_open else LESS} "
    high = "" if region.end == oo else f" {'<' if region.right_open else LESS} {latex(region.end)}"
    if low and not high:
        return f"{latex(symbol)} {'>' if region.left_open else MORE} {latex(region.start)}"
    return f"{low}{latex(symbol)}{high}"


def _solved(value: Values) -> str:
    """LaTeX of a condition that is linear in the symbol for which it is solved."""
    assert value.condition is not None
    (expr, sign), symbol = value.condition, value.reads or value.symbol
    slope = expr.diff(symbol)
    if slope not in (1, -1):
        return f"{latex(expr)} {'>' if sign == '>' else MORE} 0"
    terms = Add.make_args(expand(symbol - expr / slope))
    bound = add(*sorted(terms, key=lambda term: bool(term.could_extract_minus_sign())))
    strict, weak = (">", MORE) if slope == 1 else ("<", LESS)
    return f"{latex(symbol)} {strict if sign == '>' else weak} {latex(bound)}"
