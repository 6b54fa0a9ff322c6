"""What is recorded of a cross-validation of face verification: scores, curves, and the pairs worth a look.

Numpy alone. Letters: N unseen faces of a fold, P = N (N - 1)/2 their pairs, D dimensions of the embedding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assignment3.data.splits import Fold
from assignment3.measures.verification import (
    accuracies,
    auc,
    equal_error_rate,
    roc_at,
    verification_rate,
)

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.int64]

BASELINES = ("pca", "fisher", "pixels")
ROC_RATES = np.concatenate([[0.0], np.geomspace(3e-4, 1, 199)])  # one of 2,800 impostor pairs is 3.6e-4
PAIRS_OF_EACH_KIND = 4


@dataclass(frozen=True, eq=False)
class Outcome:
    """One fold: all pairs of its unseen faces, as the network and its rivals measure them."""

    fold: Fold
    pairs: Indices  # 2 P: each pair's faces, numbered through the whole data set, subject after subject
    same: Booleans  # P
    distances: Mapping[str, Floats]  # P each: "network", its parts "cnn", "cnn_single", and BASELINES
    threshold: float  # of the network's distances, chosen on the validation subjects
    embeddings: Floats  # N D


def scores(one: Outcome) -> dict[str, float]:
    """Of one fold: areas under the ROC in 0..1, everything else in percent."""
    network, same = one.distances["network"], one.same
    plain, balanced = accuracies(network, same, one.threshold)
    found = {
        "auc": auc(network, same),
        "eer": 100 * equal_error_rate(network, same),
        "accuracy": 100 * plain,
        "balanced_accuracy": 100 * balanced,
        "always_different_accuracy": 100 * float((~same).mean()),
        "verification_rate_at_1pct": 100 * verification_rate(network, same, 0.01),
        "cnn/auc": auc(one.distances["cnn"], same),
        "cnn_single/auc": auc(one.distances["cnn_single"], same),
    }
    for name in BASELINES:
        found[f"baseline_{name}/auc"] = auc(one.distances[name], same)
        found[f"baseline_{name}/eer"] = 100 * equal_error_rate(one.distances[name], same)
    return found


def scalars(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Means over the folds, each fold's area, and the standard deviation of the areas."""
    rows = [scores(one) for one in outcomes]
    areas = [row["auc"] for row in rows]
    return (
        {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        | {f"auc_fold_{k}": area for k, area in enumerate(areas, 1)}
        | {"auc_std": float(np.std(areas, ddof=1))}
        | {
            f"folds_above_{name}": sum(row["auc"] > row[f"baseline_{name}/auc"] for row in rows)
            for name in BASELINES
        }
    )


def table(outcomes: Sequence[Outcome], best_epochs: Indices) -> dict[str, list[Any]]:
    """A row per fold; the names of `scores` with "_" for "/". best_epochs: of each fold, each encoder."""
    rows = [scores(one) for one in outcomes]
    columns: dict[str, list[Any]] = {
        "fold": list(range(1, len(outcomes) + 1)),
        "test_subjects": [_names(one.fold.test) for one in outcomes],
        "validation_subjects": [_names(one.fold.validation) for one in outcomes],
        "threshold": [one.threshold for one in outcomes],
        "best_epoch": [float(np.mean(epochs)) for epochs in best_epochs],
    }
    return columns | {name.replace("/", "_"): [row[name] for row in rows] for name in rows[0]}


def subjects(outcomes: Sequence[Outcome], images: int) -> dict[str, list[Any]]:
    """A row per unseen subject: how many of its pairs are judged wrongly, and who looks like it.

    own_distance: median distance of its own pairs in units of the fold's threshold; nearest: the subject with
    the smallest median distance to it; fold_auc_without: the fold's area under the ROC if it were not there.
    """
    rows: list[dict[str, Any]] = []
    for k, one in enumerate(outcomes, 1):
        owners = one.pairs // images  # 2 P
        scaled = one.distances["network"] / one.threshold
        wrong = (scaled <= 1) != one.same
        for subject in one.fold.test:
            its = (owners == subject).any(0)
            others = {
                other: float(np.median(scaled[its & (owners == other).any(0)]))
                for other in one.fold.test
                if other != subject
            }
            nearest = min(others, key=lambda other: others[other])
            row = {
                "fold": k,
                "subject": f"s{subject + 1}",
                "false_rejects": int((wrong & its & one.same).sum()),
                "false_accepts": int((wrong & its & ~one.same).sum()),
                "fold_errors": int(wrong.sum()),
                "own_distance": float(np.median(scaled[its & one.same])),
                "nearest": f"s{nearest + 1}",
                "nearest_distance": others[nearest],
                "fold_auc_without": auc(one.distances["network"][~its], one.same[~its]),
            }
            rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]}


