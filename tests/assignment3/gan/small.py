"""Problem 4 at a size that trains in a moment."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from assignment3.gan import model
from assignment3.gan.settings import Gan
from assignment3.shared import digits
from assignment3.shared.settings import Digits
from writeup.runs.record import Model
from writeup.training import weights_of

CONFIG = Gan(
    images=40, batch_size=16, iterations=8, log_every=3, look_every=3, samples=30, looked_at=20, first_draws=2
)


def images() -> SimpleNamespace:
    """50 training images of noise, of which the settings leave out ten, and 30 test images."""
    random = np.random.RandomState(0)
    pixels, labels = random.randint(0, 256, (80, 28, 28)).astype(np.uint8), np.arange(80, dtype=np.uint8) % 10
    return SimpleNamespace(
        train_images=pixels[:50], train_labels=labels[:50], test_images=pixels[50:], test_labels=labels[50:]
    )


def judge() -> Model:
    """A classifier that has learned nothing."""
    torch.manual_seed(0)
    settings = Digits(feature_dim=8)
    return Model(settings, weights_of(digits.build(settings)))


def fewer(patch: pytest.MonkeyPatch) -> None:
    """Networks of a few weights; batch norm's statistics and curves from less than in a real run."""
    patch.setattr(model, "build_generator", generator)
    patch.setattr(model, "build_discriminator", discriminator)
    patch.setattr(model, "CALIBRATION", 40)
    patch.setattr(model, "CURVE_EVERY", 4)


def generator(noise_dim: int = 96) -> nn.Sequential:
    """Every kind of layer that the hand-out's has."""
    return nn.Sequential(
        nn.Linear(noise_dim, 2 * 7 * 7),
        nn.ReLU(),
        nn.BatchNorm1d(2 * 7 * 7),
        nn.Unflatten(1, (2, 7, 7)),
        nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(3),
        nn.ConvTranspose2d(3, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def discriminator() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 2, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(72, 1)
    )
