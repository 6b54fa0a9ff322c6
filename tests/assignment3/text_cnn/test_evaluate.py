"""What is recorded of trained networks, against counts made by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from tests.assignment3.text_cnn.small import ONE, SMALL, sentences

from assignment3.data.text_features import PAD, encode, vocabulary
from assignment3.text_cnn import checks, model
from assignment3.text_cnn.evaluate import batches, repetitions
from assignment3.text_cnn.examples import (
    effects_of_words,
    mistakes_table,
    strongest_ngrams,
    surest_mistakes,
)
from writeup import training
from writeup.results.store import Result
from writeup.runs.record import Findings


@pytest.fixture(scope="module")
def found() -> Findings:
    return model.evaluate(SMALL, sentences(), model.train(SMALL, sentences(), seed=1), seed=1)


def result_of(found: Findings) -> Result:
    return Result("text_cnn", 1, found.scalars, found.tables, found.logs, found.arrays)


NETWORKS = "avg_5", "max_5", "avg_7", "max_7", "bag_of_words", "mean_of_embeddings"
OF_TRAINING = "best_epoch", "seconds_per_epoch", "processor_seconds_per_epoch"
OF_EPOCHS = "test_accuracy", "test_accuracy_new", "dev_accuracy"
OF_DATA = {
    *("train_sentences", "dev_sentences", "test_sentences", "short_sentences", "vocabulary"),
    *("unknown_share", "repeated_in_training", "repeated_within_test", "new_sentences"),
}


def test_the_stages_return_what_the_report_reads(found: Findings) -> None:
    expected = set(OF_DATA)
    for name in NETWORKS:
        expected |= {f"{name}/{one}" for one in OF_TRAINING + OF_EPOCHS}
        expected |= {f"{name}/last_epoch/{one}" for one in OF_EPOCHS}
    assert set(found.scalars) == expected
    assert set(found.logs) == {*NETWORKS, *(f"{name}_steps" for name in NETWORKS)}
    assert set(found.logs["max_5"]) == {"epoch", "train_loss", "dev_loss", "dev_accuracy"}
    assert found.logs["max_5"]["epoch"] == [1, 2, 3]
    assert set(found.tables) == {"mistakes", "effects", "ngrams"}
    assert len(found.tables["ngrams"]["ngram"]) == 12


def test_accuracies_are_those_of_the_weights_of_both_epochs(found: Findings) -> None:
    data, trained = sentences(), model.train(SMALL, sentences(), seed=1)
    words = vocabulary(data.train_texts)
    test = encode(data.test_texts, data.test_labels.tolist(), words)
    for name in ("avg_7", "max_5"):
        pooling, size = name.split("_")
        for kind, place in (("best", name), ("last", f"{name}/last_epoch")):
            built = model.CNN(SMALL, words=2 + len(words), kernel_size=int(size), pooling=pooling)
            training.load_weights(built, trained.weights, f"{name}/{kind}/")
            correct = ((built(test.ids) > 0) == (test.labels > 0.5)).numpy()
            assert found.scalars[f"{place}/test_accuracy"] == pytest.approx(100 * correct.mean())
            assert np.unpackbits(found.arrays[f"{place}/right"], count=60).tolist() == correct.tolist()
            new = [i for i, text in enumerate(data.test_texts) if text not in data.train_texts]
            new = [i for i in new if data.test_texts[i] not in data.test_texts[:i]]
            expected = 100 * np.mean(correct[new])
            assert found.scalars[f"{place}/test_accuracy_new"] == pytest.approx(expected)


def test_the_test_sentences_are_counted(found: Findings) -> None:
    data = sentences()
    texts, trained = data.test_texts, set(data.train_texts)
    assert found.scalars["repeated_in_training"] == sum(text in trained for text in texts) > 0
    assert found.scalars["repeated_within_test"] == len(texts) - len(set(texts)) > 0
    assert found.scalars["new_sentences"] == len(set(texts) - trained)
    assert found.scalars["short_sentences"] == sum(len(text.split()) < 7 for text in data.train_texts)
    known = {word for text in trained for word in text.split()}
    words = [word for text in texts for word in text.split()]
    unknown = 100 * sum(word not in known for word in words) / len(words)
    assert found.scalars["unknown_share"] == pytest.approx(unknown) and unknown > 0


def test_repetitions_by_hand() -> None:
    known, repeats = repetitions(["a b", "c", "a b", "d", "c", "c"], ["d", "x", "a b"])
    assert known.tolist() == [True, False, True, True, False, False]
    assert repeats.tolist() == [[2, 0], [4, 1], [5, 1]]
    assert repetitions(["a"], [])[1].shape == (0, 2)


def test_what_can_be_computed_again_is_what_was_found(found: Findings) -> None:
    again = checks.derive(result_of(found))
    assert set(again) >= {f"{name}/{one}" for name in NETWORKS for one in (*OF_EPOCHS, "best_epoch")}
    for name, value in again.items():
        assert found.scalars[name] == pytest.approx(value), name


def test_a_changed_bit_shows(found: Findings) -> None:
    bits = found.arrays["max_5/right"].copy()
    bits[2] ^= 8
    changed = replace(found, arrays={**found.arrays, "max_5/right": bits})
    assert checks.derive(result_of(changed))["max_5/test_accuracy"] != pytest.approx(
        found.scalars["max_5/test_accuracy"]
    )
    for cut in (bits[:-1], bits | 1):
        with pytest.raises(ValueError, match="holds no 60 bits"):
            checks.derive(result_of(replace(found, arrays={**found.arrays, "max_5/right": cut})))


def test_evaluation_does_not_ask_how_training_convolved(found: Findings) -> None:
    trained = model.train(SMALL, sentences(), seed=1)
    plain = model.evaluate(replace(SMALL, convolution="conv1d"), sentences(), trained, seed=1)
    assert plain.scalars == found.scalars | {
        name: value for name, value in trained.scalars.items() if "seconds" in name
    }


def test_networks_are_those_that_the_settings_name() -> None:
    assert set(model.networks(ONE, 10)) == {"max_5"}
    two = replace(ONE, poolings=("avg",), kernel_sizes=(3, 4), baselines=True)
    assert set(model.networks(two, 10)) == {"avg_3", "avg_4", "bag_of_words", "mean_of_embeddings"}
    assert model.networks(two, 10)["bag_of_words"].learning_rate == two.bag_learning_rate


# --- examples ---


def test_the_surest_mistakes_come_first() -> None:
    logits, labels = torch.tensor([3.0, 1.0, -4.0, -2.0]), torch.tensor([0.0, 0.0, 1.0, 0.0])
    chosen = surest_mistakes(logits, labels, rows=2)
    assert chosen == [2, 0]
    table = mistakes_table(chosen, ["a", "b", "c", "d"], logits, labels)
    assert table["text"] == ["c", "a"] and table["truth"] == [1, 0]
    assert table["probability"] == pytest.approx([1 / (1 + np.exp(4)), 1 / (1 + np.exp(-3))])
    assert surest_mistakes(logits[:1], labels[:1] + 1, rows=2) == []


def test_the_effect_of_a_word_is_what_the_logit_loses_without_it() -> None:
    worth = torch.tensor([0.0, 0.0, 1.0, -2.0, 5.0])  # by word id
    words = {"a": 2, "b": 3, "c": 4}
    texts = ["a b", "c a c"]
    table = effects_of_words([1, 0], texts, encode(texts, [0, 1], words).ids, lambda ids: worth[ids].sum(1))
    assert table == {
        "sentence": [0, 0, 0, 1, 1],
        "word": ["c", "a", "c", "a", "b"],
        "effect": [5.0, 1.0, 5.0, 1.0, -2.0],
    }
    seen: list[torch.Tensor] = []
    effects_of_words([0], texts, encode(texts, [0, 1], words).ids, lambda ids: seen.append(ids) or ids.sum(1))
    assert seen[0].tolist() == [[2, 3, PAD], [3, PAD, PAD], [2, PAD, PAD]]


def test_the_strongest_ngrams_by_filter_without_shifted_repetitions() -> None:
    windows = torch.tensor([[2, 3], [3, 4], [5, 6], [7, 8]])
    answers = torch.tensor([[9.0, 0, 0, 1], [8, 0, 0, 0], [7, 0, 0, 0], [1, 0, 0, 9]])
    words = {name: 2 + i for i, name in enumerate("abcdefg")}
    table = strongest_ngrams(answers, windows, [2.0, 0.5, -0.5, -3.0], words, rows=2)
    assert table["filter"] == [0, 0, 1, 1, 3, 3, 2, 2]
    assert table["ngram"][:2] == ["a b", "d e"] and table["activation"][:2] == [9, 7]  # "b c" shares b
    assert table["ngram"][4] == "f g" and table["sign"][4] == "negative" and table["weight"][4] == -3


# --- settings that cannot be ---


def test_settings_that_cannot_be_are_named() -> None:
    data = sentences()
    assert list(checks.possible(SMALL, data)) == []
    said = dict(checks.possible(replace(SMALL, kernel_sizes=(5, 11), batch_size=161), data))
    assert said == {
        "kernel_sizes": "at most 9 words, as many as the longest sentence has",
        "batch_size": "at most 160, the number of sentences to train on",
    }
    ((field, why),) = checks.possible(replace(SMALL, feature_maps=10**12), data)
    assert field == "feature_maps" and "GiB of memory" in why
    ((field, why),) = checks.possible(replace(SMALL, embedding_dim=10**12), data)
    assert field == "embedding_dim"


def test_batches_of_a_shuffled_epoch_hold_each_sentence_once_in_an_order_of_its_own() -> None:
    data = sentences()
    examples = encode(data.train_texts, data.train_labels.tolist(), vocabulary(data.train_texts))
    order = torch.Generator().manual_seed(0)
    first, second = (torch.cat(list(batches(SMALL, examples, 20, order))).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(160)) and first != second != list(range(160))
    assert torch.cat(list(batches(SMALL, examples, 50))).tolist() == list(range(160))
    like = replace(SMALL, batches="like_length")
    lengths = [examples.lengths[batch] for batch in batches(like, examples, 20)]
    assert all(one.max() <= two.min() for one, two in pairwise(lengths))
