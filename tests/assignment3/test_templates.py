"""The templates: what the comparing sentence says in every direction; no measured number is typed in."""

import re
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.page import templating
from writeup.results.compare import Comparison

TEMPLATES = REPORT.root / "templates"


def versus(difference: float, low: float, high: float, p: float = 0.01) -> str:
    env = templating.environment(TEMPLATES)
    text = '<% from "macros.tex.j2" import versus with context %><< versus(c, "max", "avg") >>'
    comparison = Comparison(difference, low, high, p, 3, "test")
    return " ".join(env.from_string(text).render(c=comparison).split())


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        (
            (0.84, 0.31, 1.37, 0.0004),
            r"max beats avg by 0.84 percentage points (95\,\% interval 0.31 to 1.37, $p < 0.001$).",
        ),
        (
            (-0.84, -1.37, -0.31, 0.004),
            r"avg beats max by 0.84 percentage points (95\,\% interval 0.31 to 1.37, $p = 0.004$).",
        ),
        (
            (0.1, -0.2, 0.4, 0.5),
            "Between max and avg these runs show no difference that the noise could not make "
            r"(0.10 percentage points, 95\,\% interval $-0.20$ to 0.40, $p = 0.500$).",
        ),
        (
            (-0.1, -0.4, 0.2, 0.5),
            "Between max and avg these runs show no difference that the noise could not make "
            r"($-0.10$ percentage points, 95\,\% interval $-0.40$ to 0.20, $p = 0.500$).",
        ),
    ],
)
def test_the_sentence_follows_from_the_comparison(
    numbers: tuple[float, float, float, float], sentence: str
) -> None:
    assert versus(*numbers) == sentence


def test_an_interval_that_touches_zero_decides_nothing() -> None:
    assert "no difference" in versus(0.5, 0.0, 1.0)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.j2")), ids=lambda path: path.name)
def test_no_measured_number_is_typed_into_a_template(path: Path) -> None:
    """A number with a fraction in the prose is a bug: it must come from a Result."""
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"<<.*?>>|<%.*?%>|<#.*?#>|\[[^\]]*\]", "", text, flags=re.DOTALL)
    prose = re.sub(r"arXiv:\d+\.\d+", "", prose)
    assert re.findall(r"\d+\.\d+", prose) == []
