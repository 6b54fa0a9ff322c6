"""Diversity within classes and what a histogram says, against double loops and counts by hand."""

import math
from itertools import combinations

import numpy as np
import pytest

from assignment3.shared import scores


def test_the_distance_within_a_class_is_the_mean_over_its_pairs() -> None:
    random = np.random.default_rng(0)
    features, classes = random.normal(3, 1, (12, 5)), np.array([0, 2] * 5 + [0, 1])
    found = scores.distances_within(features, classes, 4)
    for k in (0, 2):
        pairs = combinations(features[classes == k], 2)
        assert found[k] == pytest.approx(np.mean([np.linalg.norm(a - b) for a, b in pairs]))
    assert found[1] == found[3] == 0  # one image, none


def test_only_the_first_of_a_class_count() -> None:
    features, classes = np.array([[0.0], [3.0], [9.0]]), np.zeros(3, int)
    assert scores.distances_within(features, classes, 1, most=2)[0] == 3
    assert scores.distances_within(features, classes, 1)[0] == 6


def test_equal_images_are_at_no_distance_however_far_from_zero() -> None:
    assert scores.distances_within(np.full((5, 3), 1e4), np.zeros(5, int), 1)[0] == pytest.approx(0, abs=1e-3)


def test_diversity_is_the_mean_ratio_over_the_classes_that_real_images_have() -> None:
    assert scores.diversity([1.0, 4.0, 7.0], [2.0, 4.0, 0.0]) == pytest.approx(0.75)
    assert scores.diversity([1.0], [0.0]) == 0


def test_a_histogram_in_words() -> None:
    found = scores.of_histogram([50, 49, 1, 0])
    entropy = -sum(p * math.log(p) for p in (0.5, 0.49, 0.01))
    assert found == {
        "classes_present": 3,
        "class_entropy": pytest.approx(entropy),
    }
