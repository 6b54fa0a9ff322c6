"""What moves below the figures, held against the records by other routes."""

from typing import Any

import numpy as np
import pytest
from tests.assignment3.test_alts import recorded

from assignment3.report import REPORT
from writeup.declare import resolve
from writeup.results.values import median_run


def moved(name: str) -> Any:
    """What a figure's `live` makes of the recorded runs."""
    figure = next(one for one in REPORT.figures if one.name == name)
    runs = [recorded(part.name) for part in figure.of]
    if not runs[0]:
        pytest.skip(f"no recorded results of {figure.of[0].name}")
    chosen = ([median_run(some, figure.typical)] if figure.typical and some else some for some in runs)
    return resolve(figure.live)(*chosen)


def test_all_that_is_declared_to_move_does() -> None:
    names = [figure.name for figure in REPORT.figures if figure.live]
    assert len(names) >= 3
    for name in names:
        assert moved(name).told()["kind"] in ("frames", "threshold")


def test_where_both_errors_are_equal_they_are_near_the_recorded_rate() -> None:
    """One threshold for all folds; recorded is the mean of the folds' own."""
    told = moved("siamese_distances").told()
    run = median_run(recorded("siamese"), "auc")
    assert [some["total"] for some in told["sets"]] == [1800, 14000]
    rates = np.array([[a / some["total"] for a in some["accepted"]] for some in told["sets"]])
    even = np.abs(rates[0] + rates[1] - 1).argmin()
    assert 100 * rates[1, even] == pytest.approx(run.scalars["eer"], abs=1)


def test_each_grid_stands_beside_the_score_of_its_iteration() -> None:
    frames = moved("gan_progress")
    run = median_run(recorded("gan"), "classifier_score")
    quality = run.tables["quality"]
    for words, grid in zip(frames.said, frames.images, strict=True):
        iteration = int(words.split(":")[0].removeprefix("Iteration ").replace(",", ""))
        row = list(quality["iteration"]).index(iteration)
        assert f"score {quality['classifier_score'][row]:.2f} " in words
        line = list(run.logs["steps"]["iteration"]).index(iteration)
        assert np.array_equal(grid.reshape(16, 28, 28), run.arrays["grids"][line])
