"""From a declared claim to what a template prints of it: which test, one correction, words by verdict."""

from dataclasses import dataclass, replace

import pytest

from writeup.declare import Claim, Data, Measure, Part
from writeup.errors import UserError
from writeup.page.context import Recorded
from writeup.page.source import claims
from writeup.page.source.formats import Tex
from writeup.results import compare
from writeup.results.compare import Comparison, Kind
from writeup.results.store import Result
from writeup.results.values import Values


@dataclass(frozen=True)
class Config:
    pass


ONE = Part("one", Config(), Data("none"), "nowhere")
OTHER = Part("other", Config(), Data("none"), "nowhere")
ERROR = Measure("error", 0.5, "error", "<better> errs by <difference> less than <worse>", better="lower")
LOW, HIGH = [1.0, 1.2, 0.9, 1.1, 1.0], [3.0, 3.1, 2.9, 3.3, 3.0]


def claim(name: str = "group/rest", a: str = "", b: str = "", kind: Kind = "difference") -> Claim:
    return Claim(name, (ONE, a), (OTHER, b), ERROR, ("this", "that"), kind=kind)


def recorded(ones: list[float], others: list[float], name: str = "error", first: int = 0) -> Recorded:
    """first: the seed of the other part's first run."""
    return Recorded(
        {
            "one": [Result("one", seed, {name: x}) for seed, x in enumerate(ones)],
            "other": [Result("other", seed, {name: x}) for seed, x in enumerate(others, first)],
        },
        Values(),
    )


@pytest.mark.parametrize(
    ("ones", "others", "verdict"),
    [
        (LOW, HIGH, "better"),
        (HIGH, LOW, "worse"),
        ([1.0, 4.0, 0.0, 2.0, 1.0], [3.0, 1.0, 2.0, 3.0, 0.5], "undecided"),
        (LOW[:4], HIGH[:4], "described"),
        (LOW, HIGH[:2], "described"),
    ],
)
def test_the_verdict_follows_from_the_runs(ones: list[float], others: list[float], verdict: str) -> None:
    found = claims.statements([claim()], lambda one: recorded(ones, others))["group"]["rest"]
    assert found.comparison.verdict == verdict
    if verdict in ("better", "worse"):
        better, worse = ("this", "that") if verdict == "better" else ("that", "this")
        assert found.says(Tex("2.0")) == f"{better} errs by 2.0 less than {worse}"
    else:
        with pytest.raises(UserError, match="neither side is better"):
            found.says(Tex("2.0"))


def test_what_is_asked_is_declared_with_the_claim() -> None:
    alike = recorded([1.0, 1.1, 0.9, 1.05, 1.0], [1.1, 1.0, 1.0, 1.0, 1.05])
    for kind, verdict in (
        ("difference", "undecided"),
        ("equivalence", "equivalent"),
        ("non-inferiority", "as good"),
    ):
        found = claims.statements([claim(kind=kind)], lambda one: alike)["group"]["rest"]  # type: ignore[arg-type]
        assert found.comparison.verdict == verdict


def test_seeds_that_both_sides_share_pair_and_others_do_not() -> None:
    assert claims.over_seeds(recorded(LOW, HIGH), claim()) == compare.paired_t(LOW, HIGH)
    for unlike in (recorded(LOW, HIGH, first=1), recorded(LOW, [*HIGH, 3.0])):
        others = [run.scalars["error"] for run in unlike.results["other"]]
        assert claims.over_seeds(unlike, claim()) == compare.welch(LOW, others)


def test_variants_of_a_part_are_found_by_their_name() -> None:
    one = claim(a="wide", b="wide")
    assert claims.over_seeds(recorded(LOW, HIGH, "wide/error"), one) is not None
    assert claims.over_seeds(recorded(LOW, HIGH, "narrow/error"), one) is None


def test_what_did_not_run_is_left_out_and_its_group_is_empty() -> None:
    assert claims.statements([claim()], lambda one: None) == {"group": {}}
    assert claims.statements([claim()], lambda one: recorded(LOW, [])) == {"group": {}}


def test_the_correction_stays_within_a_problem() -> None:
    declared = [claim("x/a"), claim("x/b"), claim("y/a")]
    alone = claims.statements(declared[:1], lambda one: recorded(LOW, HIGH))["x"]["a"].comparison
    found = claims.statements(declared, lambda one: recorded(LOW, HIGH))
    assert alone.adjusted == pytest.approx(alone.p)
    for one, times in ((found["x"]["a"], 2), (found["x"]["b"], 2), (found["y"]["a"], 1)):
        assert one.comparison.adjusted == pytest.approx(times * alone.p)


def test_other_claims_stand_behind_the_primary_ones() -> None:
    declared = [replace(claim("x/a"), primary=True), claim("x/b")]
    found = claims.statements(declared, lambda one: recorded(LOW, HIGH))["x"]
    assert [one.comparison.verdict for one in found.values()] == ["better", "better"]
    far = {"x/a": ([1.0, 4.0, 0.0, 2.0, 1.0], [3.0, 1.0, 2.0, 3.0, 0.5]), "x/b": (LOW, HIGH)}
    found = claims.statements(declared, lambda one: recorded(*far[one.name]))["x"]
    assert [one.comparison.verdict for one in found.values()] == ["undecided", "described"]


def measured(**changes: object) -> Claim:
    return replace(claim(), measure=replace(ERROR, **changes))  # type: ignore[arg-type]


HIGHER = "<better> scores <difference> higher than <worse>"


@pytest.mark.lie
@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (replace(claim(), b=(ONE, "")), "compares one with itself"),
        (measured(better="higher"), "expected one of more, higher"),
        (measured(says="<worse> errs by <difference> less than <better>"), "expected one of more, higher"),
        (measured(says=HIGHER), "expected one of less, fewer"),
        (measured(says="<worse> beats <better> by <difference>"), "expected one of"),
        (
            measured(says="<better> errs less than <worse>"),
            "expected each of <better>, <worse>, <difference>",
        ),
        (measured(says="<better> errs by <difference> less, ninety times of all, than <worse>"), "'ninety'"),
        (measured(says="<better>, the best, errs by <difference> less than <worse>"), "'best' compares"),
        (measured(what="error, the lowest of all"), "'lowest' compares"),
        (replace(claim(), words=("the best network", "that")), "'best' compares"),
        (replace(claim(), words=("this at 99.9", "that")), r"'99\.9'"),
    ],
)
def test_a_claim_that_says_more_than_its_verdict_is_refused(lie: Claim, said: str) -> None:
    with pytest.raises(UserError, match=said):
        claims.check([lie])


@pytest.mark.lie
def test_words_of_exchanged_sides_are_refused_where_others_use_them_right() -> None:
    exchanged = replace(claim("group/other"), words=("that", "this"))
    with pytest.raises(UserError, match="'that' names another side in another claim of group"):
        claims.check([claim(), exchanged])
    claims.check([measured(better="higher", says=HIGHER), claim("another/rest")])


def invented(recorded: Recorded, claim: Claim) -> Comparison:
    return replace(compare.described([9.0], [1.0]), counts=(5, 5), error=0.1, freedom=4.0)


@pytest.mark.lie
def test_a_test_that_invents_its_numbers_is_refused() -> None:
    lie = replace(claim(), test=f"{__name__}:invented")
    with pytest.raises(UserError, match="invented finds no opposite where its sides are exchanged"):
        claims.statements([lie], lambda one: recorded(LOW, HIGH))
