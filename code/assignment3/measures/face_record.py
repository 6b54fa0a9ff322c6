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
VERDICTS = {"cnn": "cnn/", "network": ""}  # the network alone and joined, and what their scores begin with
ROC_RATES = np.concatenate([[0.0], np.geomspace(3e-4, 1, 199)])  # one of 2,800 impostor pairs is 3.6e-4
PAIRS_OF_EACH_KIND = 4


@dataclass(frozen=True, eq=False)
class Outcome:
    """One fold: all pairs of its unseen faces, as the network and its rivals measure them.

    "cnn" is the network, "cnn_single" its first encoder, "network" the network joined with Fisher's metric.
    """

    fold: Fold
    pairs: Indices  # 2 P: each pair's faces, numbered through the whole data set, subject after subject
    same: Booleans  # P
    distances: Mapping[str, Floats]  # P each: of VERDICTS, "cnn_single" and BASELINES
    thresholds: Mapping[str, float]  # of VERDICTS, chosen on validation subjects
    embeddings: Floats  # N D, of the network

    @property
    def threshold(self) -> float:
        """Of the network."""
        return self.thresholds["cnn"]

    @property
    def scaled(self) -> Floats:
        """The network's distances in units of its threshold: a pair is accepted where that is <= 1."""
        return self.distances["cnn"] / self.threshold


def scores(one: Outcome) -> dict[str, float]:
    """Of one fold: areas under the ROC in 0..1, everything else in percent."""
    same = one.same
    found = {"always_different_accuracy": 100 * float((~same).mean())}
    for name, prefix in VERDICTS.items():
        distances = one.distances[name]
        plain, balanced = accuracies(distances, same, one.thresholds[name])
        found |= {
            f"{prefix}auc": auc(distances, same),
            f"{prefix}eer": 100 * equal_error_rate(distances, same),
            f"{prefix}accuracy": 100 * plain,
            f"{prefix}balanced_accuracy": 100 * balanced,
            f"{prefix}verification_rate_at_1pct": 100 * verification_rate(distances, same, 0.01),
        }
    found["cnn_single/auc"] = auc(one.distances["cnn_single"], same)
    for name in BASELINES:
        found[f"baseline_{name}/auc"] = auc(one.distances[name], same)
        found[f"baseline_{name}/eer"] = 100 * equal_error_rate(one.distances[name], same)
    return found


def scalars(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Means over the folds; of both verdicts each fold's area, their standard deviation, folds won."""
    rows = [scores(one) for one in outcomes]
    found = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    for prefix in VERDICTS.values():
        areas = [row[f"{prefix}auc"] for row in rows]
        found |= {f"{prefix}auc_fold_{k}": area for k, area in enumerate(areas, 1)}
        found[f"{prefix}auc_std"] = float(np.std(areas, ddof=1))
        for name in BASELINES:
            found[f"{prefix}folds_above_{name}"] = sum(
                row[f"{prefix}auc"] > row[f"baseline_{name}/auc"] for row in rows
            )
    return found


def table(outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
    """A row per fold; the names of `scores` with "_" for "/".

    threshold and joined_threshold: of the network alone and joined; accepted and joined_accepted: how many
    test pairs lie within them.
    """
    rows = [scores(one) for one in outcomes]
    columns: dict[str, list[Any]] = {
        "fold": list(range(1, len(outcomes) + 1)),
        "test_subjects": [_names(one.fold.test) for one in outcomes],
        "pairs": [len(one.same) for one in outcomes],
    }
    for name, prefix in (("cnn", ""), ("network", "joined_")):
        limits = [one.thresholds[name] for one in outcomes]
        columns[f"{prefix}threshold"] = limits
        columns[f"{prefix}accepted"] = [
            int((one.distances[name] <= limit).sum()) for one, limit in zip(outcomes, limits, strict=True)
        ]
    return columns | {name.replace("/", "_"): [row[name] for row in rows] for name in rows[0]}


def choice(candidates: Sequence[str], areas: Floats) -> dict[str, list[Any]]:
    """A row per fold and candidate: its AUC, the mean of areas [folds, candidates, rounds], and if chosen."""
    means = areas.mean(2)
    rows = [
        (k, name, float(mean), int(i == fold.argmax()))
        for k, fold in enumerate(means, 1)
        for i, (name, mean) in enumerate(zip(candidates, fold, strict=True))
    ]
    names = ("fold", "invented", "validation_auc", "chosen")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def subjects(outcomes: Sequence[Outcome], images: int) -> dict[str, list[Any]]:
    """A row per unseen subject: how many of its pairs the network judges wrongly, and who looks like it.

    own_distance: median distance of its own pairs in units of the fold's threshold; nearest: the subject with
    the smallest median distance to it; fold_auc_without: the fold's area under the ROC if it were not there.
    """
    rows: list[dict[str, Any]] = []
    for k, one in enumerate(outcomes, 1):
        owners = one.pairs // images  # 2 P
        scaled = one.scaled
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
                "fold_auc_without": auc(scaled[~its], one.same[~its]),
            }
            rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]}


