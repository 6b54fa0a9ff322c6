"""Which verdicts follow from made-up runs, in all directions, and whether the declared claims are those."""

from dataclasses import replace

import numpy as np
import pytest

from assignment3.config import Calibration, Siamese
from assignment3.data.splits import subject_folds, untested
from assignment3.page import claims
from assignment3.report import REPORT
from writeup.declare import Claim
from writeup.page.claims import Statement, statements
from writeup.page.context import Recorded
from writeup.results import compare
from writeup.results.store import Result
from writeup.results.values import Values

PHRASES = 2000
CONFIGS = {part.name: part.config for part in REPORT.parts}
DECLARED = {claim.name: claim for claim in REPORT.claims}


def verdict(claim: Claim, results: dict[str, list[Result]]) -> str | None:
    """Of a report that makes this claim alone; None where it is not made."""
    found = made(claim, results)
    return None if found is None else found.comparison.verdict


def made(claim: Claim, results: dict[str, list[Result]]) -> Statement | None:
    recorded = Recorded(results, Values(), configs=CONFIGS)
    return statements([claim], lambda one: recorded)[claim.group].get(claim.rest)


# --- the text CNN, on the same test phrases ---


def readers(rates: dict[str, float], runs: int = 5) -> list[Result]:
    """Runs whose variants are right on a test phrase with these rates."""
    random = np.random.default_rng(0)
    return [
        Result(
            "text_cnn_tuned",
            seed,
            {"test_phrases": float(PHRASES)},
            arrays={
                f"{name}/phrase_correct": np.packbits(random.random(PHRASES) < rate)
                for name, rate in rates.items()
            },
        )
        for seed in range(runs)
    ]


