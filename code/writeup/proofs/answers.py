r"""What the right answers are, written independently of the derivations, and whether a formula says the same.

`answers.toml`, beside the templates, states each answer in plain mathematics. The build compares it with the
line that the report frames as its answer, and a grader compares it with a formula that was read from a page.
Two right sides are the same answer if they have the same value at random points and sizes; a left side is a
name.

Plain mathematics: `L = H - K + 1`; relations `=`, `>=`, `<=`, `>`, `<`; `^` is a power, `X[n, c]` an element
(counted from 1; `X[n]` of a matrix is a row), `Sum(f, (i, a, b))` a sum, `(N, F, 1)` a tuple; `log`, `exp`,
`sqrt`, `abs`, `max`; `total(f)`, the sum over all elements; `correlate(x, w)`, a filter that is not flipped,
where it lies wholly on x, summed over the rows; and the functions that the file defines.

    [functions]
    "KL(a, b)" = "total(a * log(a / b))"

    [written]                              # how a page may write a function; #1, #2 are its arguments
    "KL(#1 || #2)" = "KL(#1, #2)"

    [size]                                 # the question, a key of assignment.toml
    number = "1.2"
    states = "L = H - K + 1"
    also = []                              # other statements of the same answer, where the left side differs
    source = "..."
    given = false                          # whether the question itself states it
    [size.symbols]
    H = { is = "integer", least = "K" }
    K = { is = "integer", names = ["H'"] } # other names of the same quantity
    L = { is = "unknown", names = ["H''"] }

A symbol is an integer (from `least`, 1 where nothing is said, to `most`), real, positive, a fraction (between
0 and 1), a density (positive, of sum 1) or unknown (a name without a value); `shape` lists its sizes; what
`means` an expression is computed. Symbols are listed after those that they depend on. Names are compared as
`spelled` writes them, so that LaTeX may stand here too.
"""

import ast
import functools
import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Abs, Basic, Expr, Function, Indexed, IndexedBase, Max, Sum, Symbol, Tuple

from writeup.errors import UserError
from writeup.files import read_text
from writeup.proofs.check import NO_PROOF
from writeup.proofs.notation import At, Notation, latex
from writeup.proofs.steps import Derivation

FILE = "answers.toml"
POINTS = 20
TERMS = 1000  # of a sum, at most
POWER = 100  # the largest exponent that is a number: what is read from a page must not take for ever
CLOSE = 1e-9  # relative to the larger of 1 and the value

_RELATIONS = {ast.Eq: "=", ast.GtE: ">=", ast.LtE: "<=", ast.Gt: ">", ast.Lt: "<"}
_TURNED = {"<=": ">=", "<": ">"}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_SYMPY = {"log": sympy.log, "exp": sympy.exp, "sqrt": sympy.sqrt, "abs": Abs, "max": Max}
_NUMPY: dict[Any, Callable[..., Any]] = {
    sympy.log: np.log,
    sympy.exp: np.exp,
    Abs: np.abs,
    Max: lambda *values: functools.reduce(np.maximum, values),
}


class _NoValue(Exception):
    """The text says what of an expression has no value."""


@dataclass(frozen=True)
class Statement:
    """`left relation right`, in sympy's terms, its symbols without assumptions."""

    left: Basic
    relation: str
    right: Basic


@dataclass(frozen=True)
class Quantity:
    """What a symbol stands for; see the module's text. shape, least, most, means: expressions."""

    kind: str
    names: frozenset[str] = frozenset()
    shape: tuple[Expr, ...] = ()
    least: Expr = sympy.S.One
    most: Expr | None = None
    means: Expr | None = None


