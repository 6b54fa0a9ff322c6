"""What is measured of a trained CVAE: bounds on test images, samples as the digit classifier reads them.

The bound does not ask that a sample of the prior show its class: q(z|x,y) may hold the class too, and the
generation model then reads it there.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from assignment3.cvae.network import (
    CLASSES,
    CVAE,
    SIDE,
    bernoulli_nll,
    binarised,
    build,
    negative_elbo,
    pixels_and_classes,
    printed,
    restore,
    softplus,
)
from assignment3.cvae.settings import Cvae
from assignment3.data.images import DigitData, examined, to_bytes, unit_range
from assignment3.shared import digits, scores
from writeup.runs.record import Columns, Findings, Model, Trained
from writeup.training import device, seeded

ACTIVE = 0.01  # a unit is active where Var_x E[z|x,y] exceeds it (Burda, Grosse and Salakhutdinov 2016)
ELBO_SAMPLES = 10  # draws of z per test image: their noise in the mean is below 0.02 nats
EVALUATION_BATCH = 1000
DRAWS = 500  # of z at a time: 500 x 784 logits are 1.6 MB
VARIED_CLASS = 2  # has loops and slants to vary
BINARISED_SEED = 0  # of the one draw of black and white test images that all runs share
LEAST = 1e-4  # probability of a pixel that no training image inks


def tested(config: Cvae, data: DigitData) -> tuple[Tensor, Tensor]:
    """The test images x [N, 784] as the model is trained to see them, and their classes y [N, 10]."""
    x, y = pixels_and_classes(data.test_images, data.test_labels)
    if config.pixels == "binarised":
        x = binarised(x, torch.Generator().manual_seed(BINARISED_SEED))
    return x, y


@torch.no_grad()
def bounds(
    model: CVAE, x: Tensor, y: Tensor, samples: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Two lower bounds of log p(x|y) from the same k = samples draws z_k ~ q, [B] each, in nats an image.

    With w_k = p(x,z_k|y) / q(z_k|x,y): log 1/k sum_k w_k, the importance-weighted bound (Burda et al. 2016,
    eq. 8), and 1/k sum_k log w_k, an estimate of the ELBO. One image at a time, and DRAWS of its z together:
    then the logits stay in the cache.
    """
    mu, log_var = model.recognition_model(x, y)
    found = []
    for i in range(len(x)):
        noise = torch.randn(samples, mu.shape[1], generator=generator).to(x.device)  # k m
        z = model.reparametrize(mu[i], log_var[i], noise)
        log_likelihood = []
        for some in z.split(DRAWS):
            logits = model.generation_model(some, y[i].expand(len(some), -1))
            log_likelihood.append(logits @ x[i] - softplus(logits).sum(1))  # x log s + (1 - x) log(1 - s)
        log_ratio = 0.5 * (noise**2 + log_var[i] - z**2).sum(1)  # log p(z) - log q(z|x,y); 2 pi cancels
        log_w = torch.cat(log_likelihood) + log_ratio
        found.append(torch.stack([log_w.logsumexp(0) - math.log(samples), log_w.mean()]))
    importance, elbo = torch.stack(found, 1)
    return importance, elbo


