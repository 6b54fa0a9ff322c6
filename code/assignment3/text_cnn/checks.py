"""What settings of problem 1 no run can have, and its scalars computed again from a result's own arrays.

No torch. It stands apart from the network, so that another limit here makes no result stale.
"""

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from assignment3.data.yelp import Yelp
from assignment3.text_cnn.settings import TextCnn
from writeup.results.store import Result

COPIES = 4  # of every weight: itself, its gradient and Adam's two moments


def possible(config: TextCnn, data: Yelp) -> Iterator[tuple[str, str]]:
    """Kernels that fit into some sentence, a batch that is there, a network that fits into memory."""
    lengths = [len(text.split()) for text in data.train_texts]
    words = len({word for text in data.train_texts for word in text.split()})
    if max(config.kernel_sizes) > max(lengths):
        yield "kernel_sizes", f"at most {max(lengths)} words, as many as the longest sentence has"
    if config.batch_size > len(lengths):
        yield "batch_size", f"at most {len(lengths)}, the number of sentences to train on"
    maps = max(config.kernel_sizes) * config.feature_maps
    needed = 4 * COPIES * config.embedding_dim * (maps + words)  # bytes, in float32
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory:
        field = "embedding_dim" if config.embedding_dim > maps else "feature_maps"
        there = f"{needed / 2**30:,.0f} of {memory / 2**30:,.0f} GiB of memory"
        yield field, f"less: its weights alone would take {there}"


def derive(result: Result) -> dict[str, float]:
    """From the bits that say which test sentences are classified rightly, and from the course of training."""
    sentences = int(result.scalars["test_sentences"])
    known, repeats = unpacked(result, "known"), result.arrays["repeats"]
    new = ~known
    new[repeats[:, 0]] = False
    found = {
        "repeated_in_training": float(known.sum()),
        "repeated_within_test": float(len(repeats)),
        "new_sentences": float(new.sum()),
    }
    for array in result.arrays:
        place, _, kind = array.rpartition("/")
        if kind == "right":
            correct = unpacked(result, array)
            found[f"{place}/test_accuracy"] = 100 * float(correct.mean())
            if new.any():
                found[f"{place}/test_accuracy_new"] = 100 * float(correct[new].mean())
            if place in result.logs:
                on_dev = result.logs[place]["dev_accuracy"]
                best = int(np.argmax(on_dev))
                found |= {f"{place}/dev_accuracy": on_dev[best], f"{place}/best_epoch": best + 1.0}
                found[f"{place}/last_epoch/dev_accuracy"] = on_dev[-1]
    if len(new) != sentences:
        raise ValueError(f"{len(new)} test sentences, where {sentences} are said")
    return found


def unpacked(result: Result, array: str) -> NDArray[np.bool_]:
    """A flag for every test sentence."""
    sentences = int(result.scalars["test_sentences"])
    bits = result.arrays[array]
    flags = np.unpackbits(bits).astype(bool)
    if len(bits) != -(-sentences // 8) or flags[sentences:].any():
        raise ValueError(f"{array} holds no {sentences} bits")
    return flags[:sentences]
