"""From a sympy expression to LaTeX, as a mathematician would write it.

A derivation is printed from the very expressions that are checked. `add` and `mul` keep terms and factors in
the order in which they are written (sympy would sort them). `notation` makes a function that prints as any
LaTeX; what it means is said by a `writeup.proofs.Model`. The LaTeX is plain amsmath, so that pdfLaTeX, MathML
and typst (through pandoc) all take it.
"""

import re
from typing import Any

import sympy
from sympy import Add, Derivative, Expr, Function, Indexed, Integral, Mul, Pow, S, Sum, Symbol, log, sympify
from sympy.printing.latex import LatexPrinter

from writeup.errors import UserError


def add(*terms: Any) -> Expr:
    """The sum of the terms, kept in this order."""
    return Add(*map(sympify, terms), evaluate=False)


def mul(*factors: Any) -> Expr:
    """The product of the factors, kept in this order and not multiplied out."""
    return Mul(*map(sympify, factors), evaluate=False)


def minus(term: Any) -> Expr:
    """The negative of a term, not multiplied out."""
    return mul(-1, term)


def frac(numerator: Any, denominator: Any) -> Expr:
    """The quotient, not cancelled."""
    return mul(numerator, Pow(sympify(denominator), -1, evaluate=False))


class Notation(Function):  # type: ignore[misc]
    """Base of the functions made by `notation`."""

    template: str
    operator: bool
    monotone: bool = False
    positive: bool = False

    def __new__(cls, *args: Any, **options: Any) -> Any:
        if len(args) != len(set(_ARGUMENT.findall(cls.template))):
            raise UserError(f"{cls.__name__} prints {cls.template!r}, not its {len(args)} arguments")
        return super().__new__(cls, *args, **options)

    def _eval_is_positive(self) -> bool | None:
        return True if self.positive or (self.monotone and self.args[0].is_positive) else None

    def _eval_is_real(self) -> bool | None:
        return True if self.monotone and self.args[0].is_real else None

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        printed = self.template
        for i, arg in enumerate(self.args, start=1):
            text = printer.doprint(arg)
            printed = printed.replace(
                f"#{i}!", rf"\left({text}\right)" if isinstance(arg, Add | Mul) else text
            )
            printed = printed.replace(f"#{i}", text)
        return printed if exp is None else rf"\left({printed}\right)^{{{exp}}}"


def notation(
    name: str, template: str, operator: bool = False, monotone: bool = False, positive: bool = False
) -> Any:
    r"""A function symbol: `KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)")`.

    template: how it prints, where #1, #2, ... stand for its arguments; `#1!` puts a sum in parentheses.
    operator: stands behind a fraction and not on top of it, such as an expectation. monotone: of one
    argument, and positive where that is, such as an integral. positive: always. UserError where the template
    has no sign of its own: it would print another expression than it means.
    """
    if not _PLAIN_SIGNS.sub("", template):
        raise UserError(f"the notation {name} prints {template!r}, which has no sign of its own")
    return type(
        name,
        (Notation,),
        {"template": template, "operator": operator, "monotone": monotone, "positive": positive},
    )


# What sums, products, fractions and powers are printed with.
_PLAIN_SIGNS = re.compile(r"#\d!?|\\(left|right|cdot|times|frac|[,;!:]|quad)|[\s\d+\-*/()\[\]{}^_=<>.,]")
_ARGUMENT = re.compile(r"#(\d)")


class At(Function):  # type: ignore[misc]
    """Made by `at`; the arguments are the expression, then variable and value in turn."""

    def doit(self, **hints: Any) -> Expr:
        body, values = self.args[0].doit(**hints), self.args[1:]
        return body.subs(list(zip(values[::2], values[1::2], strict=True)), simultaneous=True).doit(**hints)

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        body, *values = map(printer.doprint, self.args)
        if isinstance(self.args[0], Add) or body.startswith("-"):
            body = rf"\left({body}\right)"
        where = ", \\, ".join(f"{v} = {p}" for v, p in zip(values[::2], values[1::2], strict=True))
        return rf"\left. {body} \right|_{{{where}}}"


def at(expr: Any, values: dict[Any, Any]) -> Expr:
    """The expression, derivatives taken, at the given values of its variables.

    Not sympy's Subs: that takes d/dx and d/dy of one function, each at (0, 0), for equal (sympy 1.14).
    """
    return At(sympify(expr), *(sympify(item) for pair in values.items() for item in pair))


_PLAIN_NAME = re.compile(r"[A-Za-z]+\d*(_\w+)?")


