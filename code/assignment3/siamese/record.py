"""What is recorded of face verification, and the scores that follow from it. Numpy alone.

The distances of all pairs of unseen faces are recorded, as float16: every score is computed from what is
recorded. Names of arrays: <group>/subjects, the indices (from 0) of the subjects that a group tests, in
ascending order, and <group>/<measure>, the distances [P] of all pairs of their faces by one measure, in the
order of `pair_indices`. Groups: "heldout", s5 to s7, and "fold1", "fold2", ... of all subjects.

Letters: N unseen faces of a group, P = N (N - 1)/2 their pairs.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assignment3.siamese.verification import accuracies, auc, equal_error_rate, verification_rate

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.int64]

BASELINES = "pixels", "pca", "fisher"
NETWORK = "network"  # the measure whose scores have no prefix


def prefix(measure: str) -> str:
    """What the names of a measure's scores begin with."""
    if measure == NETWORK:
        return ""
    return f"baseline_{measure}/" if measure in BASELINES else f"{measure}/"


def pair_indices(count: int) -> Indices:
    """The pairs (i, j), i < j, of `count` faces as [2, P]: (0, 1), (0, 2), ..., (1, 2), ..."""
    return np.stack(np.triu_indices(count, 1))


def faces_of(pairs: int) -> int:
    """How many faces have so many pairs."""
    return (1 + math.isqrt(1 + 8 * pairs)) // 2


def groups(arrays: Arrays) -> list[str]:
    """The folds, in order; without "heldout"."""
    found = [name.removesuffix("/subjects") for name in arrays if name.endswith("/subjects")]
    return sorted((name for name in found if name != "heldout"), key=lambda name: int(name[4:]))


def measures(arrays: Arrays, group: str) -> list[str]:
    """By what the distances of a group were measured."""
    return [name.removeprefix(f"{group}/") for name in arrays if name.startswith(f"{group}/")
            and not name.endswith("/subjects")]  # fmt: skip


def owners(arrays: Arrays, group: str) -> Indices:
    """[2, P]: the subjects of each pair, as indices from 0."""
    subjects = arrays[f"{group}/subjects"].astype(np.int64)
    N = faces_of(len(arrays[f"{group}/{measures(arrays, group)[0]}"]))
    found: Indices = np.repeat(subjects, N // len(subjects))[pair_indices(N)]
    return found


def distances(arrays: Arrays, group: str, measure: str = NETWORK) -> tuple[Floats, Booleans]:
    """(distance [P], same [P]) of all pairs of a group."""
    first, second = owners(arrays, group)
    return arrays[f"{group}/{measure}"].astype(np.float64), first == second


def scalars(arrays: Arrays) -> dict[str, float]:
    """Every score of a result: means over the folds, and of s5 to s7. Areas in 0..1, all else in percent."""
    folds = groups(arrays)
    rows = [_scores(arrays, fold, arrays["thresholds"][k]) for k, fold in enumerate(folds)]
    found = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    areas = [row["auc"] for row in rows]
    found |= {f"auc_fold_{k}": area for k, area in enumerate(areas, 1)}
    found["auc_std"] = float(np.std(areas, ddof=1))
    ours = subject_areas(arrays)
    for name in (name for name in BASELINES if name in measures(arrays, folds[0])):
        theirs = subject_areas(arrays, name)
        found[f"subjects_above_{name}"] = float(sum(ours[subject] > theirs[subject] for subject in ours))
    if "heldout/subjects" in arrays:
        found |= {f"heldout/{name}": value for name, value in _areas(arrays, "heldout").items()}
    return found


def _areas(arrays: Arrays, group: str) -> dict[str, float]:
    found = {}
    for measure in measures(arrays, group):
        pairs = distances(arrays, group, measure)
        found[f"{prefix(measure)}auc"] = auc(*pairs)
        found[f"{prefix(measure)}eer"] = 100 * equal_error_rate(*pairs)
    return found


def _scores(arrays: Arrays, group: str, threshold: float) -> dict[str, float]:
    d, same = distances(arrays, group)
    plain, balanced = accuracies(d, same, threshold)
    return _areas(arrays, group) | {
        "accuracy": 100 * plain,
        "balanced_accuracy": 100 * balanced,
        "always_different_accuracy": 100 * float((~same).mean()),
        "verification_rate_at_1pct": 100 * verification_rate(d, same, 0.01),
    }


def subject_areas(arrays: Arrays, measure: str = NETWORK) -> dict[int, float]:
    """By subject that the folds test: the area under the ROC of those pairs in which the subject is."""
    found = {}
    for group in groups(arrays):
        d, same = distances(arrays, group, measure)
        both = owners(arrays, group)
        for subject in arrays[f"{group}/subjects"]:
            its = (both == subject).any(0)
            found[int(subject)] = auc(d[its], same[its])
    return dict(sorted(found.items()))


def names(subjects: Iterable[int]) -> str:
    """Subjects by the names of their folders."""
    return " ".join(f"s{subject + 1}" for subject in subjects)


def table(arrays: Arrays) -> dict[str, list[Any]]:
    """A row per fold, to be read: its subjects, its threshold, its scores with "_" for "/"."""
    folds = groups(arrays)
    rows = [_scores(arrays, fold, arrays["thresholds"][k]) for k, fold in enumerate(folds)]
    return {
        "fold": list(range(1, len(folds) + 1)),
        "test_subjects": [names(arrays[f"{fold}/subjects"]) for fold in folds],
        "threshold": [float(one) for one in arrays["thresholds"]],
        **{name.replace("/", "_"): [row[name] for row in rows] for name in rows[0]},
    }
