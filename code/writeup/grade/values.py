"""What a printed expression is worth at a random point: how two formulas are told to be one.

A point gives each symbol of an answer (`writeup.proofs.answers`) a random value; the right formula and the
printed one are computed there, and nothing is simplified. A density is the array of its values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from writeup.grade.expressions import NONE, Expr

Value = Any  # a number, an array, a tuple of numbers


class Senseless(Exception):
    """A formula without a value: an index out of range, sizes that do not fit, a density that is none."""


class Unknown(Senseless):
    """A name that the answer does not know."""


class Point:
    """known: the value of each symbol. valueless: symbols that have none.

    base: from where indices count. asked: what the question asks for, `left`, has this value here.
    """

    def __init__(
        self,
        known: Mapping[str, Value],
        valueless: frozenset[str],
        left: Expr,
        base: int = 1,
    ) -> None:
        self.values = dict(known)
        self.valueless, self.left, self.base = valueless, left, base
        self.asked: Value = None

    def of(self, expr: Expr) -> Value:
        """The value. Raises Senseless where there is none."""
        if expr == self.left:
            return self.asked
        worth: Value = getattr(self, f"_{expr.kind}")(expr)
        return worth

    def where(self, asked: Value, expr: Expr) -> Value:
        """The value if what the question asks for has this one."""
        self.asked = asked
        return self.of(expr)

    def number(self, expr: Expr) -> float:
        """The value of what has to be a number."""
        worth = self.of(expr)
        if isinstance(worth, tuple) or np.ndim(worth):
            raise Senseless(f"{expr.text or expr.kind} is no number")
        return float(worth)

    def _plain(self, expr: Expr) -> Value:
        """The value of what may be added and multiplied."""
        worth = self.of(expr)
        if isinstance(worth, tuple):
            raise Senseless("a list is no number")
        return worth

    def _number(self, expr: Expr) -> float:
        return float(expr.text)

    def _none(self, expr: Expr) -> Value:
        raise Senseless("something is missing")

    def _name(self, expr: Expr) -> Value:
        text, parts = expr.text, expr.parts
        if self.left.kind == "call" and text == self.left.text and not parts:
            return self.asked
        if (
            self.left.kind == "name"
            and text == self.left.text
            and parts[: len(self.left.parts)] == self.left.parts
        ):
            value, parts = self.asked, parts[len(self.left.parts) :]
        elif text in self.values:
            value = self.values[text]
        elif text in self.valueless:
            raise Senseless(f"{text} stands where it cannot")
        else:
            raise Unknown(text)
        for part in parts:
            try:
                k = self.number(part) - self.base
            except Unknown as error:
                raise Senseless(f"{error} stands outside a sum over it") from None
            if not np.ndim(value) or k != int(k) or not 0 <= k < len(value):
                raise Senseless(f"{text} has no element {k + self.base:g}")
            value = value[int(k)]
        return value

    def _tuple(self, expr: Expr) -> Value:
        return tuple(self.number(part) for part in expr.parts)

    def _add(self, expr: Expr) -> Value:
        total = self._plain(expr.parts[0])
        for part in expr.parts[1:]:
            total = _joined(np.add, total, self._plain(part))
        return total

    def _neg(self, expr: Expr) -> Value:
        return -self._plain(expr.parts[0])

    def _mul(self, expr: Expr) -> Value:
        one, two = map(self._plain, expr.parts)
        if expr.parts[0].text == "transpose":
            return _joined(np.matmul, one, two)
        return _joined(np.multiply, one, two)

    def _convolve(self, expr: Expr) -> Value:
        one, two = (np.asarray(self._plain(part)) for part in expr.parts)
        if one.ndim == two.ndim == 0:
            return float(one * two)  # a star that multiplies
        if (
            one.ndim != two.ndim
            or one.ndim > 2
            or one.shape[:-1] != two.shape[:-1]
            or one.shape[-1] < two.shape[-1]
        ):
            raise Senseless("a filter that does not fit")
        rows = zip(np.atleast_2d(one), np.atleast_2d(two), strict=True)
        return np.sum([np.correlate(a, b, "valid") for a, b in rows], axis=0)

    def _div(self, expr: Expr) -> Value:
        under = self._plain(expr.parts[1])
        if not np.all(under):
            raise Senseless("divided by zero")
        return _joined(np.divide, self._plain(expr.parts[0]), under)

    def _pow(self, expr: Expr) -> Value:
        base, power = self._plain(expr.parts[0]), self.number(expr.parts[1])
        if (power != int(power) and np.min(base) < 0) or (power < 0 and not np.all(base)) or abs(power) > 99:
            raise Senseless("a power without a value")
        return base**power

    def _norm(self, expr: Expr) -> Value:
        return float(np.linalg.norm(self._plain(expr.parts[0])))

    def _call(self, expr: Expr) -> Value:
        worth = [self._plain(part) for part in expr.parts]
        if (
            expr.text == "KL"
            and len(worth) == 2
            and all(np.ndim(one) == 1 and np.min(one) > 0 for one in worth)
        ):
            return float(np.sum(_joined(np.multiply, worth[0], np.log(worth[0] / worth[1]))))
        if expr.text in ("max", "min") and len(worth) > 1 and not any(map(np.ndim, worth)):
            return (max if expr.text == "max" else min)(worth)
        if len(worth) != 1 or expr.text not in ("log", "exp", "transpose"):
            raise Senseless(f"{expr.text} of what it cannot be of")
        (one,) = worth
        if expr.text == "log":
            if np.min(one) <= 0:
                raise Senseless("the logarithm of what is not positive")
            return np.log(one)
        return np.exp(np.minimum(one, 700.0)) if expr.text == "exp" else np.transpose(one)

    def _density(self, expr: Expr) -> Value:
        raise Senseless(f"{expr.text}({expr.listed}) is none of the densities")

    def _mean(self, expr: Expr) -> Value:
        shares = self._plain(expr.parts[0])
        if np.ndim(shares) != 1:
            raise Senseless("a mean over what is no density")
        return float(np.sum(_joined(np.multiply, shares, self._plain(expr.parts[1]))))

    def _integral(self, expr: Expr) -> Value:
        worth = self._plain(expr.parts[0])
        if np.ndim(worth) != 1:
            raise Senseless(f"an integral over {expr.text} of what it is not in")
        return float(np.sum(worth))

    def _sum(self, expr: Expr) -> Value:
        return self._over(expr, np.add, 0.0)

    def _prod(self, expr: Expr) -> Value:
        return self._over(expr, np.multiply, 1.0)

    def _over(self, expr: Expr, join: Any, worth: Value) -> Value:
        """A sum or product; without limits over the axis at which its index stands, or over a density."""
        low, high, body = expr.parts
        first = float(self.base) if low == NONE else self.number(low)
        if high == NONE and not (extent := self._extent(expr.text, body)):
            return self._integral(Expr("integral", expr.text, (body,)))
        last = self.base + extent - 1 if high == NONE else self.number(high)
        if first != int(first) or last != int(last) or last - first > 999:
            raise Senseless("a sum between what are no whole numbers")
        before = dict(self.values)
        try:
            for place in range(int(first), int(last) + 1):
                self.values[expr.text] = place
                worth = _joined(join, worth, self._plain(body))
        finally:
            self.values = before
        return worth

    def _extent(self, index: str, body: Expr) -> int:
        if body.kind == "name":
            worth: Value = self.values.get(body.text, 0.0)
            for axis, part in enumerate(body.parts):
                if part == Expr("name", index) and axis < np.ndim(worth):
                    return int(np.shape(worth)[axis])
        return next((found for part in body.parts if (found := self._extent(index, part))), 0)


def _joined(join: Any, one: Value, two: Value) -> Value:
    try:
        return join(one, two)
    except ValueError:
        raise Senseless("sizes that do not fit") from None


def close(one: Value, two: Value) -> bool:
    """Whether two values are the same but for rounding."""
    if isinstance(one, tuple) or isinstance(two, tuple):
        return bool(one == two)
    a, b = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
    if a.shape != b.shape and a.ndim and b.ndim:
        return False
    return bool(np.all(np.abs(a - b) <= 1e-8 * (1 + np.abs(a) + np.abs(b))))
