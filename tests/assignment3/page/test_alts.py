"""The texts of figures for who cannot see them: of recorded runs, beside the recorded files themselves."""

import csv
import dataclasses
import re
from collections.abc import Sequence

import numpy as np
import pytest

from assignment3.page import alts
from assignment3.report import REPORT
from writeup.declare import Figure
from writeup.page import context
from writeup.results import shelf
from writeup.results.store import Result

RESULTS = REPORT.root / "report" / "results"


def recorded(name: str) -> list[Result]:
    """The runs of a part that are recorded, whatever code they are of."""
    return shelf.read(sorted(path.parent for path in (RESULTS / name).glob("seed-*/result.json")), {})


@pytest.fixture(scope="module")
def everything() -> dict[str, Sequence[Result]]:
    names = {one.name for figure in REPORT.figures for one in figure.of}
    return {name: recorded(name) for name in names}


@pytest.mark.parametrize("figure", REPORT.figures, ids=lambda figure: figure.name)
def test_every_figure_has_a_text_with_recorded_numbers(
    figure: Figure, everything: dict[str, Sequence[Result]]
) -> None:
    if not everything[figure.of[0].name]:
        pytest.skip(f"no recorded results of {figure.of[0].name}")
    text = context.alternative(figure, everything)
    assert len(re.findall(r"\d+\.\d+|\d{2,}", text)) >= 2 and text.endswith(".")
    assert figure.name not in text and "nan" not in text and "inf " not in text


def test_the_numbers_are_those_of_the_files() -> None:
    ends = []
    for path in sorted((RESULTS / "cvae").glob("seed-*/steps-*.csv")):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        ends.append((float(rows[0]["loss"]), float(rows[-1]["loss"]), float(rows[-1]["kl"])))
    first, last, kl = np.mean(ends, axis=0)
    text = alts.cvae_loss(recorded("cvae"))
    assert f"goes from {first:.0f} at the first logged step" in text
    assert f"and {last:.1f} at the last" in text and text.endswith(f"to {kl:.1f}.")


def test_other_data_is_said_otherwise() -> None:
    [run, *_] = recorded("siamese")
    arrays = {name: array for name, array in run.arrays.items()}
    arrays["distances_same"] = np.roll(arrays["distances_same"], 3)
    assert alts.siamese_distances([run]) != alts.siamese_distances([dataclasses.replace(run, arrays=arrays)])


def test_a_histogram_is_split_at_the_threshold() -> None:
    arrays = {
        "distance_bins": np.array([0.0, 0.5, 1.0, 1.5]),
        "distances_same": np.array([6, 3, 1]),
        "distances_different": np.array([1, 0, 9]),
    }
    [run, *_] = recorded("siamese")
    text = alts.siamese_distances([dataclasses.replace(run, arrays=arrays)])
    assert "peak at 0.25, different ones at 1.25" in text
    assert "10.0 percent of the pairs of the same person lie above" in text and "and 10.0 percent" in text


def test_too_short_a_text_is_refused(everything: dict[str, Sequence[Result]]) -> None:
    figure = dataclasses.replace(REPORT.figures[0], alt="tests.assignment3.page.test_alts:short")
    with pytest.raises(context.UserError, match=r"says 'Two curves\.', too little"):
        context.alternative(figure, everything)


def short(*runs: Sequence[Result]) -> str:
    return "Two curves."
