"""What the digit classifier sees in samples, and the quality that follows from it."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assignment3.shared import digits, scores

CHUNK = 1000  # samples generated at a time


@torch.no_grad()
def calibrated(generator: nn.Module, z: Tensor) -> nn.Module:
    """A copy of `generator` in evaluation mode, with the batch statistics of the noise `z` [N, noise_dim].

    So a sample does not depend on what else is in its batch. The running statistics of training would not do:
    they are means over generators of many steps, and mean weights have none of their own.
    """
    fixed = copy.deepcopy(generator)
    for norm in fixed.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over the batches seen: here one
    fixed.train()(z)
    return fixed.eval()


@torch.no_grad()
def generate(generator: nn.Module, z: Tensor) -> Tensor:
    """z [N, noise_dim] -> images [N, 28, 28] in [0, 1]."""
    return torch.cat([(generator(part).squeeze(1) + 1) / 2 for part in torch.split(z, CHUNK)])


@dataclass(frozen=True)
class Seen:
    """What the classifier sees in N images."""

    histogram: NDArray[np.int64]  # images read as each class, [10]
    mean_class: NDArray[np.float64]  # mean of p(class | image), [10]
    reading_entropy: float  # mean entropy of p(class | image), nats
    mean: NDArray[np.float64]  # of the features, [F]
    covariance: NDArray[np.float64]  # of the features, [F, F]
    within: NDArray[np.float64]  # mean distance of two features of one class, [10]


def look(classifier: digits.DigitClassifier, images: Tensor) -> Seen:
    """Images [N, 28, 28] in [0, 1] before the classifier."""
    p, features = (found.cpu().numpy() for found in digits.read(classifier, images))
    p = p.astype(np.float64)
    return Seen(
        scores.class_histogram(p),
        p.mean(0),
        float(scores.entropy(p).mean()),
        *scores.moments(features),
        scores.distances_within(features, p.argmax(1), digits.CLASSES),
    )


def quality(samples: Seen, real: Seen) -> dict[str, float]:
    """The scores of samples; distance and diversity are by the side of real images."""
    return {
        "classifier_score": float(np.exp(scores.entropy(samples.mean_class) - samples.reading_entropy)),
        "frechet_distance": scores.frechet_of_moments(
            samples.mean, samples.covariance, real.mean, real.covariance
        ),
        "diversity": scores.diversity(samples.within, real.within),
        "reading_entropy": float(samples.reading_entropy),
        **scores.of_histogram(samples.histogram),
    }
