"""A conditional VAE of digits: q(z|x,y) and p(x|z,y) are two-layer perceptrons, p(z|y) = N(0, I).

Kingma and Welling (2014, arXiv:1312.6114), conditioned on the class y as in Sohn, Lee and Yan (2015). The
loss is -ELBO (their eq. 3, with z drawn by eq. 4's reparameterisation) in nats per image, summed over pixels:

    -ELBO = E_q(z|x,y)[-log p(x|z,y)] + KL(q(z|x,y) || p(z|y))
            reconstruction              kl

The likelihood is Bernoulli's formula on grey pixels in [0, 1]: neither a density of grey images nor a
probability of black and white ones. So -ELBO compares models of the same images under this formula only.
Derivations: `elbo` proves the bound, `gaussian_kl` the closed form of the KL (their appendix B).

The bound does not ask that a sample of the prior show its class: q(z|x,y) may hold the class too, and the
decoder then reads it there. The tuned settings add a term for it, `guidance` (after Hu et al. 2017, eq. 7).
What that gave on 5,000 held-out training images, one run each (-ELBO in nats; percent read as asked):
    100.1  80.9  without guidance, 10 epochs
    100.7  96.0  weight 20
     99.5  96.8  weight 50, 20 epochs
     98.6  97.3  weight 20, 20 epochs, the guide with dropout 0.5
     98.8  98.2  weight 20, 20 epochs, noise of 0.3 on the guide's images
Before that, larger class weights at the start gave 85 to 86 percent; a KL weight that falls from 5 to 1, 91
percent at 115 nats.
"""

import math
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from assignment3.config import Cvae
from assignment3.data.images import DigitData, as_tensor, examined, to_bytes, unit_range
from assignment3.shared import digits, scores
from writeup.results.rows import add_row
from writeup.results.store import Findings, Model, Trained
from writeup.resuming import rounds
from writeup.training import Network, batches, device, load_weights, progress, seeded, weights_of

CLASSES = 10
SIDE = 28
PIXELS = SIDE * SIDE
ACTIVE = 0.01  # a unit is active where Var_x E[z|x,y] exceeds it (Burda, Grosse and Salakhutdinov 2016)
ELBO_SAMPLES = 10  # draws of z per test image: their noise in the mean is below 0.02 nats
EVALUATION_BATCH = 1000
DRAWS = 500  # of z at a time: 500 x 784 logits are 1.6 MB
VARIED_CLASS = 2  # has loops and slants to vary


