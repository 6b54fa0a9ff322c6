"""The model's shapes, both terms of the bound by other means, and the two objectives."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from assignment3.cvae import network
from assignment3.cvae.network import CVAE


def small(batch: int = 6, latent: int = 3) -> tuple[CVAE, Tensor, Tensor]:
    """A model in float64 with pixels x [B, 784] and classes y [B, 10]."""
    torch.manual_seed(0)
    model = CVAE(12, latent).double()
    return model, torch.rand(batch, 784, dtype=torch.float64), torch.eye(10, dtype=torch.float64)[:batch]


def layers(*modules: nn.Module) -> list[tuple[int, int]]:
    """(inputs, outputs) of the linear layers, in order."""
    every = [layer for module in modules for layer in module.modules()]
    return [(layer.in_features, layer.out_features) for layer in every if isinstance(layer, nn.Linear)]


def test_every_layer_has_the_shape_that_the_hand_out_gives() -> None:
    model = CVAE()
    assert layers(model.recognition, model.mu, model.log_var) == [
        *[(794, 400), (400, 400)],
        *[(400, 20), (400, 20)],
    ]
    assert layers(model.generation) == [(30, 400), (400, 400), (400, 784)]
    assert len(layers(model)) == 7
    x, y, noise = torch.rand(5, 784), torch.eye(10)[:5], torch.randn(5, 20)
    mu, log_var = model.recognition_model(x, y)
    assert mu.shape == log_var.shape == (5, 20)
    z = model.reparametrize(mu, log_var, noise)
    assert z.shape == (5, 20) and model.generation_model(z, y).shape == (5, 784)
    assert [tuple(t.shape) for t in model(x, y, noise)] == [(5, 784), (5, 20), (5, 20)]


def test_the_networks_are_linear_layers_with_relu_between_them() -> None:
    model, x, y = small()
    weights = dict(model.named_parameters())

    def through(h: Tensor, *names: str) -> Tensor:
        for name in names:
            h = (h @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]).clamp(min=0)
        return h

    h = through(torch.cat([x, y], 1), "recognition.0", "recognition.2")
    mu, log_var = (h @ weights[f"{name}.weight"].T + weights[f"{name}.bias"] for name in ("mu", "log_var"))
    noise = torch.randn(6, 3, dtype=torch.float64)
    z = mu + log_var.exp().sqrt() * noise
    h = through(torch.cat([z, y], 1), "generation.0", "generation.2")
    logits = h @ weights["generation.4.weight"].T + weights["generation.4.bias"]
    for ours, theirs in zip(model(x, y, noise), (logits, mu, log_var), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_both_networks_see_the_class() -> None:
    model, x, y = small()
    other = y.roll(1, 0)
    assert not torch.allclose(model.recognition_model(x, y)[0], model.recognition_model(x, other)[0])
    z = torch.zeros(6, 3, dtype=torch.float64)
    assert not torch.allclose(model.generation_model(z, y), model.generation_model(z, other))


def test_z_has_the_mean_and_the_deviation_of_q() -> None:
    mu, log_var = torch.tensor([1.0, -2.0]), torch.tensor([0.0, math.log(9)])
    z = CVAE.reparametrize(mu, log_var, torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(z.mean(0), mu, rtol=0, atol=0.03)
    torch.testing.assert_close(z.std(0), torch.tensor([1.0, 3.0]), rtol=0.01, atol=0)


def test_gaussian_kl_and_its_gradients_equal_those_of_torch_distributions() -> None:
    torch.manual_seed(0)
    mu, log_var = (torch.randn(4, 7, dtype=torch.float64, requires_grad=True) for _ in range(2))
    ours = network.gaussian_kl(mu, log_var)
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
    assert network.gaussian_kl(zero, zero).item() == 0
    assert network.gaussian_kl(zero + 0.1, zero).item() == pytest.approx(5 * 0.01 / 2)
    assert network.gaussian_kl(zero, zero - 1).item() == pytest.approx(-0.5 * 5 * (1 - 1 - math.exp(-1)))


def test_reconstruction_is_the_sum_over_pixels_of_the_formula() -> None:
    torch.manual_seed(0)
    logits, x = torch.randn(3, 784) * 3, torch.rand(3, 784)
    s = torch.sigmoid(logits.double())
    expected = -(x * s.log() + (1 - x) * (1 - s).log()).sum(1)
    torch.testing.assert_close(network.bernoulli_nll(logits, x).double(), expected, rtol=1e-5, atol=1e-3)
    ink = (x > 0.5).float()
    independent = Independent(Bernoulli(logits=logits), 1)
    torch.testing.assert_close(network.bernoulli_nll(logits, ink), -independent.log_prob(ink))


def test_gradient_of_the_reconstruction_is_that_of_the_formula() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 784, dtype=torch.float64) * 3
    logits[0, :3] = torch.tensor([-200.0, 0.0, 200.0])
    x, weights = torch.rand(4, 784), torch.rand(4)
    ours, theirs = logits.float().requires_grad_(), logits.clone().requires_grad_()
    (network.bernoulli_nll(ours, x) * weights).sum().backward()
    nll = nn.functional.binary_cross_entropy_with_logits(theirs, x.double(), reduction="none").sum(1)
    (nll * weights.double()).sum().backward()
    assert ours.grad is not None and theirs.grad is not None
    torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-5, atol=1e-6)
    rough = logits.to(torch.bfloat16).requires_grad_()
    (network.bernoulli_nll(rough, x) * weights).sum().backward()
    assert rough.grad is not None and rough.grad.dtype == torch.bfloat16
    torch.testing.assert_close(rough.grad.double(), theirs.grad, rtol=0.02, atol=0.01)


def test_softplus_equals_pytorchs_also_at_zero_and_far_out() -> None:
    a = torch.tensor([-200.0, -9.0, -1.0, 0.0, 0.5, 3.0, 200.0])
    before = a.clone()
    torch.testing.assert_close(network.softplus(a), nn.functional.softplus(a), atol=2e-7, rtol=1e-6)
    assert torch.equal(a, before)


@pytest.mark.parametrize("latent", [1, 2])
def test_the_bound_lies_below_the_evidence_by_the_divergence_from_the_posterior(latent: int) -> None:
    """All terms by sums over a fine grid of z: no sample, no closed form."""
    model, x, y = small(1, latent)
    line = torch.linspace(-8, 8, 801 if latent == 1 else 321, dtype=torch.float64)
    z = torch.cartesian_prod(*[line] * latent).view(-1, latent)
    cell = (line[1] - line[0]) ** latent
    s = model.generation_model(z, y.expand(len(z), -1)).sigmoid()
    log_likelihood = (x * s.log() + (1 - x) * (1 - s).log()).sum(1)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    mu, log_var = model.recognition_model(x, y)
    log_q = Normal(mu, (log_var / 2).exp()).log_prob(z).sum(1)
    q = log_q.exp() * cell
    log_evidence = (log_likelihood + log_prior).logsumexp(0) + cell.log()
    posterior = log_likelihood + log_prior - log_evidence
    elbo = log_evidence - (q * (log_q - posterior)).sum()  # the gap is KL(q || posterior)
    noise = torch.randn(40_000, latent, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    many = x.expand(len(noise), -1), y.expand(len(noise), -1)
    reconstruction, kl = network.negative_elbo(model, *many, noise)
    assert (reconstruction + kl).mean().item() == pytest.approx(-elbo.item(), abs=2e-3)
    assert kl[0].item() == pytest.approx((q * (log_q - log_prior)).sum().item(), abs=1e-6)
    assert elbo < log_evidence


def test_the_bound_is_minimised_as_a_mean_and_the_references_loss_as_its_log_says() -> None:
    reconstruction, kl = torch.tensor([784.0, 1568.0]), torch.tensor([1.0, 3.0])
    assert network.objective("bound", reconstruction, kl).item() == pytest.approx(1176 + 2)
    assert network.objective("reference", reconstruction, kl).item() == pytest.approx(1.5 + 4)
    for loss, divisor in (("bound", 1), ("reference", 2)):
        shown = network.printed(loss, 1176.0, 2.0, 2)
        assert shown == pytest.approx(network.objective(loss, reconstruction, kl).item() / divisor)


def test_binarised_pixels_are_black_or_white_with_the_grey_level_as_probability() -> None:
    x = torch.tensor([0.0, 0.25, 1.0]).expand(40_000, 3)
    drawn = network.binarised(x, torch.Generator().manual_seed(0))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(0), x[0], rtol=0, atol=0.01)
