"""The mutation test finds what a checker overlooks, and lists equivalent rewritings apart."""

import pytest
from sympy import Integer, Matrix, Rational, symbols

from writeup import sealed
from writeup.proofs import mutation, proving
from writeup.proofs.notation import add, minus, mul, notation
from writeup.proofs.steps import Derivation, Model, Step

x, y = symbols("x y", positive=True)
Mean = notation("Mean", r"\operatorname{mean}\left(#1, #2\right)")
Ratio = notation("Ratio", r"\left(#1 : #2\right)")
MODEL = Model("reals", {Mean: lambda a, b: (a + b) / 2, Ratio: lambda a, b: a / b})


def derivation(*steps: Step) -> Derivation:
    return Derivation("example", "An example", ("$x, y > 0$",), steps, models=(MODEL,))


BINOMIAL = derivation(
    Step(
        "square", lhs=add(x, minus(y)) ** 2, rhs=add(x**2, minus(mul(2, x, y)), y**2), rule="binomial theorem"
    ),
    Step("collect", rhs=add(mul(x, add(x, minus(mul(2, y)))), y**2), rule="algebra"),
)


def outcomes(report: mutation.MutationReport) -> dict[str, str]:
    return {row.mutation: row.outcome for row in report.rows}


def test_every_false_mutant_is_caught() -> None:
    report = mutation.run([BINOMIAL])
    assert not report.having("survived")
    assert report.counts["proofs/mutants_caught"] == report.counts["proofs/mutants"] >= 30
    assert all("derivation example, step" in row.reason for row in report.having("caught"))


@pytest.mark.parametrize(
    "mistake",
    [
        "right side: flip the sign of the term $y^{2}$",
        "right side: drop the term $x^{2}$",
        "right side: drop the factor $2$",
        "right side: raise the exponent of $y^{2}$ by one",
        "right side: add one to $2$",
        "left side: flip the sign of the term $- y$",
    ],
)
def test_the_kinds_of_mistakes(mistake: str) -> None:
    assert outcomes(mutation.run([BINOMIAL]))[mistake] == "caught"


def test_swaps_and_exchanges() -> None:
    step = Step("ratio", lhs=Ratio(x, y), rhs=mul(x, y**-1), rule="algebra")
    found = outcomes(mutation.run([derivation(step)]))
    assert found[r"left side: exchange the arguments of $\left(x : y\right)$"] == "caught"
    assert found["left side: swap $x$ and $y$"] == "caught"


def test_half_and_relation() -> None:
    bound = Step(
        "bound",
        lhs=add(x**2, y**2),
        relation=">=",
        rhs=mul(2, x, y),
        gap=add(x, minus(y)) ** 2,
        rule="a square",
    )
    found = outcomes(
        mutation.run(
            [
                derivation(
                    bound, Step("half", lhs=Mean(x, y), rhs=mul(Rational(1, 2), add(x, y)), rule="algebra")
                )
            ]
        )
    )
    assert found["turn the inequality round"] == "caught"
    assert found[r"right side: drop the factor $\frac{1}{2}$"] == "caught"


def test_an_equivalent_mutant_is_listed_with_its_reason() -> None:
    report = mutation.run(
        [derivation(Step("mean", lhs=Mean(x, y), rhs=add(mul(x, Rational(1, 2)), y / 2), rule="algebra"))]
    )
    reasons = {row.mutation: row.reason for row in report.having("equivalent")}
    assert reasons["left side: swap $x$ and $y$"] == "symmetric in the two"
    assert not report.having("survived")


def test_a_blind_checker_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "prove_equal", lambda left, right: "symbolic")
    report = mutation.run([BINOMIAL])
    assert report.counts["proofs/mutants_caught"] == 0 and len(report.having("survived")) >= 30


def test_a_checker_blind_to_signs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    prove = proving.prove_equal
    monkeypatch.setattr(proving, "prove_equal", lambda left, right: prove(left**2, right**2))
    survivors = mutation.run([derivation(Step("s", lhs=x + y, rhs=add(x, y), rule="algebra"))]).having(
        "survived"
    )
    assert "right side: flip the sign of $x + y$" in {row.mutation for row in survivors}


def test_senseless_mutants_are_no_merit() -> None:
    A, B = symbols("A B")
    model = Model("vectors", {A: Matrix([x, y]), B: Matrix([y, x])})
    step = Step("sum", lhs=add(A, B), rhs=add(B, A), rule="algebra")
    report = mutation.run([Derivation("vectors", "Vectors", (), (step,), models=(model,))])
    whole = len(report.rows)
    assert report.counts["proofs/mutants"] == whole - len(report.having("senseless")) - len(
        report.having("equivalent")
    )


def test_unchanged_steps_are_not_broken_again(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "mutants.json"
    first = mutation.run([BINOMIAL], cache)
    monkeypatch.setattr(mutation, "run_step", lambda *_: pytest.fail("run again"))
    assert mutation.run([BINOMIAL], cache) == first
    assert sum(len(rows) for rows in sealed.read(cache, "").values()) == len(first.rows)


def test_zero_has_no_mutants() -> None:
    assert list(mutation.alterations(Integer(0))) == []
