"""The network stage by stage against torch's own layers, and its training."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.assignment3.text_cnn.small import ONE, SMALL, sentences
from torch import nn

from assignment3.data.text_features import PAD, UNKNOWN, Examples, encode, vocabulary
from assignment3.text_cnn import model
from assignment3.text_cnn.evaluate import percent, predict, right
from assignment3.text_cnn.model import CNN, BagOfWords, MeanOfEmbeddings
from assignment3.text_cnn.settings import TextCnn
from writeup.errors import UserError
from writeup.runs.record import Trained

WORDS = 40


@pytest.fixture
def ids() -> torch.Tensor:
    """Seven sentences of 1 to 11 words, padded to 11; words repeat."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(1, WORDS, (7, 11), generator=generator)
    lengths = torch.tensor([11, 1, 4, 5, 6, 7, 10])
    return ids.where(torch.arange(11) < lengths[:, None], PAD)


def network(kernel_size: int = 5, pooling: str = "max", config: TextCnn = SMALL) -> CNN:
    torch.manual_seed(0)
    built = CNN(config, words=WORDS, kernel_size=kernel_size, pooling=pooling)
    nn.init.uniform_(built.convolution.bias, -1, 1)  # so that windows of pads count
    return built


# --- the network ---


@pytest.mark.parametrize("convolution", ["by_words", "conv1d"])
@pytest.mark.parametrize("kernel_size", [5, 7])
def test_shapes_of_every_stage(ids: torch.Tensor, kernel_size: int, convolution: str) -> None:
    config = replace(SMALL, convolution=convolution)
    built = network(kernel_size, config=config)
    N, H, C, maps = 7, 11, 8, 6
    assert ids.shape == (N, H)
    assert built.embedding(ids).transpose(1, 2).shape == (N, C, H)
    assert built.convolution.weight.shape == (maps, C, kernel_size)
    Y = built.convolve(ids)
    assert Y.shape == (N, maps, H - kernel_size + 1)
    assert built.pool(Y, (ids != PAD).sum(1)).shape == (N, maps, 1)
    assert built.output.weight.shape == (1, maps)
    assert built(ids).shape == (N,)
    assert {type(layer) for layer in built.children()} == {nn.Embedding, nn.Conv1d, nn.Linear}


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("kernel_size", [5, 7])
def test_it_is_the_sequence_of_torchs_own_layers(ids: torch.Tensor, pooling: str, kernel_size: int) -> None:
    built = network(kernel_size, pooling)
    windows = ids.shape[1] - kernel_size + 1
    layer = nn.AvgPool1d(windows) if pooling == "avg" else nn.MaxPool1d(windows)
    layers = nn.Sequential(built.convolution, layer, nn.ReLU(), nn.Flatten(), built.output)
    plain = layers(built.embedding(ids).transpose(1, 2))[:, 0]
    torch.testing.assert_close(built(ids), plain, rtol=1e-5, atol=1e-6)
    assert plain.std() > 1e-3  # equality of constants would show nothing


