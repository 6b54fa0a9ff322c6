"""Training of the CVAE: the step, the log, determinism, going on after an interruption."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.assignment3.cvae.small import CONFIG, run
from torch import nn
from torch.distributions import Normal, kl_divergence

from assignment3.cvae import model, network
from writeup.errors import UserError
from writeup.runs import checkpoints
from writeup.runs.record import Model
from writeup.training import weights_of

COLUMNS = ["epoch", "examples", "loss", "reconstruction", "kl"]


def one_step(loss: str, data: SimpleNamespace, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Weights after Adam's first step on all images, and the loss, by PyTorch's own functions."""
    config = dataclasses.replace(CONFIG, loss=loss)
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    untrained = network.build(config)
    x, y = network.pixels_and_classes(data.train_images, data.train_labels)
    noise = torch.randn(80, 3, generator=generator)
    order = torch.randperm(80, generator=generator)
    optimizer = torch.optim.Adam(untrained.parameters(), config.learning_rate)
    logits, mu, log_var = untrained(x[order], y[order], noise)
    reduction = "mean" if loss == "reference" else "sum"
    nll = nn.functional.binary_cross_entropy_with_logits(logits, x[order], reduction=reduction)
    kl = kl_divergence(Normal(mu, (log_var / 2).exp()), Normal(0.0, 1.0)).sum()
    total = nll + kl if loss == "reference" else (nll + kl) / 80
    total.backward()
    optimizer.step()
    shown = total.item() / 80 if loss == "reference" else total.item()
    return weights_of(untrained), shown


@pytest.mark.parametrize("loss", ["bound", "reference"])
def test_one_step_is_adams_on_the_gradient_of_the_loss(loss: str, data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, epochs=1, batch_size=80, loss=loss)
    trained = model.train(config, data, seed=3)
    weights, shown = one_step(loss, data, 3)
    assert trained.logs["steps"]["loss"] == [pytest.approx(shown, rel=1e-5)]
    for name, expected in weights.items():
        np.testing.assert_allclose(trained.weights[name], expected, atol=2e-5, err_msg=name)


def test_the_log_has_a_line_every_so_many_batches_and_the_means_over_each_epoch(
    data: SimpleNamespace,
) -> None:
    logs = model.train(CONFIG, data, seed=1).logs
    steps = logs["steps"]
    assert list(steps) == list(logs["epochs"]) == COLUMNS
    assert list(zip(steps["epoch"], steps["examples"], strict=True)) == [
        (epoch, examples) for epoch in (1, 2) for examples in (0, 32, 64)
    ]
    assert steps["loss"] == pytest.approx(
        [r + k for r, k in zip(steps["reconstruction"], steps["kl"], strict=True)]
    )
    assert logs["epochs"]["examples"] == [80, 80]


@pytest.mark.parametrize("loss", ["bound", "reference"])
def test_the_epochs_mean_is_over_images_also_where_batches_differ(loss: str, data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, batch_size=32, log_every=1, epochs=1, loss=loss)  # 32, 32, 16
    logs = model.train(config, data, seed=0).logs
    for column in ("reconstruction", "kl"):
        a, b, c = logs["steps"][column]
        assert logs["epochs"][column][0] == pytest.approx((32 * a + 32 * b + 16 * c) / 80)


def test_the_references_log_is_a_pixels_mean_divided_by_the_batch_and_the_divergence_of_an_image(
    data: SimpleNamespace,
) -> None:
    config = dataclasses.replace(CONFIG, loss="reference")
    steps = model.train(config, data, seed=0).logs["steps"]
    for shown, nats, kl in zip(steps["loss"], steps["reconstruction"], steps["kl"], strict=True):
        assert shown == pytest.approx(nats / 784 / 16 + kl)


def test_the_references_loss_empties_the_code_and_the_bound_does_not(
    data: SimpleNamespace, judge: Model
) -> None:
    found = {}
    for loss in ("bound", "reference"):
        config = dataclasses.replace(CONFIG, loss=loss, epochs=60, learning_rate=5e-3)
        found[loss] = run(config, data, judge, seed=0).scalars
    assert found["reference"]["test_kl"] < 0.01 < 0.5 < found["bound"]["test_kl"]
    assert found["reference"]["sample_spread"] < 0.2 * found["bound"]["sample_spread"]


def test_binarised_training_sees_fresh_black_and_white_pixels(
    data: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    terms = model.negative_elbo

    def watched(network: network.CVAE, x: torch.Tensor, *rest: torch.Tensor) -> object:
        seen.append(x)
        return terms(network, x, *rest)

    monkeypatch.setattr(model, "negative_elbo", watched)
    config = dataclasses.replace(CONFIG, pixels="binarised", batch_size=80)
    model.train(config, data, seed=0)
    assert all(set(x.unique().tolist()) == {0.0, 1.0} for x in seen)
    assert not torch.equal(seen[0].sum(0), seen[1].sum(0))  # the same images in each epoch
    assert seen[0].mean().item() == pytest.approx(data.train_images.mean() / 255, abs=0.01)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    data: SimpleNamespace, judge: Model
) -> None:
    first, again, other = (run(CONFIG, data, judge, seed=seed) for seed in (7, 7, 8))
    assert first.scalars == again.scalars and first.logs == again.logs
    assert first.scalars["test_negative_elbo"] != other.scalars["test_negative_elbo"]


@pytest.mark.parametrize("pixels", ["grey", "binarised"])
def test_it_goes_on_bit_for_bit_where_it_was_ended(
    pixels: str, data: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(CONFIG, epochs=3, pixels=pixels)
    whole = model.train(config, data, seed=2)
    monkeypatch.setattr(checkpoints, "is_due", lambda: True)
    kept: dict[str, checkpoints.Checkpoint] = {}

    def ended(unit: str, found: checkpoints.Checkpoint) -> None:
        kept[unit] = found
        if found.number == 2:  # before the second epoch
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "write", ended)
    monkeypatch.setattr(checkpoints, "read", kept.get)
    with pytest.raises(KeyboardInterrupt):
        model.train(config, data, seed=2)
    monkeypatch.setattr(checkpoints, "write", lambda *_: None)
    resumed = model.train(config, data, seed=2)
    assert resumed.logs == whole.logs
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], weights, err_msg=name)


def test_training_lowers_the_loss(data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, epochs=6, learning_rate=1e-2)
    losses = model.train(config, data, seed=0).logs["epochs"]["loss"]
    assert losses[-1] < losses[0] - 20


def test_choosing_settings_never_reads_the_test_images(data: SimpleNamespace, judge: Model) -> None:
    config = dataclasses.replace(CONFIG, validation_images=20)
    blind = SimpleNamespace(train_images=data.train_images, train_labels=data.train_labels)
    found = run(config, blind, judge, seed=0)
    assert found.scalars["train_examples"] == 60 and found.logs["epochs"]["examples"] == [60, 60]


def test_a_diverging_loss_stops_with_one_line(data: SimpleNamespace) -> None:
    with pytest.raises(UserError, match="cvae: the loss became"):
        model.train(dataclasses.replace(CONFIG, learning_rate=1e30), data, seed=0)