class Encoder(nn.Module):
    """q(z|x,y) = N(mu, diag(exp(log_var)))."""

    def __init__(self, hidden: int, latent: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(PIXELS + CLASSES, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels x [B, 784], one-hot y [B, 10] -> mu [B, J], log_var [B, J]."""
        h = self.hidden(torch.cat([x, y], 1)).relu()  # B 400
        return self.mu(h), self.log_var(h)


class Decoder(nn.Module):
    """p(x|z,y) = prod_i Bernoulli(x_i; sigmoid(logit_i))."""

    def __init__(self, hidden: int, latent: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(latent + CLASSES, hidden)
        self.logits = nn.Linear(hidden, PIXELS)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        """z [B, J], one-hot y [B, 10] -> logits [B, 784]."""
        h = self.hidden(torch.cat([z, y], 1)).relu()  # B 400
        logits: Tensor = self.logits(h)
        return logits


class Guide(nn.Module):
    """p(y|x) as a perceptron that learns beside the model, from the same images; no judge of anything."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(PIXELS, hidden)
        self.logits = nn.Linear(hidden, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Pixels [B, 784] -> logits [B, 10]."""
        logits: Tensor = self.logits(self.hidden(x).relu())
        return logits


class ConditionalVae(nn.Module):
    """Encoder and decoder: the whole model of the report's section 3."""

    def __init__(self, hidden: int = 400, latent: int = 20) -> None:
        super().__init__()
        self.encoder = Encoder(hidden, latent)
        self.decoder = Decoder(hidden, latent)

    def forward(self, x: Tensor, y: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x [B, 784], y [B, 10], noise ~ N(0, I) [B, J] -> logits [B, 784], mu [B, J], log_var [B, J].

        The layers compute in the type of y, which is that of their weights; z, mu and log_var are float32.
        """
        mu, log_var = (moment.float() for moment in self.encoder(x.to(y.dtype), y))
        z = mu + (log_var / 2).exp() * noise  # reparameterisation: z ~ q(z|x,y)
        return self.decoder(z.to(y.dtype), y), mu, log_var


def softplus(a: Tensor) -> Tensor:
    """log(1 + exp(a)), same shape, to an absolute error of 1e-7; in place, so that autograd cannot follow.

    Without log1p, which is ten times slower than log.
    """
    return a.abs().neg_().exp_().add_(1).log_().add_(a.relu())


class BernoulliNll(torch.autograd.Function):
    """`bernoulli_nll` with its gradient, sigmoid(a) - x, written out: fewer passes over the pixels."""

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

    [B, 784] -> [B], nats per image.
    """
    nats: Tensor = BernoulliNll.apply(logits, x)
    return nats


def gaussian_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, diag(exp(log_var))) || N(0, I)): [B, J] -> [B], nats per image."""
    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)


def negative_elbo(model: ConditionalVae, x: Tensor, y: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """One-sample estimates of both terms of -ELBO, [B] each, in nats per image."""
    logits, mu, log_var = model(x, y, noise)
    return bernoulli_nll(logits, x), gaussian_kl(mu, log_var)


def guidance(
    model: ConditionalVae, guide: Guide, x: Tensor, y: Tensor, z: Tensor, noise: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Cross entropies of the classes that the guide reads, means over the batch in nats.

    Of the images x [B, 784], which teaches the guide, and of samples with z [B, J] ~ p(z|y), which teaches
    the decoder: the guide's weights stand still there. Noise of standard deviation `noise` on the images
    makes the guide look at shapes, so that the decoder cannot please it by a few pixels.
    """
    classes = y.argmax(1)
    samples = model.decoder(z, y).sigmoid()  # B 784
    still = {name: weights.detach() for name, weights in guide.named_parameters()}
    read = torch.func.functional_call(guide, still, (samples,))
    noisy = x + noise * torch.randn_like(x)
    return F.cross_entropy(guide(noisy.to(y.dtype)).float(), classes), F.cross_entropy(read.float(), classes)


def build(config: Cvae) -> ConditionalVae:
    """The untrained model on the device."""
    return ConditionalVae(config.hidden, config.latent).to(device())


def restore(trained: Model) -> ConditionalVae:
    """The trained model on the device, in evaluation mode."""
    return load_weights(build(trained.config), trained.weights).eval()


def start_at_mean(model: ConditionalVae, images: NDArray[np.uint8]) -> None:
    """Set the decoder's last bias to the mean image's logits: the border need not be learned.

    images [N, 28, 28] of 0..255; pixels that are never inked get a probability of 0.001.
    """
    mean = torch.from_numpy(images.mean(0) / 255).flatten()
    with torch.no_grad():
        model.decoder.logits.bias.copy_(mean.clamp(1e-3, 1 - 1e-3).logit())


def pixels_and_classes(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """x [N, 784] in [0, 1] and one-hot y [N, 10], both float32 on the device."""
    return unit_range(images).flatten(1), F.one_hot(as_tensor(labels).long(), CLASSES).float()


def copy_for(network: Network, precision: str) -> Network:
    """What computes the products: for "fp32" the network itself, for "bf16" a copy of that type.

    One copy a step costs less than a cast at every use. Adam moves the float32 weights, for its steps are too
    small for bfloat16 (Micikevicius et al. 2018).
    """
    return network if precision == "fp32" else deepcopy(network).to(torch.bfloat16)


def train(config: Cvae, data: DigitData, *, seed: int) -> Trained:
    """Maximise the ELBO (less the guidance) on the training images by Adam, its rate falling linearly to 0.

    The logs hold the terms of -ELBO alone: `steps` a row per `log_every` examples, `epochs` means over each.
    """
    data = examined(data, config.validation_images)
    generator = seeded(seed)
    model, guide = build(config).train(), Guide(config.hidden).to(device())
    start_at_mean(model, data.train_images)
    fast_model, fast_guide = copy_for(model, config.precision), copy_for(guide, config.precision)
    weights, copied = list(model.parameters()), list(fast_model.parameters())
    if config.guide_weight:
        weights += guide.parameters()
        copied += fast_guide.parameters()
    pixels = as_tensor(data.train_images).flatten(1)  # bytes until they are used: a quarter of the memory
    classes = F.one_hot(as_tensor(data.train_labels).long(), CLASSES).to(copied[0].dtype)
    N = len(pixels)
    each = -(-N // config.batch_size)
    total = config.epochs * each
    optimizer = torch.optim.Adam(weights, config.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / total)
    steps: dict[str, list[float]] = {}
    epochs: dict[str, list[float]] = {}
    logs = {"steps": steps, "epochs": epochs}
    state = {"model": model, "guide": guide, "optimizer": optimizer, "schedule": schedule, "order": generator}
    with progress("cvae", total) as tick:
        for epoch in rounds("cvae", range(1, config.epochs + 1), state | logs, each):
            update(copied, weights)  # where it goes on, they were not those of the copies
            seen = 0
            sums = torch.zeros(2)
            noise = torch.randn(N, 2, config.latent, generator=generator).split(config.batch_size)
            for batch, drawn in zip(batches(N, config.batch_size, generator), noise, strict=True):
                chosen, (z_noise, z_prior) = batch.to(pixels.device), drawn.to(pixels.device).unbind(1)
                x, y = unit_range(pixels.index_select(0, chosen)), classes.index_select(0, chosen)
                terms = torch.stack([term.mean() for term in negative_elbo(fast_model, x, y, z_noise)])
                loss = terms.sum()
                if config.guide_weight:
                    learns, teaches = guidance(
                        fast_model, fast_guide, x, y, z_prior.to(y.dtype), config.guide_noise
                    )
                    loss = loss + learns + config.guide_weight * teaches
                for weight, gradient in zip(weights, torch.autograd.grad(loss, copied), strict=True):
                    weight.grad = gradient.float()
                optimizer.step()
                schedule.step()
                update(copied, weights)
                tick(loss.item())
                terms = terms.detach().cpu()
                if seen % config.log_every < len(batch):  # the first batch at or beyond each mark
                    log_terms(steps, epoch, seen, terms)
                sums += terms * len(batch)
                seen += len(batch)
            log_terms(epochs, epoch, seen, sums / seen)
    return Trained(weights_of(model), logs=logs)


@torch.no_grad()
def update(copied: list[nn.Parameter], weights: list[nn.Parameter]) -> None:
    """Copy the weights, each into its copy's type; one that is its own copy stays as it is."""
    for copy, weight in zip(copied, weights, strict=True):
        copy.copy_(weight)


def log_terms(log: dict[str, list[float]], epoch: int, examples: int, terms: Tensor) -> None:
    """Add a row; `terms` are reconstruction and KL in nats per image."""
    reconstruction, kl = terms.tolist()
    add_row(
        log,
        epoch=epoch,
        examples=examples,
        loss=reconstruction + kl,
        reconstruction=reconstruction,
        kl=kl,
    )


@torch.no_grad()
def bounds(
    model: ConditionalVae, x: Tensor, y: Tensor, samples: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Two lower bounds of log p(x|y) from the same k = samples draws z_k ~ q, [B] each, in nats per image.

    With w_k = p(x,z_k|y) / q(z_k|x,y): log 1/k sum_k w_k, the importance-weighted bound (Burda et al. 2016,
    eq. 8), and 1/k sum_k log w_k, an estimate of the ELBO. One image at a time, and DRAWS of its z together:
    then the logits stay in the cache.
    """
    mu, log_var = model.encoder(x, y)
    found = []
    for i in range(len(x)):
        noise = torch.randn(samples, mu.shape[1], generator=generator).to(x.device)  # k J
        z = mu[i] + (log_var[i] / 2).exp() * noise
        log_likelihood = []
        for some in z.split(DRAWS):
            logits = model.decoder(some, y[i].expand(len(some), -1))
            log_likelihood.append(logits @ x[i] - softplus(logits).sum(1))  # x log s + (1 - x) log(1 - s)
        log_ratio = 0.5 * (noise**2 + log_var[i] - z**2).sum(1)  # log p(z) - log q(z|x,y); 2 pi cancels
        log_w = torch.cat(log_likelihood) + log_ratio
        found.append(torch.stack([log_w.logsumexp(0) - math.log(samples), log_w.mean()]))
    importance, elbo = torch.stack(found, 1)
    return importance, elbo


@torch.no_grad()
def sample(model: ConditionalVae, classes: Tensor, z: Tensor) -> Tensor:
    """Mean images of p(x|z,y): classes [B], z [B, J] -> [B, 28, 28] in [0, 1]."""
    y = F.one_hot(classes, CLASSES).float()
    images: Tensor = model.decoder(z, y).sigmoid()
    return images.view(-1, SIDE, SIDE)


@torch.no_grad()
def measure(
    config: Cvae, model: ConditionalVae, data: DigitData, judge: digits.DigitClassifier, *, seed: int
) -> dict[str, float]:
    """The figures of the report, from test images and samples: nats per image, accuracies in percent.

    frechet_distance is between samples, each class equally often, and test images, in the judge's features.
    importance_bound has the sign of test_negative_elbo: an upper bound of -log p(x|y), and the tighter one;
    importance_negative_elbo is -ELBO of the same images from the same draws.
    """
    generator = torch.Generator().manual_seed(seed)
    x, y = pixels_and_classes(data.test_images, data.test_labels)
    parts = list(zip(torch.split(x, EVALUATION_BATCH), torch.split(y, EVALUATION_BATCH), strict=True))
    terms = torch.zeros(2)
    for _ in range(ELBO_SAMPLES):
        for x_part, y_part in parts:
            noise = torch.randn(len(x_part), config.latent, generator=generator).to(x.device)
            terms += torch.stack([t.sum() for t in negative_elbo(model, x_part, y_part, noise)]).cpu()
    reconstruction, kl = (terms / (len(x) * ELBO_SAMPLES)).tolist()
    means = torch.cat([model.encoder(x_part, y_part)[0] for x_part, y_part in parts])  # N J
    few = slice(config.importance_images)
    importance, elbo = bounds(model, x[few], y[few], config.importance_samples, generator)
    asked = torch.arange(CLASSES, device=x.device).repeat(config.samples_per_class)
    z = torch.randn(len(asked), config.latent, generator=generator).to(x.device)
    samples = sample(model, asked, z)
    read = digits.probabilities(judge, samples).argmax(1)
    seen, real = (
        digits.features(judge, images).cpu().numpy() for images in (samples, x.view(-1, SIDE, SIDE))
    )
    return {
        "test_negative_elbo": reconstruction + kl,
        "test_reconstruction": reconstruction,
        "test_kl": kl,
        "importance_bound": -importance.mean().item(),
        "importance_negative_elbo": -elbo.mean().item(),
        "active_units": int((means.var(0) > ACTIVE).sum()),
        "conditional_accuracy": 100 * int((read == asked).sum()) / len(asked),
        "frechet_distance": scores.frechet_distance(seen, real),
        "train_examples": len(data.train_images),
        "parameters": sum(weights.numel() for weights in model.parameters()),
    }


@torch.no_grad()
def starts(config: Cvae, data: DigitData, *, seed: int) -> dict[str, float]:
    """-ELBO of the test images before training, the logits' bias being PyTorch's or the mean image's."""
    generator = seeded(seed)
    model = build(config)
    x, y = pixels_and_classes(data.test_images, data.test_labels)
    noise = torch.randn(len(x), config.latent, generator=generator).to(x.device)

    def nats() -> float:
        return sum(term.mean().item() for term in negative_elbo(model, x, y, noise))

    found = {"start_default_bias": nats()}
    start_at_mean(model, data.train_images)
    return found | {"start_mean_image": nats()}


@torch.no_grad()
def grids(config: Cvae, model: ConditionalVae, data: DigitData, *, seed: int) -> dict[str, NDArray[np.uint8]]:
    """Mean images as uint8 [rows, columns, 28, 28].

    samples: a row per class, ten draws of z each. reconstructions: the first ten test images, below them
    their reconstructions from z = mu. vary_z: one class, the two most active units from -2 to 2 along rows
    and columns, the others 0. style: a row per z, the ten classes along the columns.
    """
    generator = torch.Generator().manual_seed(seed)
    x, y = pixels_and_classes(data.test_images, data.test_labels)
    mu = model.encoder(x, y)[0]  # N J
    classes = torch.arange(CLASSES, device=x.device)
    prior = torch.randn(CLASSES * 10, config.latent, generator=generator).to(x.device)

    samples = sample(model, classes.repeat_interleave(10), prior).view(CLASSES, 10, SIDE, SIDE)
    rebuilt = sample(model, y[:10].argmax(1), mu[:10])
    reconstructions = torch.stack([x[:10].view(-1, SIDE, SIDE), rebuilt])

    steps = torch.linspace(-2, 2, 9, device=x.device)
    plane = torch.cartesian_prod(steps, steps)  # 81 2
    varied = torch.zeros(len(plane), config.latent, device=x.device)
    varied[:, mu.var(0).argsort(descending=True)[:2]] = plane
    vary_z = sample(model, torch.full((len(plane),), VARIED_CLASS, device=x.device), varied)

    styles = prior[::CLASSES][:8].repeat_interleave(CLASSES, 0)  # 80 J: each z ten times
    style = sample(model, classes.repeat(8), styles)
    return {
        "samples": to_bytes(samples),
        "reconstructions": to_bytes(reconstructions),
        "vary_z": to_bytes(vary_z.view(9, 9, SIDE, SIDE)),
        "style": to_bytes(style.view(8, CLASSES, SIDE, SIDE)),
    }


def evaluate(config: Cvae, data: DigitData, trained: Trained, *, seed: int, judge: Model) -> Findings:
    """Read the test images once, and samples as `judge`, the digit classifier, reads them."""
    data = examined(data, config.validation_images)
    model = restore(Model(config, trained.weights))
    return Findings(
        starts(config, data, seed=seed) | measure(config, model, data, digits.restore(judge), seed=seed),
        logs=trained.logs,
        arrays=grids(config, model, data, seed=seed),
    )
