"""The losses of problem 4: by hand, beside PyTorch's, and where the sigmoid saturates."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from assignment3.gan import model


def test_bce_is_pytorchs_in_value_and_slope() -> None:
    torch.manual_seed(0)
    logits = (torch.randn(50, 1, dtype=torch.float64) * 5).requires_grad_()
    targets = torch.rand(50, 1, dtype=torch.float64)
    ours, theirs = model.bce_loss(logits, targets), F.binary_cross_entropy_with_logits(logits, targets)
    torch.testing.assert_close(ours, theirs)
    slopes = [torch.autograd.grad(loss, logits, retain_graph=True)[0] for loss in (ours, theirs)]
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize(
    ("logit", "target", "loss"),
    [
        (0.0, 1.0, math.log(2)),
        (0.0, 0.0, math.log(2)),
        (math.log(3), 1.0, math.log(4 / 3)),  # s = 3/4
        (math.log(3), 0.0, math.log(4)),
        (math.log(3), 0.5, math.log(4) - math.log(3) / 2),
        (1000.0, 1.0, 0.0),
        (1000.0, 0.0, 1000.0),
        (-1000.0, 1.0, 1000.0),
        (-1000.0, 0.0, 0.0),
        (-30.0, 0.0, math.exp(-30)),  # in float32: 1 - s(-30) is 1 there
    ],
)
def test_bce_by_hand_at_single_logits(logit: float, target: float, loss: float) -> None:
    found = model.bce_loss(torch.tensor([logit]), torch.tensor([target]))
    assert found.item() == pytest.approx(loss, rel=1e-5, abs=1e-30)


def test_losses_equal_their_definition() -> None:
    torch.manual_seed(0)
    real, fake = torch.randn(6, 1, dtype=torch.float64), torch.randn(6, 1, dtype=torch.float64)
    D_real, D_fake = (1 / (1 + (-logits).exp()) for logits in (real, fake))
    expected = -(D_real.log().mean() + (1 - D_fake).log().mean())
    torch.testing.assert_close(model.discriminator_loss(real, fake), expected)
    torch.testing.assert_close(model.generator_loss(fake), -D_fake.log().mean())


def test_an_undecided_discriminator_loses_two_log_two() -> None:
    zero = torch.zeros(3, 1)
    assert model.discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert model.generator_loss(zero).item() == pytest.approx(math.log(2))


def test_the_generators_gradient_does_not_vanish_where_the_discriminator_is_sure() -> None:
    logits = torch.full((1, 1), -20.0, requires_grad=True)
    model.generator_loss(logits).backward()
    assert logits.grad is not None and logits.grad.item() == pytest.approx(-1, abs=1e-6)


def test_the_gradient_penalty_of_a_linear_discriminator_is_its_weights_square() -> None:
    torch.manual_seed(0)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1)).double()
    penalty = model.gradient_penalty(linear, torch.rand(5, 1, 28, 28, dtype=torch.float64))
    assert penalty.item() == pytest.approx(linear[1].weight.square().sum().item())


def test_the_gradient_penalty_is_the_mean_square_slope_and_can_be_descended() -> None:
    torch.manual_seed(0)
    D, real = model.build_discriminator().double(), torch.rand(2, 1, 28, 28, dtype=torch.float64)
    penalty = model.gradient_penalty(D, real)
    slope = torch.zeros_like(real)
    for i in range(28):
        for j in range(28):
            step = torch.zeros_like(real)
            step[..., i, j] = 1e-6
            slope[..., i, j] = ((D(real + step) - D(real - step)) / 2e-6).detach()
    assert penalty.item() == pytest.approx(slope.square().sum((1, 2, 3)).mean().item(), rel=1e-4)
    penalty.backward()
    gradients = [weights.grad for weights in D.parameters() if weights.ndim > 1]
    assert all(gradient is not None and gradient.abs().max() > 0 for gradient in gradients)
