"""What trained classifiers of sentences are worth: accuracies, and which test sentences they misread.

Test sentences are read here alone. Some repeat: they stand in the training set, or earlier in the test set.
All of them count in `test_accuracy`, as in the assignment; `test_accuracy_new` leaves out what was trained
on, and counts each text once.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.data.text_features import UNKNOWN, Examples, buckets, encode, vocabulary
from assignment3.text_cnn.examples import Table, effects_of_words, mistakes_table, surest_mistakes
from assignment3.text_cnn.settings import TextCnn
from writeup import training
from writeup.runs.record import Findings, Trained

EVALUATED = 1000  # sentences at once: so many hold one of the longest, to which a batch is padded
MISTAKES = 10  # that are shown
SHORT = 6  # words; shorter sentences than the largest kernel, 7


class Data(Protocol):
    """What is read of the Yelp sentences."""

    train_texts: list[str]
    train_labels: NDArray[np.int8]
    dev_texts: list[str]
    dev_labels: NDArray[np.int8]
    test_texts: list[str]
    test_labels: NDArray[np.int8]


def measured(
    config: TextCnn,
    data: Data,
    trained: Trained,
    networks: Mapping[str, Callable[[], nn.Module]],
    shown: str,
) -> Findings:
    """Every network with the weights of its best and of its last epoch, on the test sentences.

    shown: the network whose mistakes are listed.
    """
    words = vocabulary(data.train_texts)
    test = to_device(encode(data.test_texts, data.test_labels.tolist(), words))
    known, repeats = repetitions(data.test_texts, data.train_texts)
    new = ~known
    new[repeats[:, 0]] = False
    scalars = {
        "train_sentences": float(len(data.train_texts)),
        "dev_sentences": float(len(data.dev_texts)),
        "test_sentences": float(len(data.test_texts)),
        "short_sentences": float(sum(len(text.split()) <= SHORT for text in data.train_texts)),
        "vocabulary": float(len(words)),
        "unknown_share": 100 * int((test.ids == UNKNOWN).sum()) / int(test.lengths.sum()),
        "repeated_in_training": float(known.sum()),
        "repeated_within_test": float(len(repeats)),
        "new_sentences": float(new.sum()),
        **trained.scalars,
    }
    arrays: dict[str, NDArray[Any]] = {"known": np.packbits(known), "repeats": repeats}
    tables: dict[str, Table] = {}
    for name, build in networks.items():
        for kind, place in (("last", f"{name}/last_epoch"), ("best", name)):
            model = build().to(training.device())
            training.load_weights(model, trained.weights, f"{name}/{kind}/")
            logits = predict(config, model, test)
            found = right(logits, test.labels)
            arrays[f"{place}/right"] = np.packbits(found)
            scalars[f"{place}/test_accuracy"] = percent(found)
            if new.any():  # small made-up data may have none
                scalars[f"{place}/test_accuracy_new"] = percent(found[new])
        if name == shown:  # with the weights of its best epoch
            chosen = surest_mistakes(logits, test.labels, MISTAKES)
            tables["mistakes"] = mistakes_table(chosen, data.test_texts, logits, test.labels)
            model.eval()
            with torch.inference_mode():
                tables["effects"] = effects_of_words(chosen, data.test_texts, test.ids, model)
    return Findings(scalars, tables, trained.logs, arrays)


def repetitions(texts: list[str], trained: list[str]) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Whether each text was trained on [N]; and pairs [R, 2]: a text, and the first one that is the same."""
    known = set(trained)
    first: dict[str, int] = {}
    pairs = [(i, first.setdefault(text, i)) for i, text in enumerate(texts)]
    repeats = np.array([pair for pair in pairs if pair[0] != pair[1]], np.int32).reshape(-1, 2)
    return np.array([text in known for text in texts], bool), repeats


def batches(
    config: TextCnn, examples: Examples, size: int, order: torch.Generator | None = None
) -> Iterator[Tensor]:
    """Indices [B] of batches: at random with a generator, without in the examples' own order."""
    if config.batches == "like_length":
        yield from buckets(examples.lengths, size, order)
    elif order is not None:
        yield from training.batches(len(examples.ids), size, order)
    else:
        yield from torch.arange(len(examples.ids)).split(size)


def padded(examples: Examples, batch: Tensor) -> Tensor:
    """Word ids of a batch, padded to its own longest sentence."""
    return examples.ids[batch, : int(examples.lengths[batch].max())]


def predict(config: TextCnn, model: nn.Module, examples: Examples) -> Tensor:
    """Logits [N] of all `examples`, in their order, without dropout."""
    model.eval()
    logits = torch.empty(len(examples.ids), device=examples.ids.device)
    with torch.inference_mode():
        for batch in batches(config, examples, EVALUATED):
            logits[batch] = model(padded(examples, batch))
    model.train()
    return logits


def right(logits: Tensor, labels: Tensor) -> NDArray[np.bool_]:
    """Whether each is classified rightly [N]."""
    found: NDArray[np.bool_] = ((logits > 0) == (labels > 0.5)).cpu().numpy()
    return found


def percent(flags: NDArray[np.bool_]) -> float:
    """How many of them are set."""
    return 100 * float(flags.mean())


def to_device(examples: Examples) -> Examples:
    """Ids and labels to the device; the lengths stay, since they make the batches."""
    device = training.device()
    return Examples(examples.ids.to(device), examples.lengths, examples.labels.to(device))
