"""Code and proof tied: functions are called at points and compared with the expressions that were proved.

The expression is taken from the derivation itself, in 40 digits; the function is called by the content, in
its own precision. The record is bound to all that either can reach, so that a page is rendered without torch
as long as neither changed.
"""

import inspect
import math
import random
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from writeup.declare import Tie, resolve
from writeup.errors import PackageMissing, UserError
from writeup.identity.closure import Closure
from writeup.results.store import Result
from writeup.runs import provenance
from writeup.runs.record import save

DRAWN = 60  # random points of each tie, besides its edge cases
TOLERANCE = (
    1e-6  # of a difference, relative to the larger of 1 and the value: what float32 leaves of a few terms
)

Point = tuple[float, ...]


@dataclass(frozen=True)
class Proved:
    """One side of a proved step as a function of `variables` (symbols).

    fixed: symbols that have one value here, such as a dimension. edges: points to try besides random ones,
    the ends of ranges and where formulas change.
    """

    derivation: Any
    step: str
    variables: tuple[Any, ...]
    fixed: Mapping[Any, Any] = field(default_factory=dict)
    edges: tuple[Point, ...] = ()

    def expression(self) -> Any:
        """The right side of the step, with what its definitions put in."""
        step = next(one for one in self.derivation.steps if one.name == self.step)
        model = self.derivation.models_of(step)[0]
        meant = step.rhs if model.values else model.interpret(step.rhs)
        expr = meant.subs(self.fixed).doit()
        left = {one for one in expr.free_symbols if not any(one in v.free_symbols for v in self.variables)}
        if left:
            raise UserError(
                f"derivation {self.derivation.name}, step {self.step!r}: {left} has no value in a tie"
            )
        return expr

    def values(self, points: Sequence[Point]) -> list[float]:
        """The expression at the points, to 40 digits and then rounded."""
        import mpmath
        from sympy import Dummy, lambdify

        from writeup.proofs.algebra import DIGITS

        names = {variable: Dummy(f"x{k}") for k, variable in enumerate(self.variables)}
        function = lambdify(list(names.values()), self.expression().xreplace(names), "mpmath")
        with mpmath.workdps(DIGITS):
            return [float(function(*map(mpmath.mpf, point))) for point in points]

    def points(self) -> list[Point]:
        """Random points that meet what the variables are, always the same ones, and the edge cases."""
        from writeup.proofs.algebra import draw_value

        draw = random.Random(0)
        drawn = [tuple(float(draw_value(one, draw)) for one in self.variables) for _ in range(DRAWN)]
        return [*drawn, *self.edges]


def compare(tie: Tie) -> dict[str, Any]:
    """Where and how closely function and expression agree; UserError where they do not."""
    proved: Proved = resolve(tie.proved)  # type: ignore[assignment]
    computed: Callable[[Sequence[Point]], Sequence[float]] = resolve(tie.computed)
    points = proved.points()
    expected, found = proved.values(points), _found(tie, computed, points)
    largest = 0.0
    for point, a, b in zip(points, expected, found, strict=True):
        difference = abs(a - b) / max(1.0, abs(a))
        if not difference <= TOLERANCE:
            at = ", ".join(f"{one} = {value:.6g}" for one, value in zip(proved.variables, point, strict=True))
            raise UserError(
                f"{tie.function} does not compute what derivation {proved.derivation.name}, step "
                f"{proved.step!r} says: at {at} the code gives {b:.9g}, the derivation {a:.9g}"
            )
        largest = max(largest, difference)
    return {
        "function": tie.function.rpartition(".")[2].replace(":", "."),
        "derivation": proved.derivation.name,
        "step": proved.step,
        "points": len(points),
        "difference": largest,
        "tolerance": TOLERANCE,
    }


def _found(
    tie: Tie, computed: Callable[[Sequence[Point]], Sequence[float]], points: Sequence[Point]
) -> list[float]:
    """What is computed at the points; UserError if the function of the tie is not called for that."""
    function = inspect.unwrap(resolve(tie.function))
    own = vars(function).values() if isinstance(function, type) else [function]
    codes = {inspect.unwrap(one).__code__ for one in own if inspect.isfunction(one)}
    called = False

    def look(frame: FrameType, event: str, _: Any) -> None:
        nonlocal called
        called = called or (event == "call" and frame.f_code in codes)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        found = list(computed(points))
    finally:
        sys.setprofile(before)
    if not called:
        raise UserError(f"{tie.computed} does not call {tie.function}, which it is said to compare")
    return found


def of(ties: Sequence[Tie], derivations: Collection[str]) -> list[Tie]:
    """The ties to some derivations."""
    return [tie for tie in ties if resolve(tie.proved).derivation.name in derivations]  # type: ignore[attr-defined]


def compare_all(ties: Sequence[Tie]) -> list[dict[str, Any]]:
    """Compare every tie; PackageMissing where the code cannot be imported."""
    try:
        return [compare(tie) for tie in ties]
    except ImportError as error:
        raise PackageMissing(
            "losses of the code or their derivations changed since they were compared, and to compare them "
            f"anew {error.name} is needed; make train installs it"
        ) from None


def record(ties: Sequence[Tie], made_by: Closure, folder: Path, root: Path) -> None:
    """Compare every tie and record what was found."""
    begun = provenance.started(root)
    rows = compare_all(ties)
    table = {name: [row[name] for row in rows] for name in rows[0]}
    result = Result(
        part="ties",
        seed=0,
        scalars=_scalars(table),
        tables={"ties": table},
        provenance={"fingerprint": made_by.digest} | provenance.finished(begun, made_by.packages),
    )
    save(result, folder)


def derive(result: Result) -> dict[str, float]:
    """The scalars again, from the table."""
    return _scalars(result.tables["ties"])


def _scalars(table: Mapping[str, Sequence[Any]]) -> dict[str, float]:
    return {
        "functions": float(len(set(table["function"]))),
        "points": float(sum(table["points"])),
        "largest_difference": float(max(table["difference"], default=math.nan)),
    }
