"""The losses of the CVAE at single points, for the comparison with their proved expressions.

Each function takes points, as `derivations.ties` names their variables, and gives a number for each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from assignment3.cvae import network

Points = Sequence[tuple[float, ...]]


def _columns(points: Points) -> Tensor:
    """Points as rows of a tensor [variables, points] in double precision."""
    return torch.tensor(list(points), dtype=torch.float64).T.contiguous()


def gaussian_kl(points: Points) -> list[float]:
    """(mu_1, ..., mu_m, sigma_1, ..., sigma_m) -> the divergence."""
    mu, sigma = _columns(points).chunk(2)
    return network.gaussian_kl(mu.T, 2 * sigma.T.log()).tolist()


def bernoulli_nll(points: Points) -> list[float]:
    """(logit, x) -> the loss of an image of one pixel."""
    logits, x = _columns(points)
    return network.bernoulli_nll(logits[:, None], x[:, None]).tolist()


def elbo_reconstruction(points: Points) -> list[float]:
    """(logit, x) -> the first term of -ELBO, of a model that gives this logit."""
    return _negative_elbo(*_columns(points), *torch.zeros(2, len(points), 1, dtype=torch.float64))[0]


def elbo_kl(points: Points) -> list[float]:
    """(mu_1, ..., sigma_m) -> the second term of -ELBO, of a model that gives these."""
    mu, sigma = _columns(points).chunk(2)
    zero = torch.zeros(len(points), dtype=torch.float64)
    return _negative_elbo(zero, zero, mu.T, 2 * sigma.T.log())[1]


def _negative_elbo(logit: Tensor, x: Tensor, mu: Tensor, log_var: Tensor) -> tuple[list[float], list[float]]:
    def model(*_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return logit[:, None], mu, log_var

    first, second = network.negative_elbo(model, x[:, None], x[:, None], mu)  # type: ignore[arg-type]
    return first.tolist(), second.tolist()
