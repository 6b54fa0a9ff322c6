"""Which people train and which are tested: seeded, the same whatever order the source has.

numpy's RandomState draws them: its stream is frozen for good, default_rng's may change between versions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """Subject indices (from 0) of one round of cross-validation; no subject is in two of the three."""

    train: Indices
    validation: Indices
    test: Indices


def subject_folds(subjects: int = 40, folds: int = 5, validation: int = 4, seed: int = 598) -> list[Fold]:
    """Cross-validation by subject: the test subjects of the folds partition all subjects.

    In each fold `validation` subjects, drawn from those not tested, choose epoch and threshold.
    """
    random = np.random.RandomState(seed)
    parts = np.array_split(random.permutation(subjects), folds)
    rounds = []
    for test in parts:
        rest = random.permutation(np.setdiff1d(np.arange(subjects), test))
        rounds.append(Fold(np.sort(rest[validation:]), np.sort(rest[:validation]), np.sort(test)))
    return rounds
