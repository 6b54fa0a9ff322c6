"""How the figures of the claims are tested that are no number a run."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assignment3.config import Siamese
from assignment3.data.splits import subject_folds, untested
from writeup.declare import Claim
from writeup.page.context import Recorded
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.store import Result

SUBJECTS = 40  # of the faces


# Who measures the distance of two faces: names of the recorded curves, and words.
RIVALS = {
    "cnn": "network alone",
    "network": "network and Fisher",
    "fisher": "Fisher",
    "pca": "whitened PCA",
    "pixels": "raw pixels",
}
AREAS = {name: {"network": "auc", "cnn": "cnn/auc"}.get(name, f"baseline_{name}/auc") for name in RIVALS}


def on_phrases(recorded: Recorded, claim: Claim) -> Comparison | None:
    """Two variants of the text CNN: over the runs, and over the sentences that the test phrases come from."""
    (part, first), (_, second) = claim.a, claim.b
    runs = recorded.results[part.name]
    if not all(f"{name}/phrase_correct" in runs[0].arrays for name in (first, second)):
        return None
    a, b = correct(runs, first), correct(runs, second)
    margin, of_runs = claim.measure.margin, [list(100 * side.mean(axis=1)) for side in (a, b)]
    sentences = _sentences(recorded, a.shape[1])
    if len(runs) < compare.LEAST_RUNS or sentences is None:
        return compare.described(*of_runs, margin=margin)
    over_runs = compare.paired_t_on_clusters(a, b, sentences, margin=margin)
    return compare.both(over_runs, compare.clustered_bootstrap(a, b, sentences, margin=margin))


def _sentences(recorded: Recorded, phrases: int) -> "np.ndarray[tuple[int], np.dtype[np.int32]] | None":
    """The sentence of each test phrase; None where they were not recorded, or for another split."""
    for run in recorded.results.get("phrases", ()):
        if len(run.arrays["sentence"]) == phrases:
            return run.arrays["sentence"]
    return None


def correct(runs: Sequence[Result], variant: str, kind: str = "phrase") -> "np.ndarray[Any, Any]":
    """bool [S, N]: whether each run of `variant` is right on each test phrase (or "sentence")."""
    count = round(runs[0].scalars["test_phrases" if kind == "phrase" else "sentences"])
    return np.stack(
        [np.unpackbits(run.arrays[f"{variant}/{kind}_correct"])[:count].astype(bool) for run in runs]
    )


def over_folds(recorded: Recorded, claim: Claim) -> Comparison | None:
    """Areas under the ROC fold by fold, means over the runs; the folds' training sets overlap."""
    runs, config = recorded.results["siamese"], recorded.configs["siamese"]
    a, b = (_fold_means(runs, AREAS[method]) for _, method in (claim.a, claim.b))
    found = compare.corrected_resampled_t(
        a, b, test_to_train=test_to_train(config), margin=claim.measure.margin
    )
    return replace(found, units="folds")


def test_to_train(config: Siamese) -> float:
    """How many subjects a fold tests for each that its final networks train on: all others."""
    folds = subject_folds(SUBJECTS, config.folds, config.validation_subjects)
    return float(np.mean([len(fold.test) / len(untested(fold)) for fold in folds]))


def _fold_means(runs: Sequence[Result], area: str) -> list[float]:
    column = area.replace("/", "_")
    return [float(x) for x in np.mean([run.tables["folds"][column] for run in runs], axis=0)]


def equal_training(recorded: Recorded, claim: Claim) -> Comparison | None:
    """Our training and the plain loop's after equally many epochs, with the same seeds."""
    table = recorded.results["quality"][0].tables["runs"]
    rows = [i for i, part in enumerate(table["part"]) if part == claim.measure.value]
    if not rows or any(side not in table for _, side in (claim.a, claim.b)):
        return None
    a, b = ([float(table[side][i]) for i in rows] for _, side in (claim.a, claim.b))
    found = compare.paired_t(a, b, margin=claim.measure.margin)
    return compare.directed(found, claim.measure.better)
