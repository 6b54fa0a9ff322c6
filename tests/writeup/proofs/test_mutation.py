"""The mutation test finds what a checker overlooks, and lists equivalent rewritings apart."""

import re
from dataclasses import replace

import pytest
from sympy import Integer, Matrix, Rational, symbols

from writeup.proofs import mutation, proving
from writeup.proofs.models import Definition, Model
from writeup.proofs.mutation import Row, nearest
from writeup.proofs.notation import add, minus, mul, notation
from writeup.proofs.record import of_mutants
from writeup.proofs.steps import Derivation, Step

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


def outcomes(rows: list[Row]) -> dict[str, str]:
    return {row.mutation: row.outcome for row in rows}


def counted(rows: list[Row]) -> dict[str, int]:
    return of_mutants(mutation.by_step(rows))


def having(rows: list[Row], outcome: str) -> list[Row]:
    return [row for row in rows if row.outcome == outcome]


def test_every_false_mutant_is_caught() -> None:
    report = mutation.run(BINOMIAL)
    assert not having(report, "survived")
    assert counted(report)["mutants_caught"] == counted(report)["mutants"] >= 30
    assert all("derivation example, step" in row.reason for row in having(report, "caught"))


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
    assert outcomes(mutation.run(BINOMIAL))[mistake] == "caught"


def test_swaps_and_exchanges() -> None:
    step = Step("ratio", lhs=Ratio(x, y), rhs=mul(x, y**-1), rule="algebra")
    found = outcomes(mutation.run(derivation(step)))
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
            derivation(
                bound, Step("half", lhs=Mean(x, y), rhs=mul(Rational(1, 2), add(x, y)), rule="algebra")
            )
        )
    )
    assert found["turn the inequality round"] == "caught"
    assert found[r"right side: drop the factor $\frac{1}{2}$"] == "caught"


def test_an_equivalent_mutant_is_listed_with_its_reason() -> None:
    report = mutation.run(
        derivation(Step("mean", lhs=Mean(x, y), rhs=add(mul(x, Rational(1, 2)), y / 2), rule="algebra"))
    )
    reasons = {row.mutation: row.reason for row in having(report, "equivalent")}
    assert reasons["left side: swap $x$ and $y$"] == "symmetric in the two"
    assert not having(report, "survived")


def test_a_blind_checker_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "prove_equal", lambda left, right: "symbolic")
    report = mutation.run(BINOMIAL)
    assert counted(report)["mutants_caught"] == 0 and len(having(report, "survived")) >= 30


def test_a_checker_blind_to_signs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    prove = proving.prove_equal
    monkeypatch.setattr(proving, "prove_equal", lambda left, right: prove(left**2, right**2))
    rows = mutation.run(derivation(Step("s", lhs=x + y, rhs=add(x, y), rule="algebra")))
    survivors = having(rows, "survived")
    assert "right side: flip the sign of $x + y$" in {row.mutation for row in survivors}


def test_senseless_mutants_are_no_merit() -> None:
    A, B = symbols("A B")
    model = Model("vectors", {A: Matrix([x, y]), B: Matrix([y, x])})
    step = Step("sum", lhs=add(A, B), rhs=add(B, A), rule="algebra")
    report = mutation.run(Derivation("vectors", "Vectors", (), (step,), models=(model,)))
    whole = len(report)
    assert counted(report)["mutants"] == whole - len(having(report, "senseless")) - len(
        having(report, "equivalent")
    )


def test_a_definition_is_altered_with_its_lines_and_refused_by_what_computes_it_another_way() -> None:
    """Both lines follow from the false definition, so that neither refuses it."""
    a = symbols("a")
    twice = Definition(Mean(a, a), mul(2, a), computed=lambda a: a + a, at=({a: 0.5}, {a: 3.0}))
    step = Step("twice", lhs=Mean(x, x), rhs=mul(2, x), rule="definition")
    whole = Derivation("twice", "Twice", (), (step,), models=(Model("m", definitions=(twice,)),))
    rows = list(mutation.run_definitions(whole))
    assert {(row.kind, row.step, row.mutation) for row in rows} >= {
        ("definition", r"$\operatorname{mean}\left(a, a\right)$", "add one to $2$"),
        ("definition", r"$\operatorname{mean}\left(a, a\right)$", "drop the factor $a$"),
    }
    assert {row.outcome for row in rows} == {"caught"}
    found = counted(mutation.run(whole))
    assert found["definition_mutants"] == found["definition_mutants_caught"] == len(rows)
    blind = replace(twice, computed=lambda a: 2 * a, at=({a: 0.0},))  # where 3 a is 2 a as well
    whole = replace(whole, models=(Model("m", definitions=(blind,)),))
    passed = having(list(mutation.run_definitions(whole)), "survived")
    assert "add one to $2$" in {row.mutation for row in passed}


SQUARE = derivation(
    Step("multiply out", lhs=(x + 1) ** 2, rhs=x**2 + 2 * x + 1, rule="algebra"),
    Step("positive", lhs=x + 1, relation=">", rhs=0, gap=x + 1, rule="sum of positive terms"),
)


def test_the_nearest_false_version_is_the_one_of_least_distance() -> None:
    rows = mutation.run(SQUARE)
    table = nearest(rows)
    assert sorted(table["step"]) == ["multiply out", "positive"]
    for step, reason, far in zip(table["step"], table["reason"], table["distance"], strict=True):
        refused = [r for r in rows if r.outcome == "caught" and r.step == step]
        distances = [r.distance for r in refused if r.distance is not None]
        assert len(distances) > 1 and far == min(distances) and " at x = " in reason
    survived = Row("d", "step", "s", "m", "survived", "at x = 1 one side is 1, the other 2")
    assert nearest([survived])["step"] == []


def test_distance_is_relative_of_sides_and_absolute_of_a_gap() -> None:
    for row in having(mutation.run(SQUARE), "caught"):
        if found := re.search(r"one side is (\S+), the other (\S+)$", row.reason):
            a, b = map(float, found.groups())
            assert row.distance == pytest.approx(abs(a - b) / max(abs(a), abs(b)), rel=1e-3)
        elif found := re.search(r"the value (\S+) is not", row.reason):
            assert row.distance == pytest.approx(abs(float(found[1])), rel=1e-3)
        else:
            assert row.distance is None


def test_zero_has_no_mutants() -> None:
    assert list(mutation.alterations(Integer(0))) == []