@dataclass(frozen=True)
class Answer:
    """The right answer to a question. functions: parameters and body; written: page's form -> plain form."""

    question: str
    number: str
    states: tuple[Statement, ...]  # the answer, and other statements of it
    text: str
    source: str
    given: bool  # the question states it: a line may repeat it by definition
    symbols: Mapping[str, Quantity]
    functions: Mapping[str, tuple[tuple[str, ...], Expr]] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Basic:
        """What a name on the page stands for: a symbol, or an element of one (`X_{n, c}` is X[n, c])."""
        name = spelled(name)
        known = {alias: symbol for symbol, one in self.symbols.items() for alias in (symbol, *one.names)}
        if name in known:
            return Symbol(known[name])
        if name.isdigit():
            return sympy.Integer(name)
        base, _, below = name.partition("_")
        if base in known and below:
            return IndexedBase(known[base])[tuple(self.named(one) for one in below.split(","))]
        return Symbol(name)  # an index of a sum, or a name that nobody declared


def read(path: Path) -> dict[str, Answer]:
    """The answers by question; UserError names what cannot be understood."""
    try:
        document = tomllib.loads(read_text(path))
        functions = {}
        for head, body in document.pop("functions", {}).items():
            name, *parameters = re.findall(r"\w+", head)
            functions[name] = tuple(parameters), parse(body)
        written = {spelled(form): plain for form, plain in document.pop("written", {}).items()}
        found = {}
        for question, said in document.items():
            symbols = {name: _quantity(one) for name, one in said["symbols"].items()}
            states = tuple(_statement(text) for text in (said["states"], *said.get("also", ())))
            told = said["number"], states, said["states"], said["source"], said.get("given", False)
            found[question] = Answer(question, *told, symbols, functions, written)
        return found
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(f"{path}: {error}") from None


def _quantity(said: Mapping[str, Any]) -> Quantity:
    return Quantity(
        said["is"],
        frozenset(map(spelled, said.get("names", ()))),
        tuple(parse(str(size)) for size in said.get("shape", ())),
        parse(str(said.get("least", 1))),
        parse(str(said["most"])) if "most" in said else None,
        parse(said["means"]) if "means" in said else None,
    )


def _statement(text: str) -> Statement:
    parsed = parse(text)
    if not isinstance(parsed, Statement):
        raise ValueError(f"{text!r} states nothing: it has no relation")
    return parsed


def parse(text: str) -> Any:
    """An expression of plain mathematics, or a `Statement` where there is a relation.

    Nothing is evaluated as Python, so that the text may come from anywhere. ValueError where it is no plain
    mathematics.
    """
    try:
        tree = ast.parse(re.sub(r"(?<![<>=])=(?!=)", "==", text.replace("^", "**")).strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"{text!r} is no plain mathematics") from None
    match tree:
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _RELATIONS:
            sides = _expression(left, text), _expression(right, text)
            return _turned(Statement(sides[0], _RELATIONS[type(sign)], sides[1]))
    return _expression(tree, text)


def _turned(one: Statement) -> Statement:
    return Statement(one.right, _TURNED[one.relation], one.left) if one.relation in _TURNED else one


