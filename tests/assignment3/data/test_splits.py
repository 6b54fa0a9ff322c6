"""Folds over people are disjoint, exhaustive, seeded, and stay what they were."""

import numpy as np
import pytest

from assignment3.data import splits


@pytest.mark.parametrize(("subjects", "folds", "validation"), [(40, 5, 4), (11, 3, 2)])
def test_folds_test_every_subject_once_and_mix_none(subjects: int, folds: int, validation: int) -> None:
    rounds = splits.subject_folds(subjects, folds, validation)
    assert sorted(np.concatenate([fold.test for fold in rounds])) == list(range(subjects))
    for fold in rounds:
        assert len(fold.validation) == validation
        everyone = np.concatenate([fold.train, fold.validation, fold.test])
        assert sorted(everyone) == list(range(subjects))


def test_folds_stay_what_they_were_and_follow_their_seed() -> None:
    first, *_ = splits.subject_folds()
    assert (first.test.tolist(), first.validation.tolist()) == (
        [1, 13, 16, 20, 21, 28, 35, 38],
        [11, 18, 34, 36],
    )
    assert splits.subject_folds(seed=1)[0].test.tolist() != first.test.tolist()
