"""The conditional VAE: shapes, both terms of the loss by other means, bounds, log lines, determinism."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from assignment3.config import Cvae, Digits
from assignment3.page.logs import cvae_lines
from assignment3.parts import cvae
from assignment3.shared import digits
from writeup.errors import UserError
from writeup.results.store import Findings, Model
from writeup.training import weights_of

CONFIG = Cvae(
    epochs=2,
    batch_size=16,
    hidden=12,
    latent=3,
    log_every=32,
    importance_samples=8,
    importance_images=5,
    samples_per_class=4,
)
STEPS = ["epoch", "examples", "loss", "reconstruction", "kl"]


@pytest.fixture(scope="module")
def judge() -> Model:
    """Reads every image as the class 3."""
    config = Digits(feature_dim=2)
    weights = weights_of(digits.build(config))
    weights |= {"head.weight": np.zeros((10, 2), np.float32), "head.bias": 50 * np.eye(10)[3]}
    return Model(config, weights)


def run(config: Cvae, data: SimpleNamespace, judge: Model, *, seed: int) -> Findings:
    """Both stages."""
    return cvae.evaluate(config, data, cvae.train(config, data, seed=seed), seed=seed, judge=judge)


@pytest.fixture(scope="module")
def data() -> SimpleNamespace:
    random = np.random.RandomState(0)
    labels = np.arange(120, dtype=np.uint8) % 10
    patterns = np.kron(random.rand(10, 4, 4) > 0.5, np.ones((7, 7))) * 190
    pixels = (patterns[labels] + random.randint(0, 60, (120, 28, 28))).astype(np.uint8)
    return SimpleNamespace(
        train_images=pixels[:80], train_labels=labels[:80], test_images=pixels[80:], test_labels=labels[80:]
    )


def small(batch: int = 6) -> tuple[cvae.ConditionalVae, torch.Tensor, torch.Tensor]:
    """A model in float64 with pixels x [B, 784] and classes y [B, 10]."""
    torch.manual_seed(0)
    model = cvae.ConditionalVae(12, 3).double()
    return model, torch.rand(batch, 784, dtype=torch.float64), torch.eye(10, dtype=torch.float64)[:batch]


def test_every_layer_has_the_shape_that_the_assignment_asks_for() -> None:
    model = cvae.ConditionalVae()
    shapes = {name: tuple(weights.shape) for name, weights in model.named_parameters() if "weight" in name}
    assert shapes == {
        "encoder.hidden.weight": (400, 794),
        "encoder.mu.weight": (20, 400),
        "encoder.log_var.weight": (20, 400),
        "decoder.hidden.weight": (400, 30),
        "decoder.logits.weight": (784, 400),
    }
    x, y, noise = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 20)
    mu, log_var = model.encoder(x, y)
    assert mu.shape == log_var.shape == (5, 20)
    assert [tuple(t.shape) for t in model(x, y, noise)] == [(5, 784), (5, 20), (5, 20)]


def test_both_networks_see_the_class() -> None:
    model, x, y = small()
    other = y.roll(1, 0)
    assert not torch.allclose(model.encoder(x, y)[0], model.encoder(x, other)[0])
    z = torch.zeros(6, 3, dtype=torch.float64)
    assert not torch.allclose(model.decoder(z, y), model.decoder(z, other))


def test_z_is_mu_plus_sigma_times_noise() -> None:
    model, x, y = small()
    noise = torch.randn(6, 3, dtype=torch.float64)
    logits, mu, log_var = model(x, y, noise)
    z = mu + log_var.exp().sqrt() * noise
    torch.testing.assert_close(logits, model.decoder(z, y), rtol=1e-5, atol=1e-5)


def test_gaussian_kl_and_its_gradients_equal_those_of_torch_distributions() -> None:
    mu, log_var = (torch.randn(4, 7, dtype=torch.float64, requires_grad=True) for _ in range(2))
    ours = cvae.gaussian_kl(mu, log_var)
    q = Independent(Normal(mu, (log_var / 2).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    theirs = kl_divergence(q, p)
    assert ours.shape == (4,)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    for a, b in zip(
        torch.autograd.grad(ours.sum(), (mu, log_var)),
        torch.autograd.grad(theirs.sum(), (mu, log_var)),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_gaussian_kl_is_zero_only_at_the_prior() -> None:
    zero = torch.zeros(1, 5)
    assert cvae.gaussian_kl(zero, zero).item() == 0
    assert cvae.gaussian_kl(zero + 0.1, zero).item() == pytest.approx(5 * 0.01 / 2)
    assert cvae.gaussian_kl(zero, zero - 1).item() == pytest.approx(-0.5 * 5 * (1 - 1 - math.exp(-1)))


def test_reconstruction_is_the_sum_over_pixels_of_the_formula() -> None:
    logits, x = torch.randn(3, 784) * 3, torch.rand(3, 784)
    s = torch.sigmoid(logits.double())
    expected = -(x * s.log() + (1 - x) * (1 - s).log()).sum(1)
    torch.testing.assert_close(cvae.bernoulli_nll(logits, x).double(), expected, rtol=1e-5, atol=1e-3)
    ink = (x > 0.5).float()
    independent = Independent(Bernoulli(logits=logits), 1)
    torch.testing.assert_close(cvae.bernoulli_nll(logits, ink), -independent.log_prob(ink))


def test_gradient_of_the_reconstruction_is_that_of_the_formula() -> None:
    logits = torch.randn(4, 784, dtype=torch.float64) * 3
    logits[0, :3] = torch.tensor([-200.0, 0.0, 200.0])
    x, weights = torch.rand(4, 784), torch.rand(4)
    ours, theirs = logits.float().requires_grad_(), logits.clone().requires_grad_()
    (cvae.bernoulli_nll(ours, x) * weights).sum().backward()
    nll = nn.functional.binary_cross_entropy_with_logits(theirs, x.double(), reduction="none").sum(1)
    (nll * weights.double()).sum().backward()
    assert ours.grad is not None and theirs.grad is not None
    torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours.grad.double(), weights[:, None] * (logits.sigmoid() - x))
    rough = logits.to(torch.bfloat16).requires_grad_()
    (cvae.bernoulli_nll(rough, x) * weights).sum().backward()
    assert rough.grad is not None and rough.grad.dtype == torch.bfloat16
    torch.testing.assert_close(rough.grad.double(), theirs.grad, rtol=0.02, atol=0.01)


def test_both_bounds_are_those_of_the_ratios_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvae, "DRAWS", 2)
    model, x, y = small()
    model, x, y = model.float(), x.float(), y.float()
    importance, elbo = cvae.bounds(model, x, y, 3, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    mu, log_var = model.encoder(x, y)
    sigma = (log_var / 2).exp()
    for i in range(len(x)):
        z = mu[i] + sigma[i] * torch.randn(3, 3, generator=generator)
        log_likelihood = -cvae.bernoulli_nll(model.decoder(z, y[i].expand(3, -1)), x[i].expand(3, -1))
        log_ratio = (Normal(0, 1).log_prob(z) - Normal(mu[i], sigma[i]).log_prob(z)).sum(1)
        log_w = (log_likelihood + log_ratio).double()
        assert importance[i].item() == pytest.approx(log_w.exp().mean().log().item(), abs=1e-3)
        assert elbo[i].item() == pytest.approx(log_w.mean().item(), abs=1e-3)


def test_importance_bound_reaches_the_true_likelihood_of_a_decoder_that_ignores_z(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # p(x|z,y) = p(x|y) then, whatever q is; the ratio p(z)/q(z) averages to 1, its log to -KL.
    monkeypatch.setattr(cvae, "DRAWS", 300)  # 2,000 are six of these and a rest
    model, x, y = small()
    model = model.float()
    with torch.no_grad():
        model.decoder.hidden.weight[:, :3] = 0
    x, y = x.float(), y.float()
    truth = -cvae.bernoulli_nll(model.decoder(torch.zeros(6, 3), y), x)
    importance, elbo = cvae.bounds(model, x, y, 2_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(importance, truth, rtol=0, atol=0.1)
    torch.testing.assert_close(elbo, truth - cvae.gaussian_kl(*model.encoder(x, y)), rtol=0, atol=0.1)
    assert (importance > elbo).all()


def test_training_starts_from_the_mean_image(data: SimpleNamespace) -> None:
    model = cvae.ConditionalVae(12, 3)
    images = np.zeros((4, 28, 28), np.uint8)
    images[:, :14] = 51
    cvae.start_at_mean(model, images)
    p = model.decoder.logits.bias.sigmoid()
    torch.testing.assert_close(p[:392], torch.full((392,), 0.2))
    torch.testing.assert_close(p[392:], torch.full((392,), 0.001))


def test_both_starts_are_measured_and_the_mean_image_is_the_nearer_one(data: SimpleNamespace) -> None:
    found = cvae.starts(CONFIG, data, seed=0)
    assert set(found) == {"start_default_bias", "start_mean_image"}
    assert found["start_default_bias"] == pytest.approx(784 * math.log(2), rel=0.1)  # logits of about 0
    pixels = data.train_images.reshape(80, 784) / 255
    p = pixels.mean(0).clip(1e-3, 1 - 1e-3)
    x = data.test_images.reshape(40, 784) / 255
    mean_image = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1).mean()
    assert found["start_mean_image"] == pytest.approx(mean_image, rel=0.1)
    assert found["start_mean_image"] < 0.95 * found["start_default_bias"]


def test_the_stages_return_every_documented_name(data: SimpleNamespace, judge: Model) -> None:
    result = run(CONFIG, data, judge, seed=1)
    assert set(result.scalars) == {
        "start_default_bias",
        "start_mean_image",
        "test_negative_elbo",
        "test_reconstruction",
        "test_kl",
        "importance_bound",
        "importance_negative_elbo",
        "active_units",
        "conditional_accuracy",
        "frechet_distance",
        "train_examples",
        "parameters",
    }
    s = result.scalars
    assert s["test_negative_elbo"] == s["test_reconstruction"] + s["test_kl"]
    assert s["importance_bound"] < s["importance_negative_elbo"]
    assert s["conditional_accuracy"] == 10  # the judge reads threes only
    assert s["parameters"] == 795 * 12 + 2 * 13 * 3 + 14 * 12 + 13 * 784
    shapes = {name: array.shape for name, array in result.arrays.items()}
    assert shapes == {
        "samples": (10, 10, 28, 28),
        "reconstructions": (2, 10, 28, 28),
        "vary_z": (9, 9, 28, 28),
        "style": (8, 10, 28, 28),
    }
    assert all(array.dtype == np.uint8 for array in result.arrays.values())
    assert np.array_equal(result.arrays["reconstructions"][0], data.test_images[:10])
    log = result.logs["steps"]
    assert list(log) == list(result.logs["epochs"]) == STEPS
    assert list(zip(log["epoch"], log["examples"], strict=True)) == [
        (epoch, examples) for epoch in (1, 2) for examples in (0, 32, 64)
    ]
    assert log["loss"] == pytest.approx(
        [r + k for r, k in zip(log["reconstruction"], log["kl"], strict=True)]
    )
    assert result.logs["epochs"]["examples"] == [80, 80]


def test_the_epoch_log_is_the_mean_over_images_also_where_batches_differ(data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, batch_size=32, log_every=1, epochs=1)  # batches of 32, 32, 16
    logs = cvae.train(config, data, seed=0).logs
    losses = logs["steps"]["loss"]
    assert logs["epochs"]["loss"][0] == pytest.approx((32 * losses[0] + 32 * losses[1] + 16 * losses[2]) / 80)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    data: SimpleNamespace, judge: Model
) -> None:
    first, again, other = (run(CONFIG, data, judge, seed=seed) for seed in (7, 7, 8))
    assert first.scalars == again.scalars and first.logs == again.logs
    assert first.scalars["test_negative_elbo"] != other.scalars["test_negative_elbo"]


def test_softplus_equals_pytorchs_also_at_zero_and_far_out() -> None:
    a = torch.tensor([-200.0, -9.0, -1.0, 0.0, 0.5, 3.0, 200.0])
    before = a.clone()
    torch.testing.assert_close(cvae.softplus(a), nn.functional.softplus(a), atol=2e-7, rtol=1e-6)
    assert torch.equal(a, before)


def test_one_step_in_float32_is_adams_on_the_gradient_of_the_loss(data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, epochs=1, batch_size=80, precision="fp32", guide_weight=0.0)
    trained = cvae.train(config, data, seed=3).weights
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    model = cvae.build(config)
    x, y = cvae.pixels_and_classes(data.train_images, data.train_labels)
    cvae.start_at_mean(model, data.train_images)
    noise = torch.randn(80, 2, 3, generator=generator)[:, 0]
    order = torch.randperm(80, generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    logits, mu, log_var = model(x[order], y[order], noise)
    nll = nn.functional.binary_cross_entropy_with_logits(logits, x[order], reduction="sum")
    kl = kl_divergence(Normal(mu, (log_var / 2).exp()), Normal(0.0, 1.0)).sum()
    ((nll + kl) / 80).backward()
    optimizer.step()
    for name, weights in weights_of(model).items():
        np.testing.assert_allclose(trained[name], weights, atol=1e-5, err_msg=name)


def test_guidance_teaches_the_guide_by_images_and_the_decoder_by_samples() -> None:
    torch.manual_seed(0)
    model, guide = cvae.ConditionalVae(12, 3), cvae.Guide(12)
    x, y, z = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 3)
    learns, teaches = cvae.guidance(model, guide, x, y, z)
    samples = torch.sigmoid(model.decoder(z, y))
    for found, images in ((learns, x), (teaches, samples)):
        p = torch.softmax(guide(images), 1)
        torch.testing.assert_close(found, -p[torch.arange(5), torch.arange(5)].log().mean())
    guides, models = list(guide.parameters()), list(model.decoder.parameters())
    assert all(g is None for g in torch.autograd.grad(learns, models, allow_unused=True, retain_graph=True))
    assert all(g is None for g in torch.autograd.grad(teaches, guides, allow_unused=True, retain_graph=True))
    assert all(g.abs().max() > 0 for g in torch.autograd.grad(learns, guides))
    assert all(g.abs().max() > 0 for g in torch.autograd.grad(teaches, models))


def test_guidance_makes_samples_show_their_class(data: SimpleNamespace) -> None:
    read = []
    for weight in (0.0, 20.0):
        config = dataclasses.replace(CONFIG, epochs=30, learning_rate=5e-3, guide_weight=weight)
        model = cvae.restore(Model(config, cvae.train(config, data, seed=0).weights))
        x, y = cvae.pixels_and_classes(data.train_images, data.train_labels)
        means = torch.stack([x[y[:, c] > 0].mean(0) for c in range(10)])
        classes = torch.arange(10).repeat(50)
        samples = cvae.sample(model, classes, torch.randn(500, 3)).flatten(1)
        read.append((torch.cdist(samples, means).argmin(1) == classes).double().mean().item())
    assert read[1] > read[0] + 0.05


def test_training_lowers_the_loss(data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, epochs=6, learning_rate=1e-2, precision="fp32")
    losses = cvae.train(config, data, seed=0).logs["epochs"]["loss"]
    assert losses[-1] < losses[0] - 5


def test_both_precisions_agree_within_a_percent(data: SimpleNamespace) -> None:
    losses = [
        cvae.train(dataclasses.replace(CONFIG, precision=p), data, seed=0).logs["epochs"]["loss"][-1]
        for p in ("fp32", "bf16")
    ]
    assert losses[0] != losses[1] and losses[0] == pytest.approx(losses[1], rel=0.01)


def test_choosing_settings_never_reads_the_test_images(data: SimpleNamespace, judge: Model) -> None:
    config = dataclasses.replace(CONFIG, validation_images=20)
    blind = SimpleNamespace(train_images=data.train_images, train_labels=data.train_labels)
    found = run(config, blind, judge, seed=0)
    assert found.scalars["train_examples"] == 60 and found.logs["epochs"]["examples"] == [60, 60]


def test_a_diverging_loss_stops_with_one_line(data: SimpleNamespace) -> None:
    with pytest.raises(UserError, match="cvae: the loss became"):
        cvae.train(dataclasses.replace(CONFIG, learning_rate=1e30), data, seed=0)


def test_log_lines_are_the_references_to_the_letter() -> None:
    log = {
        "epoch": [1, 1, 10],
        "examples": [0.0, 16000, 48000],
        "loss": [0.0451960001, 0.00664, 0.007721],
    }
    assert cvae_lines(log, 60000) == [
        "Train Epoch: 1 [0/60000 (0%)] Loss: 0.045196",
        "Train Epoch: 1 [16000/60000 (27%)] Loss: 0.006640",
        "Train Epoch: 10 [48000/60000 (80%)] Loss: 0.007721",
    ]
