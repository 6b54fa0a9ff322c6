"""Which examples train, which choose, which test: seeded, the same whatever order the source has.

numpy's RandomState draws them: its stream is frozen for good, default_rng's may change between versions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TextSplit:
    """Indices into the phrases that were split; each phrase is in exactly one. In canonical order."""

    train: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True, eq=False)
class Fold:
    """Subject indices (from 0) of one round of cross-validation; no subject is in two of the three."""

    train: Indices
    validation: Indices
    test: Indices


def text_split(
    phrases: Sequence[str],
    labels: Sequence[int] | NDArray[np.integer],
    *,
    test: int = 10_000,
    validation: int = 2_000,
    seed: int = 598,
) -> TextSplit:
    """Draw `test` phrases, then `validation` phrases from the rest; the others train."""
    if test + validation >= len(phrases):
        raise ValueError(
            f"{test} + {validation} phrases asked for, of {len(phrases)}: none is left to train on"
        )
    canonical = np.array(sorted(range(len(phrases)), key=lambda i: (phrases[i], int(labels[i]))))
    drawn = np.random.RandomState(seed).permutation(len(phrases))
    parts = np.split(drawn, [test, test + validation])
    chosen_test, chosen_validation, rest = (canonical[np.sort(part)] for part in parts)
    return TextSplit(train=rest, validation=chosen_validation, test=chosen_test)


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


def containment(
    test_phrases: Sequence[str], train_phrases: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each test phrase: does it contain a training phrase, and is it contained in one?

    Containment is of contiguous whole tokens; equal phrases contain each other. Every window of n tokens gets
    a number, equal for equal windows: its first n - 1 tokens' number and its last token, numbered anew.
    So the comparison is exact, and its cost that of sorting the windows once for each n.
    """
    texts = [phrase.split() for phrase in chain(test_phrases, train_phrases)]
    lengths = np.array([len(text) for text in texts])
    phrase = np.repeat(np.arange(len(texts)), lengths)  # of each window, here of one token
    start = np.cumsum(lengths) - lengths
    position = np.arange(lengths.sum())  # of each window's first token
    vocabulary: dict[str, int] = {}
    token = np.array([vocabulary.setdefault(word, len(vocabulary)) for text in texts for word in text])
    number = token
    contains, contained = np.zeros((2, len(test_phrases)), bool)
    for n in range(1, int(lengths.max(initial=0)) + 1):
        if n > 1:
            fits = position + n <= (start + lengths)[phrase]
            phrase, position = phrase[fits], position[fits]
            pairs = number[fits] * len(vocabulary) + token[position + n - 1]
            number = np.unique(pairs, return_inverse=True)[1].reshape(-1)
        is_test = phrase < len(test_phrases)
        is_whole = lengths[phrase] == n
        of_training = np.zeros(len(number) and number.max() + 1, bool)  # is this window in a training phrase?
        of_training[number[~is_test]] = True
        is_training = np.zeros_like(of_training)  # is this window a training phrase?
        is_training[number[~is_test & is_whole]] = True
        contains[phrase[is_test & is_training[number]]] = True
        contained[phrase[is_test & is_whole & of_training[number]]] = True
    return contains, contained
