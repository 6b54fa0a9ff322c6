"""The conditional VAE of digits: both networks, the reparametrisation, and the two terms of the bound.

Kingma and Welling (2014, arXiv:1312.6114), conditioned on the class y as in Sohn, Lee and Yan (2015). The
bound of log p(x|y) is, in nats an image and summed over the pixels,

    ELBO = E_q(z|x,y)[log p(x|z,y)] - KL(q(z|x,y) || p(z|y)),  p(z|y) = N(0, I)

Training minimises -ELBO, whose first term is the reconstruction. The likelihood is Bernoulli's formula. On
grey pixels in [0, 1] it is neither a density of grey images nor a probability of black and white ones, so
-ELBO then compares models of the same images under this formula only. Derivations: `elbo` proves the bound,
`gaussian_kl` the closed form of the divergence, `reparameterisation` that of z.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from assignment3.cvae.settings import Cvae
from assignment3.data.images import as_tensor, unit_range
from writeup.runs.record import Trained
from writeup.training import device, load_weights

CLASSES = 10
SIDE = 28
PIXELS = SIDE * SIDE
Terms = tuple[Tensor, Tensor]  # reconstruction and divergence, [B] each


class CVAE(nn.Module):
    """q(z|x,y) and p(x|z,y), three layers each, ReLU between them."""

    def __init__(self, hidden: int = 400, latent: int = 20) -> None:
        super().__init__()
        self.recognition = nn.Sequential(
            nn.Linear(PIXELS + CLASSES, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
        )
        self.mu = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)
        self.generation = nn.Sequential(
            nn.Linear(latent + CLASSES, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, PIXELS),
        )

    def recognition_model(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x,y) = N(mu, diag(exp(log_var))).

        x [B, 784], one-hot y [B, 10] -> mu, log_var [B, m].
        """
        h = self.recognition(torch.cat([x, y], 1))  # B 400
        return self.mu(h), self.log_var(h)

    @staticmethod
    def reparametrize(mu: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
        """z = mu + sigma noise ~ q(z|x,y) for noise ~ N(0, I), all [B, m]."""
        return mu + (log_var / 2).exp() * noise

    def generation_model(self, z: Tensor, y: Tensor) -> Tensor:
        """p(x|z,y), its pixels independent: z [B, m], y [B, 10] -> logits [B, 784]."""
        logits: Tensor = self.generation(torch.cat([z, y], 1))
        return logits

    def forward(self, x: Tensor, y: Tensor, noise: Tensor) -> tuple[Tensor, ...]:
        """x [B, 784], y [B, 10], noise [B, m] -> logits [B, 784], mu, log_var [B, m]."""
        mu, log_var = self.recognition_model(x, y)
        z = self.reparametrize(mu, log_var, noise)
        return self.generation_model(z, y), mu, log_var


def build(config: Cvae) -> CVAE:
    """The untrained model on the device, its weights as PyTorch starts them."""
    return CVAE(config.hidden, config.latent).to(device())


def restore(config: Cvae, trained: Trained) -> CVAE:
    """The trained model on the device, in evaluation mode."""
    return load_weights(build(config), trained.weights).eval()


def softplus(a: Tensor) -> Tensor:
    """log(1 + exp(a)), same shape, to an absolute error of 1e-7; in place, so that autograd cannot follow.

    Without log1p, which is ten times slower than log.
    """
    return a.abs().neg_().exp_().add_(1).log_().add_(a.relu())


class BernoulliNll(torch.autograd.Function):
    """`bernoulli_nll` with its gradient, sigmoid(a) - x, written out: it is faster."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        """With the logit a, log s = a - softplus(a) and log(1 - s) = -softplus(a)."""
        a = logits.float()
        ctx.save_for_backward((a.sigmoid() - x).to(logits.dtype))
        return (softplus(a) - x * a).sum(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Of the logits, in their type; pixels need none."""
        (slope,) = ctx.saved_tensors
        return gradients[0].to(slope.dtype)[:, None] * slope, None


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x|z,y) = -sum_i x_i log s_i + (1 - x_i) log(1 - s_i), s = sigmoid(logits).

    [B, 784] -> [B], nats an image.
    """
    nats: Tensor = BernoulliNll.apply(logits, x)
    return nats


def gaussian_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, diag(exp(log_var))) || N(0, I)): [B, m] -> [B], nats an image."""
    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)


def negative_elbo(model: CVAE, x: Tensor, y: Tensor, noise: Tensor) -> Terms:
    """Both terms of -ELBO by one sample of z an image: reconstruction and KL, [B]."""
    logits, mu, log_var = model(x, y, noise)
    return bernoulli_nll(logits, x), gaussian_kl(mu, log_var)


def pixels_and_classes(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """x [N, 784] in [0, 1] and one-hot y [N, 10], both float32 on the device."""
    return unit_range(images).flatten(1), F.one_hot(as_tensor(labels).long(), CLASSES).float()


def binarised(x: Tensor, generator: torch.Generator) -> Tensor:
    """Black and white pixels, each white with the probability that its grey level in [0, 1] is."""
    return (torch.rand(x.shape, generator=generator).to(x.device) < x).to(x.dtype)


def objective(loss: str, reconstruction: Tensor, kl: Tensor) -> Tensor:
    """What training minimises, from both terms of each image, [B].

    "bound": -ELBO, mean over the batch. "reference": the first term's mean over pixels
    and batch, and the second's sum over the batch.
    """
    if loss == "reference":
        return reconstruction.mean() / PIXELS + kl.sum()
    return (reconstruction + kl).mean()


def printed(loss: str, reconstruction: float, kl: float, batch: int) -> float:
    """What a line of the log says, from the mean terms of a batch.

    The hand-out prints its loss divided by the batch size: nats an image for a loss
    summed over the batch. For the reference's loss it is that `objective` / batch.
    """
    if loss == "reference":
        return (reconstruction / PIXELS + kl * batch) / batch
    return reconstruction + kl
