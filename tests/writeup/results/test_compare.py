"""The statistics beside scipy's and statsmodels', their closed forms, and how often they err."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttest_ind, ttost_paired

from writeup.results import compare
from writeup.results.compare import Comparison, Kind

A, B = [0.97, 0.98, 0.95, 0.99, 0.96], [0.95, 0.97, 0.96, 0.93, 0.91]
LONGER = [*B, 0.99, 0.9]


def classifiers(rate: float, seed: int, runs: int = 5, examples: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).random((runs, examples)) < rate


def alone(one: Comparison) -> Comparison:
    """As the only claim of its problem."""
    return compare.decided({"claim": one}, (), (0, 1))["claim"]


def verdict(one: Comparison) -> str:
    return alone(one).verdict


# --- beside other libraries ---


def test_paired_t_equals_scipy() -> None:
    found, reference = compare.paired_t(A, B), stats.ttest_rel(A, B)
    interval = reference.confidence_interval()
    assert found.p == pytest.approx(reference.pvalue)
    assert found.interval(0.05) == pytest.approx((interval.low, interval.high))
    assert found.difference == pytest.approx(np.mean(A) - np.mean(B)) and found.counts == (5, 5)


def test_welch_equals_scipy_and_statsmodels() -> None:
    found, reference = compare.welch(A, LONGER), stats.ttest_ind(A, LONGER, equal_var=False)
    interval = reference.confidence_interval()
    assert found.p == pytest.approx(reference.pvalue)
    assert found.p == pytest.approx(ttest_ind(A, LONGER, usevar="unequal")[1])
    assert found.interval(0.05) == pytest.approx((interval.low, interval.high))
    means = CompareMeans(DescrStatsW(A), DescrStatsW(LONGER))
    assert found.interval(0.01) == pytest.approx(means.tconfint_diff(alpha=0.01, usevar="unequal"))
    assert found.counts == (5, 7)


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1, 0.3])
def test_equivalence_is_statsmodels_two_one_sided_tests_at_twice_their_p(margin: float) -> None:
    reference = ttost_paired(np.array(A), np.array(B), -margin, margin)[0]
    found = compare.asked(compare.paired_t(A, B), "equivalence", margin, "higher")
    assert found.p == pytest.approx(min(1.0, 2 * reference))
    low, high = found.interval(0.05)
    assert (verdict(found) == "equivalent") == (-margin < low and high < margin) == (found.p < 0.05)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_non_inferiority_is_scipys_one_sided_test_at_twice_its_p(better: str) -> None:
    found = compare.asked(compare.paired_t(B, A), "non-inferiority", 0.05, better)  # type: ignore[arg-type]
    shift, side = (0.05, "greater") if better == "higher" else (-0.05, "less")
    reference = stats.ttest_rel(np.array(B) + shift, A, alternative=side)
    assert found.p == pytest.approx(min(1.0, 2 * reference.pvalue))


# --- closed forms ---


def crossed(
    seed: int, *, runs: int = 5, units: int = 400, size: int = 1, taste: float, level: float, single: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two classifiers that differ in nothing: which units each finds easy (`taste`), how good its runs are
    (`level`), and what a single run finds easy (`single`); the spread of each, beside what all find easy (1).
    """
    random, sides = np.random.default_rng(seed), []
    ease = random.normal(size=units)
    for _ in range(2):
        easy = ease + taste * random.normal(size=units)
        runs_level = level * random.normal(size=(runs, 1))
        sides.append(1.2 + easy + runs_level + single * random.normal(size=(runs, units)) > 0)
    a, b = (np.repeat(side, size, axis=1) for side in sides)
    return a, b, np.repeat(np.arange(units), size)