def failures(outcomes: Sequence[Outcome], images: int) -> dict[str, list[Any]]:
    """The worst wrong verdicts, as `arrays` shows them, with what raw pixels say of them.

    pixels: of the pairs of its kind (one person's, or two people's), the percentage whose raw pixels differ
    less than this pair's.
    """
    distance, same, pairs = _pooled(outcomes)
    pixels = np.concatenate([one.distances["pixels"] for one in outcomes])
    names = np.array([f"s{face // images + 1}/{face % images + 1}" for face in range(pairs.max() + 1)])
    wrong = [
        i for i in choose(distance, same, distance <= 1, PAIRS_OF_EACH_KIND) if (distance[i] <= 1) != same[i]
    ]
    return {
        "verdict": ["false reject" if same[i] else "false accept" for i in wrong],
        "first": [str(names[pairs[0, i]]) for i in wrong],
        "second": [str(names[pairs[1, i]]) for i in wrong],
        "distance": [float(distance[i]) for i in wrong],
        "pixels": [100 * float((pixels[same == same[i]] < pixels[i]).mean()) for i in wrong],
    }


def _pooled(outcomes: Sequence[Outcome]) -> tuple[Floats, Booleans, Indices]:
    """Of all folds: distances in units of the fold's threshold, same, pairs."""
    return (
        np.concatenate([one.distances["network"] / one.threshold for one in outcomes]),
        np.concatenate([one.same for one in outcomes]),
        np.concatenate([one.pairs for one in outcomes], axis=1),
    )


def arrays(outcomes: Sequence[Outcome], faces: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Curves and examples; `faces` [all, h, w] are shown as they are.

    Distances of different folds come from different networks, so they are pooled in units of the fold's
    threshold: a pair is accepted where its scaled distance is <= 1.
    """
    distance, same, all_pairs = _pooled(outcomes)
    bins = np.linspace(0, np.ceil(10 * distance.max()) / 10, 61)
    chosen = choose(distance, same, distance <= 1, PAIRS_OF_EACH_KIND)
    pairs = all_pairs[:, chosen]
    first = outcomes[0]
    found = {
        "distance_bins": bins,
        "distances_same": np.histogram(distance[same], bins)[0],
        "distances_different": np.histogram(distance[~same], bins)[0],
        "pairs_images": faces[pairs.T],
        "pairs_faces": pairs.T,
        "pairs_distance": distance[chosen],
        "pairs_same": same[chosen],
        "pairs_decision": distance[chosen] <= 1,
        "embedding_2d": in_plane(first.embeddings),
        "embedding_subject": np.repeat(first.fold.test, len(first.embeddings) // len(first.fold.test)),
        "roc_false_accept": ROC_RATES,
    }
    for name in ("network", "cnn", *BASELINES):
        curves = np.array([roc_at(one.distances[name], one.same, ROC_RATES) for one in outcomes])
        found[f"roc_{name}_folds"] = curves.astype(np.float32)
        found[f"roc_{name}_mean"] = curves.mean(0).astype(np.float32)
    return found


def choose(distances: Floats, same: Booleans, accepted: Booleans, each: int) -> Indices:
    """Indices of up to `each` pairs of each kind, in this order; fewer where there are fewer.

    False accepts with the smallest distances, false rejects with the largest, then right accepts and right
    rejects that are typical: nearest to the median distance of their kind.
    """

    def first(kind: Booleans, key: Floats) -> Indices:
        candidates = np.flatnonzero(kind)
        return candidates[np.argsort(key[candidates], kind="stable")[:each]]

    def off_median(kind: Booleans) -> Floats:
        return np.abs(distances - np.median(distances[kind])) if kind.any() else distances

    right_accepts, right_rejects = same & accepted, ~same & ~accepted
    return np.concatenate(
        [
            first(~same & accepted, distances),
            first(same & ~accepted, -distances),
            first(right_accepts, off_median(right_accepts)),
            first(right_rejects, off_median(right_rejects)),
        ]
    )


def in_plane(embeddings: Floats) -> NDArray[np.float32]:
    """The first two principal components [N, 2] of embeddings [N, D], the largest entry of each above 0."""
    left, singular, _ = np.linalg.svd(embeddings - embeddings.mean(0), full_matrices=False)
    plane = left[:, :2] * singular[:2]
    signs = np.sign(plane[np.abs(plane).argmax(0), [0, 1]])
    flat: NDArray[np.float32] = (plane * signs).astype(np.float32)
    return flat


def _names(subjects: Indices) -> str:
    return " ".join(f"s{subject + 1}" for subject in subjects)
