"""Splits are disjoint, exhaustive, seeded, independent of row order; leaks are counted as by brute force."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import splits, sst2

PHRASES = [f"phrase {i % 90}" for i in range(120)]  # 30 of them twice
LABELS = [i % 3 % 2 for i in range(120)]


def rows(indices, phrases=PHRASES, labels=LABELS) -> list[tuple[str, int]]:
    return [(phrases[i], labels[i]) for i in indices]


def test_text_split_is_a_partition() -> None:
    split = splits.text_split(PHRASES, LABELS, test=40, validation=15)
    assert (len(split.test), len(split.validation), len(split.train)) == (40, 15, 65)
    assert sorted(np.concatenate([split.train, split.validation, split.test])) == list(range(120))


def test_text_split_does_not_depend_on_the_order_of_rows() -> None:
    order = np.random.RandomState(1).permutation(120)
    phrases, labels = [PHRASES[i] for i in order], np.array(LABELS)[order]
    here = splits.text_split(PHRASES, LABELS, test=40, validation=15)
    there = splits.text_split(phrases, labels, test=40, validation=15)
    for part in ("train", "validation", "test"):
        assert rows(getattr(here, part)) == rows(getattr(there, part), phrases, labels)


def test_text_split_follows_its_seed() -> None:
    tests = [
        splits.text_split(PHRASES, LABELS, test=40, validation=15, seed=s).test.tolist() for s in (1, 1, 2)
    ]
    assert tests[0] == tests[1] != tests[2]


def test_text_split_stays_what_it_was() -> None:
    # The recorded results were computed on this split: a change of it must not go unnoticed.
    split = splits.text_split(PHRASES, LABELS, test=3, validation=3)
    assert (split.test.tolist(), split.validation.tolist()) == ([4, 44, 66], [17, 19, 41])


def test_text_split_leaves_something_to_train_on() -> None:
    with pytest.raises(ValueError, match="none is left"):
        splits.text_split(PHRASES, LABELS, test=100, validation=20)


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


def brute_force(test_phrases: list[str], train_phrases: list[str]) -> tuple[list[bool], list[bool]]:
    # With a space at both ends, a substring is a run of whole tokens.
    padded = [f" {phrase} " for phrase in train_phrases]
    contains = [any(train in f" {test} " for train in padded) for test in test_phrases]
    contained = [any(f" {test} " in train for train in padded) for test in test_phrases]
    return contains, contained


@pytest.mark.parametrize("seed", range(20))
def test_containment_equals_brute_force(seed: int) -> None:
    random = np.random.RandomState(seed)
    words = np.array(["a", "b", "ab", "ba", "."])[: random.randint(2, 6)]

    def phrases(count: int, longest: int) -> list[str]:
        return [" ".join(random.choice(words, random.randint(1, longest + 1))) for _ in range(count)]

    test, train = phrases(30, 6), phrases(8, 9)
    contains, contained = splits.containment(test, train)
    assert (contains.tolist(), contained.tolist()) == brute_force(test, train)


def test_a_part_of_a_word_is_no_part_of_a_phrase() -> None:
    short, long = ["art", "good film"], ["heart attack", "a good film ."]
    contains, contained = splits.containment(short, long)
    assert (contains.tolist(), contained.tolist()) == ([False, False], [False, True])
    contains, contained = splits.containment(long, short)
    assert (contains.tolist(), contained.tolist()) == ([False, True], [False, False])


def test_containment_of_nothing() -> None:
    assert [part.tolist() for part in splits.containment([], ["a"])] == [[], []]
    assert [part.tolist() for part in splits.containment(["a"], [])] == [[False], [False]]


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_leak_of_the_real_phrase_split() -> None:
    data = sst2.load(Path(os.environ["DATA_DIR"]))
    split = splits.text_split(data.train_phrases, data.train_labels)
    test, train = ([data.train_phrases[i] for i in part] for part in (split.test, split.train))
    assert (len(split.test), len(split.validation), len(split.train)) == (10_000, 2_000, 55_349)
    start = time.perf_counter()
    contained = splits.containment(test, train)[1]
    assert time.perf_counter() - start < 10  # seconds; 1 on the machine it was written on
    assert contained[:40].tolist() == brute_force(test[:40], train)[1]
    assert contained.mean() > 0.8  # most test phrases are part of a training phrase ...
    assert splits.containment(data.dev_sentences, train)[1].mean() < 0.01  # ... hardly any dev sentence is
