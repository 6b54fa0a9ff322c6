"""Is a sentence positive or negative? A convolution over word embeddings, pooled over time (Kim 2014).

Source: Y. Kim, Convolutional neural networks for sentence classification, EMNLP 2014, arXiv:1408.5882: the
convolution is equation 2. Kim rectifies before pooling; maximum pooling commutes with that, average pooling
does not. Objective: the binary cross-entropy -y log p - (1 - y) log(1 - p) with p = sigmoid(logit), in nats
a sentence, mean over the batch. The derivation "convolution" proves the sizes H'' = H - H' + 1 and (N, F, 1).
Letters: N sentences, H words, C channels of the embedding, F feature maps, H' (in the code K) the kernel
size. Beside the CNN stand two networks without a convolution: a bag of words and the mean of embeddings.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.data.text_features import PAD, UNKNOWN, Examples, encode, ngrams, vocabulary
from assignment3.text_cnn.evaluate import Data, batches, measured, padded, percent, predict, right, to_device
from assignment3.text_cnn.examples import Table, strongest_ngrams
from assignment3.text_cnn.settings import TextCnn
from writeup import training
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Trained
from writeup.training import rounds

STEP_ROWS = 200  # of the step-level loss log, each a mean over the steps between


class CNN(nn.Module):
    """Embedding -> Conv1d -> global average or maximum pooling -> ReLU -> Linear."""

    def __init__(
        self,
        config: TextCnn,
        *,
        words: int,
        kernel_size: int,
        pooling: str,
    ) -> None:
        super().__init__()
        C, maps = config.embedding_dim, config.feature_maps
        self.embedding = embedding(words, C, config.embedding_std)
        self.convolution = nn.Conv1d(C, maps, kernel_size)
        self.output = nn.Linear(maps, 1)
        self.pooling = pooling
        self.by_words = config.convolution == "by_words"
        self.own_windows = config.windows == "own"

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [N] of word ids [N, H]."""
        (K,) = self.convolution.kernel_size
        lengths = (ids != PAD).sum(1)  # N
        ids = F.pad(ids, (0, max(K - ids.shape[1], 0)), value=PAD)  # N H, H >= K
        x = self.convolve(ids)  # N F H''
        x = self.pool(x, lengths)  # N F 1
        x = F.relu(x).squeeze(2)  # N F
        logits: Tensor = self.output(x).squeeze(1)  # N
        return logits

    def convolve(self, ids: Tensor) -> Tensor:
        """Y [N, F, H''] of word ids [N, H], H'' = H - K + 1."""
        if self.by_words:  # the same sums, in a third of the time
            return convolution_by_words(self.embedding, self.convolution, ids)
        x = self.embedding(ids).transpose(1, 2)  # N C H
        Y: Tensor = self.convolution(x)  # N F H''
        return Y

    def pool(self, Y: Tensor, lengths: Tensor) -> Tensor:
        """Y [N, F, H''] pooled to [N, F, 1], over all windows or each sentence's own."""
        if not self.own_windows:
            pooled = F.avg_pool1d if self.pooling == "avg" else F.max_pool1d
            return pooled(Y, Y.shape[2])
        (K,) = self.convolution.kernel_size
        windows = (lengths - K + 1).clamp(min=1)[:, None, None]  # N 1 1: at least one
        own = torch.arange(Y.shape[2], device=Y.device) < windows  # N 1 H''
        if self.pooling == "avg":
            return (Y * own).sum(2, keepdim=True) / windows
        return Y.masked_fill(~own, -math.inf).amax(2, keepdim=True)


def embedding(words: int, dim: int, std: float) -> nn.Embedding:
    """Embeddings that start at N(0, std^2); pads and the unknown word at zero.

    Pads stay there, and so does the unknown word: no training sentence holds it.
    """
    found = nn.Embedding(words, dim, padding_idx=PAD)
    nn.init.normal_(found.weight, std=std)
    with torch.no_grad():
        found.weight[[PAD, UNKNOWN]] = 0.0
    return found


