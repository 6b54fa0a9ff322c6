"""The run that stands for all: chosen by the declaration, near the middle, and handed out alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure as Drawn

from writeup import steps
from writeup.build import Build
from writeup.declare import Figure, Note
from writeup.errors import UserError
from writeup.page.source import assembly
from writeup.request import Request
from writeup.results.store import Result
from writeup.results.values import median_run


def runs(*areas: float) -> list[Result]:
    return [Result("part", seed, {"area": area}) for seed, area in enumerate(areas)]


@pytest.mark.parametrize(
    ("areas", "seed"),
    [
        ([0.9, 0.5, 0.7], 2),
        ([0.9], 0),
        ([0.1, 0.4, 0.6, 0.9], 1),  # equally near to 0.5: the first
        ([0.0, 10.0, 9.0, 8.9, 0.1], 3),  # of the median, not of the mean
    ],
)
def test_the_run_nearest_to_the_median_stands_for_all(areas: list[float], seed: int) -> None:
    assert median_run(runs(*areas), "area").seed == seed


def test_a_number_that_no_run_has_is_named() -> None:
    with pytest.raises(UserError, match="part seed 0 has no number 'auc'"):
        median_run(runs(0.5), "auc")


def test_figures_and_tables_get_the_run_that_the_declaration_chooses(
    build_of: Callable[..., Build], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps.train(build_of("report", "--jobs", "0", "--seeds", "5"))
    build = build_of("report", "--seeds", "5")
    study = build.request.report.part("study")
    figure = Figure("drawn", "toy.study:draw", of=[study], typical="error", alt="toy.study:in_words")
    handed: list[Any] = []
    monkeypatch.setattr("toy.study.draw", lambda runs: handed.append(runs) or Drawn())
    monkeypatch.setattr("writeup.page.figures.save", lambda *_: None)
    for one in (figure, replace(figure, typical="")):
        steps.draw(one, [build.folders(study)], assembly.derived(build), tmp_path / "drawn")
    chosen, everything = handed
    assert len(everything) == 5 and len(chosen) == 1
    errors = sorted(run.scalars["error"] for run in everything)
    assert chosen[0].scalars["error"] == errors[2] and errors[1] < errors[2] < errors[3]

    everywhere = assembly.by_part(assembly.recorded(build))
    note = Note("one", "toy.study:nothing", of=[study], typical="error")
    monkeypatch.setattr("toy.study.nothing", lambda recorded: recorded, raising=False)
    made = assembly.made(note, everywhere, {}, {})
    assert made.typical["study"].scalars["error"] == errors[2] and len(made.results["study"]) == 5
    (said,) = assembly.shown(figure, everywhere)
    assert said == {"part": "study", "runs": 5, "seed": chosen[0].seed, "by": "error"}
    (said,) = assembly.shown(replace(figure, typical=""), everywhere)
    assert "seed" not in said


def test_a_figure_of_parts_that_were_not_asked_for_is_made_of_the_others(
    request_of: Callable[..., Request],
) -> None:
    report = request_of().report
    study, judge = report.part("study"), report.part("judge")
    figure = Figure("drawn", "toy.study:draw", of=[study, judge], typical="error", alt="toy.study:in_words")
    alone = replace(figure, name="alone", of=[study])
    report = replace(report, figures=[figure, alone])
    for only, of in (([], [study, judge]), (["judge"], [judge])):
        drawn = Request.of(report, only=only).report.figures
        assert [list(one.of) for one in drawn] == [of, [study]]
