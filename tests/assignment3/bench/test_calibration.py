"""How often the rule errs: the simulated worlds are this report's, without a difference."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from assignment3.bench import calibration
from assignment3.bench.calibration import REGIMES, Regime
from assignment3.config import Calibration
from assignment3.report import REPORT
from writeup.bench.setting import Setting
from writeup.results import compare, store

SMALL = Calibration(reports=60, draws=200, sentences=300)


def test_the_rates_are_recorded_by_regime_and_at_their_worst() -> None:
    said: list[str] = []
    found = calibration.measure(Setting(SMALL, {}, {}, {}, {}, {}, said.append))
    rows = found.tables["regimes"]
    assert rows["regime"] == [regime.name for regime in REGIMES] and len(said) == len(REGIMES)
    assert found.scalars["false_positive_rate"] == max(rows["claim"]) < 0.09
    assert found.scalars["family_wise_rate"] == max(rows["report"]) < 0.05 + 3 * np.sqrt(0.0475 / 60)
    assert min(rows["seeds"]) > 0 and found.scalars["reports"] == 60


def test_a_rule_that_errs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "over_folds", lambda config, a, b: compare.paired_t(list(a), list(b)))
    monkeypatch.setattr(compare, "holm", list)
    found = calibration.simulate(REGIMES[0], replace(SMALL, reports=200))
    assert found["folds"] > 0.1 and found["report"] > 0.2


def test_a_world_has_the_accuracy_and_the_spread_of_the_recorded_runs() -> None:
    config, random = Calibration(), np.random.default_rng(0)
    sentences = np.repeat(
        np.arange(config.sentences),
        1 + random.binomial(config.largest_sentence - 1, config.sentence_share, config.sentences),
    )
    worlds = [calibration.classifiers(REGIMES[0], config, sentences, random) for _ in range(6)]
    spread = np.mean([right.mean(axis=2).std(axis=1, ddof=1) for right in worlds])
    apart = np.mean([(right[0] != right[1]).mean() for right in worlds])
    assert 9_700 < len(sentences) < 10_300  # the test phrases
    assert 0.90 < np.mean(worlds) < 0.95 and 0.001 < spread < 0.0025 and 0.02 < apart < 0.08
    different = [right[0].mean() - right[1].mean() for right in worlds]
    assert min(different) < 0 < max(different) and abs(np.mean(different)) < 0.004


def test_runs_alike_differ_in_single_phrases_alone() -> None:
    random, sentences = np.random.default_rng(0), np.arange(3000)
    config = replace(SMALL, sentences=3000, single=0.0)
    right = calibration.classifiers(Regime("alike", 0.0, 1e6), config, sentences, random)
    assert (right == right[:, :1]).all() and (right[0] != right[1]).any()


def recorded() -> Iterator[store.Result]:
    folder = REPORT.root / "report" / "results" / "claims" / "seed-0"
    if folder.exists():
        yield store.load(folder)


def test_the_recorded_rates_are_at_most_five_percent() -> None:
    for result in recorded():
        assert result.scalars["false_positive_rate"] <= 0.05
        assert result.scalars["family_wise_rate"] <= 0.05
        assert result.scalars["reports"] >= 2000
