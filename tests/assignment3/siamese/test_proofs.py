"""The loss of problem 2 and its gradient are what was proved."""

import torch
from sympy import lambdify

from assignment3.derivations.contrastive import contrastive_slopes, d, loss, m
from assignment3.siamese.model import ContrastiveLoss


def test_contrastive_loss_and_its_gradient():
    generator = torch.Generator().manual_seed(0)
    distance = torch.randn(64, generator=generator, dtype=torch.float64).abs() + 0.01
    y = torch.arange(64) % 2
    margin = 1.2
    value = lambdify((d, m), [loss(d, 0), loss(d, 1)], "numpy")(distance.numpy(), margin)
    each = torch.where(y == 0, *map(torch.as_tensor, value))
    direction = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    output1 = (distance[:, None] * direction).requires_grad_()
    result = ContrastiveLoss(margin)(output1, torch.zeros_like(output1), y)
    torch.testing.assert_close(result, each.mean(), rtol=0, atol=1e-10)
    result.backward()
    assert output1.grad is not None
    slope = 64 * output1.grad @ direction  # along the distance
    names = {step.name: step.rhs.doit() for step in contrastive_slopes.steps}
    assert names["slope, same"].equals(2 * d) and names["slope, near"].equals(2 * (d - m))
    expected = torch.where(y == 0, 2 * distance, -2 * torch.clamp(margin - distance, min=0))
    torch.testing.assert_close(slope, expected, rtol=0, atol=1e-10)
