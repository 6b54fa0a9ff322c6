"""The proof engine: what holds is proved, what does not hold stops with one line, nothing passes unseen."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sympy import (
    Derivative,
    Integral,
    Matrix,
    MatrixSymbol,
    Rational,
    Subs,
    Symbol,
    atan,
    exp,
    log,
    oo,
    pi,
    sqrt,
    symbols,
)

from writeup.errors import UserError
from writeup.proofs import algebra
from writeup.proofs.check import check
from writeup.proofs.models import LITERAL, Model
from writeup.proofs.notation import add, at, frac, latex, minus, mul, notation
from writeup.proofs.steps import Derivation, ProofError, SenselessError, Step

x, y = symbols("x y", positive=True)


def derivation(*steps: Step, models: tuple[Model, ...] = (LITERAL,)) -> Derivation:
    return Derivation("example", "An example", assumptions=("$x > 0$",), steps=steps, models=models)


def test_a_derivation_in_ten_lines() -> None:
    # [readme]
    from sympy import Derivative, Symbol, log

    from writeup.proofs.check import check
    from writeup.proofs.steps import Derivation, Step

    x = Symbol("x", positive=True)
    steps = (
        Step(
            "differentiate", lhs=Derivative(x - log(x), x), rhs=1 - 1 / x, rule="derivative of the logarithm"
        ),
        Step("common denominator", rhs=(x - 1) / x, rule="algebra"),
    )
    tangent = Derivation("tangent", "The tangent of the logarithm", assumptions=("$x > 0$",), steps=steps)
    checked = check(tangent)
    # [/readme]
    assert [step.method for step in checked.steps] == ["symbolic", "symbolic"]
    assert checked.steps[1].latex.startswith(r"= \frac{") and checked.steps[1].anchor == "proof-tangent-2"


def test_a_sign_error_stops_with_one_line_that_names_derivation_and_step() -> None:
    wrong = derivation(
        Step("square", lhs=(x + y) ** 2, rhs=x**2 + 2 * x * y + y**2, rule="binomial theorem"),
        Step("collect", rhs=x * (x + 2 * y) - y**2, rule="algebra"),
    )
    with pytest.raises(ProofError) as caught:
        check(wrong)
    message = str(caught.value)
    assert isinstance(caught.value, UserError) and "\n" not in message
    assert (
        "derivation example, step 2 'collect' does not hold: at x = " in message and "one side is" in message
    )


def test_a_step_continues_from_the_right_side_before() -> None:
    middle = Step("wrong", lhs=2 * x, rhs=x + x, rule="algebra")
    check(derivation(middle, Step("next", rhs=2 * x, rule="algebra")))
    with pytest.raises(ProofError, match="step 2 'next'"):
        check(derivation(middle, Step("next", rhs=3 * x, rule="algebra")))


def test_what_sympy_cannot_decide_is_numerical_and_said_to_be() -> None:
    checked = check(derivation(Step("arctangents", lhs=atan(x) + atan(1 / x), rhs=pi / 2, rule="algebra")))
    assert checked.steps[0].method == "numerical"
    assert checked.steps[0].mark == "100 points"


def test_the_numbers_see_an_error_of_1e_25() -> None:
    off = pi / 2 + Rational(1, 10**25)
    with pytest.raises(ProofError, match="does not hold"):
        check(derivation(Step("arctangents", lhs=atan(x) + atan(1 / x), rhs=off, rule="algebra")))


def test_all_hundred_points_count(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    draw = algebra.draw_value
    monkeypatch.setattr(
        algebra, "draw_value", lambda symbol, random: seen.append(symbol) or draw(symbol, random)
    )
    check(derivation(Step("arctangents", lhs=atan(x) + atan(1 / x), rhs=pi / 2, rule="algebra")))
    assert len(seen) == 100 + 3


def test_a_claim_without_values_is_refused() -> None:
    with pytest.raises(ProofError, match="does not hold"):
        check(derivation(Step("nowhere", lhs=log(-1 - x), rhs=log(1 + x), rule="algebra")))


def test_a_divergent_integral_equals_nothing() -> None:
    z = Symbol("z", real=True)
    with pytest.raises(ProofError, match="does not hold"):
        check(
            derivation(Step("diverges", lhs=Integral(exp(z**2), (z, -oo, oo)), rhs=sqrt(pi), rule="algebra"))
        )
    check(derivation(Step("Gauss", lhs=Integral(exp(-(z**2)), (z, -oo, oo)), rhs=sqrt(pi), rule="algebra")))


def test_an_inequality_is_held_to_its_gap() -> None:
    bound = Step("square", lhs=x**2 + y**2, relation=">=", rhs=2 * x * y, gap=(x - y) ** 2, rule="algebra")
    assert check(derivation(bound)).steps[0].method == "symbolic"
    weaker = replace(bound, rhs=x * y)  # true as well, but not what the gap says
    with pytest.raises(ProofError, match="does not hold"):
        check(derivation(weaker))
    with pytest.raises(ProofError, match="is not <= 0"):
        check(derivation(replace(bound, relation="<=")))
    with pytest.raises(ProofError, match="needs its gap"):
        replace(bound, gap=None)


def test_notation_means_what_the_model_says() -> None:
    Mean = notation("Mean", r"\operatorname{mean}\left(#1, #2\right)")
    steps = (Step("mean", lhs=Mean(x, y), rhs=(x + y) / 2, rule="definition"),)
    arithmetic = Model("arithmetic", {Mean: lambda a, b: (a + b) / 2})
    assert check(derivation(*steps, models=(arithmetic,))).steps[0].models == ("arithmetic",)
    geometric = Model("geometric", {Mean: lambda a, b: sqrt(a * b)})
    with pytest.raises(ProofError, match=r"does not hold \(geometric\)"):
        check(derivation(*steps, models=(arithmetic, geometric)))


def test_matrices_are_compared_entry_by_entry() -> None:
    A, B = symbols("A B")
    model = Model("2 x 1", {A: Matrix([x, y]), B: Matrix([y, x])})
    check(derivation(Step("sum", lhs=A + B, rhs=B + A, rule="algebra"), models=(model,)))
    with pytest.raises(ProofError, match="does not hold"):
        check(derivation(Step("swap", lhs=A, rhs=B, rule="algebra"), models=(model,)))
    with pytest.raises(SenselessError, match="cannot be evaluated"):
        check(derivation(Step("number", lhs=A + 1, rhs=B, rule="algebra"), models=(model,)))


def test_values_at_equal_points_stay_apart() -> None:
    # sympy's Subs takes these two for equal, which let a wrong sign pass
    at_zero = {x: 0, y: 0}
    first, second = at(Derivative(exp(x) - y, x), at_zero), at(Derivative(exp(x) - y, y), at_zero)
    assert first != second and first.doit() == 1 and second.doit() == -1
    with pytest.raises(ProofError, match="Subs"):
        Step("subs", lhs=Subs(Derivative(exp(x) - y, x), (x, y), (0, 0)), rhs=1, rule="algebra")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Step("no left side", rhs=x, rule="algebra"),), "first step needs a left side"),
        ((Step("a", lhs=x, rhs=x, rule="algebra"), Step("a", rhs=x, rule="algebra")), "same name"),
    ],
)
def test_malformed_derivations(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(ProofError, match=message):
        derivation(*steps)


@pytest.mark.parametrize(
    ("expr", "printed"),
    [
        (add(1, log(x**2), minus(y**2)), r"1 + \log x^{2} - y^{2}"),
        (mul(Rational(1, 2), add(x, -y)), r"\frac{1}{2} \left(x - y\right)"),
        (frac(x, mul(2, y**2)), r"\frac{x}{2 y^{2}}"),
        (minus(frac(x, y)), r"- \frac{x}{y}"),
        (add(x, minus(add(y, 1))), r"x - \left(y + 1\right)"),
        (log(frac(x, y)), r"\log \frac{x}{y}"),
        (log(add(1, -x)), r"\log\left(1 - x\right)"),
        (Symbol(r"p(x \mid y)"), r"p(x \mid y)"),
        (Symbol("mu"), r"\mu"),
        (Derivative(mul(x, y), x), r"\frac{\partial}{\partial x} x y"),
        (at(add(x, 1), {x: 0}), r"\left. \left(x + 1\right) \right|_{x = 0}"),
    ],
)
def test_printed_in_the_order_written(expr, printed: str) -> None:
    assert latex(expr) == printed


def test_the_printed_line_is_the_checked_expression() -> None:
    shown = check(derivation(Step("s", lhs=x + x, rhs=mul(2, x), rule="algebra"))).steps[0]
    assert (shown.lhs, shown.relation, shown.rhs) == ("2 x", "=", "2 x") and shown.latex == "2 x = 2 x"


def test_the_points_that_are_shown_are_those_that_were_tried() -> None:
    square = Step("multiply out", lhs=(x + 1) ** 2, rhs=x**2 + 2 * x + 1, rule="algebra")
    positive = Step("positive", lhs=x + 1, relation=">", rhs=0, gap=x + 1, rule="sum of positive terms")
    checked = check(derivation(square, positive))
    (tried,) = checked.steps[0].tried
    assert tried["model"] == "as written" and tried["total"] == len(tried["points"]) == 3
    for point in tried["points"]:
        value, (left, right) = float(point["at"].removeprefix("x = ")), point["values"]
        assert left == right and abs(float(left) - (value + 1) ** 2) < 2e-3 * float(left)
    (gap,) = checked.steps[1].tried
    for point in gap["points"]:
        (value,) = map(float, point["values"])
        assert abs(value - float(point["at"].removeprefix("x = ")) - 1) < 2e-3


def test_the_matrix_example_of_the_docs_is_proved() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "your-own-report.md").read_text(encoding="utf-8")
    (example,) = (one for one in re.findall(r"```python\n(.*?)```", docs, re.DOTALL) if "zeros(" in one)
    names: dict[str, Any] = {}
    exec(example, names)
    assert [step.holds for step in check(names["quadratic"]).steps] == ["for all", "for all"]
    names = {}
    exec(example.replace("2 * d * v]", "3 * d * v]"), names)
    with pytest.raises(ProofError, match=r"step 1 'derivative of each entry' does not hold"):
        check(names["quadratic"])


def test_a_matrix_without_entries_is_refused_with_what_to_write() -> None:
    one, other = MatrixSymbol("X", 2, 3), MatrixSymbol("Y", 3, 2)
    with pytest.raises(ProofError, match=r"write X = Matrix\(2, 3, symbols\('x:6'\)\), of a size"):
        check(derivation(Step("product", lhs=one * other, rhs=(other * one)[:2, :2], rule="none")))
    with pytest.raises(ProofError, match=r"X has no entries: write X = Matrix\(2, 2, "):
        n = Symbol("n", integer=True, positive=True)
        square = MatrixSymbol("X", n, n)
        check(derivation(Step("power", lhs=square * square.T, rhs=square.T * square, rule="none")))
