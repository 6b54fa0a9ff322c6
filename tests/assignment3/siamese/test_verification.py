"""The metrics of verification against brute force over all pairs of pairs and all thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment3.siamese.verification import (
    accuracies,
    auc,
    best_threshold,
    equal_error_rate,
    roc,
    roc_at,
    verification_rate,
)

# Few distinct distances, so that ties are common.
labelled = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40).filter(
    lambda pairs: len({same for _, same in pairs}) == 2
)


def arrays(pairs):
    distances, same = zip(*pairs, strict=True)
    return np.array(distances, float) / 7, np.array(same)


def rates(distances, same, threshold):
    """(false accept rate, true accept rate), by counting."""
    accepted = distances <= threshold
    return accepted[~same].mean(), accepted[same].mean()


@given(labelled)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs):
    distances, same = arrays(pairs)
    wins = [(g < i) + 0.5 * (g == i) for g in distances[same] for i in distances[~same]]
    assert auc(distances, same) == pytest.approx(np.mean(wins), abs=1e-12)


@given(labelled)
def test_auc_is_the_area_under_the_roc(pairs):
    distances, same = arrays(pairs)
    false_accept, true_accept, _ = roc(distances, same)
    assert np.trapezoid(true_accept, false_accept) == pytest.approx(auc(distances, same), abs=1e-12)


@given(labelled)
def test_roc_counts_accepted_pairs(pairs):
    distances, same = arrays(pairs)
    false_accept, true_accept, thresholds = roc(distances, same)
    assert thresholds[0] == -np.inf and list(thresholds[1:]) == sorted(set(distances))
    for point in zip(false_accept, true_accept, thresholds, strict=True):
        assert point[:2] == pytest.approx(rates(distances, same, point[2]))
    assert (false_accept[0], true_accept[0], false_accept[-1], true_accept[-1]) == (0, 0, 1, 1)


@given(labelled)
def test_equal_error_rate_is_where_the_two_errors_cross(pairs):
    distances, same = arrays(pairs)
    rate = equal_error_rate(distances, same)
    swept = [rates(distances, same, t) for t in [-1.0, *sorted(set(distances))]]
    lower = max(fa for fa, ta in swept if fa <= 1 - ta)
    upper = min(fa for fa, ta in swept if fa >= 1 - ta)
    assert lower - 1e-12 <= rate <= upper + 1e-12
    # Second formula: walk along the swept points in small steps, keep the nearest to equality.
    steps = np.linspace(0, len(swept) - 1, 1000 * (len(swept) - 1) + 1)
    false_accept, true_accept = (np.interp(steps, range(len(swept)), axis) for axis in np.array(swept).T)
    nearest = np.argmin(np.abs(false_accept - (1 - true_accept)))
    assert rate == pytest.approx(false_accept[nearest], abs=1e-3)


@pytest.mark.parametrize(
    ("genuine", "impostor", "expected"),
    [([1, 2], [3, 4], 0.0), ([3, 4], [1, 2], 1.0), ([1, 2, 3, 5], [4, 6, 7, 8], 0.25), ([1], [1], 0.5)],
)
def test_equal_error_rate_by_hand(genuine, impostor, expected):
    same = np.array([True] * len(genuine) + [False] * len(impostor))
    assert equal_error_rate(np.array(genuine + impostor), same) == pytest.approx(expected)


@given(labelled)
def test_no_threshold_beats_the_best_threshold(pairs):
    distances, same = arrays(pairs)
    threshold = best_threshold(distances, same)
    best = accuracies(distances, same, threshold)[1]
    for other in sorted(set(distances)):
        false_accept, true_accept = rates(distances, same, other)
        assert best >= (true_accept + 1 - false_accept) / 2 - 1e-12


def test_best_threshold_lies_halfway_between_the_classes():
    assert best_threshold([1.0, 2.0, 4.0, 6.0], [True, True, False, False]) == 3.0


@given(labelled, st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_verification_rate_is_the_best_of_all_allowed_thresholds(pairs, allowed):
    distances, same = arrays(pairs)
    swept = [rates(distances, same, t) for t in [-1.0, *distances]]
    best = max(ta for fa, ta in swept if fa <= allowed)
    assert verification_rate(distances, same, allowed) == pytest.approx(best)
    assert verification_rate(distances, same, allowed) <= roc_at(distances, same, [allowed])[0] + 1e-12


@given(labelled, st.integers(-1, 10))
def test_accuracies_count_right_decisions(pairs, threshold):
    distances, same = arrays(pairs)
    right = [(d <= threshold / 7) == s for d, s in zip(distances, same, strict=True)]
    false_accept, true_accept = rates(distances, same, threshold / 7)
    plain, balanced = accuracies(distances, same, threshold / 7)
    assert plain == pytest.approx(np.mean(right))
    assert balanced == pytest.approx((true_accept + 1 - false_accept) / 2)


def test_metrics_depend_on_the_order_of_the_distances_alone():
    random = np.random.default_rng(0)
    distances, same = random.gamma(2, size=300), random.random(300) < 0.3
    for metric in (auc, equal_error_rate, verification_rate):
        assert metric(np.log(distances), same) == pytest.approx(metric(distances, same), abs=1e-12)


def test_roc_at_takes_the_highest_point_of_a_vertical_step():
    distances, same = [1, 2, 3, 4], [True, True, False, True]
    assert roc_at(distances, same, [0.0, 0.5, 1.0]) == pytest.approx([2 / 3, 2 / 3 + 1 / 6, 1.0])


@pytest.mark.parametrize(
    ("distances", "same", "message"),
    [
        ([1.0, 2.0], [True, True], "both needed"),
        ([1.0, 2.0], [False, False], "both needed"),
        ([1.0, np.nan], [True, False], "finite"),
        ([1.0, 2.0], [True], "equal-length"),
    ],
)
def test_what_has_no_roc_is_refused(distances, same, message):
    with pytest.raises(ValueError, match=message):
        roc(distances, same)
