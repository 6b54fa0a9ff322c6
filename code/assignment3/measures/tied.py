"""The losses of the code at single points, for the comparison with their proved expressions.

Each function takes points, as `derivations.ties` names their variables, and gives a number for each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from assignment3.parts import cvae, gan, siamese, text_cnn

Points = Sequence[tuple[float, ...]]


def _columns(points: Points) -> Tensor:
    """Points as rows of a tensor [variables, points] in double precision."""
    return torch.tensor(list(points), dtype=torch.float64).T.contiguous()


def contrastive_loss(points: Points) -> list[float]:
    """(d, s, m) -> the loss of a single pair."""
    return [siamese.contrastive_loss(row[:1], row[1:2], float(row[2])).item() for row in _columns(points).T]


def gaussian_kl(points: Points) -> list[float]:
    """(mu_1, ..., mu_J, sigma_1, ..., sigma_J) -> the divergence."""
    mu, sigma = _columns(points).chunk(2)
    return cvae.gaussian_kl(mu.T, 2 * sigma.T.log()).tolist()


def bernoulli_nll(points: Points) -> list[float]:
    """(logit, x) -> the loss of an image of one pixel."""
    logits, x = _columns(points)
    return cvae.bernoulli_nll(logits[:, None], x[:, None]).tolist()


def elbo_reconstruction(points: Points) -> list[float]:
    """(logit, x) -> the first term of -ELBO, of a model that gives this logit."""
    return _negative_elbo(*_columns(points), *torch.zeros(2, len(points), 1, dtype=torch.float64))[0]


def elbo_kl(points: Points) -> list[float]:
    """(mu_1, ..., sigma_J) -> the second term of -ELBO, of a model that gives these."""
    mu, sigma = _columns(points).chunk(2)
    zero = torch.zeros(len(points), dtype=torch.float64)
    return _negative_elbo(zero, zero, mu.T, 2 * sigma.T.log())[1]


def _negative_elbo(logit: Tensor, x: Tensor, mu: Tensor, log_var: Tensor) -> tuple[list[float], list[float]]:
    def model(*_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return logit[:, None], mu, log_var

    first, second = cvae.negative_elbo(model, x[:, None], x[:, None], mu)  # type: ignore[arg-type]
    return first.tolist(), second.tolist()


def discriminator_loss(points: Points) -> list[float]:
    """(real logit, generated logit) -> the loss of one image each."""
    return [gan.discriminator_loss(row[:1], row[1:]).item() for row in _columns(points).T]


def generator_loss(points: Points) -> list[float]:
    """(logit) -> the loss of one generated image."""
    return [gan.generator_loss(row).item() for row in _columns(points).T]


def generator_slope(points: Points) -> list[float]:
    """(logit) -> the slope of that loss, by autograd."""
    logits = _columns(points)[0].requires_grad_()
    for one in logits:
        gan.generator_loss(one[None]).backward()
    assert logits.grad is not None
    return logits.grad.tolist()


def text_loss(points: Points) -> list[float]:
    """(logit, label) -> the loss of one phrase."""
    return [text_cnn.loss(row[:1], row[1:]).item() for row in _columns(points).T]
