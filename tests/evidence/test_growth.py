"""How cost grows: the ratios, what is run how often, and a report of made-up results."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidence import growth, homework
from evidence.settings import Growth
from writeup.declare import Data, Part, Preset, Report
from writeup.runs.record import Findings, Trained

CALLS: list[tuple[Any, ...]] = []
POINTS = Data("points", standin="tests.evidence.test_growth:points")


@dataclass(frozen=True)
class Epochs:
    epochs: int = 1


def points() -> None:
    """The data of the parts."""


def train(config: Epochs, data: None, *, seed: int, **roles: Any) -> Trained:
    CALLS.append((config.epochs, seed, sorted(roles)))
    return Trained({})


def evaluate(config: Epochs, data: None, trained: Trained, *, seed: int, **roles: Any) -> Findings:
    CALLS.append(("evaluate", seed, sorted(roles)))
    return Findings({"x": 1.0})


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Two parts that keep a list of what is done with them."""
    judge = Part("judge", Epochs(), POINTS, "tests.evidence.test_growth")
    part = Part(
        "part",
        Epochs(2),
        POINTS,
        "tests.evidence.test_growth",
        needs={"judge": judge},
        train_needs={"by": judge},
    )
    made = Report(tmp_path, [judge, part], {"full": Preset(), "small": Preset({"part": {"epochs": 3}})})
    monkeypatch.setattr(homework, "report", lambda: made)
    monkeypatch.setattr(homework, "kinds", lambda: [part])
    CALLS.clear()
    return made


def test_growth_is_the_worst_ratio_of_neighbours() -> None:
    rows = [("a", 1, 1.0), ("a", 2, 1.5), ("a", 4, 3.3), ("b", 1, 2.0), ("b", 2, 3.0)]
    assert growth.ratios(rows) == pytest.approx({"a/doubled": 2.2, "b/doubled": 1.5, "doubled": 2.2})
    report = growth.report_ratios([(25, 250, 4.0), (50, 500, 7.0), (200, 2000, 30.0)])
    assert (report["report/times_larger"], report["report/times_longer"]) == (8.0, 7.5)
    assert (report["report/figures"], report["report/numbers"], report["report/seconds"]) == (200, 2000, 30)


def test_parts_train_longer_and_with_more_seeds(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "of_report", lambda count, numbers, repeats: 1.0 * count)
    sizes = Growth(preset="small", seeds_of="part", repeats=1, figures=(1, 2), numbers=3)
    found = growth.evaluate(sizes, None, Trained({}), seed=0)
    assert [
        (1, 0, []),  # the judge, trained once
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"])]
        * 2,  # the part with the preset's epochs, first to warm up
        *[(6, 0, ["by"]), ("evaluate", 0, ["judge"])],  # with twice as many
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"])] * 2,  # with one seed, first to warm up
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"]), (3, 1, ["by"]), ("evaluate", 1, ["judge"])],  # with two
    ] == CALLS
    assert found.tables["training"]["work"] == ["part", "part", "seeds", "seeds"]
    assert found.tables["training"]["factor"] == [1, 2, 1, 2]
    assert found.tables["reports"] == {"figures": [1, 2], "numbers": [3, 6], "seconds": [1.0, 2.0]}
    assert found.scalars["report/times_longer"] == 2
    assert {"part/doubled", "seeds/doubled", "doubled"} < found.scalars.keys()


def test_reports_of_any_size_are_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = growth.made_up
    monkeypatch.setattr(growth, "resolve", lambda name: lambda folder, *rest: made(tmp_path, *rest))
    assert growth.of_report(2, 7) > 0
    text = (tmp_path / "report.tex").read_text()
    assert text.count(r"\includegraphics") == 2 and text.count(r" \pm ") == 7
    assert all((tmp_path / f"report.{suffix}").stat().st_size > 100 for suffix in ("pdf", "html", "md"))
