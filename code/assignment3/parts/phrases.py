"""The test phrases of the text CNN's split: from which sentence each comes. Nothing is trained.

Phrases of one sentence share words and label, so tests on them draw whole sentences.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from assignment3.config import Phrases
from assignment3.data.sentences import owners
from assignment3.data.splits import SPLITS
from assignment3.data.sst2 import Sst2
from writeup.results.store import Findings, Trained


def train(config: Phrases, data: Sst2, *, seed: int) -> Trained:
    """Nothing to learn."""
    return Trained({})


def evaluate(config: Phrases, data: Sst2, trained: Trained, *, seed: int) -> Findings:
    """The sentence of each test phrase, as a number, and what else binds phrases to each other.

    train_phrases, validation_phrases, test_phrases: how many; left_out: how many are none of these, since a
    sentence of another side contains them. clusters, largest_cluster: sentences among the test phrases, and
    the most phrases of one. in_one_sentence: percent of the test phrases that one sentence alone contains.
    duplicates: phrases of the whole set that stand there before; conflicts: texts that bear both labels;
    test_duplicates: test phrases among the training phrases, test_conflicts: those with another label there.
    test_chosen_on: percent of the test phrases that the random split trains or validates on, and so may have
    been among those by which the tuned settings were chosen.
    """
    split, by_phrase = (
        SPLITS[kind](
            data.train_phrases,
            data.train_labels,
            test=config.test_phrases,
            validation=config.validation_phrases,
        )
        for kind in (config.split, "phrases")
    )
    owner, holders = owners(data.train_phrases)
    sentence = np.unique(owner[split.test], return_inverse=True)[1].reshape(-1)
    learned = _labels([(data.train_phrases[i], int(data.train_labels[i])) for i in split.train])
    test = [(data.train_phrases[i], int(data.train_labels[i])) for i in split.test]
    everything = _labels(list(zip(data.train_phrases, data.train_labels.tolist(), strict=True)))
    scalars = {
        "train_phrases": len(split.train),
        "validation_phrases": len(split.validation),
        "test_phrases": len(test),
        "left_out": len(data.train_phrases) - len(split.train) - len(split.validation) - len(test),
        "clusters": int(sentence.max()) + 1,
        "largest_cluster": max(Counter(sentence.tolist()).values()),
        "in_one_sentence": 100 * float((holders[split.test] == 1).mean()),
        "duplicates": len(data.train_phrases) - len(everything),
        "conflicts": sum(len(labels) > 1 for labels in everything.values()),
        "test_duplicates": sum(text in learned for text, _ in test),
        "test_conflicts": sum(bool(learned.get(text, set()) - {label}) for text, label in test),
        "test_chosen_on": 100 * (1 - float(np.isin(split.test, by_phrase.test).mean())),
    }
    return Findings(scalars, arrays={"sentence": sentence.astype(np.int32)})


def _labels(examples: Sequence[tuple[str, int]]) -> dict[str, set[int]]:
    """The labels that each text bears."""
    found: dict[str, set[int]] = defaultdict(set)
    for text, label in examples:
        found[text].add(label)
    return dict(found)
