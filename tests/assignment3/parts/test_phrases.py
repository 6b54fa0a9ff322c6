"""What is recorded of the test phrases: their sentences, repetitions and contradictions."""

import dataclasses

import numpy as np
import pytest

from assignment3.config import Phrases, TextCnn
from assignment3.data import standins
from assignment3.data.splits import sentence_split, text_split
from assignment3.data.sst2 import Sst2
from assignment3.parts import phrases, text_cnn
from assignment3.report import REPORT

CONFIG = Phrases(test_phrases=4, validation_phrases=1)


def test_each_test_phrase_bears_the_number_of_its_sentence() -> None:
    texts = ["a b c d", "a b", "c d", "b c", "d", "x y", "x", "y"]
    data = Sst2(texts, np.array([1, 1, 1, 1, 1, 0, 0, 0], np.int8), [], np.zeros(0, np.int8))
    found = phrases.evaluate(CONFIG, data, phrases.train(CONFIG, data, seed=0), seed=0)
    chosen = text_split(texts, data.train_labels, test=4, validation=1).test
    of_first = np.array([set(texts[i]) <= set("abcd ") for i in chosen])
    numbers = found.arrays["sentence"]
    assert len(numbers) == 4 and len(set(numbers[of_first])) <= 1 and len(set(numbers[~of_first])) <= 1
    assert found.scalars["clusters"] == len(set(numbers)) == 2 - (of_first.all() or not of_first.any())
    assert found.scalars["largest_cluster"] == max(of_first.sum(), (~of_first).sum())
    assert found.scalars["in_one_sentence"] == 100


def test_repetitions_and_contradictions_are_counted() -> None:
    texts = ["a b"] * 5 + ["b"] * 4 + ["c"]
    data = Sst2(texts, np.array([0, 1, 1, 1, 1, 0, 0, 0, 0, 1], np.int8), [], np.zeros(0, np.int8))
    found = phrases.evaluate(CONFIG, data, phrases.train(CONFIG, data, seed=0), seed=0).scalars
    split = text_split(texts, data.train_labels, test=4, validation=1)
    learned = [(texts[i], data.train_labels[i]) for i in split.train]
    test = [(texts[i], data.train_labels[i]) for i in split.test]
    assert (found["duplicates"], found["conflicts"]) == (7, 1)
    assert found["test_duplicates"] == sum(any(text == t for t, _ in learned) for text, _ in test) > 0
    contradicted = [any(text == t and label != other for t, other in learned) for text, label in test]
    assert found["test_conflicts"] == sum(contradicted)


def test_the_split_by_sentence_is_described() -> None:
    texts = ["a b c d", "a b", "b c", "x y b c", "x", "p q r", "q", "u v", "u"]
    data = Sst2(texts, np.array([1, 1, 1, 0, 0, 0, 0, 1, 1], np.int8), [], np.zeros(0, np.int8))
    config = Phrases(split="sentences", test_phrases=4, validation_phrases=1)
    found = phrases.evaluate(config, data, phrases.train(config, data, seed=0), seed=0)
    split = sentence_split(texts, data.train_labels, test=4, validation=1)
    sizes = [len(part) for part in (split.train, split.validation, split.test)]
    s = found.scalars
    assert [s["train_phrases"], s["validation_phrases"], s["test_phrases"]] == sizes
    assert s["left_out"] == 9 - sum(sizes)
    assert s["test_duplicates"] == s["test_conflicts"] == 0
    random = text_split(texts, data.train_labels, test=4, validation=1)
    seen = {*random.train.tolist(), *random.validation.tolist()} & set(split.test.tolist())
    assert s["test_chosen_on"] == pytest.approx(100 * len(seen) / sizes[2])
    assert s["test_chosen_on"] not in (0, 50, 100)  # else it would not show


@pytest.mark.parametrize("variant", ["", "_by_sentence"])
def test_the_split_is_the_text_cnns_in_every_preset(variant: str) -> None:
    for preset in REPORT.presets.values():
        names = f"phrases{variant}", f"text_cnn{variant}", f"text_cnn_tuned{variant}".replace("__", "_")
        described, *trained = (
            dataclasses.replace(REPORT.part(name).config, **preset.changes.get(name, {})) for name in names
        )
        for name in dataclasses.asdict(described):
            assert {getattr(config, name) for config in trained} == {getattr(described, name)}
        assert (described.split == "sentences") == bool(variant)


def test_the_split_is_that_which_the_text_cnn_trains_on() -> None:
    data, config = standins.sst2(train=300, dev=2), Phrases(test_phrases=50, validation_phrases=20)
    texts, _ = text_cnn.split(TextCnn(test_phrases=50, validation_phrases=20), data)
    found = phrases.evaluate(config, data, phrases.train(config, data, seed=0), seed=0)
    assert len(found.arrays["sentence"]) == len(texts["test"])
    same = [i for i, text in enumerate(texts["test"]) if text == texts["test"][0]]
    assert len({int(found.arrays["sentence"][i]) for i in same}) == 1
