"""Subjects as units: the jackknife by hand, and how often the rule errs in made-up worlds."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import ttest_rel

from assignment3.siamese import comparisons, record
from assignment3.siamese.verification import auc
from evidence import calibration
from writeup.declare import Claim, Measure, Part
from writeup.results import compare
from writeup.results.store import Result

AREA = Measure(
    "auc", margin=0.005, what="area", says="<better> is <difference> larger than <worse>", digits=4
)


def fold(distances, subjects, images):
    owners = np.repeat(subjects, images)[record.pair_indices(len(subjects) * images)]
    return distances, owners[0] == owners[1], owners


world = partial(calibration.faces, folds=5, subjects=8)


def test_the_values_of_the_subjects_have_the_area_as_their_mean():
    random = np.random.default_rng(0)
    d, same, owners = fold(random.normal(size=66), np.array([3, 7, 9, 11]), 3)
    found = comparisons.values(d, same, owners, np.array([3, 7, 9, 11]))
    assert found.mean() == pytest.approx(auc(d, same))
    kept = (owners != 7).all(0)
    without = [auc(d[k], same[k]) for k in ((owners != s).all(0) for s in (3, 7, 9, 11))]
    assert found[1] == pytest.approx(auc(d, same) + 3 * (np.mean(without) - auc(d[kept], same[kept])))
    variance = 3 / 4 * sum((one - np.mean(without)) ** 2 for one in without)  # the jackknife's own formula
    assert found.var(ddof=1) / 4 == pytest.approx(variance)


def test_a_subject_that_spoils_the_area_has_the_least_value():
    positions = np.array([0, 0.1, 5, 5.1, 10, 2.5])  # the third subject is torn apart
    i, j = record.pair_indices(6)
    d, same, owners = fold(np.abs(positions[i] - positions[j]), np.arange(3), 2)
    found = comparisons.values(d, same, owners, np.arange(3))
    assert found.argmin() == 2


@pytest.mark.parametrize("runs", [1, 2])
def test_the_rule_errs_about_as_often_as_it_says(runs):
    """No difference in truth, so 5 % of the worlds may look different; of 1,000 it was 3.7 % each."""
    random = np.random.default_rng(1)
    found = [comparisons.compared(*world(random, runs=runs)).p < 0.05 for _ in range(100)]
    assert np.mean(found) <= 0.1


def test_the_rule_finds_a_difference_that_there_is():
    random = np.random.default_rng(2)
    found = [comparisons.compared(*world(random, better=0.9)) for _ in range(20)]
    assert np.mean([one.p < 0.05 and one.difference > 0 for one in found]) > 0.8


def results(part, runs, shift):
    random = np.random.default_rng(0)
    for seed in range(runs):
        arrays = {"thresholds": np.ones(2)}
        for k in (1, 2):
            subjects = np.arange(4) + 4 * (k - 1)
            d, same, _ = fold(random.normal(size=66), subjects, 3)
            arrays[f"fold{k}/subjects"] = subjects
            arrays[f"fold{k}/network"] = d + shift * ~same
            arrays[f"fold{k}/pixels"] = np.arange(66.0) % 7
        yield Result(part, seed, {}, arrays=arrays)


SIDES = tuple(
    (Part(name, None, None, ""), measure) for name, measure in (("one", "network"), ("two", "pixels"))
)
CLAIM = Claim("siamese/x", *SIDES, AREA, ("a", "b"))


def recorded(runs):
    return SimpleNamespace(
        results={"one": list(results("one", runs, 1.5)), "two": list(results("two", 6, 0))}
    )


def test_a_claim_is_tested_on_the_areas_that_the_tables_show():
    known = recorded(5)
    found = comparisons.over_subjects(known, CLAIM)
    one, two = known.results["one"], known.results["two"][:5]  # the seeds that both have
    assert found.means[0] == pytest.approx(np.mean([record.scalars(run.arrays)["auc"] for run in one]))
    assert (found.units, found.counts) == ("people", (8, 8)) and found.tested
    a, b = comparisons.by_subject(one, "network"), comparisons.by_subject(two, "pixels")
    points = compare.two_way(a, b, np.arange(8))
    assert found.p == pytest.approx(points.p)
    assert found.interval(0.1) == pytest.approx([x / 100 for x in points.interval(0.1)])


def test_one_run_is_tested_over_its_subjects_and_none_is_no_claim():
    known = recorded(1)
    found = comparisons.over_subjects(known, CLAIM)
    a, b = (
        comparisons.by_subject(known.results[name][:1], of)
        for name, of in (("one", "network"), ("two", "pixels"))
    )
    expected = ttest_rel(a[0], b[0])
    assert found.p == pytest.approx(expected.pvalue) and found.tested and found.counts == (8, 8)
    low, high = expected.confidence_interval(0.95)
    assert found.interval(0.05) == pytest.approx((low, high))
    assert comparisons.over_subjects(recorded(0), CLAIM) is None


def test_two_equal_runs_are_not_two():
    """Copies of one run say nothing of another; subjects alone do not then make a claim."""
    a, b = world(np.random.default_rng(0), runs=1)
    assert comparisons.compared(np.tile(a, (2, 1)), np.tile(b, (2, 1))).p is None
    assert comparisons.compared(a, b).p is not None
