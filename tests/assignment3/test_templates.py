"""The templates: what the comparing sentence says in every direction; no measured number is typed in."""

import re
from pathlib import Path

import pytest

from assignment3.cvae.words import NEGATIVE_ELBO
from assignment3.report import REPORT
from assignment3.siamese.words import AREA
from assignment3.text_cnn.words import ACCURACY
from writeup.declare import Claim, Measure
from writeup.page.source import templating
from writeup.page.source.claims import Statement
from writeup.results import compare
from writeup.results.compare import Comparison

TEMPLATES = REPORT.root / "templates"
SIDES = (REPORT.part("text_cnn"), "max_5"), (REPORT.part("text_cnn"), "avg_5")


def versus(
    difference: float,
    low: float,
    high: float,
    *,
    p: float = 0.01,
    p_margin: float = 1.0,
    counts: tuple[int, int] = (5, 5),
    measure: Measure = ACCURACY,
    units: str = "runs",
) -> str:
    """The sentence of a report that makes this claim alone."""
    found = Comparison(
        (90 + difference, 90), low, high, p, p_margin, counts, "test", units=units, margin=measure.margin
    )
    found = compare.corrected({"claim": compare.directed(found, measure.better)})["claim"]
    claim = Claim("a/b", *SIDES, measure, ("max", "avg"))
    env = templating.environment(TEMPLATES)
    text = '<% from "macros.tex.j2" import versus with context %><< versus(claim) >>'
    return " ".join(env.from_string(text).render(claim=Statement(claim, found)).split())


MORE = "classifies 0.84 points more test sentences correctly than"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (versus(0.84, 0.31, 1.37, p=0.0004), f"Max {MORE} avg (5 runs a side, adjusted $p < 0.001$)."),
        (versus(-0.84, -1.37, -0.31, p=0.004), f"Avg {MORE} max (5 runs a side, adjusted $p = 0.004$)."),
        (
            versus(1.08, 0.99, 1.16, measure=NEGATIVE_ELBO),
            r"With avg, $-\mathrm{ELBO}$ of the test images is 1.08 nats lower than with max "
            "(5 runs a side, adjusted $p = 0.010$).",
        ),
        (
            versus(0.1, -0.4, 0.7, p=0.5),
            "We found no significant difference between max and avg in the share of test sentences "
            r"classified correctly (0.10 points, 95\,\% interval $-0.40$ to 0.70; "
            "5 runs a side, adjusted $p = 0.500$).",
        ),
        (
            versus(-0.1, -0.4, 0.2, p=0.5, p_margin=0.02),
            r"Max and avg are equivalent within 0.5 points in the share of test sentences "
            r"classified correctly ($-0.10$ points, 95\,\% interval $-0.40$ to 0.20; "
            "5 runs a side, adjusted $p = 0.020$).",
        ),
        (
            versus(-0.1, -0.4, 0.2, p=0.5, p_margin=0.06),
            "We found no significant difference between max and avg in the share of test sentences "
            r"classified correctly ($-0.10$ points, 95\,\% interval $-0.40$ to 0.20; 5 runs a side, adjusted "
            "$p = 0.060$ for equivalence within 0.5 points).",
        ),
        (
            versus(0.84, 0.31, 1.37, p=1e-6, counts=(3, 3)),
            "In 3 runs a side, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(0.84, 0.31, 1.37, p=1e-6, counts=(1, 1)),
            "In 1 run a side, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(0.84, 0.31, 1.37, p=1e-6, counts=(5, 2)),
            "In 5 and 2 runs, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(0.01, -0.02, 0.04, p=0.2, measure=AREA, units="subjects"),
            r"We found no significant difference between max and avg in the area under the ROC "
            r"of unseen subjects (0.0100, 95\,\% interval $-0.0200$ to 0.0400; "
            "5 subjects, adjusted $p = 0.200$).",
        ),
    ],
)
def test_the_sentence_follows_from_the_verdict(said: str, sentence: str) -> None:
    assert said == sentence


@pytest.mark.parametrize("claim", REPORT.claims, ids=lambda claim: claim.name)
def test_each_claim_has_a_sentence_for_either_side(claim: Claim) -> None:
    m = claim.measure
    assert m.margin > 0 and all(m.says.count(f"<{gap}>") == 1 for gap in ("better", "worse", "difference"))
    assert len({claim.name for claim in REPORT.claims}) == len(REPORT.claims) and claim.rest
    for sign in (1, -1):
        found = Comparison((sign * 2.0, 0.0), sign * 2.0 - 1, sign * 2.0 + 1, 0.01, 1.0, (5, 5), "test")
        found = compare.corrected({"c": compare.directed(found, m.better)})["c"]
        said = Statement(claim, found).says(templating.Tex("2.0"))
        ahead = (sign > 0) == (m.better == "higher")
        first, second = claim.words if ahead else claim.words[::-1]
        assert "<" not in said and said.index(first) < said.rindex(second)
        assert "beat" not in said


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.j2")), ids=lambda path: path.name)
def test_no_measured_number_is_typed_into_a_template(path: Path) -> None:
    """A number with a fraction in the prose is a bug: it must come from a Result."""
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"<<.*?>>|<%.*?%>|<#.*?#>|\[[^\]]*\]", "", text, flags=re.DOTALL)
    prose = re.sub(r"arXiv:\d+\.\d+", "", prose)
    assert re.findall(r"\d+\.\d+", prose) == []