def _expression(tree: ast.AST, text: str) -> Any:
    match tree:
        case ast.Constant(value=int() | float() as value):
            return sympy.nsimplify(value)
        case ast.Name(id=name):
            return sympy.pi if name == "pi" else Symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_expression(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            a, b = _expression(left, text), _expression(right, text)
            if not (isinstance(op, ast.Pow) and b.is_number and abs(b) > POWER):
                return _OPERATORS[type(op)](a, b)
        case ast.Tuple(elts=parts):
            return Tuple(*(_expression(part, text) for part in parts))
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            at = _expression(index, text)
            return IndexedBase(name)[tuple(at) if isinstance(at, Tuple) else at]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            made = Sum if name == "Sum" else _SYMPY.get(name) or Function(name)
            return made(*(_expression(one, text) for one in arguments))
    raise ValueError(f"{ast.unparse(tree)!r} in {text!r} is no plain mathematics")


def spelled(name: str) -> str:
    r"""A name or a form as letters and signs: `W^{\mathrm{conv}}_{f, c}` is "W^conv_f,c"."""
    name = re.sub(r"\\(left|right|math[a-z]+|operatorname|boldsymbol|text|[,;!: ])(?![a-z])", "", name)
    for sign, plain in ((r"\mid", "|"), (r"\|", "||"), (r"\ast", "*"), (r"\cdot", "*"), ("\u2032", "'")):
        name = name.replace(sign, plain)
    return re.sub(r"[\s{}\\]", "", name)


def compare(derivations: Iterable[Derivation], checked: Iterable[Mapping[str, Any]], path: Path) -> list[str]:
    """Hold every line that answers a question against the file of the right answers; the questions that no
    line answers.

    checked: what `proofs.check` found of each derivation. UserError where a line says something else, or
    where nothing of it was proved.
    """
    known = read(path)
    left = dict(known)
    for derivation, plain in zip(derivations, checked, strict=True):
        for index, (step, found) in enumerate(zip(derivation.steps, plain["steps"], strict=True)):
            if not step.answers:
                continue
            if step.answers not in known:
                raise UserError(
                    f"{path}: [{step.answers}] is missing: {derivation.where(index, 'answers it')}"
                )
            answer = known[step.answers]
            left.pop(step.answers, None)
            said = framed(answer, derivation.left(derivation.first(index)), step.relation, step.rhs)
            if problem := differs(answer, said):
                raise UserError(
                    derivation.where(index, f"is not the answer to {answer.number}, {answer.text}: {problem}")
                )
            if found["scope"] in NO_PROOF and not answer.given:
                raise UserError(
                    derivation.where(index, f"answers {answer.number}, but holds {found['holds']} alone")
                )
    return list(left)


def framed(answer: Answer, left: Basic, relation: str, right: Basic) -> Statement:
    """A line of a derivation in the answer's own terms, by what it prints."""
    return _turned(Statement(_translated(answer, left), relation, _translated(answer, right)))


def _translated(answer: Answer, expr: Any) -> Any:
    """Symbols by their printed names, notations by their printed forms."""
    if isinstance(expr, At):
        return _translated(answer, expr.doit())
    if isinstance(expr, Symbol):
        return answer.named(expr.name)
    if isinstance(expr, Indexed):
        base = answer.named(latex(expr.base))
        return IndexedBase(str(base))[tuple(_translated(answer, one) for one in expr.indices)]
    if not expr.args:
        return expr
    args = [_translated(answer, one) for one in expr.args]
    if isinstance(expr, Notation):
        form = spelled(re.sub(r"(#\d)!", r"\1", expr.template))
        if form not in answer.written:
            raise UserError(f"question {answer.number}: {FILE} does not say what {form} is, see [written]")
        plain = parse(re.sub(r"#(\d)", r"_\1", answer.written[form]))
        return plain.xreplace({Symbol(f"_{k}"): arg for k, arg in enumerate(args, 1)})
    return expr.func(*args)


def differs(answer: Answer, said: Statement) -> str:
    """Where a statement is not the answer, in words; empty where it is the answer."""
    found = ""
    for right in answer.states:
        forms = [said, Statement(said.right, "=", said.left)] if said.relation == "=" else [said]
        for form in forms:
            if form.left == right.left:
                if form.relation != right.relation:
                    found = f"its relation is {form.relation}, not {right.relation}"
                elif not (found := unequal(answer, form.right, right.right)):
                    return ""
    return found or f"it says nothing of {answer.states[0].left}"


def unequal(answer: Answer, said: Basic, right: Basic) -> str:
    """Where an expression has another value than the right one, in words; empty where it has none."""
    for seed in range(POINTS):
        known = point(answer, np.random.default_rng(seed))
        expected = np.asarray(value(right, known, answer))
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(value(said, known, answer), float)
        except _NoValue as error:
            return str(error)
        except (ArithmeticError, TypeError, ValueError) as error:  # shapes that do not fit, 1 / 0
            return f"it has no value ({error})"
        if found.shape != expected.shape:
            return f"it has the shape {found.shape}, not {expected.shape}"
        scale = np.maximum(1.0, np.abs(expected))
        if not np.all(np.abs(found - expected) <= CLOSE * scale):  # false too where one is not a number
            at = ", ".join(f"{name} = {one:.4g}" for name, one in known.items() if np.ndim(one) == 0)
            shown = (", ".join(f"{one:.6g}" for one in np.ravel(side)) for side in (found, expected))
            return "with {} it is {}, not {}".format(at or "random values", *shown)
    return ""


def point(answer: Answer, draw: np.random.Generator) -> dict[str, Any]:
    """A value of every symbol that has one."""
    known: dict[str, Any] = {}
    for name, one in answer.symbols.items():
        shape = tuple(int(value(size, known, answer)) for size in one.shape)
        if one.means is not None:
            known[name] = value(one.means, known, answer)
        elif one.kind == "integer":
            least = int(value(one.least, known, answer))
            most = least + 4 if one.most is None else int(value(one.most, known, answer))
            known[name] = int(draw.integers(least, most, endpoint=True))
        elif one.kind == "real":
            known[name] = draw.normal(scale=2, size=shape)
        elif one.kind in ("positive", "density"):
            drawn = draw.uniform(0.1, 3, size=shape)
            known[name] = drawn / drawn.sum() if one.kind == "density" else drawn
        elif one.kind == "fraction":
            known[name] = draw.uniform(0.05, 0.95, size=shape)
        elif one.kind != "unknown":
            raise UserError(f"question {answer.number}: {name} cannot be {one.kind!r}")
    return known


def value(expr: Any, known: Mapping[str, Any], answer: Answer) -> Any:
    """The value of an expression where its symbols have these; _NoValue where it has none."""

    def of(part: Any) -> Any:
        return value(part, known, answer)

    if expr.is_number and not expr.args:
        return int(expr) if expr.is_Integer else float(expr)
    if isinstance(expr, Symbol):
        if expr.name not in known:
            raise _NoValue(f"{expr.name} has no value")
        return known[expr.name]
    if isinstance(expr, Indexed):
        at = tuple(int(of(one)) - 1 for one in expr.indices)
        array: NDArray[np.float64] = np.asarray(of(Symbol(str(expr.base))))
        if len(at) > array.ndim or not all(0 <= k < size for k, size in zip(at, array.shape, strict=False)):
            raise _NoValue(f"{expr} lies outside")
        return array[at]
    if isinstance(expr, Sum):
        (index, first, last), *rest = expr.limits[::-1]  # the last limit is the outer sum
        inner = Sum(expr.function, *rest[::-1]) if rest else expr.function
        begin, end = int(of(first)), int(of(last)) + 1
        if end - begin > TERMS:
            raise _NoValue(f"a sum of more than {TERMS} terms is too long")
        return sum(value(inner, {**known, str(index): k}, answer) for k in range(begin, end))
    parts = [of(one) for one in expr.args]
    if isinstance(expr, Tuple):
        return parts
    if expr.is_Add or expr.is_Mul:
        return functools.reduce(operator.add if expr.is_Add else operator.mul, parts)
    if expr.is_Pow:
        return parts[0] ** float(parts[1])
    if expr.func in _NUMPY:
        return _NUMPY[expr.func](*parts)
    name = str(expr.func)
    if name == "total":
        return np.sum(parts[0])
    if name == "correlate":
        return _correlate(*map(np.atleast_2d, parts))
    if name not in answer.functions or len(answer.functions[name][0]) != len(parts):
        raise _NoValue(f"{expr} has no value")
    parameters, body = answer.functions[name]
    return value(body, {**known, **dict(zip(parameters, parts, strict=True))}, answer)


def _correlate(x: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    if x.shape[0] != kernel.shape[0] or x.shape[1] < kernel.shape[1]:
        raise _NoValue("a filter does not fit its sequence")
    rows = (np.correlate(row, one, "valid") for row, one in zip(x, kernel, strict=True))
    return np.asarray(np.sum(list(rows), axis=0))