def failures(outcomes: Sequence[Outcome], images: int) -> dict[str, list[Any]]:
    """The worst wrong verdicts of the network, as `arrays` shows them, with what raw pixels say of them.

    distance: as measured; scaled: in units of the fold's threshold. pixels: of the pairs of its kind (one
    person's, or two people's), the percentage whose raw pixels differ less than this pair's.
    """
    pooled = _pooled(outcomes)
    scaled, same, pairs = pooled.scaled, pooled.same, pooled.pairs
    pixels = np.concatenate([one.distances["pixels"] for one in outcomes])
    names = np.array([f"s{face // images + 1}/{face % images + 1}" for face in range(pairs.max() + 1)])
    wrong = [i for i in _examples(pooled, images) if (scaled[i] <= 1) != same[i]]
    return {
        "verdict": ["false reject" if same[i] else "false accept" for i in wrong],
        "first": [str(names[pairs[0, i]]) for i in wrong],
        "second": [str(names[pairs[1, i]]) for i in wrong],
        "distance": [float(pooled.distance[i]) for i in wrong],
        "scaled": [float(scaled[i]) for i in wrong],
        "pixels": [100 * float((pixels[same == same[i]] < pixels[i]).mean()) for i in wrong],
    }


@dataclass(frozen=True, eq=False)
class Pooled:
    """The test pairs of all folds."""

    distance: Floats  # P, of the network
    scaled: Floats  # P; networks of different folds are compared in units of the fold's threshold
    same: Booleans  # P
    pairs: Indices  # 2 P


def _pooled(outcomes: Sequence[Outcome]) -> Pooled:
    return Pooled(
        np.concatenate([one.distances["cnn"] for one in outcomes]),
        np.concatenate([one.scaled for one in outcomes]),
        np.concatenate([one.same for one in outcomes]),
        np.concatenate([one.pairs for one in outcomes], axis=1),
    )


def _examples(pooled: Pooled, images: int) -> Indices:
    scaled = pooled.scaled
    return choose(scaled, pooled.same, scaled <= 1, pooled.pairs // images, PAIRS_OF_EACH_KIND)


def arrays(outcomes: Sequence[Outcome], faces: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Curves, examples and what the scores follow from; `faces` [all, h, w] are shown as they are.

    order_<name> uint8 [folds, P/8]: of the pairs by ascending distance, which are of one person, as bits.
    """
    pooled = _pooled(outcomes)
    scaled, same = pooled.scaled, pooled.same
    bins = np.linspace(0, np.ceil(10 * scaled.max()) / 10, 61)
    first = outcomes[0]
    images = len(first.embeddings) // len(first.fold.test)
    chosen = _examples(pooled, images)
    pairs = pooled.pairs[:, chosen]
    found = {
        "distance_bins": bins,
        "distances_same": np.histogram(scaled[same], bins)[0],
        "distances_different": np.histogram(scaled[~same], bins)[0],
        "pairs_images": faces[pairs.T],
        "pairs_faces": pairs.T,
        "pairs_distance": pooled.distance[chosen],
        "pairs_scaled": scaled[chosen],
        "pairs_same": same[chosen],
        "pairs_decision": scaled[chosen] <= 1,
        "embedding_2d": in_plane(first.embeddings),
        "embedding_subject": np.repeat(first.fold.test, images),
        "roc_false_accept": ROC_RATES,
    }
    for name in (*VERDICTS, *BASELINES):
        curves = np.array([roc_at(one.distances[name], one.same, ROC_RATES) for one in outcomes])
        found[f"roc_{name}_folds"] = curves.astype(np.float32)
        found[f"roc_{name}_mean"] = curves.mean(0).astype(np.float32)
        for one in outcomes:
            if len(np.unique(one.distances[name])) != len(one.same):
                raise ValueError(f"{name}: pairs of equal distance have no order")
        rows = [one.same[np.argsort(one.distances[name])] for one in outcomes]
        length = max(map(len, rows))
        found[f"order_{name}"] = np.array(
            [np.packbits(np.pad(row, (0, length - len(row)))) for row in rows], np.uint8
        )
    return found


def choose(distances: Floats, same: Booleans, accepted: Booleans, owners: Indices, each: int) -> Indices:
    """Indices of up to `each` pairs of each kind, in this order; fewer where there are fewer.

    False accepts with the smallest distances, false rejects with the largest, then right accepts and right
    rejects that are typical: nearest to the median distance of their kind. Of the pairs of one kind no two
    are of the same subjects; owners [2, P].
    """

    def first(kind: Booleans, key: Floats) -> list[int]:
        candidates = np.flatnonzero(kind)
        found: dict[tuple[int, ...], int] = {}
        for i in candidates[np.argsort(key[candidates], kind="stable")]:
            found.setdefault(tuple(sorted(owners[:, i])), int(i))
        return list(found.values())[:each]

    def off_median(kind: Booleans) -> Floats:
        return np.abs(distances - np.median(distances[kind])) if kind.any() else distances

    right_accepts, right_rejects = same & accepted, ~same & ~accepted
    return np.array(
        first(~same & accepted, distances)
        + first(same & ~accepted, -distances)
        + first(right_accepts, off_median(right_accepts))
        + first(right_rejects, off_median(right_rejects)),
        np.int64,
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