class _Printer(LatexPrinter):  # type: ignore[misc]
    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        if _PLAIN_NAME.fullmatch(expr.name):  # mu, x_1: sympy knows the Greek letters and the subscripts
            return str(super()._print_Symbol(expr, style))
        return str(expr.name)  # a name such as p(x \mid y) is its own LaTeX

    def _print_Indexed(self, expr: Any) -> str:
        return f"{self._print(expr.base)}_{{{', '.join(self._print(i) for i in expr.indices)}}}"

    def _print_Add(self, expr: Add, order: str | None = None) -> str:
        printed = ""
        for term in expr.args:
            text = self._print(term)
            if isinstance(term, Add):
                text = rf"\left({text}\right)"
            if not printed:
                printed = text
            else:
                printed += f" - {text[1:].lstrip()}" if text.startswith("-") else f" + {text}"
        return printed

    def _print_Mul(self, expr: Mul) -> str:
        coefficient, over, under, behind = _factors(expr)
        sign = "- " if coefficient < 0 else ""
        p, q = abs(coefficient.p), coefficient.q
        if under or (q != 1 and not over and not behind):
            top = self._product([S(p)] * (p != 1) + over) or "1"
            body = rf"\frac{{{top}}}{{{self._product([S(q)] * (q != 1) + under)}}}"
            return sign + " ".join([body, *([self._product(behind, alone=False)] if behind else [])])
        number = "" if p == q == 1 else (str(p) if q == 1 else rf"\frac{{{p}}}{{{q}}}")
        alone = not number and not sign
        return sign + " ".join(filter(None, [number, self._product(over + behind, alone)]))

    def _product(self, factors: list[Expr], alone: bool = True) -> str:
        alone = alone and len(factors) == 1
        printed = [
            rf"\left({self._print(f)}\right)"
            if not alone and (isinstance(f, Add) or (isinstance(f, Sum | Integral) and i < len(factors) - 1))
            else self._print(f)
            for i, f in enumerate(factors)
        ]
        return r" \, ".join(printed) if any(isinstance(f, Notation) for f in factors) else " ".join(printed)

    def _print_Tuple(self, expr: Any) -> str:
        return rf"\left({', '.join(map(self._print, expr.args))}\right)"

    def _print_Pow(self, expr: Pow) -> str:
        base, exponent = expr.base, expr.exp
        if exponent.is_Rational and exponent < 0:
            return rf"\frac{{1}}{{{self._print(_denominator(expr))}}}"
        if exponent == S.Half:
            return rf"\sqrt{{{self._print(base)}}}"
        text = self._print(base)
        bare = (isinstance(base, Symbol | Indexed) or base.is_Integer) and "(" not in text and "^" not in text
        bare = bare or isinstance(base, sympy.Max)
        text = text if bare else rf"\left({text}\right)"
        return rf"{text}^{{{self._print(exponent)}}}"

    def _print_log(self, expr: log, exp: str | None = None) -> str:
        (arg,) = expr.args
        text = self._print(arg)
        bare = isinstance(arg, Symbol | Indexed | Notation) or (arg.is_Rational and arg > 0)
        bare = bare or (isinstance(arg, Pow) and isinstance(arg.base, Symbol | Indexed))
        bare = bare or (isinstance(arg, Mul) and text.startswith(r"\frac") and not _factors(arg)[3])
        return rf"\log {text}" if bare else rf"\log\left({text}\right)"

    def _print_exp(self, expr: Any, exp: str | None = None) -> str:
        (arg,) = expr.args
        text = self._print(arg)
        return rf"\exp\left({text}\right)" if r"\frac" in text else f"e^{{{text}}}"

    def _print_Integral(self, expr: Integral) -> str:
        function, ((variable, lower, upper),) = expr.function, expr.limits
        body = self._print(function)
        body = rf"\left({body}\right)" if isinstance(function, Add) else body
        return rf"\int_{{{self._print(lower)}}}^{{{self._print(upper)}}} {body} \, d{self._print(variable)}"

    def _print_Sum(self, expr: Sum) -> str:
        signs = [
            rf"\sum_{{{self._print(v)}={self._print(a)}}}^{{{self._print(b)}}}" for v, a, b in expr.limits
        ]
        body = self._print(expr.function)
        body = rf"\left({body}\right)" if isinstance(expr.function, Add) else body
        return " ".join([*signs, body])

    def _print_Derivative(self, expr: Derivative) -> str:
        (variable, count), body = expr.variable_count[0], self._print(expr.expr)
        d = r"\partial" if len(expr.expr.free_symbols) > 1 or str(variable) == "d" else "d"
        power = "" if count == 1 else f"^{{{count}}}"
        bare = not (isinstance(expr.expr, Add) or body.startswith("-"))
        body = body if bare else rf"\left({body}\right)"
        return rf"\frac{{{d}{power}}}{{{d} {self._print(variable)}{power}}} {body}"


def _factors(expr: Mul) -> tuple[sympy.Rational, list[Expr], list[Expr], list[Expr]]:
    """Number in front, factors above the fraction bar, factors below it, and those that stand behind the
    fraction.
    """
    coefficient: sympy.Rational = S.One
    over: list[Expr] = []
    under: list[Expr] = []
    behind: list[Expr] = []
    fractions = [factor for factor in expr.args if isinstance(factor, Mul) and _factors(factor)[2]]
    for factor in expr.args:
        if factor in fractions and len(fractions) > 1:  # several fractions side by side stay apart
            behind.append(factor)
        elif isinstance(factor, Mul):
            c, o, u, b = _factors(factor)
            coefficient, over, under, behind = coefficient * c, over + o, under + u, behind + b
        elif factor.is_Rational:
            coefficient *= factor
        elif isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp < 0:
            under.append(_denominator(factor))
        elif isinstance(factor, log | Integral | Sum | Derivative) or getattr(factor, "operator", False):
            behind.append(factor)
        else:
            over.append(factor)
    return coefficient, over, under, behind


def _denominator(power: Pow) -> Expr:
    """What stands below the bar of a power with a negative exponent."""
    return power.base if power.exp == -1 else Pow(power.base, -power.exp, evaluate=False)


def latex(expr: Any) -> str:
    """LaTeX of an expression, terms in the order in which they were written."""
    return str(_Printer({"order": "none"}).doprint(sympify(expr)))
