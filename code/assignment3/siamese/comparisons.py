"""How two ways to measure the distance of faces are compared: over runs and over the subjects. No torch.

Pairs are not independent: each is of one or two subjects, and those of one subject share its hardest image.
So subjects are the units, and each weighs what its absence changes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assignment3.siamese import record
from assignment3.siamese.record import Booleans, Floats, Indices
from assignment3.siamese.verification import auc
from writeup.declare import Claim
from writeup.page.context import Recorded
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.store import Result


def over_subjects(recorded: Recorded, claim: Claim) -> Comparison | None:
    """Areas under the ROC of two measures, as the folds have them, run by run with the same seed.

    For the networks that were trained and for other subjects than those tested. Other training subjects would
    move the areas too, which the folds show only in part.
    """
    sides = [{run.seed: run for run in recorded.results.get(part.name, ())} for part, _ in (claim.a, claim.b)]
    seeds = sorted(sides[0].keys() & sides[1].keys())
    if not seeds:
        return None
    a, b = (
        by_subject([side[seed] for seed in seeds], measure)
        for side, (_, measure) in zip(sides, (claim.a, claim.b), strict=True)
    )
    return compared(a, b)


def compared(a: Floats, b: Floats) -> Comparison:
    """The test of areas [runs, subjects] on the scale 0..1: two-way, of one run over its subjects alone."""
    subjects = a.shape[1]
    if len(a) == 1:
        found = compare.paired_t(list(a[0]), list(b[0]))
        return replace(found, units="people", method="jackknife $t$")
    found = compare.two_way(a, b, np.arange(subjects))  # in percentage points
    return replace(
        found,
        means=(found.means[0] / 100, found.means[1] / 100),
        error=None if found.error is None else found.error / 100,
        counts=(subjects, subjects),
        units="people",
        method="two-way jackknife $t$",
    )


def by_subject(runs: Sequence[Result], measure: str) -> Floats:
    """[runs, subjects] whose mean over the subjects is the mean area of the folds."""
    return np.stack([_of_run(run, measure) for run in runs])


def _of_run(run: Result, measure: str) -> Floats:
    found = [
        values(
            *record.distances(run.arrays, group, measure),
            record.owners(run.arrays, group),
            run.arrays[f"{group}/subjects"],
        )
        for group in record.groups(run.arrays)
    ]
    return np.concatenate(found)


def values(d: Floats, same: Booleans, owners: Indices, subjects: NDArray[np.integer]) -> Floats:
    """The jackknife's value of each subject: by how much more the area falls without it than without others.

    Tukey's pseudo-values, centred so that their mean is the area itself (Efron and Stein 1981).
    """
    without = [auc(d[rest], same[rest]) for rest in ((owners != subject).all(0) for subject in subjects)]
    lost: Floats = np.mean(without) - np.array(without)
    return auc(d, same) + (len(subjects) - 1) * lost
