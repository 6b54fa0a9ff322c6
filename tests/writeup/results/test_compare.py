"""The statistics beside scipy's and statsmodels', their closed forms, and how often they err."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttest_ind, ttost_paired

from writeup.results import compare
from writeup.results.compare import Comparison

A, B = [0.97, 0.98, 0.95, 0.99, 0.96], [0.95, 0.97, 0.96, 0.93, 0.91]
LONGER = [*B, 0.99, 0.9]


def classifiers(rate: float, seed: int, runs: int = 5, examples: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).random((runs, examples)) < rate


def verdict(one: Comparison) -> str:
    """Of a report that makes this claim alone."""
    return compare.corrected({"claim": one})["claim"].verdict


# --- beside other libraries ---


def test_paired_t_equals_scipy() -> None:
    found, reference = compare.paired_t(A, B), stats.ttest_rel(A, B)
    interval = reference.confidence_interval()
    assert found.p == pytest.approx(reference.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.difference == pytest.approx(np.mean(A) - np.mean(B)) and found.counts == (5, 5)


def test_welch_equals_scipy_and_statsmodels() -> None:
    found, reference = compare.welch(A, LONGER), stats.ttest_ind(A, LONGER, equal_var=False)
    interval = reference.confidence_interval()
    assert found.p == pytest.approx(reference.pvalue)
    assert found.p == pytest.approx(ttest_ind(A, LONGER, usevar="unequal")[1])
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    means = CompareMeans(DescrStatsW(A), DescrStatsW(LONGER))
    assert (found.low, found.high) == pytest.approx(means.tconfint_diff(usevar="unequal"))
    assert found.counts == (5, 7)


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1, 0.3])
def test_equivalence_is_statsmodels_two_one_sided_tests_at_twice_their_p(margin: float) -> None:
    reference = ttost_paired(np.array(A), np.array(B), -margin, margin)[0]
    found = compare.paired_t(A, B, margin=margin)
    assert found.p_margin == pytest.approx(min(1.0, 2 * reference))
    assert found.within == (found.p_margin < 0.05)  # the interval says the same


@pytest.mark.parametrize("seed", range(5))
def test_holm_equals_statsmodels(seed: int) -> None:
    p = list(np.random.default_rng(seed).random(9) ** 3)
    assert compare.holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_of_few() -> None:
    assert compare.holm([]) == [] and compare.holm([0.04]) == [0.04]
    assert compare.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])  # his procedure by hand
    assert compare.holm([0.9, 0.8]) == [1.0, 1.0]


# --- closed forms ---


def test_the_folds_variance_is_nadeau_and_bengios() -> None:
    plain, found = compare.paired_t(A, B), compare.corrected_resampled_t(A, B, test_to_train=0.25)
    wider = np.sqrt((1 / 5 + 0.25) / (1 / 5))
    assert found.high - found.low == pytest.approx(wider * (plain.high - plain.low))
    t = stats.t.isf(plain.p / 2, 4) / wider
    assert found.p == pytest.approx(2 * stats.t.sf(t, 4)) and found.units == "folds"


@pytest.mark.parametrize("size", [1, 4])
def test_the_test_sets_variance_is_statsmodels_sandwich(size: int) -> None:
    a, b, clusters = classifiers(0.9, 1), classifiers(0.88, 2), np.arange(2000) // size
    delta = 100 * (a.astype(float) - b)
    fit = OLS(delta.mean(axis=0), np.ones(2000)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    error = np.sqrt(fit.bse[0] ** 2 + delta.mean(axis=1).var(ddof=1) / 5)
    found = compare.paired_t_on_clusters(a, b, clusters, margin=3)
    assert found.difference == pytest.approx(delta.mean())
    assert found.p == pytest.approx(2 * stats.t.sf(abs(delta.mean()) / error, 4))
    assert found.high - found.low == pytest.approx(2 * stats.t.isf(0.025, 4) * error)
    assert found.p_margin == pytest.approx(2 * stats.t.sf((3 - abs(delta.mean())) / error, 4))


def test_the_bootstrap_of_whole_clusters_has_the_variance_of_their_sums() -> None:
    random = np.random.default_rng(0)
    clusters = np.repeat(np.arange(500), 4)
    right = np.repeat(random.random((1, 500)) < 0.6, 4, axis=1)  # four examples of a cluster are one
    wrong = np.zeros_like(right)
    whole = compare.clustered_bootstrap(right, wrong, clusters)
    single = compare.clustered_bootstrap(right, wrong, np.arange(2000))
    half = 1.96 * 100 * np.sqrt(0.6 * 0.4 / 500)
    assert (whole.high - whole.low) / 2 == pytest.approx(half, rel=0.06)
    assert (single.high - single.low) / 2 == pytest.approx(half / 2, rel=0.06)
    assert whole.difference == pytest.approx(100 * right.mean())


def test_clusters_of_unequal_size_weigh_by_their_examples() -> None:
    clusters = np.array([7] * 90 + list(range(10, 20)))
    right, wrong = np.arange(100)[None] < 90, np.zeros((1, 100), bool)
    found = compare.clustered_bootstrap(right, wrong, clusters)
    assert found.low == 0.0 and found.high > 90.0  # the one large cluster is sometimes drawn, sometimes not


def test_runs_that_disagree_widen_the_bootstrap() -> None:
    a, clusters = classifiers(0.9, 1), np.arange(2000)
    steady = compare.clustered_bootstrap(a, classifiers(0.88, 2), clusters)
    wild = np.concatenate([classifiers(rate, 5, runs=1) for rate in (0.7, 0.8, 0.9, 0.95, 0.99)])
    found = compare.clustered_bootstrap(a, wild, clusters)
    assert found.high - found.low > 2 * (steady.high - steady.low)


def test_the_same_draws_give_the_same_figures() -> None:
    a, b, clusters = classifiers(0.9, 1), classifiers(0.88, 2), np.arange(2000) // 3
    first = compare.clustered_bootstrap(a, b, clusters)
    compare.clustered_bootstrap(a, b, np.arange(2000))  # another test set's draws in between
    assert compare.clustered_bootstrap(a, b, clusters) == first
    assert compare.clustered_bootstrap(a, b, clusters, seed=1) != first


def test_no_finite_number_of_draws_shows_a_p_value_of_zero() -> None:
    found = compare.clustered_bootstrap(
        classifiers(0.99, 1), classifiers(0.5, 2), np.arange(2000), margin=1, draws=999
    )
    assert found.p == pytest.approx(2 / 1000) and found.p_margin == 1.0


def test_both_tests_have_to_reject() -> None:
    clear, doubtful = compare.paired_t([2.0, 2.1, 1.9, 2.0, 2.2], [1.0] * 5), compare.paired_t(A, B)
    for one in (compare.both(clear, doubtful), compare.both(doubtful, clear)):
        assert one.p == doubtful.p and one.p_margin == 1.0
        assert (one.low, one.high) == (min(clear.low, doubtful.low), max(clear.high, doubtful.high))
    assert verdict(clear) == "better" and verdict(compare.both(clear, doubtful)) == "undecided"
    assert not compare.both(clear, compare.described(A, B)).tested


# --- verdicts ---


def of_interval(low: float, high: float, p: float, p_margin: float = 1.0, **others: object) -> Comparison:
    one = Comparison(((low + high) / 2, 0.0), low, high, p, p_margin, (5, 5), "test", margin=0.5)
    return replace(one, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (of_interval(0.1, 0.9, 0.01), "better"),
        (of_interval(-0.9, -0.1, 0.01), "worse"),
        (of_interval(0.1, 0.9, 0.01, sign=-1), "worse"),
        (of_interval(-0.9, -0.1, 0.01, sign=-1), "better"),
        (of_interval(-0.9, 0.7, 0.4), "undecided"),
        (of_interval(-0.2, 0.4, 0.4, 0.01), "equivalent"),
        (of_interval(0.1, 0.4, 0.001, 0.01), "equivalent"),  # a difference, but none that matters
        (of_interval(-0.2, 0.5, 0.3, 0.05), "undecided"),  # the interval touches the margin
        (of_interval(0.1, 0.9, 0.01, counts=(5, 4)), "described"),
        (of_interval(-0.2, 0.4, 0.4, 0.01, counts=(3, 3)), "described"),
    ],
)
def test_verdicts_in_all_directions(one: Comparison, found: str) -> None:
    assert verdict(one) == found


def test_there_is_no_verdict_before_the_correction() -> None:
    with pytest.raises(ValueError, match="Holm"):
        _ = of_interval(0.1, 0.9, 0.01).verdict


def test_the_correction_runs_over_the_tested_claims_alone() -> None:
    claims = {"a": of_interval(0.1, 0.9, 0.02), "b": of_interval(0.1, 0.9, 0.03)}
    assert [one.adjusted for one in compare.corrected(claims).values()] == pytest.approx([0.04, 0.04])
    few = {"c": of_interval(0.1, 0.9, 0.001, counts=(2, 2)), "d": compare.described(A, B)}
    found = compare.corrected(claims | few)
    assert [one.adjusted for one in found.values()] == [pytest.approx(0.04), pytest.approx(0.04), None, None]
    more = claims | {"c": of_interval(-0.9, 0.7, 0.4)}
    assert [one.verdict for one in compare.corrected(more).values()] == ["undecided"] * 3


def test_an_equivalence_counts_with_its_own_p_value() -> None:
    found = compare.corrected({"e": of_interval(-0.2, 0.4, 0.4, 0.03), "d": of_interval(0.1, 0.9, 0.04)})
    assert found["e"].adjusted == pytest.approx(0.06) and found["e"].verdict == "undecided"


@pytest.mark.parametrize("test", [compare.paired_t, compare.welch])
def test_runs_without_spread_decide_nothing(test: object) -> None:
    found = test([2.0] * 5, [1.0] * 5)  # type: ignore[operator]
    assert verdict(found) == "described" and found.difference == 1.0


def test_copies_of_one_run_decide_nothing() -> None:
    a, b = (np.repeat(classifiers(rate, 1, runs=1), 5, axis=0) for rate in (0.9, 0.8))
    found = compare.paired_t_on_clusters(a, b, np.arange(2000))
    assert verdict(compare.both(found, compare.clustered_bootstrap(a, b, np.arange(2000)))) == "described"


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="expected two arrays"):
        compare.clustered_bootstrap(classifiers(0.9, 1), classifiers(0.9, 1, examples=7), np.arange(7))
    with pytest.raises(ValueError, match="expected two arrays"):
        compare.clustered_bootstrap(classifiers(0.9, 1), classifiers(0.9, 2), np.arange(7))
    with pytest.raises(ValueError, match="expected two arrays"):
        compare.paired_t_on_clusters(classifiers(0.9, 1), classifiers(0.9, 2), np.arange(7))
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


def test_folds_that_share_training_data_need_the_correction() -> None:
    random, ratio = np.random.default_rng(2), 0.25
    share = ratio / (1 + ratio)
    wrong = {"corrected": 0, "plain": 0}
    for _ in range(WORLDS):
        delta = np.sqrt(share) * random.normal() + np.sqrt(1 - share) * random.normal(size=5)
        zeros = [0.0] * 5
        found = compare.corrected_resampled_t(list(delta), zeros, test_to_train=ratio)
        wrong["corrected"] += verdict(found) != "undecided"
        wrong["plain"] += verdict(compare.paired_t(list(delta), zeros)) != "undecided"
    assert wrong["corrected"] / WORLDS < 0.05 + SLACK < 0.1 < wrong["plain"] / WORLDS


def test_a_claim_of_equivalence_errs_in_five_percent_at_the_margin() -> None:
    random = np.random.default_rng(3)
    wrong = sum(
        verdict(compare.paired_t(list(1 + 0.2 * random.normal(size=5)), [0.0] * 5, margin=1.0))
        == "equivalent"
        for _ in range(WORLDS)
    )
    assert 0.01 < wrong / WORLDS < 0.025 + SLACK


def test_a_plain_test_alone_errs_too_often_and_both_do_not() -> None:
    """Runs far apart: five are too few to be drawn anew. Runs alike: the plain t-test knows one test set."""
    random, clusters, worlds = np.random.default_rng(4), np.arange(400) // 2, 600
    wrong = {(far, name): 0 for far in (False, True) for name in ("plain", "bootstrap", "both")}
    for far in (False, True):
        for _ in range(worlds):
            ease = np.repeat(random.normal(size=(2, 1, 200)), 2, axis=2)
            level = (1.0 if far else 0.02) * random.normal(size=(2, 5, 1))
            right = ease + level + 0.1 * random.normal(size=(2, 5, 400)) > 0
            plain = compare.paired_t(*(list(100 * side.mean(axis=1)) for side in right))
            t = compare.paired_t_on_clusters(right[0], right[1], clusters)
            drawn = compare.clustered_bootstrap(right[0], right[1], clusters, draws=500)
            for name, one in (("plain", plain), ("bootstrap", drawn), ("both", compare.both(t, drawn))):
                wrong[far, name] += verdict(one) != "undecided"
    rates = {key: count / worlds for key, count in wrong.items()}
    slack = 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert rates[True, "bootstrap"] > 0.05 + slack and rates[False, "plain"] > 0.3
    assert rates[True, "both"] < 0.05 + slack and rates[False, "both"] < 0.05 + slack
