"""The tuned networks: their shapes, dropouts and votes, against sums made by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.assignment3.text_cnn.small import sentences

from assignment3.data.text_features import PAD, UNKNOWN, encode, vocabulary
from assignment3.text_cnn import checks, tuned
from assignment3.text_cnn.settings import Tuned
from assignment3.text_cnn.tuned import SideBySide, Together
from writeup import training
from writeup.results.store import Result
from writeup.runs.record import Findings, Trained

SMALL = Tuned(epochs=2, batch_size=20, embedding_dim=8, feature_maps=6, members=3)
WORDS = 40
IDS = torch.tensor([[2, 3, 4, 2, 9, PAD], [5, PAD, PAD, PAD, PAD, PAD], [7, 7, 8, 30, 39, 12]])


@pytest.mark.parametrize("convolution", ["by_words", "conv1d"])
def test_features_of_every_size_are_pooled_both_ways(convolution: str) -> None:
    torch.manual_seed(0)
    built = SideBySide(replace(SMALL, convolution=convolution), WORDS).eval()
    assert built.output.in_features == 3 * 6 * 2
    x = built.embedding.weight[IDS].transpose(1, 2)  # N C H
    features = []
    for layer in built.convolutions:
        assert isinstance(layer, torch.nn.Conv1d)
        Y = torch.relu(layer(x))
        features += [Y.amax(2), Y.mean(2)]
    plain = built.output(torch.cat(features, 1))[:, 0]
    torch.testing.assert_close(built(IDS), plain, rtol=1e-5, atol=1e-6)
    assert plain.std() > 1e-3


def test_a_short_batch_is_padded_to_the_longest_kernel() -> None:
    built = SideBySide(SMALL, WORDS).eval()
    assert built(torch.tensor([[3], [4]])).shape == (2,)


def test_dropouts_work_in_training_alone() -> None:
    torch.manual_seed(0)
    for config in (replace(SMALL, word_dropout=0.0), replace(SMALL, embedding_dropout=0.0, word_dropout=0.5)):
        built = SideBySide(config, WORDS)
        assert not torch.equal(built(IDS), built(IDS))
        built.eval()
        assert torch.equal(built(IDS), built(IDS))
    built = SideBySide(replace(SMALL, embedding_dropout=0.0, word_dropout=0.0), WORDS)
    assert torch.equal(built(IDS), built(IDS))


def test_a_word_lacks_the_same_channels_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all three kernel sizes too; what is left of a channel grows."""
    torch.manual_seed(0)
    built = SideBySide(replace(SMALL, word_dropout=0.0, embedding_dropout=0.2), WORDS)
    seen: list[torch.Tensor] = []
    real = SideBySide.convolve
    monkeypatch.setattr(
        SideBySide,
        "convolve",
        lambda self, E, convolution, place: seen.append(E[place]) or real(self, E, convolution, place),
    )
    built(IDS)
    first, *others = seen
    assert len(others) == 2 and all(torch.equal(first, other) for other in others)
    whole = built.embedding(IDS)
    assert torch.equal(first[0, 0], first[0, 3]) and IDS[0, 0] == IDS[0, 3]
    dropped = (first == 0) & (whole != 0)
    assert 0.1 < dropped.sum() / (whole != 0).sum() < 0.3
    torch.testing.assert_close(first[~dropped], whole[~dropped] / 0.8)


def test_word_dropout_teaches_the_unknown_word_and_spares_pads() -> None:
    torch.manual_seed(0)
    built = SideBySide(replace(SMALL, word_dropout=0.9), WORDS)
    built(IDS).sum().backward()
    gradient = built.embedding.weight.grad
    assert gradient is not None and gradient[UNKNOWN].any() and not gradient[PAD].any()


# --- both stages ---


@pytest.fixture(scope="module")
def trained() -> Trained:
    return tuned.train(SMALL, sentences(), seed=1)


@pytest.fixture(scope="module")
def found(trained: Trained) -> Findings:
    return tuned.evaluate(SMALL, sentences(), trained, seed=1)


def members(trained: Trained, words: int, kind: str = "best") -> list[SideBySide]:
    built = [SideBySide(SMALL, words) for _ in range(3)]
    for k, member in enumerate(built, 1):
        training.load_weights(member, trained.weights, f"member_{k}/{kind}/").eval()
    return built


def test_the_vote_is_the_mean_of_the_members_logits(trained: Trained, found: Findings) -> None:
    data = sentences()
    words = vocabulary(data.train_texts)
    for kind, place in (("best", "side_by_side"), ("last", "side_by_side/last_epoch")):
        built = members(trained, 2 + len(words), kind)
        for name, texts, labels in (
            ("test", data.test_texts, data.test_labels),
            ("dev", data.dev_texts, data.dev_labels),
        ):
            examples = encode(texts, labels.tolist(), words)
            logits = sum(member(examples.ids) for member in built) / 3
            correct = (logits > 0) == (examples.labels > 0.5)
            assert found.scalars[f"{place}/{name}_accuracy"] == pytest.approx(
                100 * correct.double().mean().item()
            )
    together = Together(SMALL, 2 + len(words))
    assert len(together.members) == 3


def test_members_differ_and_follow_the_seed(trained: Trained) -> None:
    first = [trained.weights[f"member_{k}/best/output.weight"] for k in (1, 2, 3)]
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[1], first[2])
    again = tuned.train(SMALL, sentences(), seed=1)
    assert all(np.array_equal(array, again.weights[name]) for name, array in trained.weights.items())
    other = tuned.train(SMALL, sentences(), seed=2)  # and no member of one run is one of another's
    for k in (1, 2, 3):
        for j in (1, 2, 3):
            key = "best/output.weight"
            assert not np.array_equal(
                trained.weights[f"member_{k}/{key}"], other.weights[f"member_{j}/{key}"]
            )


def test_what_is_recorded(found: Findings) -> None:
    tests = [found.scalars[f"member_{k}/test_accuracy"] for k in (1, 2, 3)]
    assert found.scalars["member/test_accuracy"] == pytest.approx(np.mean(tests))
    assert set(found.logs) == {f"member_{k}{end}" for k in (1, 2, 3) for end in ("", "_steps")}
    assert set(found.tables) == {"mistakes", "effects"}
    result = Result("text_cnn_tuned", 1, found.scalars, found.tables, found.logs, found.arrays)
    again = checks.derive(result)
    assert {"side_by_side/test_accuracy", "member_3/test_accuracy", "member_1/dev_accuracy"} <= set(again)
    for name, value in again.items():
        assert found.scalars[name] == pytest.approx(value), name


def test_evaluation_leaves_the_trained_weights_alone(trained: Trained, tmp_path: Path) -> None:
    before = {name: array.copy() for name, array in trained.weights.items()}
    tuned.evaluate(SMALL, sentences(), trained, seed=1)
    assert trained.weights.keys() == before.keys()
    assert all(np.array_equal(array, trained.weights[name]) for name, array in before.items())
