"""One sentence with the verdict of several claims: each of them is found, and no other passes for it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.declare import Measure
from writeup.grade.joined import claims
from writeup.grade.words import plain
from writeup.page.source import templating
from writeup.page.source.claims import Statement
from writeup.results.compare import Comparison

TEMPLATES = Path(__file__).parents[2] / "templates"
WORDS = {"undecided": "no significant difference", "equivalent": "equivalent"}
AREA = Measure("auc", 0.01, "area under the ROC", "<better> has a larger area than <worse>")
ERROR = Measure("eer", 0.5, "equal error rate", "<better> errs less than <worse>")
OPEN = Comparison((0.98, 0.97), -0.01, 0.03, 0.4, 0.9, (5, 5), "paired t", adjusted=1.0)
ALIKE = replace(OPEN, margin=0.05, p_margin=0.01, adjusted=0.04)
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


EQUIVALENT = {
    name: statement(name, ("training in bf16", "training in fp32"), measure, ALIKE)
    for name, measure in (
        ("x", AREA),
        ("y", ERROR),
        ("z", replace(AREA, what="share of phrases classified correctly")),
    )
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
    names, amiss = claims(PAIRS, printed("verdicts", group), WORDS, "7")
    assert (sorted(names), amiss) == (sorted(group), "")


@pytest.mark.parametrize("count", [1, 2])
def test_each_measure_of_one_pair_is_found(count: int) -> None:
    group = dict(list(BY_MEASURE.items())[:count])
    names, amiss = claims(BY_MEASURE, printed("measures", group), WORDS, "7")
    assert (sorted(names), amiss) == (sorted(group), "")


@pytest.mark.parametrize("count", [2, 3])
def test_each_measure_of_an_equivalence_is_found(count: int) -> None:
    group = dict(list(EQUIVALENT.items())[:count])
    said = printed("measures", group)
    assert said.startswith("Training in bf16 and training in fp32 are equivalent within the declared margins")
    names, amiss = claims(EQUIVALENT, said, WORDS, "7")
    assert (sorted(names), amiss) == (sorted(group), "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("equal error rate", "median error"),
        ("fp32", "fp64"),
        ("area under the ROC", "whole area under the ROC"),
        ("table 7", "table 8"),
    ],
)
def test_whoever_calls_something_else_equivalent_is_noticed(old: str, new: str) -> None:
    said = printed("measures", EQUIVALENT)
    assert old in said
    names, amiss = claims(EQUIVALENT, said.replace(old, new), WORDS, "7")
    assert amiss and not names


def test_what_is_open_may_not_be_called_equivalent() -> None:
    left = EQUIVALENT | {"y": statement("y", ("training in bf16", "training in fp32"), ERROR)}
    assert claims(left, printed("measures", EQUIVALENT), WORDS, "7") == ([], "y is undecided")


def test_one_equivalence_is_said_with_its_figures() -> None:
    said = printed("measures", dict(list(EQUIVALENT.items())[:1]))
    assert "are equivalent within 0.01 in the area under the ROC (0.01, 95" in said and "p = 0.040" in said


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
    names, amiss = claims(PAIRS, SAID.replace(old, new), WORDS, evidence)
    assert amiss and not names


def test_a_decided_claim_may_not_be_left_open() -> None:
    decided = PAIRS | {"c": statement("c", ("whitened PCA", "raw pixels"), AREA, DECIDED)}
    assert claims(decided, SAID, WORDS, "7") == ([], "c is better")
