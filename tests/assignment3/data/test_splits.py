"""Splits are disjoint, exhaustive, seeded, independent of row order; leaks are counted as by brute force."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import splits, sst2
from assignment3.data.sentences import owners

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


def in_sentences(seed: int = 0, sentences: int = 30) -> tuple[list[str], list[int]]:
    """Sentences over few words, each with some of its parts; so parts are often in several sentences."""
    random = np.random.RandomState(seed)
    phrases = []
    for _ in range(sentences):
        words = random.choice(list("abcdefgh"), random.randint(4, 9)).tolist()
        starts = random.randint(0, len(words) - 1, 4)
        phrases += [" ".join(words), *(" ".join(words[i : i + random.randint(1, 4)]) for i in starts)]
    return phrases, random.randint(0, 2, len(phrases)).tolist()


def is_part(phrase: str, of: str) -> bool:
    return f" {phrase} " in f" {of} "  # whole tokens


@pytest.mark.parametrize("seed", range(5))
def test_no_part_of_a_drawn_sentence_is_drawn_later(seed: int) -> None:
    phrases, labels = in_sentences(seed)
    split = splits.sentence_split(phrases, labels, test=40, validation=15)
    test, validation, train = (
        [phrases[i] for i in part] for part in (split.test, split.validation, split.train)
    )
    for drawn, later in ((test, validation + train), (validation, train)):
        sentences = [text for text in drawn if not any(is_part(text, o) and o != text for o in phrases)]
        assert sentences and all(any(is_part(text, s) for s in sentences) for text in drawn)
        assert not [text for text in later if any(is_part(text, s) for s in sentences)]
    chosen = np.concatenate([split.train, split.validation, split.test]).tolist()
    assert len(set(chosen)) == len(chosen)
    for i in set(range(len(phrases))) - set(chosen):  # what is left out would have crossed
        assert any(is_part(phrases[i], text) for text in test + validation)
        assert phrases[i] not in train


def test_a_phrase_of_two_sentences_goes_with_the_longer_and_never_crosses() -> None:
    phrases, seen = ["a b c d", "x b c", "b c", "p q", "r s"], set()
    for seed in range(20):
        split = splits.sentence_split(phrases, [1, 0, 1, 0, 1], test=1, validation=1, seed=seed)
        for i, sentence in enumerate(phrases[:2]):
            if i in split.test:
                seen.add(sentence)
                assert (2 in split.test) == (i == 0)
                assert 2 not in split.train and 2 not in split.validation
    assert len(seen) == 2  # else it would not show


def test_sentence_split_is_as_large_as_whole_sentences_allow() -> None:
    phrases, labels = in_sentences(sentences=60)
    largest = np.bincount(owners(phrases)[0]).max()
    split = splits.sentence_split(phrases, labels, test=100, validation=30)
    assert abs(len(split.test) - 100) <= largest / 2
    assert abs(len(split.validation) - 30) <= largest / 2


def test_sentence_split_does_not_depend_on_the_order_of_rows_and_follows_its_seed() -> None:
    phrases, labels = in_sentences()
    order = np.random.RandomState(1).permutation(len(phrases))
    moved, there = [phrases[i] for i in order], np.array(labels)[order]
    split = splits.sentence_split(phrases, labels, test=40, validation=15)
    again = splits.sentence_split(moved, there, test=40, validation=15)
    for part in ("train", "validation", "test"):
        assert rows(getattr(split, part), phrases, labels) == rows(getattr(again, part), moved, there)
    other = splits.sentence_split(phrases, labels, test=40, validation=15, seed=1)
    assert other.test.tolist() != split.test.tolist()


def test_sentence_split_stays_what_it_was() -> None:
    split = splits.sentence_split(*in_sentences(), test=10, validation=5)
    assert (split.test.tolist(), split.validation.tolist()) == (
        [12, 93, 21, 10, 14, 92, 94, 90, 55],
        [87, 113, 88, 85],
    )


def test_sentence_split_leaves_something_to_train_on() -> None:
    with pytest.raises(ValueError, match="none is left"):
        splits.sentence_split(["a b", "a", "c"], [1, 1, 0], test=2, validation=1)


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


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_real_split_by_sentence() -> None:
    data = sst2.load(Path(os.environ["DATA_DIR"]))
    split = splits.sentence_split(data.train_phrases, data.train_labels)
    assert (len(split.test), len(split.validation), len(split.train)) == (9_992, 1_999, 53_876)
    test, train = ([data.train_phrases[i] for i in part] for part in (split.test, split.train))
    contains, contained = splits.containment(test, train)
    assert not contains.any() and not set(test) & set(train)
    assert contained.mean() < 0.07  # parts of training sentences; of the split by phrase 0.88 are


def test_inner_rounds_never_see_the_test_subjects_and_let_each_other_subject_validate_once():
    for fold in splits.subject_folds(40, 5, 8):
        rounds = splits.inner_rounds(fold, 8)
        rest = sorted(set(range(40)) - set(fold.test.tolist()))
        assert splits.untested(fold).tolist() == rest
        assert sorted(np.concatenate([one.validation for one in rounds]).tolist()) == rest
        for one in rounds:
            assert len(one.validation) == 8
            assert sorted([*one.train.tolist(), *one.validation.tolist()]) == rest
