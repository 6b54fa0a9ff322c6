"""The tuned training: the given one where nothing is changed, guidance, schedules, precision."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.assignment3.cvae.small import CONFIG

from assignment3.cvae import evaluate, model, network, tuned
from assignment3.cvae.settings import Tuned
from writeup.runs import checkpoints
from writeup.runs.record import Model, executed


def changed(**changes: Any) -> Tuned:
    """The small settings with changes, in float32 where nothing else is said."""
    return Tuned(**{**dataclasses.asdict(CONFIG), "precision": "fp32", **changes})


def test_with_the_given_settings_it_is_the_given_training_to_the_last_bit(data: SimpleNamespace) -> None:
    given, ours = model.train(CONFIG, data, seed=4), tuned.train(changed(), data, seed=4)
    assert given.logs == ours.logs
    for name, weights in given.weights.items():
        np.testing.assert_array_equal(ours.weights[name], weights, err_msg=name)


def test_guidance_teaches_the_guide_by_images_and_the_generation_model_by_samples() -> None:
    torch.manual_seed(0)
    cvae, guide = network.CVAE(12, 3), tuned.Guide(12)
    x, y, z, noise = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 3), torch.randn(5, 784)
    learns, teaches = tuned.guidance(cvae, guide, x, y, z, noise)
    samples = torch.sigmoid(cvae.generation_model(z, y))
    for found, images in ((learns, x + noise), (teaches, samples)):
        p = torch.softmax(guide(images), 1)
        torch.testing.assert_close(found, -p[torch.arange(5), torch.arange(5)].log().mean())
    guides, models = list(guide.parameters()), list(cvae.generation.parameters())
    assert all(g is None for g in torch.autograd.grad(learns, models, allow_unused=True, retain_graph=True))
    assert all(g is None for g in torch.autograd.grad(teaches, guides, allow_unused=True, retain_graph=True))
    assert all(g.abs().max() > 0 for g in torch.autograd.grad(learns, guides))
    assert all(g.abs().max() > 0 for g in torch.autograd.grad(teaches, models))


def test_guidance_makes_samples_show_their_class(data: SimpleNamespace) -> None:
    read = []
    for weight in (0.0, 20.0):
        config = changed(epochs=30, learning_rate=5e-3, guide_weight=weight, guide_every=2)
        cvae = network.restore(config, tuned.train(config, data, seed=0))
        x, y = network.pixels_and_classes(data.train_images, data.train_labels)
        means = torch.stack([x[y[:, c] > 0].mean(0) for c in range(10)])
        classes = torch.arange(10).repeat(50)
        samples = evaluate.sample(cvae, classes, torch.randn(500, 3)).flatten(1)
        read.append((torch.cdist(samples, means).argmin(1) == classes).double().mean().item())
    assert read[1] > read[0] + 0.05


def test_the_guide_moves_at_every_so_many_th_step_alone(
    data: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []
    guidance = tuned.guidance
    monkeypatch.setattr(tuned, "guidance", lambda *given: calls.append(0) or guidance(*given))
    for every, expected in ((1, 10), (2, 5), (4, 3)):  # of ten steps: two epochs of five
        calls.clear()
        tuned.train(changed(guide_weight=1.0, guide_every=every), data, seed=0)
        assert len(calls) == expected


def test_the_rate_rises_over_the_first_epoch_and_ends_at_zero() -> None:
    config = changed(epochs=4, schedule="falling")
    rates = [tuned.rate(config, step, 10) for step in range(40)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9] == pytest.approx(1 - 9 / 40)
    assert np.allclose(np.diff(rates[9:]), -1 / 40) and rates[-1] == pytest.approx(1 / 40)
    assert {tuned.rate(changed(), step, 10) for step in range(40)} == {1.0}


def test_the_divergence_counts_in_full_after_its_warm_up() -> None:
    config = changed(kl_warm_up=2)
    assert [tuned.kl_weight(config, step, 10) for step in (0, 9, 19, 30)] == [0.05, 0.5, 1.0, 1.0]
    assert tuned.kl_weight(changed(), 0, 10) == 1.0


def test_terms_are_those_of_the_bound_and_in_bf16_near_them() -> None:
    torch.manual_seed(0)
    cvae = network.CVAE(12, 3)
    x, y, noise = torch.rand(6, 784), torch.eye(10)[:6], torch.randn(6, 3)
    exact = network.negative_elbo(cvae, x, y, noise)
    for ours, theirs in zip(tuned.terms_of(cvae, x, y, noise), exact, strict=True):
        torch.testing.assert_close(ours, theirs)
    rough = tuned.terms_of(tuned.copy_for(cvae, "bf16"), x, y.bfloat16(), noise)
    for ours, theirs in zip(rough, exact, strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02)


def test_both_precisions_agree_within_a_percent(data: SimpleNamespace) -> None:
    losses = [
        tuned.train(changed(precision=p), data, seed=0).logs["epochs"]["loss"][-1] for p in ("fp32", "bf16")
    ]
    assert losses[0] != losses[1] and losses[0] == pytest.approx(losses[1], rel=0.01)
    assert executed(changed(precision="auto")).precision in ("fp32", "bf16")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_goes_on_bit_for_bit_where_it_was_ended(
    precision: str, data: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(
        epochs=3, precision=precision, schedule="falling", kl_warm_up=2, guide_weight=5.0, guide_every=2
    )
    whole = tuned.train(config, data, seed=2)
    monkeypatch.setattr(checkpoints, "is_due", lambda: True)
    kept: dict[str, checkpoints.Checkpoint] = {}

    def ended(unit: str, found: checkpoints.Checkpoint) -> None:
        kept[unit] = found
        if found.number == 3:  # before the third epoch, in the middle of a guided pair of steps
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "write", ended)
    monkeypatch.setattr(checkpoints, "read", kept.get)
    with pytest.raises(KeyboardInterrupt):
        tuned.train(config, data, seed=2)
    monkeypatch.setattr(checkpoints, "write", lambda *_: None)
    resumed = tuned.train(config, data, seed=2)
    assert resumed.logs == whole.logs
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], weights, err_msg=name)


def test_what_is_measured_of_it_is_what_is_measured_of_the_given_model(
    data: SimpleNamespace, judge: Model
) -> None:
    config = changed(hidden=16)
    found = tuned.evaluate(config, data, tuned.train(config, data, seed=0), seed=0, judge=judge)
    assert found.scalars["parameters"] == 795 * 16 + 17 * 16 + 2 * 17 * 3 + 14 * 16 + 17 * 16 + 17 * 784
    assert tuned.evaluate is model.evaluate
