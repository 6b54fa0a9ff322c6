"""Which sentences follow from made-up runs, in all directions."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from assignment3.bench import equal_epochs, growth
from assignment3.page import claims
from writeup.results.store import Result


def runs(part: str, values: dict[str, list[float]]) -> list[Result]:
    count = len(next(iter(values.values())))
    return [
        Result(part, seed, {name: column[seed] for name, column in values.items()}) for seed in range(count)
    ]


@pytest.mark.parametrize(
    ("score", "distance", "verdicts"),
    [
        ([9.0, 9.1, 9.2], [1.0, 0.9, 1.1], ("greater", "greater")),  # a smaller distance is better
        ([7.0, 7.1, 7.2], [9.0, 9.1, 9.3], ("less", "less")),
        ([7.9, 8.1, 8.0], [5.2, 4.9, 5.0], ("unclear", "unclear")),
    ],
)
def test_tuned_settings_are_compared_seed_by_seed(
    score: list[float], distance: list[float], verdicts: tuple[str, str]
) -> None:
    plain = {"classifier_score": [8.0, 8.1, 7.9], "frechet_distance": [5.0, 5.1, 4.9]}
    tuned = {"classifier_score": score, "frechet_distance": distance}
    found = claims.settings_compared(
        "gan", {"gan": runs("gan", plain), "gan_tuned": runs("gan_tuned", tuned)}
    )
    assert tuple(claim.comparison.verdict for claim in found.values()) == verdicts


def test_settings_are_compared_over_common_seeds_and_need_two() -> None:
    plain = runs("gan", {"classifier_score": [8.0, 8.1], "frechet_distance": [5.0, 5.1]})
    tuned = runs("gan_tuned", {"classifier_score": [9.0, 9.2, 1.0], "frechet_distance": [1.0, 1.2, 9.0]})
    found = claims.settings_compared("gan", {"gan": plain, "gan_tuned": tuned})["classifier_score"].comparison
    assert (found.runs, found.difference) == (2, pytest.approx(1.05))
    assert claims.settings_compared("gan", {"gan": plain, "gan_tuned": tuned[:1]}) == {}
    assert claims.settings_compared("gan", {"gan": plain}) == {}


def test_a_majority_of_runs_decides() -> None:
    right = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]], bool)
    assert claims.majority(right) == 50.0
    assert claims.majority(right[:2]) is None  # one to one is no majority


def match(part: str, sign: int, plain: list[float], ours: list[float]) -> equal_epochs.Match:
    return equal_epochs.Match(
        part, "made up", "units", sign, 1, lambda seed: (plain[seed], 2.0), lambda seed: (ours[seed], 1.0)
    )


def test_equal_epochs_are_compared_in_the_direction_of_each_measure() -> None:
    chosen = [
        match("text_cnn", 1, [90.0, 90.2, 90.1], [92.0, 92.3, 92.0]),
        match("cvae", -1, [100.0, 101.0, 100.0], [103.0, 104.2, 103.1]),
        match("gan", -1, [5.0, 6.0, 7.0], [6.1, 5.0, 6.9]),
    ]
    result = equal_epochs.measure(chosen, 3, lambda line: None)
    verdicts = {part: claim.comparison.verdict for part, claim in claims.quality(result).items()}
    assert verdicts == {"text_cnn": "greater", "cvae": "less", "gan": "unclear"}
    assert result.scalars["text_cnn/plain"] == pytest.approx(90.1)
    assert result.scalars["text_cnn/plain_std"] == pytest.approx(0.1)
    console = Console(file=io.StringIO(), width=100)
    equal_epochs.show(result, console)
    assert "90.1 ± 0.1" in console.file.getvalue()  # type: ignore[attr-defined]
    assert (result.scalars["gan/plain_seconds"], result.scalars["gan/ours_seconds"]) == (2.0, 1.0)


def test_growth_is_the_worst_ratio_of_neighbours() -> None:
    rows = [("a", 1, 1.0), ("a", 2, 1.5), ("a", 4, 3.3), ("b", 1, 2.0), ("b", 2, 3.0)]
    assert growth.ratios(rows) == pytest.approx({"a/doubled": 2.2, "b/doubled": 1.5, "doubled": 2.2})
    report = growth.report_ratios([(25, 250, 4.0), (50, 500, 7.0), (200, 2000, 30.0)])
    assert (report["report/times_larger"], report["report/times_longer"]) == (8.0, 7.5)


def test_reports_of_any_size_are_built(tmp_path: Path) -> None:
    growth.build(tmp_path, 2, 7)
    text = (tmp_path / "report.tex").read_text()
    assert text.count(r"\includegraphics") == 2 and text.count(r" \pm ") == 7
    assert all((tmp_path / f"report.{suffix}").stat().st_size > 100 for suffix in ("pdf", "html", "md"))
