"""The alternative texts of all figures, of recorded runs."""

import dataclasses
import re
from collections.abc import Sequence

import pytest

from assignment3.report import REPORT
from writeup.declare import Figure
from writeup.page.source import assembly
from writeup.results import integrity
from writeup.results.store import Result

RESULTS = REPORT.root / "report" / "results"


def recorded(name: str) -> list[Result]:
    """The runs of a part that are recorded, whatever code they are of."""
    return integrity.load_checked(
        sorted(path.parent for path in (RESULTS / name).glob("seed-*/result.json")), {}
    )


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
    there = [part for part in figure.of if everything[part.name]]
    text = assembly.alternative(dataclasses.replace(figure, of=there), everything)
    assert len(re.findall(r"\d+\.\d+|\d{2,}", text)) >= 2 and text.endswith(".")
    assert figure.name not in text and "nan" not in text and "inf " not in text


def test_too_short_a_text_is_refused(everything: dict[str, Sequence[Result]]) -> None:
    figure = dataclasses.replace(REPORT.figures[0], alt="tests.assignment3.test_alts:short")
    with pytest.raises(assembly.UserError, match=r"says 'Two curves\.', too little"):
        assembly.alternative(figure, everything)


def short(*runs: Sequence[Result]) -> str:
    return "Two curves."
