"""Settings that several problems share. No torch: rendering reads this page too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from writeup.settings import decided

Changes = Mapping[str, Any]


def products(shape: tuple[int, int, int]) -> Any:
    """In which precision matrix products are computed: by the faster one here, for products of this shape.

    How a run is executed, no part of what it is; losses and sums stay in float32.
    """
    return decided("auto", "writeup.training:precision", choices=("auto", "fp32", "bf16"), product=shape)


@dataclass(frozen=True)
class Digits:
    """The digit classifier that judges the samples of CVAE and GAN; trained on MNIST's training images."""

    epochs: int = 8
    batch_size: int = 128
    learning_rate: float = 4e-3  # the peak of the one-cycle schedule
    feature_dim: int = 128  # penultimate layer: the features of the Frechet distance