@torch.no_grad()
def bounds_of(config: Cvae, model: CVAE, data: DigitData, *, seed: int) -> dict[str, float]:
    """Of the test images, in nats an image.

    importance_bound has the sign of test_negative_elbo: an upper bound of -log p(x|y), and the tighter one;
    importance_negative_elbo is -ELBO of the same images from the same draws.
    """
    generator = torch.Generator().manual_seed(seed)
    x, y = tested(config, data)
    parts = list(zip(torch.split(x, EVALUATION_BATCH), torch.split(y, EVALUATION_BATCH), strict=True))
    terms = torch.zeros(2)
    for _ in range(ELBO_SAMPLES):
        for x_part, y_part in parts:
            noise = torch.randn(len(x_part), config.latent, generator=generator).to(x.device)
            terms += torch.stack([t.sum() for t in negative_elbo(model, x_part, y_part, noise)]).cpu()
    reconstruction, kl = (terms / (len(x) * ELBO_SAMPLES)).tolist()
    means = torch.cat([model.recognition_model(x_part, y_part)[0] for x_part, y_part in parts])  # N m
    few = slice(config.importance_images)
    importance, elbo = bounds(model, x[few], y[few], config.importance_samples, generator)
    return {
        "test_negative_elbo": reconstruction + kl,
        "test_reconstruction": reconstruction,
        "test_kl": kl,
        "importance_bound": -importance.mean().item(),
        "importance_negative_elbo": -elbo.mean().item(),
        "active_units": int((means.var(0) > ACTIVE).sum()),
        "train_examples": len(data.train_images),
        "parameters": sum(weights.numel() for weights in model.parameters()),
    }


@torch.no_grad()
def mean_images(config: Cvae, data: DigitData) -> dict[str, float]:
    """What is reached without any code: the nats of the test images under mean training images.

    class_mean_reconstruction: under the mean of their class; mean_image_reconstruction: under that of all.
    """
    seen, classes = pixels_and_classes(data.train_images, data.train_labels)
    x, y = tested(config, data)
    class_means = (classes.T @ seen) / classes.sum(0)[:, None].clamp(min=1)  # 10 784
    found = {"class_mean": y @ class_means, "mean_image": seen.mean(0).expand_as(x)}
    return {
        f"{name}_reconstruction": bernoulli_nll(p.clamp(LEAST, 1 - LEAST).logit(), x).mean().item()
        for name, p in found.items()
    }


@torch.no_grad()
def sample(model: CVAE, classes: Tensor, z: Tensor) -> Tensor:
    """Mean images of p(x|z,y): classes [B], z [B, m] -> [B, 28, 28] in [0, 1]."""
    y = F.one_hot(classes, CLASSES).float()
    return model.generation_model(z, y).sigmoid().view(-1, SIDE, SIDE)


@torch.no_grad()
def samples_of(
    config: Cvae, model: CVAE, data: DigitData, judge: digits.DigitClassifier, *, seed: int
) -> tuple[dict[str, float], Columns]:
    """How samples of the prior, each class equally often, are read; a row of `read` per class asked for.

    conditional_accuracy in percent. frechet_distance is between the judge's features of samples and of grey
    test images. sample_spread, test_spread: the standard deviation of a pixel (in [0, 1]) within a class,
    mean over pixels and classes, of samples and of test images.
    """
    generator = torch.Generator().manual_seed(seed)
    asked = torch.arange(CLASSES, device=device()).repeat(config.samples_per_class)
    z = torch.randn(len(asked), config.latent, generator=generator).to(device())
    samples = sample(model, asked, z)
    read = digits.probabilities(judge, samples).argmax(1)
    counts = torch.bincount(asked * CLASSES + read, minlength=CLASSES**2).view(CLASSES, CLASSES)
    grey, labels = unit_range(data.test_images), torch.from_numpy(np.array(data.test_labels))
    seen, real = (digits.features(judge, images).cpu().numpy() for images in (samples, grey))
    spreads = {"sample": spread_within(samples, asked), "test": spread_within(grey, labels.to(device()))}
    found = {
        "conditional_accuracy": 100 * int(counts.trace()) / len(asked),
        "frechet_distance": scores.frechet_distance(seen, real),
        **{f"{name}_spread": spread for name, spread in spreads.items()},
    }
    columns = {str(c): counts[:, c].tolist() for c in range(CLASSES)}
    return found, {"asked": list(range(CLASSES))} | columns


def spread_within(images: Tensor, classes: Tensor) -> float:
    """Standard deviation of a pixel within a class, mean over pixels and the classes that have two images."""
    there = [images[classes == c] for c in range(CLASSES)]
    return float(torch.stack([some.std(0).mean() for some in there if len(some) > 1]).mean())