def brute_force(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Variance of the mean difference in a two-way layout with one value a cell, and Satterthwaite's degrees
    of freedom, from the mean squares as textbooks define them.
    """
    d = 100 * (a.astype(float) - b)
    S, U = d.shape
    grand = sum(d[s, u] for s in range(S) for u in range(U)) / (S * U)
    rows = [sum(d[s]) / U for s in range(S)]
    columns = [sum(d[:, u]) / S for u in range(U)]
    ms_rows = U * sum((row - grand) ** 2 for row in rows) / (S - 1)
    ms_columns = S * sum((column - grand) ** 2 for column in columns) / (U - 1)
    rest = sum((d[s, u] - rows[s] - columns[u] + grand) ** 2 for s in range(S) for u in range(U))
    ms_both = rest / ((S - 1) * (U - 1))
    total = ms_rows + ms_columns - ms_both
    spread = ms_rows**2 / (S - 1) + ms_columns**2 / (U - 1) + ms_both**2 / ((S - 1) * (U - 1))
    assert ms_both < min(ms_rows, ms_columns)
    return total / (S * U), total**2 / spread


def test_the_two_way_variance_is_that_of_the_mean_squares() -> None:
    a, b, units = crossed(1, units=120, taste=0.7, level=0.3, single=0.3)
    variance, freedom = brute_force(a, b)
    found, difference = compare.two_way(a, b, units), 100 * (a.mean() - b.mean())
    error = np.sqrt(variance)
    assert found.difference == pytest.approx(difference) and found.counts == (5, 5)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(difference) / error, freedom))
    half = stats.t.isf(0.025, freedom) * error
    assert found.interval(0.05) == pytest.approx((difference - half, difference + half))


def test_examples_of_one_unit_count_as_one() -> None:
    a, b, units = crossed(2, taste=0.7, level=0.0, single=0.1)
    four = compare.two_way(np.repeat(a, 4, axis=1), np.repeat(b, 4, axis=1), np.repeat(units, 4))
    once = compare.two_way(a, b, units)
    assert (four.error, four.freedom) == pytest.approx((once.error, once.freedom))
    apart = compare.two_way(np.repeat(a, 4, axis=1), np.repeat(b, 4, axis=1), np.arange(4 * a.shape[1]))
    assert apart.error < 0.6 * once.error  # as if there were four times as many


def test_the_part_of_the_units_is_statsmodels_sandwich() -> None:
    """Of units of unequal size, where runs add nothing: their variance is that of their mean over runs."""
    a, b, _ = crossed(3, units=900, taste=0.7, level=0.0, single=0.0)
    b[0, 0] ^= True  # runs without any spread would not be tested
    sizes = np.random.default_rng(0).integers(1, 6, 900)
    units = np.repeat(np.arange(900), sizes)[:900]
    delta = 100 * (a.astype(float) - b)
    fit = OLS(delta.mean(axis=0), np.ones(900)).fit(cov_type="cluster", cov_kwds={"groups": units})
    found = compare.two_way(a, b, units)
    # statsmodels multiplies by (N - 1) / N besides
    half = stats.t.isf(0.025, units.max()) * fit.bse[0] * np.sqrt(900 / 899)
    low, high = found.interval(0.05)
    assert (high - low) / 2 == pytest.approx(half, rel=0.01)


def test_runs_that_disagree_widen_the_interval() -> None:
    a, units = classifiers(0.9, 1), np.arange(2000)
    steady = compare.two_way(a, classifiers(0.88, 2), units)
    wild = np.concatenate([classifiers(rate, 5, runs=1) for rate in (0.7, 0.8, 0.9, 0.95, 0.99)])
    found = compare.two_way(a, wild, units)
    assert found.error > 5 * steady.error


def test_means_of_several_answers_are_compared_as_answers_are() -> None:
    """A main effect: the mean of two kernel sizes, one pooling against the other."""
    (a5, b5, units), (a7, b7, _) = (crossed(seed, taste=0.5, level=0.1, single=0.2) for seed in (1, 2))
    found = compare.two_way((a5 + a7.astype(float)) / 2, (b5 + b7.astype(float)) / 2, units)
    assert found.difference == pytest.approx(50 * (a5.mean() + a7.mean() - b5.mean() - b7.mean()))


def test_a_large_interaction_leaves_the_larger_of_the_two() -> None:
    a, b, units = crossed(4, taste=0.0, level=0.0, single=2.0)
    found = compare.two_way(a, b, units)
    delta = 100 * (a.astype(float) - b)
    runs, sentences = delta.mean(axis=1).var(ddof=1) / 5, delta.mean(axis=0).var(ddof=1) / 400
    free = 4 if runs > sentences else 399
    assert found.error == pytest.approx(np.sqrt(max(runs, sentences))) and found.freedom == free


# --- verdicts ---


def of_interval(low: float, high: float, kind: Kind = "difference", **others: object) -> Comparison:
    """Whose interval at 5 % is this one; margin 0.5."""
    error = (high - low) / 2 / stats.t.isf(0.025, 4)
    one = Comparison(((low + high) / 2, 0.0), (5, 5), "test", error, 4, kind=kind, margin=0.5)
    return replace(one, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (of_interval(0.1, 0.9), "better"),
        (of_interval(-0.9, -0.1), "worse"),
        (of_interval(0.1, 0.9, sign=-1), "worse"),
        (of_interval(-0.9, -0.1, sign=-1), "better"),
        (of_interval(-0.9, 0.7), "undecided"),
        (of_interval(-0.2, 0.4), "undecided"),  # equivalence was not asked
        (of_interval(-0.2, 0.4, "equivalence"), "equivalent"),
        (of_interval(0.1, 0.4, "equivalence"), "equivalent"),  # a difference, but none that matters
        (of_interval(0.1, 0.9, "equivalence"), "undecided"),
        (of_interval(-0.2, 0.6, "equivalence"), "undecided"),
        (of_interval(-0.4, 0.9, "non-inferiority"), "as good"),
        (of_interval(-0.9, 0.4, "non-inferiority"), "undecided"),
        (of_interval(-0.9, 0.4, "non-inferiority", sign=-1), "as good"),
        (of_interval(0.1, 0.9, "non-inferiority"), "better"),
        (of_interval(0.1, 0.9, counts=(5, 4)), "described"),
        (of_interval(0.1, 0.9, counts=(3, 3)), "described"),
    ],
)
def test_verdicts_in_all_directions(one: Comparison, found: str) -> None:
    assert verdict(one) == found


@pytest.mark.parametrize("seed", range(200))
def test_the_verdict_says_what_interval_and_p_value_say(seed: int) -> None:
    """Of claims of every kind, of one problem, at random."""
    random = np.random.default_rng(seed)
    claims = {}
    for key in range(6):
        kind = ("difference", "equivalence", "non-inferiority")[key % 3]
        one = compare.paired_t(
            list(random.normal(random.choice([0, 1]), 0.3, 6)), list(random.normal(0, 0.3, 6))
        )
        claims[key] = compare.asked(one, kind, 0.8, "higher")  # type: ignore[arg-type]
    found = compare.decided(claims, (0, 1), (2, 4))
    for one in found.values():
        assert (one.verdict not in ("undecided", "described")) == (
            (one.adjusted is not None and one.adjusted <= compare.ALPHA)
            or (one.kind == "non-inferiority" and one.verdict == "better")
        )
        if one.verdict in ("better", "worse"):
            assert one.low * one.high > 0
        if one.verdict == "equivalent":
            assert max(abs(one.low), abs(one.high)) < one.margin


def claims_of(*p: float) -> dict[int, Comparison]:
    """Claims of a difference with these p-values, without end of degrees of freedom."""
    return {
        key: Comparison((float(stats.norm.isf(one / 2)), 0.0), (5, 5), "test", 1.0, 1e9)
        for key, one in enumerate(p)
    }


def adjusted(found: dict[int, Comparison]) -> list[float]:
    return [pytest.approx(one.adjusted, abs=1e-6) for one in found.values()]


def test_without_primary_claims_all_share_alike() -> None:
    p = [0.004, 0.02, 0.3]
    found = compare.decided(claims_of(*p), (), (0, 3))
    assert adjusted(found) == list(multipletests(p, method="bonferroni")[1])
    assert [one.verdict for one in found.values()] == ["better", "undecided", "undecided"]


def test_the_gate_passes_on_what_decided_primary_claims_had() -> None:
    """Two primary claims of 2.5 % each; two others share what the decided ones leave."""
    found = compare.decided(claims_of(0.01, 0.5, 0.012, 0.013), (0, 1), (2, 2))
    assert [one.level for one in found.values()] == pytest.approx([0.025, 0.025, 0.0125, 0.0125])
    assert [one.verdict for one in found.values()] == ["better", "undecided", "better", "undecided"]
    assert adjusted(found) == [0.02, 1.0, 0.048, 0.052]
    both = compare.decided(claims_of(0.01, 0.02, 0.012, 0.024), (0, 1), (2, 2))
    assert [one.verdict for one in both.values()] == ["better"] * 4
    assert adjusted(both) == [0.02, 0.04, 0.04, 0.048]  # by hand: the least alpha that decides each
    closed = compare.decided(claims_of(0.03, 0.5, 1e-9, 1e-9), (0, 1), (2, 2))
    assert [one.verdict for one in closed.values()] == ["undecided", "undecided", "described", "described"]


def test_claims_that_are_not_recorded_count_all_the_same() -> None:
    one = compare.decided(claims_of(0.02), (0,), (3, 5))[0]
    assert one.level == pytest.approx(0.05 / 3) and one.verdict == "undecided"


@pytest.mark.parametrize("test", [compare.paired_t, compare.welch])
def test_runs_without_spread_decide_nothing(test: object) -> None:
    found = test([2.0] * 5, [1.0] * 5)  # type: ignore[operator]
    assert verdict(found) == "described" and found.difference == 1.0


def test_copies_of_one_run_decide_nothing() -> None:
    a, b = (np.repeat(classifiers(rate, 1, runs=1), 5, axis=0) for rate in (0.9, 0.8))
    assert verdict(compare.two_way(a, b, np.arange(2000))) == "described"


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="expected two arrays"):
        compare.two_way(classifiers(0.9, 1), classifiers(0.9, 1, examples=7), np.arange(7))
    with pytest.raises(ValueError, match="expected two arrays"):
        compare.two_way(classifiers(0.9, 1), classifiers(0.9, 2), np.arange(7))
    with pytest.raises(ValueError, match="equally long"):
        compare.paired_t([1.0, 2.0], [2.0])


# --- how often they err where nothing differs ---

WORLDS = 1500
SLACK = 3 * np.sqrt(0.05 * 0.95 / WORLDS)  # three standard errors of a rate of 5 %


def test_t_tests_err_in_five_percent() -> None:
    random = np.random.default_rng(1)
    wrong = {"paired": 0, "welch": 0}
    for _ in range(WORLDS):
        a, b = random.normal(size=5), 3 * random.normal(size=8)
        wrong["paired"] += verdict(compare.paired_t(list(a), list(b[:5]))) != "undecided"
        wrong["welch"] += verdict(compare.welch(list(a), list(b))) != "undecided"
    assert all(0.02 < count / WORLDS < 0.05 + SLACK for count in wrong.values()), wrong


def test_a_claim_of_equivalence_errs_in_five_percent_at_the_margin() -> None:
    random = np.random.default_rng(3)
    wrong = sum(
        verdict(
            compare.asked(
                compare.paired_t(list(1 + 0.2 * random.normal(size=5)), [0.0] * 5),
                "equivalence",
                1.0,
                "higher",
            )
        )
        == "equivalent"
        for _ in range(WORLDS)
    )
    assert 0.01 < wrong / WORLDS < 0.025 + SLACK


# What sets both sides' runs and units apart, as `crossed` takes it.
REGIMES = {
    "runs alike": {"taste": 0.4, "level": 0.01, "single": 0.2},
    "runs far apart": {"taste": 0.4, "level": 0.3, "single": 0.2},
    "each run by itself": {"taste": 0.2, "level": 0.05, "single": 0.6, "runs": 10},
    "pairs of the same": {"taste": 0.4, "level": 0.05, "single": 0.3, "runs": 10, "units": 300, "size": 2},
}


@pytest.mark.parametrize("regime", REGIMES)
def test_the_two_way_test_errs_in_five_percent(regime: str) -> None:
    wrong, plain = 0, 0
    for seed in range(WORLDS):
        a, b, units = crossed(seed, **REGIMES[regime])  # type: ignore[arg-type]
        found = compare.two_way(a, b, units)
        wrong += found.p is not None and found.p < 0.05
        runs = compare.paired_t(*(list(side.mean(axis=1)) for side in (a, b)))
        plain += runs.p is not None and runs.p < 0.05
    assert 0.05 - SLACK < wrong / WORLDS < 0.05 + SLACK, wrong / WORLDS
    if regime == "runs alike":  # the plain test takes this test set for the world
        assert plain / WORLDS > 0.3


def test_the_two_way_test_finds_a_difference_of_a_point() -> None:
    """Ten runs on ten thousand sentences, as in problem 1: one point in 95 per cent."""
    found = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        ease = random.normal(size=10_000)
        sides = []
        for level in (2.13, 1.99):  # of sides with 95 and 94 per cent
            easy = ease * 0.8 + 0.55 * random.normal(size=10_000) + 0.3 * random.normal(size=(10, 10_000))
            sides.append(level * 0.8 + easy + 0.02 * random.normal(size=(10, 1)) > 0)
        p = compare.two_way(*sides, np.arange(10_000)).p
        found += p is not None and p < 0.05
    assert found >= 95, found
