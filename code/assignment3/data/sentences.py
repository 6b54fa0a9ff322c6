"""From which sentence a phrase comes: SST-2's phrases are parts of sentences, but the files do not say whose.

Phrases of one sentence are not independent examples, so tests on them draw whole sentences.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def owners(phrases: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each phrase the index of the longest phrase that contains it (the first of equally long ones), and
    how many sentences do, that is phrases that no longer one contains.

    The longest is a sentence itself. Containment is of contiguous whole tokens, equal phrases count once, and
    windows of n tokens are numbered as in `assignment3.data.splits.containment`.
    """
    first: dict[str, int] = {}
    same = np.array([first.setdefault(phrase, i) for i, phrase in enumerate(phrases)], np.int64)
    texts = [phrase.split() for phrase in phrases]
    lengths = np.array([len(text) for text in texts], np.int64)
    vocabulary: dict[str, int] = {}
    token = np.array([vocabulary.setdefault(word, len(vocabulary)) for text in texts for word in text])
    phrase = np.repeat(np.arange(len(texts)), lengths)  # of each window, here of one token
    position = np.arange(len(token))  # of each window's first token
    end = np.cumsum(lengths)
    number = token
    owner = np.arange(len(texts))
    pairs = [np.zeros((2, 0), np.int64)]  # a phrase, and one that contains it
    for n in range(1, int(lengths.max(initial=0)) + 1):
        if n > 1:
            fits = position + n <= end[phrase]
            phrase, position = phrase[fits], position[fits]
            joined = number[fits] * len(vocabulary) + token[position + n - 1]
            number = np.unique(joined, return_inverse=True)[1].reshape(-1)
        longest = np.lexsort((phrase, -lengths[phrase]))
        seen, where = np.unique(number[longest], return_index=True)  # each number, from 0
        holder = phrase[longest[where]]
        whole = lengths[phrase] == n
        owner[phrase[whole]] = holder[number[whole]]
        is_phrase = np.full(len(seen), -1)  # which phrase a window is
        is_phrase[number[whole]] = same[phrase[whole]]
        held = is_phrase[number]
        pairs.append(np.stack([held, same[phrase]])[:, held >= 0])
    joined = np.concatenate(pairs, axis=1)
    held = np.unique(joined[:, np.isin(joined[1], owner)], axis=1)[0]
    return owner, np.bincount(held, minlength=len(texts))[same]
