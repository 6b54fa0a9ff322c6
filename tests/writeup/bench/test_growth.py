"""How cost grows: the ratios, what is run how often, and a report of made-up results."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evidence import growth
from writeup.bench.setting import Setting
from writeup.declare import Report, resolve
from writeup.errors import UserError
from writeup.request import preset_configs


@dataclass(frozen=True)
class Sizes:
    preset: str = "small"
    lengths: tuple[str, ...] = ("part.epochs",)
    seeds_of: str = "part"
    doublings: int = 1
    repeats: int = 1
    figures: tuple[int, ...] = (1, 2)
    numbers: int = 3


def setting(report: Report, sizes: Sizes) -> Setting:
    parts = {part.name: part for part in report.parts}
    presets = {name: preset_configs(report, name) for name in report.presets}
    return Setting(sizes, {}, {}, {}, parts, presets, lambda line: None)


def test_growth_is_the_worst_ratio_of_neighbours() -> None:
    rows = [("a", 1, 1.0), ("a", 2, 1.5), ("a", 4, 3.3), ("b", 1, 2.0), ("b", 2, 3.0)]
    assert growth.ratios(rows) == pytest.approx({"a/doubled": 2.2, "b/doubled": 1.5, "doubled": 2.2})
    report = growth.report_ratios([(25, 250, 4.0), (50, 500, 7.0), (200, 2000, 30.0)])
    assert (report["report/times_larger"], report["report/times_longer"]) == (8.0, 7.5)
    assert (report["report/figures"], report["report/numbers"], report["report/seconds"]) == (200, 2000, 30)


def test_parts_train_longer_and_with_more_seeds(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "of_report", lambda count, numbers, repeats: 1.0 * count)
    found = growth.measure(setting(report, Sizes()))
    calls = sys.modules["toy.timed"].CALLS
    assert calls == [
        (1, 0, []),  # the judge, trained once
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"])]
        * 2,  # the part with the preset's epochs, first to warm up
        *[(6, 0, ["by"]), ("evaluate", 0, ["judge"])],  # with twice as many
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"])] * 2,  # with one seed, first to warm up
        *[(3, 0, ["by"]), ("evaluate", 0, ["judge"]), (3, 1, ["by"]), ("evaluate", 1, ["judge"])],  # with two
    ]
    assert found.tables["training"]["work"] == ["part", "part", "seeds", "seeds"]
    assert found.tables["training"]["factor"] == [1, 2, 1, 2]
    assert found.tables["reports"] == {"figures": [1, 2], "numbers": [3, 6], "seconds": [1.0, 2.0]}
    assert found.scalars["report/times_longer"] == 2
    assert {"part/doubled", "seeds/doubled", "doubled"} < found.scalars.keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "tiny"}, r"growth.preset: unknown 'tiny'; allowed: full, small"),
        ({"lengths": ("gan.epochs",)}, r"growth.lengths: unknown 'gan'; allowed: judge, part"),
        ({"lengths": ("part.steps",)}, r"growth.lengths: part: unknown 'steps'; allowed: epochs"),
        ({"seeds_of": "gan"}, r"growth.seeds_of: unknown 'gan'; allowed: judge, part"),
    ],
)
def test_names_that_are_not_declared_are_refused(
    report: Report, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        growth.measure(setting(report, replace(Sizes(), **changes)))  # type: ignore[arg-type]


def test_reports_of_any_size_are_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = resolve(growth.REPORT)
    monkeypatch.setattr(growth, "resolve", lambda name: lambda folder, *rest: made(tmp_path, *rest))
    assert growth.of_report(2, 7) > 0
    text = (tmp_path / "report.tex").read_text()
    assert text.count(r"\includegraphics") == 2 and text.count(r" \pm ") == 7
    assert all((tmp_path / f"report.{suffix}").stat().st_size > 100 for suffix in ("pdf", "html", "md"))
