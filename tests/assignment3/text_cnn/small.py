"""Small settings, and sentences whose sentiment is that of the one word in them that has a meaning."""

from dataclasses import replace

import numpy as np

from assignment3.data.yelp import Yelp
from assignment3.text_cnn.settings import TextCnn

SMALL = TextCnn(epochs=3, batch_size=20, embedding_dim=8, feature_maps=6)
ONE = replace(SMALL, kernel_sizes=(5,), poolings=("max",), baselines=False)


def sentences(seed: int = 0, train: int = 160, dev: int = 40, test: int = 60) -> Yelp:
    """Of 1 to 9 words; the first test sentence repeats the third, the second one was trained on."""
    random = np.random.RandomState(seed)
    good, bad = ("fine", "superb", "warm", "witty"), ("dull", "flat", "grim", "stale")
    filler = [f"word{i}" for i in range(20)]

    def drawn(count: int) -> tuple[list[str], "np.ndarray[tuple[int], np.dtype[np.int8]]"]:
        labels = np.sort(random.randint(0, 2, count)).astype(np.int8)
        texts = []
        for label in labels.tolist():
            words = [*random.choice(filler, random.randint(0, 9)), random.choice(good if label else bad)]
            texts.append(" ".join(random.permutation(words)))
        return texts, labels

    first, second, third = drawn(train), drawn(dev), drawn(test)
    third[0][0], third[0][1] = third[0][2], first[0][0]
    third[0][3] = "never seen"
    return Yelp(*first, *second, *third)
