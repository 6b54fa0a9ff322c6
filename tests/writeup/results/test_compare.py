import numpy as np
import pytest
from scipy import stats

from writeup.results.compare import paired_bootstrap, paired_t


def runs(rate: float, seed: int, seeds: int = 3, examples: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).random((seeds, examples)) < rate


def test_verdicts_in_all_directions() -> None:
    good, bad = runs(0.9, 1), runs(0.8, 2)
    assert paired_bootstrap(good, bad).verdict == "greater"
    assert paired_bootstrap(bad, good).verdict == "less"
    assert paired_bootstrap(good, runs(0.9, 3)).verdict == "unclear"
    assert paired_bootstrap(good, good).verdict == "unclear"


def test_bootstrap_interval_agrees_with_the_normal_approximation_of_one_run() -> None:
    a, b = runs(0.9, 1, seeds=1, examples=5000), runs(0.88, 2, seeds=1, examples=5000)
    found = paired_bootstrap(a, b)
    delta = 100.0 * (a[0].astype(float) - b[0])
    half = 1.96 * delta.std() / np.sqrt(delta.size)
    assert found.difference == pytest.approx(delta.mean(), rel=1e-5)
    assert found.low == pytest.approx(delta.mean() - half, abs=0.1)
    assert found.high == pytest.approx(delta.mean() + half, abs=0.1)


def test_seeds_that_disagree_widen_the_interval() -> None:
    a = runs(0.9, 1, seeds=4)
    steady = paired_bootstrap(a, runs(0.88, 2, seeds=4))
    wild_b = np.concatenate([runs(rate, 5, seeds=1) for rate in (0.7, 0.8, 0.95, 0.99)])
    wild = paired_bootstrap(a, wild_b)
    assert wild.high - wild.low > 2 * (steady.high - steady.low)


def test_paired_t_equals_scipy() -> None:
    a, b = [0.97, 0.98, 0.95, 0.99], [0.95, 0.97, 0.96, 0.93]
    found, reference = paired_t(a, b), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(reference.pvalue)
    interval = reference.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert paired_t([1.0, 1.0], [1.0, 1.0]).verdict == "unclear"


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="one shape"):
        paired_bootstrap(runs(0.9, 1), runs(0.9, 1, examples=7))
    with pytest.raises(ValueError, match="at least two"):
        paired_t([1.0], [2.0])
