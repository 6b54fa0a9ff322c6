"""Which examples train, which choose, which test: seeded, the same whatever order the source has.

numpy's RandomState draws them: its stream is frozen for good, default_rng's may change between versions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from assignment3.data.sentences import owners

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TextSplit:
    """Indices into the phrases that were split; no phrase is in two of the three. In canonical order."""

    train: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True, eq=False)
class Fold:
    """Subject indices (from 0) of one round of cross-validation; no subject is in two of the three."""

    train: Indices
    validation: Indices
    test: Indices


def canonical_order(phrases: Sequence[str], labels: Sequence[int] | NDArray[np.integer]) -> Indices:
    """The indices of the phrases sorted by text and label, so that the source's own order does not count."""
    order: Indices = np.array(sorted(range(len(phrases)), key=lambda i: (phrases[i], int(labels[i]))))
    return order


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
    canonical = canonical_order(phrases, labels)
    drawn = np.random.RandomState(seed).permutation(len(phrases))
    parts = np.split(drawn, [test, test + validation])
    chosen_test, chosen_validation, rest = (canonical[np.sort(part)] for part in parts)
    return TextSplit(train=rest, validation=chosen_validation, test=chosen_test)


def sentence_split(
    phrases: Sequence[str],
    labels: Sequence[int] | NDArray[np.integer],
    *,
    test: int = 10_000,
    validation: int = 2_000,
    seed: int = 598,
) -> TextSplit:
    """Draw sentences with all their phrases, first about `test` phrases, then about `validation`.

    A phrase goes with the longest that contains it (`owners`), and other sentences may contain it as well:
    then it would cross. So what a drawn sentence contains is drawn with it or left out of all that is drawn
    later: no validation or training phrase is a part of a test sentence, and no training phrase is a part of
    a validation sentence. A test phrase may still be a part of a training sentence.
    """
    canonical = canonical_order(phrases, labels)
    texts = [phrases[i] for i in canonical]
    owner, _ = owners(texts)
    sentences = np.random.RandomState(seed).permutation(np.unique(owner))  # not yet drawn
    left = np.arange(len(texts))
    drawn = []
    for size in (test, validation):
        counts = np.bincount(owner[left], minlength=len(texts))[sentences]
        end = int(np.abs(counts.cumsum() - size).argmin()) + 1
        chosen, sentences = sentences[:end], sentences[end:]
        held = containment([texts[i] for i in left], [texts[i] for i in chosen])[1]
        drawn.append(canonical[left[np.isin(owner[left], chosen)]])
        left = left[~held]
        if not len(left):
            raise ValueError(
                f"{test} + {validation} phrases asked for, of {len(phrases)}: none is left to train on"
            )
    return TextSplit(train=canonical[left], validation=drawn[1], test=drawn[0])


SPLITS = {"phrases": text_split, "sentences": sentence_split}


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


def untested(fold: Fold) -> Indices:
    """All subjects that a fold does not test, ascending."""
    return np.sort(np.concatenate([fold.train, fold.validation]))


def inner_rounds(fold: Fold, validation: int, seed: int = 598) -> list[Fold]:
    """Cross-validation among the subjects that `fold` does not test: they validate in turns, in groups of
    about `validation`, in at least two rounds.
    """
    rest = untested(fold)
    groups = np.array_split(np.random.RandomState(seed).permutation(rest), max(2, len(rest) // validation))
    return [Fold(np.setdiff1d(rest, group), np.sort(group), fold.test) for group in groups]


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
