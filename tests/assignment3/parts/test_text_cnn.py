import dataclasses
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from assignment3.config import TextCnn
from assignment3.data.splits import containment
from assignment3.data.text_features import (
    PAD,
    UNKNOWN,
    Examples,
    buckets,
    drop_words,
    encode,
    ngrams,
    vocabulary,
)
from assignment3.measures.text_examples import strongest_ngrams, surest_mistakes
from assignment3.parts import text_cnn
from assignment3.parts.text_cnn import CNN
from writeup.errors import UserError
from writeup.results.store import Findings

SMALL = TextCnn(
    epochs=3,
    batch_size=20,
    embedding_dim=8,
    feature_maps=6,
    test_phrases=60,
    validation_phrases=40,
    precision="fp32",
)
WORDS = 40


@pytest.fixture
def ids() -> torch.Tensor:
    """Seven phrases of 1 to 11 words, padded to 11; words repeat."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(1, WORDS, (7, 11), generator=generator)
    lengths = torch.tensor([11, 1, 4, 5, 6, 7, 10])
    return ids.where(torch.arange(11) < lengths[:, None], PAD)


def network(kernel_size: int = 5, pooling: str = "max", config: TextCnn = SMALL) -> CNN:
    torch.manual_seed(0)
    return CNN(config, words=WORDS, kernel_size=kernel_size, pooling=pooling)


def plain_logits(model: CNN, ids: torch.Tensor, wide: bool) -> torch.Tensor:
    """The network as the assignment draws it, one phrase at a time, so that there is nothing to mask."""
    K = model.convolution.kernel_size[0]
    logits = []
    for row in ids:
        row = row[row != PAD]
        zeros = row.new_full((K - 1,), PAD)
        row = torch.cat([zeros, row, zeros] if wide else [row, zeros[len(row) - 1 :]])
        y = model.convolution(model.embedding(row)[None].transpose(1, 2))  # 1 F H''
        pooled = y.amax(2) if model.pooling == "max" else y.mean(2)
        logits.append(model.output(torch.relu(pooled))[0, 0])
    return torch.stack(logits)


def small_data(examples: int = 260) -> SimpleNamespace:
    """Phrases whose sentiment is that of the one of eight words with a meaning that they hold."""
    random = np.random.RandomState(0)
    good, bad = ("fine", "superb", "warm", "witty"), ("dull", "flat", "grim", "stale")
    filler = [f"word{i}" for i in range(20)]

    def phrase(label: int) -> str:
        words = [*random.choice(filler, random.randint(0, 9)), random.choice(good if label else bad)]
        return " ".join(random.permutation(words))

    labels = random.randint(0, 2, examples).astype(np.int8)
    phrases = sorted(zip(map(phrase, labels.tolist()), labels.tolist(), strict=True))
    dev = random.randint(0, 2, 30).astype(np.int8)
    return SimpleNamespace(
        train_phrases=[text for text, _ in phrases],
        train_labels=np.array([label for _, label in phrases], np.int8),
        dev_sentences=[phrase(label) + " novel" for label in dev.tolist()],
        dev_labels=dev,
    )


# --- the network ---


@pytest.mark.parametrize("kernel_size", [5, 7])
def test_shapes_of_every_layer(ids: torch.Tensor, kernel_size: int) -> None:
    model = network(kernel_size)
    assert model.embedding.weight.shape == (WORDS, 8)
    assert model.convolution.weight.shape == (6, 8, kernel_size)
    assert model.output.weight.shape == (1, 6)
    Y = model.convolve(ids)
    assert Y.shape == (7, 6, 11 - kernel_size + 1)
    assert model.pool(Y, (ids != PAD).sum(1)).shape == (7, 6, 1)
    assert model(ids).shape == (7,)
    assert {type(layer) for layer in model.children()} == {nn.Embedding, nn.Conv1d, nn.Linear, nn.Dropout}


@pytest.mark.parametrize("kernel_size", [1, 5, 7])
def test_fast_convolution_equals_conv1d_and_so_do_its_gradients(ids: torch.Tensor, kernel_size: int) -> None:
    model = network(kernel_size, config=dataclasses.replace(SMALL, embedding_dim=300, feature_maps=128))
    weight = torch.randn(7, 128, 11 - kernel_size + 1)
    found = []
    for convolved in (model.convolve(ids), model.convolution(model.embedding(ids).transpose(1, 2))):
        parameters = [model.embedding.weight, *model.convolution.parameters()]
        found.append((convolved, *torch.autograd.grad((convolved * weight).mean(), parameters)))
    for fast, plain in zip(*found, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-6)
        assert plain.abs().max() > 1e-4  # equality of zeros would show nothing


@pytest.mark.parametrize(
    ("pooling", "convolution", "forgets"),
    [("avg", "wide", True), ("avg", "narrow", False), ("max", "wide", False)],
)
def test_average_pooling_of_a_wide_convolution_forgets_the_order(
    ids: torch.Tensor, pooling: str, convolution: str, forgets: bool
) -> None:
    """As the derivation "average_pooling" proves."""
    model = network(5, pooling, dataclasses.replace(SMALL, convolution=convolution))
    phrase = ids[:1]  # eleven words
    moved = model(phrase) - model(phrase.flip(1))
    assert (moved.abs().max() < 1e-6) == forgets


def test_the_product_in_bf16_errs_by_its_eight_bits(ids: torch.Tensor) -> None:
    wide = dataclasses.replace(SMALL, embedding_dim=300, feature_maps=128)
    exact, rough = (
        network(config=dataclasses.replace(wide, precision=precision)) for precision in ("fp32", "bf16")
    )
    Y = exact.convolve(ids)
    error = (rough.convolve(ids) - Y).abs().max() / Y.abs().max()
    assert 1e-6 < error < 5 * 2**-8  # a window sums five rounded rows
    assert rough.convolve(ids).dtype == torch.float32


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("kernel_size", [5, 7])
@pytest.mark.parametrize("convolution", ["narrow", "wide"])
def test_logits_equal_those_of_each_phrase_alone(
    ids: torch.Tensor, pooling: str, kernel_size: int, convolution: str
) -> None:
    model = network(kernel_size, pooling, dataclasses.replace(SMALL, convolution=convolution))
    nn.init.uniform_(model.convolution.bias, -1, 1)
    torch.testing.assert_close(
        model(ids), plain_logits(model, ids, convolution == "wide"), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_more_padding_changes_nothing(ids: torch.Tensor, pooling: str) -> None:
    model = network(5, pooling)
    wider = torch.cat([ids, torch.zeros(7, 9, dtype=torch.int64)], 1)
    torch.testing.assert_close(model(wider), model(ids))
    torch.testing.assert_close(model(ids[1:2, :1]), model(ids)[1:2])  # one word, narrower than the kernel


def test_pads_and_unknown_words_embed_to_zero_and_pads_stay_so(ids: torch.Tensor) -> None:
    model = network()
    assert not model.embedding.weight[[PAD, UNKNOWN]].any()
    model(ids).sum().backward()
    assert not model.embedding.weight.grad[PAD].any() and model.embedding.weight.grad[UNKNOWN].any()


def test_dropout_only_while_training(ids: torch.Tensor) -> None:
    config = dataclasses.replace(SMALL, embedding_dropout=0.5, feature_dropout=0.5)
    model = network(config=config)
    assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids))


# --- the loss ---


def test_loss_is_the_cross_entropy_and_stays_finite() -> None:
    logits, labels = torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([0.0, 1.0, 0.0])
    p = 1 / (1 + np.exp(-logits.double().numpy()))
    y = labels.numpy()
    by_hand = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
    assert text_cnn.loss(logits, labels).item() == pytest.approx(by_hand, abs=1e-6)
    assert text_cnn.loss(torch.tensor([500.0, -500.0]), torch.tensor([0.0, 1.0])).item() == 500


# --- texts ---


def test_vocabulary_and_encoding() -> None:
    words = vocabulary(["b a", "a c"])
    assert words == {"a": 2, "b": 3, "c": 4}
    examples = encode(["c", "a d b"], [1, 0], words)
    assert examples.ids.tolist() == [[4, PAD, PAD], [2, UNKNOWN, 3]]
    assert examples.lengths.tolist() == [1, 3] and examples.labels.tolist() == [1, 0]


def test_buckets_hold_each_index_once_by_length_in_changing_order() -> None:
    lengths = torch.randint(1, 30, (1003,), generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    first, second = buckets(lengths, 100, generator), buckets(lengths, 100, generator)
    for parts in (first, second, buckets(lengths, 100)):
        assert sorted(torch.cat(parts).tolist()) == list(range(1003))
        assert sorted(map(len, parts)) == [3] + [100] * 10
        spans = sorted((lengths[part].min().item(), lengths[part].max().item()) for part in parts)
        assert all(high <= low for (_, high), (low, _) in pairwise(spans))
    assert [lengths[part].min() for part in first] != [lengths[part].min() for part in second]
    assert {frozenset(part.tolist()) for part in first} != {frozenset(part.tolist()) for part in second}


def test_word_dropout_makes_words_unknown_and_spares_pads() -> None:
    ids = torch.full((100, 60), 7)
    ids[:, 50:] = PAD
    dropped = drop_words(ids, 0.2, torch.Generator().manual_seed(0))
    assert torch.equal(dropped == PAD, ids == PAD)
    assert set(dropped[:, :50].unique().tolist()) == {UNKNOWN, 7}
    assert (dropped == UNKNOWN).sum().item() / 5000 == pytest.approx(0.2, abs=0.03)  # 5 standard deviations
    assert torch.equal(drop_words(ids, 0.0, torch.Generator()), ids)


def test_ngrams_are_distinct_and_whole() -> None:
    examples = encode(["a b c", "b c", "x b c"], [0, 0, 0], {"a": 2, "b": 3, "c": 4, "x": 5})
    assert ngrams(examples, 2).tolist() == [[2, 3], [3, 4], [5, 3]]
    assert ngrams(examples, 4).shape == (0, 4)


def test_surest_mistakes_are_the_wrong_ones_surest_first() -> None:
    logits, labels = torch.tensor([3.0, 1.0, -4.0, -2.0]), torch.tensor([0.0, 0.0, 1.0, 0.0])
    table = surest_mistakes("v", {"phrase": (["a", "b", "c", "d"], logits, labels)}, rows=2)
    assert table["text"] == ["c", "a"] and table["truth"] == [1, 0]
    assert table["probability"] == pytest.approx([1 / (1 + np.exp(4)), 1 / (1 + np.exp(-3))])
    assert surest_mistakes("v", {"phrase": (["a"], logits[:1], labels[:1] + 1)})["text"] == []


def test_strongest_ngrams_by_filter_without_shifted_repetitions() -> None:
    windows = torch.tensor([[2, 3], [3, 4], [5, 6], [7, 8]])
    answers = torch.tensor([[9.0, 0, 0, 1], [8, 0, 0, 0], [7, 0, 0, 0], [1, 0, 0, 9]])
    words = {name: 2 + i for i, name in enumerate("abcdefg")}
    table = strongest_ngrams(answers, windows, [2.0, 0.5, -0.5, -3.0], words, rows=2)
    assert table["filter"] == [0, 0, 1, 1, 3, 3, 2, 2]
    assert table["ngram"][:2] == ["a b", "d e"] and table["activation"][:2] == [9, 7]  # "b c" shares b
    assert table["ngram"][4] == "f g" and table["sign"][4] == "negative" and table["weight"][4] == -3


# --- training ---


@pytest.fixture(scope="module")
def result() -> Findings:
    return run(SMALL, seed=1)


def run(config: TextCnn, *, seed: int) -> Findings:
    """Both stages."""
    trained = text_cnn.train(config, small_data(), seed=seed)
    return text_cnn.evaluate(config, small_data(), trained, seed=seed)


def test_the_stages_return_what_the_report_reads(result: Findings) -> None:
    variants = ["avg_5", "max_5", "avg_7", "max_7"]
    each = {"phrase_accuracy", "sentence_accuracy", "phrase_accuracy_contained"}
    each |= {"phrase_accuracy_not_contained"}
    each |= {"validation_accuracy", "best_epoch", "seconds_per_epoch"}
    shared = {"vocabulary", "unknown_share", "sentence_unknown_share", "leaked_share"}
    shared |= {"contained_share", "phrases", "test_phrases", "sentences"}
    assert set(result.scalars) == shared | {f"{v}/{name}" for v in variants for name in each}
    assert set(result.logs) == {*variants, *(f"{v}_steps" for v in variants)}
    assert set(result.logs["max_5"]) == {"epoch", "train_loss", "validation_loss", "validation_accuracy"}
    assert result.logs["max_5"]["epoch"] == [1, 2, 3]
    assert result.logs["max_5_steps"]["step"] == list(range(1, 25))  # 160 phrases: 8 batches, 3 epochs
    assert set(result.tables) == {"mistakes", "ngrams"}
    assert len(result.tables["ngrams"]["ngram"]) == 12
    for v in variants:
        right = np.unpackbits(result.arrays[f"{v}/phrase_correct"], count=60)
        assert 100 * right.mean() == pytest.approx(result.scalars[f"{v}/phrase_accuracy"])
        right = np.unpackbits(result.arrays[f"{v}/sentence_correct"], count=30)
        assert 100 * right.mean() == pytest.approx(result.scalars[f"{v}/sentence_accuracy"])


def test_the_split_is_chosen_by_the_settings() -> None:
    data = small_data()
    by_phrase, labels = text_cnn.split(SMALL, data)
    config = dataclasses.replace(SMALL, split="sentences")
    by_sentence, labels_there = text_cnn.split(config, data)
    assert by_sentence["test"] != by_phrase["test"] and by_sentence["sentence"] == by_phrase["sentence"]
    for texts, found in ((by_phrase, labels), (by_sentence, labels_there)):
        known = set(zip(data.train_phrases, data.train_labels.tolist(), strict=True))
        for kind in ("train", "validation", "test"):
            assert set(zip(texts[kind], found[kind], strict=True)) <= known
    assert containment(by_phrase["train"], by_phrase["test"])[1].any()
    assert not containment(by_sentence["train"], by_sentence["test"])[1].any()
    trained = text_cnn.train(dataclasses.replace(config, epochs=1), data, seed=0)
    found = text_cnn.evaluate(config, data, trained, seed=0).scalars
    assert found["test_phrases"] == len(by_sentence["test"])


def test_best_epoch_is_that_of_the_validation_accuracy(result: Findings) -> None:
    for v in ("avg_5", "max_7"):
        accuracies = result.logs[v]["validation_accuracy"]
        assert result.scalars[f"{v}/validation_accuracy"] == max(accuracies)
        assert accuracies[int(result.scalars[f"{v}/best_epoch"]) - 1] == max(accuracies)


def percent_right(model: CNN, examples: Examples) -> float:
    right = (text_cnn.predict(model, examples) > 0) == (examples.labels > 0.5)
    return 100 * float(right.double().mean())


def test_training_learns_and_validates_what_it_has_not_seen() -> None:
    examples, validation = _examples()
    model = network()
    before = percent_right(model, validation)
    config = dataclasses.replace(SMALL, epochs=10, learning_rate=0.01)
    text_cnn.fit(config, model, examples, validation, seed=0, label="test")
    assert percent_right(model, validation) > max(before, 85)


def test_training_keeps_the_weights_of_the_best_epoch() -> None:
    examples, validation = _examples()
    noise = torch.randint(0, 2, (len(validation.ids),), generator=torch.Generator().manual_seed(0)).float()
    validation = validation._replace(labels=noise)  # nothing to learn: the accuracy goes up and down
    model = network()
    config = dataclasses.replace(SMALL, epochs=10)
    history = text_cnn.fit(config, model, examples, validation, seed=0, label="test")
    accuracies = history.epochs["validation_accuracy"]
    assert percent_right(model, validation) == pytest.approx(max(accuracies))
    assert accuracies[-1] < max(accuracies)  # else it would not show


def test_predictions_are_in_the_order_of_the_examples() -> None:
    examples, _ = _examples()
    model = network()
    torch.testing.assert_close(text_cnn.predict(model, examples), model(examples.ids).detach())


def test_linear_schedule_takes_smaller_steps() -> None:
    examples, validation = _examples()
    moved = []
    for schedule in ("constant", "linear"):
        config = dataclasses.replace(SMALL, epochs=1, schedule=schedule)
        model = network(config=config)
        before = model.convolution.weight.detach().clone()
        text_cnn.fit(config, model, examples, validation, seed=0, label="test")
        moved.append((model.convolution.weight - before).abs().sum().item())
    assert 0.3 < moved[1] / moved[0] < 0.9


def test_same_seed_same_numbers(result: Findings) -> None:
    again = run(dataclasses.replace(SMALL, kernel_sizes=(5,)), seed=1)
    for name, value in again.scalars.items():
        if not name.endswith("seconds_per_epoch"):
            assert value == result.scalars[name]
    assert again.logs["max_5"] == result.logs["max_5"]
    other = run(dataclasses.replace(SMALL, kernel_sizes=(5,)), seed=2)
    assert other.logs["max_5"] != result.logs["max_5"]


def test_words_outside_the_training_phrases_are_unknown(result: Findings) -> None:
    words = sum(len(text.split()) for text in small_data().dev_sentences)
    assert result.scalars["sentence_unknown_share"] == pytest.approx(100 * 30 / words)  # "novel", 30 times
    assert result.scalars["vocabulary"] == 28


def test_infinite_loss_stops_with_one_line() -> None:
    examples, validation = _examples()
    model = network()
    nn.init.constant_(model.output.bias, float("nan"))
    with pytest.raises(UserError, match="max_5: the loss became nan") as error:
        text_cnn.fit(SMALL, model, examples, validation, seed=0, label="max_5")
    assert "\n" not in str(error.value)


def _examples() -> tuple[Examples, Examples]:
    data = small_data()
    words = vocabulary(data.train_phrases)
    encoded = encode(data.train_phrases, data.train_labels.tolist(), words)
    half = torch.arange(len(encoded.ids)) % 2 == 0
    return Examples(*(t[half] for t in encoded)), Examples(*(t[~half] for t in encoded))