def convolution_by_words(
    embedding: Callable[[Tensor], Tensor],
    convolution: nn.Conv1d,
    ids: Tensor,
) -> Tensor:
    """convolution(embedding(ids).transpose(1, 2)): [N, F, H''] of word ids [N, H].

    The convolution is linear in the embeddings, and a batch repeats its words. So each
    distinct word is multiplied once by the kernel's K matrices, and a window is the sum
    of K rows of that product.
    """
    N, H = ids.shape
    maps, C, K = convolution.weight.shape
    distinct, place = ids.unique(return_inverse=True)  # U; N H
    W = convolution.weight.permute(1, 2, 0).reshape(C, K * maps)
    bias = convolution.bias
    assert bias is not None
    b = F.pad(bias, (0, (K - 1) * maps))  # once a window: with its first word
    # row u * K + k of P is word u at offset k
    P = torch.addmm(b, embedding(distinct), W).view(-1, maps)  # U*K F
    rows = place.unfold(1, K, 1) * K + torch.arange(K, device=ids.device)  # N H'' K
    Y = F.embedding_bag(rows.reshape(-1, K), P, mode="sum")  # N*H'' F
    return Y.view(N, H - K + 1, maps).transpose(1, 2)


class BagOfWords(nn.Module):
    """A weight for every word that a sentence holds, however often, and a bias."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.weight = nn.Embedding(words, 1, padding_idx=PAD)
        self.bias = nn.Parameter(torch.zeros(1))
        nn.init.zeros_(self.weight.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [N] of word ids [N, H]."""
        ordered = ids.sort(1).values
        repeated = F.pad(ordered[:, 1:] == ordered[:, :-1], (1, 0), value=False)
        once = ordered.masked_fill(repeated, PAD)  # N H
        logits: Tensor = self.weight(once).sum((1, 2)) + self.bias
        return logits


class MeanOfEmbeddings(nn.Module):
    """A linear layer on the mean of a sentence's embeddings."""

    def __init__(self, config: TextCnn, words: int) -> None:
        super().__init__()
        self.embedding = embedding(words, config.embedding_dim, config.embedding_std)
        self.output = nn.Linear(config.embedding_dim, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [N] of word ids [N, H]."""
        lengths = (ids != PAD).sum(1, keepdim=True).clamp(min=1)  # N 1
        x = self.embedding(ids).sum(1) / lengths  # N C
        logits: Tensor = self.output(x).squeeze(1)
        return logits


def loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy -y log p - (1 - y) log(1 - p), in nats a sentence, mean over
    the batch. With p = sigmoid(a) it is log(1 + exp(a)) - y a, which neither overflows
    nor takes the log of zero.
    """
    return (F.softplus(logits) - labels * logits).mean()


class History(NamedTuple):
    """What `fit` recorded, and the weights that it found."""

    epochs: dict[str, list[float]]
    steps: dict[str, list[float]]
    best: dict[str, Tensor]  # of the epoch with the highest accuracy on dev, the first of equals
    last: dict[str, Tensor]
    seconds: float  # an epoch, training alone; and of the processor
    processor_seconds: float


def fit(
    config: TextCnn, model: nn.Module, examples: Examples, dev: Examples, *, seed: int, label: str
) -> History:
    """Adam on the cross-entropy; the development sentences are classified after each epoch."""
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate, fused=True)
    each = math.ceil(len(examples.ids) / config.batch_size)
    total = config.epochs * each
    every = math.ceil(total / STEP_ROWS)
    epochs: dict[str, list[float]] = {}
    steps: dict[str, list[float]] = {}
    best: dict[str, Tensor] = {}
    recent: list[float] = []
    times: dict[str, list[float]] = {"seconds": [], "processor": []}
    learned = {"model": model, "optimizer": optimizer, "order": order, "best": best}
    logged = {"epochs": epochs, "steps": steps, "recent": recent, "times": times}
    with training.progress(label, total) as tick:
        for epoch in rounds(label, range(1, config.epochs + 1), learned | logged, each):
            start, busy = time.perf_counter(), time.process_time()
            summed, done = 0.0, (epoch - 1) * each
            for batch in batches(config, examples, config.batch_size, order):
                batch_loss = loss(model(padded(examples, batch)), examples.labels[batch])
                optimizer.zero_grad()
                batch_loss.backward()
                optimizer.step()
                value = batch_loss.item()
                tick(value)
                done += 1
                summed += value * len(batch)
                recent.append(value)
                if done % every == 0:
                    add_row(steps, step=done, train_loss=float(np.mean(recent)))
                    recent.clear()
            add_row(times, seconds=time.perf_counter() - start, processor=time.process_time() - busy)
            logits = predict(config, model, dev)
            accuracy = percent(right(logits, dev.labels))
            if accuracy > max(epochs.get("dev_accuracy", []), default=-1.0):
                best |= copied(model)
            add_row(
                epochs,
                epoch=epoch,
                train_loss=summed / len(examples.ids),
                dev_loss=loss(logits, dev.labels).item(),
                dev_accuracy=accuracy,
            )
    mean = {name: sum(found) / config.epochs for name, found in times.items()}
    return History(epochs, steps, best, copied(model), mean["seconds"], mean["processor"])


