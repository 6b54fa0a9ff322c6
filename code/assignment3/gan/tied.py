"""The losses of the GAN at single points, for the comparison with their proved expressions.

Each function takes points, as `derivations.ties` names their variables, and gives a number for each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from assignment3.gan import model

Points = Sequence[tuple[float, ...]]


def _columns(points: Points) -> Tensor:
    """Points as rows of a tensor [variables, points] in double precision."""
    return torch.tensor(list(points), dtype=torch.float64).T.contiguous()


def bce_loss(points: Points) -> list[float]:
    """(logit, target) -> the cross entropy of one image."""
    return [model.bce_loss(row[:1], row[1:]).item() for row in _columns(points).T]


def discriminator_loss(points: Points) -> list[float]:
    """(real logit, generated logit) -> the loss of one image each."""
    return [model.discriminator_loss(row[:1], row[1:]).item() for row in _columns(points).T]


def generator_loss(points: Points) -> list[float]:
    """(logit) -> the loss of one generated image."""
    return [model.generator_loss(row).item() for row in _columns(points).T]


def generator_slope(points: Points) -> list[float]:
    """(logit) -> the slope of that loss, by autograd."""
    logits = _columns(points)[0].requires_grad_()
    for one in logits:
        model.generator_loss(one[None]).backward()
    assert logits.grad is not None
    return logits.grad.tolist()
