"""One sentence that leaves several claims open: each of them is found, and no other passes for it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.declare import Measure
from writeup.grade.joined import claims
from writeup.grade.words import plain
from writeup.page import templating
from writeup.page.claims import Statement
from writeup.results.compare import Comparison

TEMPLATES = Path(__file__).parents[2] / "templates"
PHRASE = "no significant difference"
AREA = Measure("auc", 0.01, "area under the ROC", "<better> has a larger area than <worse>")
ERROR = Measure("eer", 0.5, "equal error rate", "<better> errs less than <worse>")
OPEN = Comparison((0.98, 0.97), -0.01, 0.03, 0.4, 0.9, (5, 5), "paired t", adjusted=1.0)
DECIDED = replace(OPEN, low=0.005, p=0.001, adjusted=0.002)


def statement(name: str, words: tuple[str, str], measure: Measure, found: Comparison = OPEN) -> Statement:
    return Statement(replace(REPORT.claims[0], name=name, words=words, measure=measure), found)


PAIRS = {
    name: statement(name, words, AREA)
    for name, words in (
        ("a", ("the network", "Fisher's metric")),
        ("b", ("the network", "Fisher's metric alone")),
        ("c", ("whitened PCA", "raw pixels")),
    )
}
BY_MEASURE = {
    name: statement(name, ("our training", "the plain loop"), measure)
    for name, measure in (("x", AREA), ("y", ERROR))
}


def printed(macro: str, group: dict[str, Statement]) -> str:
    """What the page's macro says of the claims, as a page prints it."""
    env = templating.environment(TEMPLATES)
    source = f'<% from "macros.tex.j2" import {macro} with context %><< {macro}(group) >>'
    text = env.from_string(source).render(group=list(group.values()))
    return " ".join(plain(re.sub(r"\\cref\{tab:claims\}", "table 7", text)).split())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_claim_of_one_measure_is_found(count: int) -> None:
    group = dict(list(PAIRS.items())[:count])
    names, amiss = claims(PAIRS, printed("verdicts", group), PHRASE, "7")
    assert (sorted(names), amiss) == (sorted(group), "")


@pytest.mark.parametrize("count", [1, 2])
def test_each_measure_of_one_pair_is_found(count: int) -> None:
    group = dict(list(BY_MEASURE.items())[:count])
    names, amiss = claims(BY_MEASURE, printed("measures", group), PHRASE, "7")
    assert (sorted(names), amiss) == (sorted(group), "")


SAID = printed("verdicts", PAIRS)


@pytest.mark.parametrize(
    ("old", "new", "evidence"),
    [
        ("We found", "We never found", "7"),
        ("whitened PCA", "PCA", "7"),
        ("raw pixels", "Fisher’s metric", "7"),
        ("area under the ROC", "equal error rate", "7"),
        ("nor between", "but a large one between", "7"),
        ("table 7", "table 8", "7"),
        (" (table 7)", "", "7"),
        ("table 7", "table 7", ""),
    ],
)
def test_whoever_says_something_else_is_noticed(old: str, new: str, evidence: str) -> None:
    assert old in SAID
    names, amiss = claims(PAIRS, SAID.replace(old, new), PHRASE, evidence)
    assert amiss and not names


def test_a_decided_claim_may_not_be_left_open() -> None:
    decided = PAIRS | {"c": statement("c", ("whitened PCA", "raw pixels"), AREA, DECIDED)}
    assert claims(decided, SAID, PHRASE, "7") == ([], "c is better")
