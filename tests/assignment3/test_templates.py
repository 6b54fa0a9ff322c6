"""The templates: what the comparing sentence says in every direction; no measured number is typed in."""

import re
from pathlib import Path

import pytest
from scipy.special import stdtrit

from assignment3.cvae.words import NEGATIVE_ELBO
from assignment3.report import PROBLEMS, REPORT
from assignment3.siamese.words import AREA
from assignment3.text_cnn.words import ACCURACY
from writeup.declare import Claim, Measure
from writeup.page.context import Statement
from writeup.page.source import formats, templating
from writeup.results import compare
from writeup.results.compare import Comparison, Kind

TEMPLATES = REPORT.source
SIDES = (REPORT.part("text_cnn"), "max_5"), (REPORT.part("text_cnn"), "avg_5")


def versus(
    low: float,
    high: float,
    kind: Kind = "difference",
    *,
    counts: tuple[int, int] = (5, 5),
    measure: Measure = ACCURACY,
    units: str = "runs",
) -> str:
    """The sentence of a report that makes this claim alone; low, high: its interval."""
    error = (high - low) / 2 / float(stdtrit(4, 0.975))
    found = Comparison((90 + (low + high) / 2, 90), counts, "test", error, 4, units=units)
    found = compare.asked(found, kind, measure.margin, measure.better)
    claim = Claim("a/b", *SIDES, measure, ("max", "avg"), kind=kind)
    env = templating.environment(TEMPLATES)
    text = '<% from "macros.tex.j2" import versus with context %><< versus(claim) >>'
    one = compare.decided({"claim": found}, (), (0, 1))["claim"]
    return " ".join(env.from_string(text).render(claim=Statement(claim, one)).split())


MORE = "classifies 0.84 points more test sentences correctly than"
SHARE = "in the share of test sentences classified correctly"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (versus(0.31, 1.37), f"Max {MORE} avg (0.31 to 1.37)."),
        (versus(-1.37, -0.31), f"Avg {MORE} max (0.31 to 1.37)."),
        (
            versus(0.98, 1.18, measure=NEGATIVE_ELBO),
            r"With avg, $-\mathrm{ELBO}$ of the test images is 1.08 nats lower than with max "
            "(0.98 to 1.18).",
        ),
        (
            versus(-0.4, 0.7),
            "The runs do not decide between max and avg: the share of test sentences classified correctly "
            "differs by $-0.40$ to 0.70 points.",
        ),
        (
            versus(-0.4, 0.2, "equivalence"),
            f"Max and avg are equivalent within 0.5 points {SHARE} ($-0.10$ points, $-0.40$ to 0.20).",
        ),
        (
            versus(-0.4, 0.8, "non-inferiority"),
            f"Max is as good as avg within 0.5 points {SHARE} (0.20 points, $-0.40$ to 0.80).",
        ),
        (
            versus(-0.9, 0.2, "equivalence"),
            f"The runs do not decide whether max and avg are within 0.5 points of each other {SHARE} "
            "($-0.35$ points, $-0.90$ to 0.20).",
        ),
        (
            versus(0.31, 1.37, counts=(3, 3)),
            "In 3 runs a side, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(0.31, 1.37, counts=(1, 1)),
            "In 1 run a side, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(0.31, 1.37, counts=(5, 2)),
            "In 5 and 2 runs, too few to compare, the share of test sentences classified correctly is "
            r"90.84\,\% for max and 90.00\,\% for avg.",
        ),
        (
            versus(-0.02, 0.04, measure=AREA, units="people"),
            "The people do not decide between max and avg: the area under the ROC of unseen people "
            "differs by $-0.0200$ to 0.0400.",
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
        found = Comparison((sign * 2.0, 0.0), (5, 5), "test", 0.1, 4)
        found = compare.asked(found, "difference", m.margin, m.better)
        found = compare.decided({"c": found}, (), (0, 1))["c"]
        said = Statement(claim, found).says(formats.Tex("2.0"))
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


def test_each_problem_has_a_section_and_each_folder_of_templates_a_problem() -> None:
    """`ignore missing` leaves out what is missing without a word; it cannot tell a typing error from that."""
    first = {problem.PARTS[0].name for problem in PROBLEMS}
    assert {path.parent.name for path in TEMPLATES.glob("*/section.tex.j2")} == first
    known = {"abstract", "answers", "section", "more", "supplement"}
    for path in TEMPLATES.glob("*/*.tex.j2"):
        text = "".join(other.read_text(encoding="utf-8") for other in path.parent.glob("*.j2"))
        name = path.name.removesuffix(".tex.j2")
        assert path.parent.name in first and (name in known or path.name in text), path
