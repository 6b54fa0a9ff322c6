"""Images of digits as the networks take them: one tensor, on the device, scaled once.

Three ranges occur: uint8 0..255 (data sets, recorded grids), [0, 1] (classifier, CVAE), [-1, 1] (GAN).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from writeup.training import device


class DigitData(Protocol):
    """Images uint8 [N, 28, 28] and their labels [N], as in `datasets.Mnist`; N differs for train and test."""

    @property
    def train_images(self) -> NDArray[np.uint8]: ...
    @property
    def train_labels(self) -> NDArray[np.uint8]: ...
    @property
    def test_images(self) -> NDArray[np.uint8]: ...
    @property
    def test_labels(self) -> NDArray[np.uint8]: ...


def as_tensor(array: NDArray[np.uint8]) -> Tensor:
    """`array` as a tensor on the device, of the same type; copied, for recorded arrays may be read-only."""
    return torch.from_numpy(np.array(array)).to(device())


def unit_range(images: NDArray[np.uint8] | Tensor) -> Tensor:
    """uint8 0..255 -> float32 in [0, 1] on the device, same shape."""
    tensor = images if isinstance(images, Tensor) else as_tensor(images)
    return tensor.float() / 255


def to_bytes(images: Tensor) -> NDArray[np.uint8]:
    """[0, 1] -> uint8 0..255 as a numpy array of the same shape; values outside are clipped."""
    return images.detach().float().mul(255).round().clamp(0, 255).byte().cpu().numpy()


@dataclass(frozen=True)
class HeldOut:
    """`DigitData` whose test images are training images kept back: on them settings are chosen."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def examined(data: DigitData, count: int) -> DigitData:
    """`data` for a report; with a `count` above 0 so many training images in place of the test images."""
    return held_out(data, count) if count else data


def held_out(data: DigitData, count: int) -> HeldOut:
    """The last `count` of a fixed permutation of the training images in the test images' place."""
    order = np.random.RandomState(598).permutation(len(data.train_images))
    rest, kept = order[:-count], order[-count:]
    images, labels = data.train_images, data.train_labels
    return HeldOut(images[rest], labels[rest], images[kept], labels[kept])
