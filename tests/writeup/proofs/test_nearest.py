"""The nearest false version of a step, and the trials of a check."""

from sympy import Symbol

from writeup.proofs import steps
from writeup.proofs.mutation import Row, run_step
from writeup.proofs.nearest import distance, nearest
from writeup.proofs.steps import Derivation, Step

x = Symbol("x", positive=True)
SQUARE = Derivation(
    "square",
    "A square",
    ("$x > 0$",),
    (
        Step("multiply out", lhs=(x + 1) ** 2, rhs=x**2 + 2 * x + 1, rule="algebra"),
        Step("positive", lhs=x + 1, relation=">", rhs=0, gap=x + 1, rule="sum of positive terms"),
    ),
)


def test_distance_is_relative_of_sides_and_absolute_of_a_gap() -> None:
    assert distance("step 1 's' does not hold: at x = 2.0 one side is 8.0, the other -2.0") == 1.25
    assert distance("step 1 's' does not hold: at x = 2.0 the value -3.5 is not > 0") == 3.5
    assert distance("step 1 's' does not hold: one side is not a finite number") is None


def test_the_nearest_false_version_is_the_one_of_least_distance() -> None:
    rows = [row for index in range(2) for row in run_step(SQUARE, index)]
    table = nearest(rows)
    assert table["step"] == ["multiply out", "positive"]
    for step, reason, far in zip(table["step"], table["reason"], table["distance"], strict=True):
        refused = [r for r in rows if r.outcome == "caught" and r.step == step]
        distances = [d for r in refused if (d := distance(r.reason)) is not None]
        assert len(distances) > 1 and far == min(distances) and " at x = " in reason
    survived = Row("d", "s", "m", "survived", "at x = 1 one side is 1, the other 2")
    assert nearest([survived])["step"] == []


def test_the_points_that_are_shown_are_those_that_were_tried() -> None:
    checked = steps.check(SQUARE)
    (tried,) = checked.steps[0].tried
    assert tried["model"] == "as written" and tried["total"] == len(tried["points"]) == 3
    for point in tried["points"]:
        value, (left, right) = float(point["at"].removeprefix("x = ")), point["values"]
        assert left == right and abs(float(left) - (value + 1) ** 2) < 2e-3 * float(left)
    (gap,) = checked.steps[1].tried
    for point in gap["points"]:
        (value,) = map(float, point["values"])
        assert abs(value - float(point["at"].removeprefix("x = ")) - 1) < 2e-3
