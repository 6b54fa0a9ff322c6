"""A figure that ignores its results, types a number or boasts is refused; one that answers to them is not."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from matplotlib.figure import Figure

from writeup.errors import UserError
from writeup.page import bound
from writeup.page.figures import QUOTED
from writeup.results.store import Result

Runs = Sequence[Result]
RUNS = [
    Result("part", seed, {"accuracy": 0.9 + seed / 100}, arrays={"x": np.ones((4, 2))}) for seed in (0, 1)
]


def bars(runs: Runs, title: str = "", label: str = "accuracy") -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.bar(["first", "second"], [run.scalars["accuracy"] for run in runs], label=label)
    axes.set_title(title)
    axes.set_ylim(0, 1)
    axes.legend()
    return figure


def test_a_figure_that_answers_to_its_results_may_stand() -> None:
    bound.refuse_boasts("f", bars(RUNS))
    bound.refuse_unbound("f", bars, [RUNS])
    bound.refuse_unbound("f", lambda runs: bars(runs, f"up to {runs[1].scalars['accuracy']:.2f}"), [RUNS])
    bound.refuse_unbound("f", lambda runs: bars(runs, "$H' = 5$, 30 epochs, at 0.01"[:-9]), [RUNS])


def test_what_was_recorded_word_for_word_claims_nothing() -> None:
    def quoting(label: str) -> Figure:
        figure = bars(RUNS)
        figure.axes[0].text(0, 0, "the best of all", label=label)
        return figure

    bound.refuse_boasts("f", quoting(QUOTED))
    with pytest.raises(UserError, match="'best' compares"):
        bound.refuse_boasts("f", quoting(""))


def points(runs: Runs) -> Figure:
    """Its axes are scaled, so that one factor for all would not be seen."""
    figure = Figure()
    figure.subplots().scatter(*runs[0].arrays["x"].T)
    return figure


def test_scaled_axes_hide_nothing() -> None:
    bound.refuse_unbound("f", points, [RUNS])


def test_a_diagram_answers_to_the_settings_that_it_shows() -> None:
    config = {"layers": [3, 5], "rate": 0.5, "shuffled": True, "loss": "bound"}
    runs = [Result("part", 0, {}, provenance={"train": {"config": config}})]

    def drawn(runs: Runs, name: str) -> Figure:
        return bars(RUNS, str(runs[0].provenance["train"]["config"][name]))

    for name in ("layers", "rate"):
        bound.refuse_unbound("f", lambda runs, name=name: drawn(runs, name), [runs])
    for name in ("shuffled", "loss"):
        with pytest.raises(UserError, match="looks the same"):
            bound.refuse_unbound("f", lambda runs, name=name: drawn(runs, name), [runs])


@pytest.mark.lie
@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda runs: bars(RUNS), "looks the same whatever its results are"),
        (lambda runs: bars(runs, "accuracy 99.87"), r"'accuracy 99\.87', whatever its results are"),
        (lambda runs: bars(runs, label="right in 97 percent"), "'right in 97 percent', whatever"),
        (lambda runs: bars(runs, "97.3"), r"'97\.3', whatever"),
    ],
)
def test_a_figure_that_does_not_is_refused(draw: Callable[[Runs], Figure], said: str) -> None:
    with pytest.raises(UserError, match=said):
        bound.refuse_unbound("f", draw, [RUNS])


@pytest.mark.lie
@pytest.mark.parametrize("text", ["the best of all", "ours beats theirs", "sharper", "state of the art"])
def test_a_figure_that_boasts_is_refused(text: str) -> None:
    for figure in (bars(RUNS, text), bars(RUNS, label=text)):
        with pytest.raises(UserError, match="compares; its caption may say it of a claim"):
            bound.refuse_boasts("f", figure)