def copied(model: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


class Network(NamedTuple):
    """One of the networks that a run trains."""

    build: Callable[[], nn.Module]
    learning_rate: float


def networks(config: TextCnn, words: int) -> dict[str, Network]:
    """The networks of a run by name, such as max_5; `words`: how many there are, with pads and unknown."""

    def cnn(kernel_size: int, pooling: str) -> Network:
        def build() -> nn.Module:
            return CNN(config, words=words, kernel_size=kernel_size, pooling=pooling)

        return Network(build, config.learning_rate)

    found = {
        f"{pooling}_{kernel_size}": cnn(kernel_size, pooling)
        for kernel_size in config.kernel_sizes
        for pooling in config.poolings
    }
    if config.baselines:
        found["bag_of_words"] = Network(lambda: BagOfWords(words), config.bag_learning_rate)
        found["mean_of_embeddings"] = Network(
            lambda: MeanOfEmbeddings(config, words), config.mean_learning_rate
        )
    return found


def train(config: TextCnn, data: Data, *, seed: int) -> Trained:
    """Train every network; its weights begin with "max_5/best/" (on dev) and "max_5/last/"."""
    words = vocabulary(data.train_texts)
    examples = to_device(encode(data.train_texts, data.train_labels.tolist(), words))
    dev = to_device(encode(data.dev_texts, data.dev_labels.tolist(), words))
    weights: dict[str, NDArray[Any]] = {}
    scalars: dict[str, float] = {}
    logs: dict[str, dict[str, list[float]]] = {}
    for name, network in networks(config, 2 + len(words)).items():
        training.seeded(seed)  # each by itself: which others are trained does not matter
        settings = replace(config, learning_rate=network.learning_rate)
        model = network.build().to(training.device())
        history = fit(settings, model, examples, dev, seed=seed, label=name)
        for kind, state in (("best", history.best), ("last", history.last)):
            weights |= {
                f"{name}/{kind}/{key}": value.numpy(force=True).copy() for key, value in state.items()
            }
        accuracies = history.epochs["dev_accuracy"]
        scalars |= {
            f"{name}/dev_accuracy": max(accuracies),
            f"{name}/last_epoch/dev_accuracy": accuracies[-1],
            f"{name}/best_epoch": accuracies.index(max(accuracies)) + 1.0,
            f"{name}/seconds_per_epoch": history.seconds,
            f"{name}/processor_seconds_per_epoch": history.processor_seconds,
        }
        logs |= {name: history.epochs, f"{name}_steps": history.steps}
    return Trained(weights, scalars, logs)


def evaluate(config: TextCnn, data: Data, trained: Trained, *, seed: int) -> Findings:
    """Test every network once, by nn.Conv1d itself. Nothing is drawn."""
    plain = replace(config, convolution="conv1d")
    words = vocabulary(data.train_texts)
    build = {name: network.build for name, network in networks(plain, 2 + len(words)).items()}
    shown = next((name for name in build if name.startswith("max")), next(iter(build)))
    found = measured(plain, data, trained, build, shown)
    model = training.load_weights(build[shown](), trained.weights, f"{shown}/best/")
    assert isinstance(model, CNN)
    filters = filters_table(model.to(training.device()), data, words)
    return replace(found, tables={**found.tables, "ngrams": filters})


def filters_table(model: CNN, data: Data, words: dict[str, int]) -> Table:
    """What the network's strongest filters answer to, of the n-grams (n = H') of the training sentences."""
    examples = encode(data.train_texts, data.train_labels.tolist(), words)
    windows = ngrams(examples, model.convolution.kernel_size[0]).to(training.device())  # M K
    with torch.inference_mode():
        answers = [F.relu(model.convolve(part)).squeeze(2) for part in windows.split(10_000)]  # each B F
    return strongest_ngrams(torch.cat(answers), windows, model.output.weight[0].tolist(), words)