@pytest.mark.parametrize("kernel_size", [1, 5, 7])
def test_convolution_by_words_is_conv1d_and_so_are_its_gradients(ids: torch.Tensor, kernel_size: int) -> None:
    config = replace(SMALL, embedding_dim=300, feature_maps=128)
    built = network(kernel_size, config=config)
    weight = torch.randn(7, 128, 11 - kernel_size + 1)
    found = []
    for convolved in (built.convolve(ids), built.convolution(built.embedding(ids).transpose(1, 2))):
        parameters = [built.embedding.weight, *built.convolution.parameters()]
        found.append((convolved, *torch.autograd.grad((convolved * weight).mean(), parameters)))
    for fast, plain in zip(*found, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-6)
        assert plain.abs().max() > 1e-4


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("kernel_size", [5, 7])
def test_pooling_over_own_windows_equals_each_sentence_alone(
    ids: torch.Tensor, pooling: str, kernel_size: int
) -> None:
    built = network(kernel_size, pooling, replace(SMALL, windows="own"))
    alone = []
    for row in ids:
        row = row[row != PAD]
        row = torch.cat([row, row.new_zeros(max(kernel_size - len(row), 0))])
        y = built.convolution(built.embedding(row)[None].transpose(1, 2))  # 1 F H''
        alone.append(built.output(torch.relu(y.amax(2) if pooling == "max" else y.mean(2)))[0, 0])
    torch.testing.assert_close(built(ids), torch.stack(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("windows", ["all", "own"])
@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_pads_count_where_all_windows_are_pooled_and_nowhere_else(
    ids: torch.Tensor, pooling: str, windows: str
) -> None:
    built = network(5, pooling, replace(SMALL, windows=windows))
    wider = torch.cat([ids, torch.zeros(7, 9, dtype=torch.int64)], 1)
    same = torch.allclose(built(wider), built(ids), atol=1e-6)
    assert same == (windows == "own")


def test_a_batch_is_padded_at_least_to_the_kernel() -> None:
    built = network(7)
    short = torch.tensor([[3, 4], [5, PAD]])
    torch.testing.assert_close(
        built(short), built(torch.cat([short, torch.zeros(2, 5, dtype=torch.int64)], 1))
    )


def test_pads_and_unknown_words_embed_to_zero_and_pads_stay_so(ids: torch.Tensor) -> None:
    built = network()
    assert not built.embedding.weight[[PAD, UNKNOWN]].any()
    built(ids).sum().backward()
    gradient = built.embedding.weight.grad
    assert gradient is not None
    assert not gradient[PAD].any() and gradient[2:].any()


def test_embeddings_start_with_the_stated_spread() -> None:
    for std in (0.1, 1.0):
        weight = model.embedding(500, 200, std).weight[2:]
        assert weight.std().item() == pytest.approx(std, rel=0.02)


def test_the_bag_counts_each_word_once() -> None:
    bag = BagOfWords(6)
    nn.init.normal_(bag.weight.weight)
    nn.init.normal_(bag.bias)
    with torch.no_grad():
        bag.weight.weight[PAD] = 0
    w, b = bag.weight.weight[:, 0], bag.bias[0]
    logits = bag(torch.tensor([[2, 3, 2, 2], [5, 4, PAD, PAD], [4, 4, PAD, PAD]]))
    torch.testing.assert_close(logits, torch.stack([w[2] + w[3] + b, w[4] + w[5] + b, w[4] + b]))


def test_the_mean_of_embeddings_leaves_out_pads(ids: torch.Tensor) -> None:
    built = MeanOfEmbeddings(SMALL, WORDS)
    alone = [built.output(built.embedding(row[row != PAD]).mean(0))[0] for row in ids]
    torch.testing.assert_close(built(ids), torch.stack(alone))


# --- the loss ---


def test_the_loss_is_the_cross_entropy_and_stays_finite() -> None:
    logits, labels = torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([0.0, 1.0, 0.0])
    p = 1 / (1 + np.exp(-logits.double().numpy()))
    y = labels.numpy()
    by_hand = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
    assert model.loss(logits, labels).item() == pytest.approx(by_hand, abs=1e-6)
    torch.testing.assert_close(model.loss(logits, labels), nn.BCEWithLogitsLoss()(logits, labels))
    assert model.loss(torch.tensor([500.0, -500.0]), torch.tensor([0.0, 1.0])).item() == 500


# --- training ---


def examples_of(data=None) -> tuple[Examples, Examples]:  # type: ignore[no-untyped-def]
    data = data or sentences()
    words = vocabulary(data.train_texts)
    assert 2 + len(words) <= WORDS
    return (
        encode(data.train_texts, data.train_labels.tolist(), words),
        encode(data.dev_texts, data.dev_labels.tolist(), words),
    )


def accuracy(built: CNN, examples: Examples) -> float:
    return percent(right(predict(SMALL, built, examples), examples.labels))


@pytest.mark.parametrize("batches", ["shuffled", "like_length"])
def test_training_learns(batches: str) -> None:
    examples, dev = examples_of()
    built = network()
    before = accuracy(built, dev)
    config = replace(SMALL, epochs=15, learning_rate=0.01, batches=batches)
    model.fit(config, built, examples, dev, seed=0, label="test")
    assert accuracy(built, dev) > max(before, 85)


def test_training_keeps_the_weights_of_the_best_and_of_the_last_epoch() -> None:
    examples, dev = examples_of()
    noise = torch.randint(0, 2, (len(dev.ids),), generator=torch.Generator().manual_seed(0)).float()
    dev = dev._replace(labels=noise)  # nothing to learn: the accuracy goes up and down
    built = network()
    config = replace(SMALL, epochs=10, learning_rate=0.01)
    history = model.fit(config, built, examples, dev, seed=0, label="test")
    accuracies = history.epochs["dev_accuracy"]
    assert accuracies[-1] < max(accuracies)  # else it would not show
    assert accuracy(built, dev) == pytest.approx(accuracies[-1])
    built.load_state_dict(history.best)
    assert accuracy(built, dev) == pytest.approx(max(accuracies))
    built.load_state_dict(history.last)
    assert accuracy(built, dev) == pytest.approx(accuracies[-1])


def test_both_ways_to_convolve_train_the_same_network() -> None:
    fast = model.train(ONE, sentences(), seed=1)
    plain = model.train(replace(ONE, convolution="conv1d"), sentences(), seed=1)
    for name, array in fast.weights.items():
        np.testing.assert_allclose(array, plain.weights[name], rtol=1e-3, atol=1e-4)


def test_a_network_does_not_depend_on_which_others_are_trained() -> None:
    alone = model.train(ONE, sentences(), seed=1)
    among = model.train(SMALL, sentences(), seed=1)
    assert all(np.array_equal(array, among.weights[name]) for name, array in alone.weights.items())


def weights_equal(a: Trained, b: Trained) -> bool:
    return all(np.array_equal(a.weights[name], b.weights[name]) for name in a.weights)


def test_a_run_follows_its_seed() -> None:
    first, again, other = (model.train(SMALL, sentences(), seed=seed) for seed in (1, 1, 2))
    assert weights_equal(first, again) and first.logs == again.logs
    assert not weights_equal(first, other)


def test_the_step_log_has_about_two_hundred_rows() -> None:
    log = model.train(replace(ONE, epochs=75), sentences(), seed=0).logs["max_5_steps"]
    assert log["step"] == list(range(3, 601, 3))  # 8 batches, 75 epochs


def test_a_loss_that_is_no_number_stops() -> None:
    with pytest.raises(UserError, match="max_5: the loss became nan"):
        model.train(replace(ONE, learning_rate=math.inf), sentences(), seed=0)
