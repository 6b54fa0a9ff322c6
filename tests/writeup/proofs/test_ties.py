"""The code computes what was proved: compared before a page is made, anew where either changed."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from sympy import Max, symbols
from tests.conftest import edit

from writeup import graph, steps
from writeup.build import Build
from writeup.cli import main
from writeup.declare import Tie
from writeup.errors import PackageMissing, UserError
from writeup.identity.closure import Closure
from writeup.proofs import ties
from writeup.proofs.steps import Derivation, Step
from writeup.proofs.ties import Proved
from writeup.results import store

x, m = symbols("x m", positive=True)
HINGE = Derivation(
    "hinge", "", (), (Step("loss", lhs=Max(0, m - x) ** 2 / 2, rhs=Max(0, m - x) ** 2 / 2, rule="r"),)
)
PROVED = Proved(HINGE, "loss", (x, m), edges=((0.0, 1.0), (2.0, 1.0), (1.0, 1.0)))
TIE = Tie("example:loss", "example:PROVED", "example:computed")


def loss(points: Sequence[tuple[float, ...]]) -> list[float]:
    return [max(0.0, margin - distance) ** 2 / 2 for distance, margin in points]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("example")
    module.PROVED, module.loss, module.computed = PROVED, loss, loss  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "example", module)
    return module


def test_random_points_and_edges_are_compared(example: ModuleType) -> None:
    row = ties.compare(TIE)
    assert row["points"] == ties.DRAWN + 3 and row["difference"] < 1e-15
    assert (row["function"], row["derivation"], row["step"]) == ("example.loss", "hinge", "loss")
    points = PROVED.points()
    assert points == PROVED.points() and len(set(points)) == len(points)
    assert any(a > b for a, b in points) and any(a < b for a, b in points)  # both branches


@pytest.mark.lie
@pytest.mark.parametrize(
    "wrong",
    [
        lambda points: [3 * value for value in loss(points)],
        lambda points: [value + 1e-5 for value in loss(points)],
        lambda points: [float("nan") * value for value in loss(points)],
        lambda points: [
            value + (1e-5 if one == (1.0, 1.0) else 0)
            for one, value in zip(points, loss(points), strict=True)
        ],
    ],
    ids=["tripled", "off by 1e-5", "not a number", "wrong at one edge"],
)
def test_code_that_computes_something_else_is_refused(wrong: object, example: ModuleType) -> None:
    example.computed = wrong  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"example:loss does not compute what") as said:
        ties.compare(TIE)
    assert "\n" not in str(said.value)


@pytest.mark.lie
def test_a_tie_that_does_not_call_its_function_is_refused(example: ModuleType) -> None:
    example.computed = lambda points: PROVED.values(points)  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="example:computed does not call example:loss"):
        ties.compare(TIE)


def test_an_expression_with_a_free_symbol_is_refused() -> None:
    with pytest.raises(UserError, match="has no value"):
        replace(PROVED, variables=(x,)).expression()
    assert replace(PROVED, variables=(x,), fixed={m: 2}).values([(1.0,)]) == [0.5]


def test_without_torch_the_record_serves_or_one_line_says_what_is_needed(
    example: ModuleType, tmp_path: Path
) -> None:
    def no_torch(points: object) -> list[float]:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    ties.record([TIE], Closure("identity", {}), tmp_path / "ties/seed-0", tmp_path)
    result = store.load(tmp_path / "ties/seed-0")
    assert ties.derive(result) == pytest.approx(result.scalars) and result.scalars["functions"] == 1
    example.computed = no_torch  # type: ignore[attr-defined]
    with pytest.raises(PackageMissing, match="torch is needed; make train installs it") as said:
        ties.record([TIE], Closure("other", {}), tmp_path / "ties/seed-0", tmp_path)
    assert "\n" not in str(said.value)
    assert store.load(tmp_path / "ties/seed-0").provenance["fingerprint"] == "identity"


SOURCE = """
from sympy import Symbol
from writeup.proofs.steps import Derivation, Step
from writeup.proofs.ties import Proved

x = Symbol("x", real=True)
square = Derivation("square", "Square", (), (Step("s", lhs=(x + 1) ** 2, rhs=1 + x * (x + 2), rule="r"),))
PROVED = Proved(square, "s", (x,))


def loss(x):
    return (x + 1) ** 2


def computed(points):
    return [loss(x) for (x,) in points]
"""


def test_the_build_compares_anew_where_the_function_or_the_proof_changed(
    toy: Path, build_of, capsys: pytest.CaptureFixture[str]
) -> None:
    source = toy / "code/toy/tied.py"
    source.write_text(SOURCE, encoding="utf-8")
    tie = Tie("toy.tied:loss", "toy.tied:PROVED", "toy.tied:computed")

    def build() -> str:
        for name in [name for name in sys.modules if name == "toy.tied"]:
            del sys.modules[name]
        made = build_of("report", "--jobs", "0")
        report = replace(made.request.report, proofs=["toy.tied:square"], ties=[tie])
        made = Build(replace(made.request, report=report))
        graph.make(steps.proving(made), made.request.out / "state.json")
        return capsys.readouterr().out

    assert "tie" in build()
    assert "tie" not in build()
    edit(source, "def loss(x):", "def loss(x):\n    # a comment")
    assert "tie" not in build()
    edit(source, "return (x + 1) ** 2", "return 1 + 2 * x + x * x")
    assert "tie" in build()
    edit(source, "return 1 + 2 * x + x * x", "return 3 * (x + 1) ** 2")
    with pytest.raises(UserError, match=r"toy\.tied:loss does not compute what derivation square"):
        build()


def test_the_verb_prove_compares_the_code_too(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from toy.report import REPORT as TOY

    source = toy / "code/toy/told.py"
    source.write_text(SOURCE, encoding="utf-8")
    tie = Tie("toy.told:loss", "toy.told:PROVED", "toy.told:computed")
    report = replace(TOY, root=toy, proofs=["toy.told:square"], ties=[tie])
    assert main(report, ["prove"]) == 0
    assert "told.loss: as square, 's', at 60 points" in capsys.readouterr().out
    edit(source, "return (x + 1) ** 2", "return 3 * (x + 1) ** 2")
    del sys.modules["toy.told"]
    assert main(report, ["prove", "square"]) == 1
    assert "toy.told:loss does not compute what derivation square" in capsys.readouterr().err
