"""The worlds are as fair as they say, power is the noncentral t's, and broken rules are noticed."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from evidence import calibration, homework
from evidence.settings import Calibration
from writeup.results import compare
from writeup.runs.record import Trained

FEW = Calibration(worlds=200, test_sets=10, faces=3)


@pytest.mark.parametrize("name", calibration.OVER_SEEDS)
def test_the_sides_of_a_world_have_equal_means(name: str) -> None:
    a, b = calibration.OVER_SEEDS[name](np.random.default_rng(0), 400_000)
    if name != "seeds correlated at 0.3":  # where they are equal over many worlds alone
        assert abs(a.mean() - b.mean()) < 4 * np.sqrt((a.var() + b.var()) / 400_000)


def test_seeds_correlate_as_the_world_says() -> None:
    random = np.random.default_rng(1)
    pairs = np.array([calibration.correlated(random, 2)[0] for _ in range(20_000)])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("level", [0.05, 0.0125])
def test_power_is_statsmodels(level: float) -> None:
    """Of a one-sample t-test with n = 10 and an effect of 0.9 standard deviations."""
    expected = TTestPower().power(effect_size=0.9, nobs=10, alpha=level, alternative="two-sided")
    found = calibration.power(1 / np.sqrt(10), 9, 0.9, level)
    assert found == pytest.approx(expected, abs=2e-4)  # the far side's share is left out


def test_a_rule_that_forgets_the_units_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A t-test over runs alone takes a test set for the world."""

    def of_runs(a: np.ndarray, b: np.ndarray, units: np.ndarray) -> compare.Comparison:
        return compare.paired_t(list(100 * a.mean(axis=1)), list(100 * b.mean(axis=1)))

    few = replace(FEW, test_sets=40, faces=1)
    before = {(w, k): rate for w, _, k, rate in calibration.with_units(few)}["runs alike", "difference"]
    monkeypatch.setattr(compare, "two_way", of_runs)
    after = {(w, k): rate for w, _, k, rate in calibration.with_units(few)}["runs alike", "difference"]
    assert before < 0.2 < after


def test_claims_that_are_not_corrected_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = compare.decided

    def alone(comparisons, primary, declared):  # type: ignore[no-untyped-def]
        return {key: kept({key: one}, (), (0, 1))[key] for key, one in comparisons.items()}

    sizes = {"text_cnn": (2, 14)}
    assert max(rate for *_, rate in calibration.of_families(FEW, sizes)) < 0.1
    monkeypatch.setattr(compare, "decided", alone)
    assert max(rate for *_, rate in calibration.of_families(FEW, sizes)) > 0.2


def test_the_worst_of_each_kind_is_told() -> None:
    found = calibration.evaluate(FEW, calibration.standin(), Trained({}), seed=0)
    assert set(found.scalars) == {
        "false_positive_rate",
        "false_equivalence",
        "false_non_inferiority",
        "unlike/rate",
        "correlated/rate",
        "family_wise_rate",
        "power",
        "pair_power",
    }
    assert found.scalars["correlated/rate"] > 0.1
    assert found.scalars == dict(calibration.derived(found.tables))


def test_what_is_declared_is_what_is_loaded() -> None:
    assert calibration.digest(calibration.load(None)) == homework.recorded()
