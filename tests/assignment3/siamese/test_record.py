"""Scores of recorded distances, against counting by hand."""

import numpy as np
import pytest

from assignment3.siamese import record


def arrays():
    """Two folds of three subjects with two faces each, on a line; s5 to s7 apart."""
    found = {"thresholds": np.array([1.0, 1.0])}
    for group, subjects, positions in (
        ("heldout", [4, 5], [0, 0.25, 5, 5.5]),
        ("fold1", [0, 2, 4], [0, 0.25, 5, 5.5, 5.25, 9]),
        ("fold2", [1, 3, 5], [0, 0.25, 5, 5.5, 10, 10.125]),
    ):
        i, j = record.pair_indices(len(positions))
        x = np.array(positions)
        found[f"{group}/subjects"] = np.array(subjects, np.uint8)
        found[f"{group}/network"] = np.abs(x[i] - x[j]).astype(np.float16)
        found[f"{group}/pixels"] = np.abs(x[i] - x[j] + 0.01 * i * j).astype(np.float16)
    return found


def test_pairs_come_row_by_row_and_their_number_says_how_many_faces():
    assert record.pair_indices(4).T.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    for faces in range(2, 400):
        assert record.faces_of(faces * (faces - 1) // 2) == faces
        assert record.pair_indices(faces).shape[1] == faces * (faces - 1) // 2


def test_pairs_belong_to_the_subjects_of_their_faces():
    pairs = record.owners(arrays(), "fold1").T.tolist()
    assert pairs[:5] == [[0, 0], [0, 2], [0, 2], [0, 4], [0, 4]] and pairs[-1] == [4, 4]
    assert record.distances(arrays(), "fold1")[1].sum() == 3


def by_counting(genuine, impostor):
    return np.mean([[(g < i) + (g == i) / 2 for i in impostor] for g in genuine])


def test_a_subject_is_judged_by_the_pairs_it_takes_part_in():
    """Subject 4 of the first fold is torn apart: its faces lie at 5.25 and 9, among those of subject 2."""
    found = record.subject_areas(arrays())
    assert list(found) == [0, 1, 2, 3, 4, 5]
    others = [5.25, 5, 0.25, 0.25, 9, 8.75, 4, 3.5]  # of both of its faces to the four other faces
    assert found[4] == pytest.approx(by_counting([3.75], others))
    assert found[0] == 1 and found[2] == pytest.approx(
        by_counting([0.5], [5, 5.5, 4.75, 5.25, 0.25, 0.25, 4, 3.5])
    )


def test_scores_are_means_over_the_folds():
    found = record.scalars(arrays())
    genuine = [0.25, 0.5, 3.75]
    impostor = [5, 5.5, 5.25, 9, 4.75, 5.25, 5, 8.75, 0.25, 4, 0.25, 3.5]
    assert found["auc_fold_1"] == pytest.approx(by_counting(genuine, impostor))
    assert found["auc_fold_2"] == found["heldout/auc"] == 1
    assert found["auc"] == pytest.approx((found["auc_fold_1"] + 1) / 2)
    right = (2 + 10) / 15  # within 1: two of three genuine pairs, two of twelve impostors
    assert found["accuracy"] == pytest.approx(100 * (right + 1) / 2)
    assert found["balanced_accuracy"] == pytest.approx(100 * ((2 / 3 + 10 / 12) / 2 + 1) / 2)
    assert found["always_different_accuracy"] == pytest.approx(100 * 12 / 15)
    assert (
        found["heldout/eer"] == 0
        and "baseline_pixels/auc" in found
        and "heldout/baseline_pixels/auc" in found
    )


def test_subjects_above_a_baseline_are_counted():
    changed = arrays()
    for group in ("fold1", "fold2"):
        changed[f"{group}/pixels"] = -changed[f"{group}/network"]  # the other way round
    ours, theirs = record.subject_areas(changed), record.subject_areas(changed, "pixels")
    assert record.scalars(changed)["subjects_above_pixels"] == sum(ours[s] > theirs[s] for s in ours) == 6


def test_the_order_of_ten_folds_is_that_of_their_numbers():
    assert record.groups({f"fold{k}/subjects": np.zeros(1) for k in range(12, 0, -1)})[1:3] == [
        "fold2",
        "fold3",
    ]
