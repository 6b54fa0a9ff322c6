"""What a printed formula is beside the right answer: right, wrong, beside the question, or not readable.

A formula is right where it holds exactly when what is asked for has the right value: at random points, with
that value and with others. So every form of the answer is right, and what is true but answers nothing is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import sympy

from writeup.grade.expressions import Expr, Reader, Unreadable, row, runs, shown
from writeup.grade.layout import Item, Row
from writeup.grade.values import Point, Senseless, Unknown, close
from writeup.proofs import answers

POINTS = 16  # random points at which a formula is compared: a max or a 0 to 1 has to show all its sides
RELATIONS = {"=": "=", ">=": "≥", "<=": "≤"}
TURNED = {"≥": "≤", "≤": "≥", "=": "="}
GREEK = {"mu": "μ", "sigma": "σ", "Sigma": "Σ", "beta": "β", "lambda": "λ"}
APPLIED = frozenset(
    "pqfNL"
)  # what a bracket behind them is the argument of, unless the answer has them as symbols
CALLS = {"normal": "N", "loss": "L"}
RIGHT, WRONG, BESIDE, UNREAD = "right", "wrong", "beside", "unread"


@dataclass(frozen=True)
class Question:
    """An answer, ready to be compared with what pages print."""

    answer: answers.Answer

    @cached_property
    def applied(self) -> frozenset[str]:
        return APPLIED - frozenset(self.answer.symbols) | frozenset(
            name[0] for one in self.answer.symbols.values() for name in one.names if name[1:2] == "("
        )

    @cached_property
    def aliases(self) -> Mapping[Expr, str]:
        """How a page may write each symbol: every name of it, read as a formula."""
        found: dict[Expr, str] = {}
        for symbol, one in self.answer.symbols.items():
            for name in (GREEK.get(symbol, symbol), *sorted(one.names)):
                try:
                    found[self.read(row(re.sub(r"\|\||‖", "∥", name)))] = symbol
                except Unreadable:
                    continue  # a name of the derivations' source
        return found

    @cached_property
    def states(self) -> list[tuple[Expr, str, sympy.Basic]]:
        """What is asked for, as a page writes it, the relation, and what it is."""
        return [(self._printed(one.left), RELATIONS[one.relation], one.right) for one in self.answer.states]

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """Random values of the symbols that have one."""
        return [answers.point(self.answer, np.random.default_rng(seed)) for seed in range(POINTS)]

    @cached_property
    def _truths(self) -> dict[tuple[Any, int], Any]:
        return {}

    def _truth(self, right: Any, seed: int) -> Any:
        """The value of the right side at a point."""
        if (right, seed) not in self._truths:
            self._truths[right, seed] = answers.value(right, self.points[seed], self.answer)
        return self._truths[right, seed]

    def _printed(self, expr: Any) -> Expr:
        """A left side of the answers' file as an expression."""
        if expr.is_Integer:
            return Expr("number", str(expr))
        if isinstance(expr, sympy.Indexed):
            return Expr("name", str(expr.base), tuple(map(self._printed, expr.indices)))
        if isinstance(expr, sympy.Symbol):
            return Expr("name", expr.name)
        name = str(expr.func)
        return Expr("call", CALLS.get(name, name), tuple(map(self._printed, expr.args)))

    def read(self, formula: Row) -> Expr:
        """Raises Unreadable."""
        try:
            return Reader(formula, self.applied).statement()
        except (IndexError, RecursionError):
            raise Unreadable(shown(formula)) from None

    def plain(self, expr: Expr) -> Expr:
        """An expression with the answer's own symbols, whatever the page calls them."""
        if expr in self.aliases:
            return Expr("name", self.aliases[expr])
        text = self.aliases.get(Expr("name", expr.text), expr.text) if expr.kind == "name" else expr.text
        return Expr(expr.kind, text, tuple(map(self.plain, expr.parts)))

    def judge(self, formula: Row) -> tuple[str, str]:
        """What a row of a page is, and why."""
        try:
            statement = self.read(formula)
        except Unreadable as error:
            return UNREAD, str(error)
        return self.weigh(statement)

    def weigh(self, statement: Expr) -> tuple[str, str]:
        """The same of an expression; of the several statements of an answer it need be but one."""
        statement = self.plain(statement)
        found = [self._weighed(statement, state, base) for state in self.states for base in (1, 0)]
        return min(found, key=lambda one: (RIGHT, WRONG, UNREAD, BESIDE).index(one[0]))

    def _weighed(self, statement: Expr, state: tuple[Expr, str, Any], base: int) -> tuple[str, str]:
        left, relation, right = state
        if isinstance(right, sympy.Tuple):
            return self._list(statement, right)
        fits = true = True
        about = False
        for seed in range(POINTS):
            known = self.points[seed]
            truth = self._truth(right, seed)
            shifted = {
                name: value + base - 1 for name, value in known.items() if self.answer.symbols[name].most
            }
            valueless = frozenset(self.answer.symbols) - set(known)
            point = Point({**known, **shifted}, valueless, left, base)
            try:
                here = _Chain(statement, point, truth, relation)
            except Unknown as error:
                return UNREAD, f"{error} is no name that the answer has"
            except Senseless as error:
                return (WRONG if statement.kind == "chain" else BESIDE), str(error)
            fits, about, true = fits and here.fits, about or here.about, true and here.true
            if about and not true:
                return WRONG, "it does not hold"
        return (RIGHT if fits and true else BESIDE), ""

    def _list(self, statement: Expr, right: Any) -> tuple[str, str]:
        """For a list of sizes, in brackets or with crosses. Without its ones it may stand beside: a view."""
        said = next((some for side in reversed(_sides(statement)) if len(some := _listed(side)) > 1), [])
        if not said:
            return BESIDE, ""
        known = {name: 2 + k for k, name in enumerate(self.points[0])}  # no two sizes alike
        point = Point(known, frozenset(), Expr("none"))
        worth = [answers.value(one, known, self.answer) for one in right.args]
        try:
            value = [point.number(part) for part in said]
        except Senseless as error:
            return UNREAD, str(error)
        if value == worth:
            return RIGHT, ""
        return (BESIDE, "") if value == [one for one in worth if one != 1] else (WRONG, "other sizes")