@torch.no_grad()
def first_lines(config: Cvae, data: DigitData, *, seed: int) -> NDArray[np.float32]:
    """The first line of the log of `first_lines` fresh models, before any step: [first_lines]."""
    generator = seeded(seed)
    pixels, classes = pixels_and_classes(data.train_images, data.train_labels)
    found = []
    for _ in range(config.first_lines):
        model = build(config)
        chosen = torch.randperm(len(pixels), generator=generator)[: config.batch_size].to(pixels.device)
        noise = torch.randn(len(chosen), config.latent, generator=generator).to(pixels.device)
        x, y = pixels[chosen], classes[chosen]
        x = binarised(x, generator) if config.pixels == "binarised" else x
        reconstruction, kl = (term.mean().item() for term in negative_elbo(model, x, y, noise))
        found.append(printed(config.loss, reconstruction, kl, len(chosen)))
    return np.array(found, np.float32)


@torch.no_grad()
def grids(config: Cvae, model: CVAE, data: DigitData, *, seed: int) -> dict[str, NDArray[np.uint8]]:
    """Mean images as uint8 [..., 28, 28].

    one_per_class: ten samples, a z of its own for each class, as the hand-out draws them. samples: a row per
    class, ten draws of z each. reconstructions: the first ten test images, below them their reconstructions
    from z = mu. vary_z: one class, the two most active units from -2 to 2 along rows and columns, the others
    0. style: a row per z, the ten classes along the columns.
    """
    generator = torch.Generator().manual_seed(seed)
    x, y = tested(config, data)
    mu = model.recognition_model(x, y)[0]  # N m
    classes = torch.arange(CLASSES, device=x.device)
    own = torch.randn(CLASSES, config.latent, generator=generator).to(x.device)
    prior = torch.randn(CLASSES * 10, config.latent, generator=generator).to(x.device)

    samples = sample(model, classes.repeat_interleave(10), prior).view(CLASSES, 10, SIDE, SIDE)
    rebuilt = sample(model, y[:10].argmax(1), mu[:10])
    reconstructions = torch.stack([x[:10].view(-1, SIDE, SIDE), rebuilt])

    steps = torch.linspace(-2, 2, 9, device=x.device)
    plane = torch.cartesian_prod(steps, steps)  # 81 2
    varied = torch.zeros(len(plane), config.latent, device=x.device)
    varied[:, mu.var(0).argsort(descending=True)[:2]] = plane
    vary_z = sample(model, torch.full((len(plane),), VARIED_CLASS, device=x.device), varied)

    styles = prior[::CLASSES][:8].repeat_interleave(CLASSES, 0)  # 80 m: each z ten times
    style = sample(model, classes.repeat(8), styles)
    return {
        "one_per_class": to_bytes(sample(model, classes, own)),
        "samples": to_bytes(samples),
        "reconstructions": to_bytes(reconstructions),
        "vary_z": to_bytes(vary_z.view(9, 9, SIDE, SIDE)),
        "style": to_bytes(style.view(8, CLASSES, SIDE, SIDE)),
    }


def evaluate(config: Cvae, data: DigitData, trained: Trained, *, seed: int, judge: Model) -> Findings:
    """Read the test images once, and samples as `judge`, the digit classifier, reads them."""
    data = examined(data, config.validation_images)
    model = restore(config, trained)
    read, table = samples_of(config, model, data, digits.restore(judge), seed=seed)
    arrays = dict(grids(config, model, data, seed=seed))
    lines = {"first_lines": first_lines(config, data, seed=seed)} if config.first_lines else {}
    return Findings(
        bounds_of(config, model, data, seed=seed) | mean_images(config, data) | read,
        {"read": table},
        trained.logs,
        arrays | lines,
    )