def sentences(each: int, phrases: int = PHRASES) -> list[Result]:
    return [Result("phrases", 0, {}, arrays={"sentence": np.arange(phrases) // each})]


@pytest.mark.parametrize(
    ("rates", "runs", "found"),
    [
        ((0.95, 0.8), 5, "better"),
        ((0.8, 0.95), 5, "worse"),
        ((0.9, 0.9), 5, "undecided"),
        ((0.95, 0.8), 4, "described"),
    ],
)
def test_variants_are_compared_on_the_same_phrases(rates: tuple[float, float], runs: int, found: str) -> None:
    both = dict(zip(("max_5", "avg_5"), rates, strict=True))
    results = {"text_cnn_tuned": readers(both, runs), "phrases": sentences(2)}
    assert verdict(DECLARED["text_cnn_tuned/max_5/avg_5"], results) == found


def test_on_phrases_both_tests_must_agree_and_sentences_are_whole() -> None:
    runs, claim = readers({"max_5": 0.9, "avg_5": 0.88}), DECLARED["text_cnn_tuned/max_5/avg_5"]
    a, b = claims.correct(runs, "max_5"), claims.correct(runs, "avg_5")
    numbers = np.arange(PHRASES) // 4
    expected = compare.both(
        compare.paired_t_on_clusters(a, b, numbers, margin=claim.measure.margin),
        compare.clustered_bootstrap(a, b, numbers, margin=claim.measure.margin),
    )
    found = made(claim, {"text_cnn_tuned": runs, "phrases": sentences(4)})
    assert found is not None and replace(found.comparison, adjusted=None) == expected


@pytest.mark.parametrize("clusters", [None, 10])
def test_without_the_sentences_of_this_split_nothing_is_tested(clusters: int | None) -> None:
    results = {"text_cnn_tuned": readers({"max_5": 0.95, "avg_5": 0.8})}
    if clusters:
        results["phrases"] = sentences(2, clusters)
    assert verdict(DECLARED["text_cnn_tuned/max_5/avg_5"], results) == "described"


def test_a_variant_that_did_not_run_is_not_compared() -> None:
    results = {"text_cnn_tuned": readers({"max_5": 0.9, "avg_5": 0.9}), "phrases": sentences(2)}
    assert verdict(DECLARED["text_cnn_tuned/max_7/avg_7"], results) is None


# --- the faces, over the folds ---


def verifiers(gap: list[float]) -> list[Result]:
    """Two runs: the network's area exceeds that of the network alone by `gap`, fold by fold."""
    base = [0.9, 0.92, 0.95, 0.91, 0.93]
    return [
        Result(
            "siamese",
            seed,
            {},
            tables={
                "folds": {
                    "cnn_auc": base[: len(gap)],
                    "auc": [b + g + sign * 0.01 for b, g in zip(base, gap, strict=False)],
                }
            },
        )
        for seed, sign in enumerate((1, -1))
    ]


@pytest.mark.parametrize(
    ("gap", "found"),
    [
        ([0.02, 0.021, 0.019, 0.02, 0.022], "better"),
        ([-0.02, -0.021, -0.019, -0.02, -0.022], "worse"),
        ([0.0, 0.001, -0.001, 0.0, 0.0005], "equivalent"),
        ([0.0072, 0.0127, 0.0153, -0.0013, 0.0226], "undecided"),  # as recorded: p = 0.047 without correction
        ([0.02, 0.021, 0.019], "described"),
    ],
)
def test_areas_are_compared_fold_by_fold(gap: list[float], found: str) -> None:
    assert verdict(DECLARED["siamese/network/cnn"], {"siamese": verifiers(gap)}) == found


def test_the_folds_count_once_however_many_runs_there_are() -> None:
    found = made(DECLARED["siamese/network/cnn"], {"siamese": verifiers([0.02, 0.021, 0.019, 0.02, 0.022])})
    assert found is not None and found.comparison.counts == (5, 5) and found.comparison.units == "folds"
    assert found.comparison.difference == pytest.approx(0.0204)


def test_the_overlap_of_folds_is_that_of_the_split() -> None:
    ratio = claims.test_to_train(Siamese())
    assert ratio == pytest.approx(8 / 32) == pytest.approx(Calibration().test_to_train)
    assert all(len(fold.test) == 8 and len(untested(fold)) == 32 for fold in subject_folds(40, 5, 8))


# --- settings, run by run ---


def runs(part: str, name: str, values: list[float]) -> list[Result]:
    return [Result(part, seed, {name: value}) for seed, value in enumerate(values)]


@pytest.mark.parametrize(
    ("tuned", "found"),
    [
        ([1.0, 0.9, 1.1, 1.0, 1.2], "better"),  # a smaller distance is better
        ([9.0, 9.1, 9.3, 8.9, 9.2], "worse"),
        ([5.2, 4.9, 5.0, 5.1, 5.0], "equivalent"),
        ([5.2, 1.0, 9.0, 3.0, 5.0], "undecided"),
        ([1.0, 0.9], "described"),
    ],
)
def test_settings_are_compared_in_the_direction_of_each_measure(tuned: list[float], found: str) -> None:
    plain = runs("gan", "frechet_distance", [5.0, 5.1, 4.9, 5.2, 5.1])
    results = {"gan": plain, "gan_tuned": runs("gan_tuned", "frechet_distance", tuned)}
    assert verdict(DECLARED["gan/frechet_distance"], results) == found
    assert verdict(DECLARED["gan/frechet_distance"], {"gan": plain}) is None


# --- equal training ---


@pytest.mark.parametrize(
    ("part", "ours", "found"),
    [
        ("text_cnn", [2.0, 2.1, 1.9, 2.0, 2.2], "better"),
        ("cvae", [2.0, 2.1, 1.9, 2.0, 2.2], "worse"),
        ("cvae", [-2.0, -2.1, -1.9, -2.0, -2.2], "better"),
        ("gan", [0.1, -0.1, 0.0, 0.2, 0.1], "equivalent"),  # as good: within the margin
        ("gan", [3.0, -4.0, 2.0, 5.0, -1.0], "undecided"),
        ("siamese", [0.1, 0.1, 0.2], "described"),
    ],
)
def test_equal_training_is_compared_in_the_direction_of_each_measure(
    part: str, ours: list[float], found: str
) -> None:
    rows = {
        "part": [part] * len(ours) + ["another"],
        "ours": [*ours, 99.0],
        "plain": [0.0] * len(ours) + [0.0],
    }
    run = Result("quality", 0, {}, {"runs": rows})
    assert verdict(DECLARED[f"quality/{part}"], {"quality": [run]}) == found


def test_a_part_that_was_not_trained_equally_is_not_compared() -> None:
    run = Result("quality", 0, {}, {"runs": {"part": ["cvae"], "ours": [1.0], "plain": [2.0]}})
    assert verdict(DECLARED["quality/gan"], {"quality": [run]}) is None