class _Chain:
    """A statement at a point. fits: two of its sides stand in the answer's relation just where what is asked
    for has the right value; about: it speaks of that; true: it holds there.
    """

    def __init__(self, statement: Expr, point: Point, truth: Any, relation: str) -> None:
        self.relation = relation
        shifts = [np.random.default_rng(k).uniform(0.5, 1.5, np.shape(truth)) for k in range(2)]
        asked = [truth, *(truth + one for one in shifts), *(truth - one for one in shifts)]
        sides = _sides(statement)
        self.worth = [
            self._worth(side, point, asked, end=k in (0, len(sides) - 1)) for k, side in enumerate(sides)
        ]
        if len(sides) == 1:
            free = all(close(one, self.worth[0][0]) for one in self.worth[0][1:])  # of what is asked for
            self.fits, self.about, self.true = free and close(self.worth[0][0], truth), False, True
            return
        self.about = any(not close(one, side[0]) for side in self.worth for one in side[1:])
        pairs = combinations(range(len(sides)), 2)
        self.fits = any(self._answers(statement.text[i:j], self.worth[i], self.worth[j]) for i, j in pairs)
        self.true = self._holds(statement, point, sides)

    def _worth(self, side: Expr, point: Point, asked: Sequence[Any], *, end: bool) -> list[Any]:
        """A side's value for each of what is asked for, which a page may give a name of its own."""
        try:
            return [point.where(one, side) for one in asked]
        except Unknown:
            if not end or side.kind not in ("name", "call", "mul") or self.relation != "=":
                raise
            return list(asked)

    def _answers(self, signs: str, one: list[Any], two: list[Any]) -> bool:
        between = set(signs) - {"="}
        sign = "=" if not between else between.pop() if len(between) == 1 else ""
        if (sign == "=") != (self.relation == "="):
            return False
        if not close(one[0], two[0]) or any(close(a, b) for a, b in zip(one[1:], two[1:], strict=True)):
            return False
        if sign == "=":
            return True
        sense = 1.0 if sign == self.relation else -1.0 if sign == TURNED[self.relation] else 0.0
        above, below = ([float(one[k] - two[k]) * sense for k in some] for some in ((1, 2), (3, 4)))
        return min(above) > 0 > max(below)

    def _holds(self, statement: Expr, point: Point, sides: Sequence[Expr]) -> bool:
        """Whether each relation holds; of a bound with the true value of what is bounded."""
        worth = [side[0] for side in self.worth]
        if self.relation != "=":
            left, point.left = point.left, Expr("none")
            worth = [point.of(side) for side in sides]
            point.left = left
        return all(_related(sign, *worth[k : k + 2]) for k, sign in enumerate(statement.text))


def _sides(statement: Expr) -> tuple[Expr, ...]:
    return statement.parts if statement.kind == "chain" else (statement,)


def _related(sign: str, one: Any, two: Any) -> bool:
    if close(one, two):
        return sign in "=≥≤"
    if isinstance(one, tuple) or isinstance(two, tuple) or sign not in "≥≤<>":
        return False
    return bool(
        np.all(np.asarray(one) > np.asarray(two))
        if sign in "≥>"
        else np.all(np.asarray(one) < np.asarray(two))
    )


def _listed(expr: Expr) -> list[Expr]:
    if expr.kind == "tuple":
        return list(expr.parts)
    if expr.kind == "mul" and expr.text == "×":
        return [*(_listed(expr.parts[0]) or [expr.parts[0]]), expr.parts[1]]
    return []


@dataclass(frozen=True)
class Said:
    """What some lines answer: the word for it, and what decides it."""

    word: str
    text: str


def said(question: Question, lines: Sequence[Row], *, framed: bool) -> Said:
    """What lines say of a question. In a frame a wrong formula decides, elsewhere a right one."""
    found = [(*question.judge(one), one) for one in statements(lines)]
    order = (WRONG, RIGHT, UNREAD) if framed else (RIGHT, WRONG, UNREAD)
    for word in order:
        for kind, why, one in found:
            if kind == word and (kind != UNREAD or any(item.text in "=≥≤" for item in one)):
                return Said(word, shown(one) + (f" ({why})" if why else ""))
    return Said("missing", "; ".join(shown(one) for *_, one in found)[:160])


def statements(lines: Sequence[Row]) -> Iterator[Row]:
    """The formulas among the words of some lines that say something: longer than a name."""
    return (one for one in runs(lines) if len(one) > 2 or sum(map(_signs, one)) > 2)


def _signs(item: Item) -> int:
    """How many signs of the page it is made of."""
    rows = *item.inside, item.sub, item.sup
    return (item.order >= 0) + sum(_signs(one) for row in rows for one in row)
