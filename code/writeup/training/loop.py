"""What a training loop needs: seeding, device, batches, weights as arrays."""

import random
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from writeup.runs.record import Weights

Network = TypeVar("Network", bound=nn.Module)


def device() -> torch.device:
    """CUDA where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seeded(seed: int) -> torch.Generator:
    """Seed every global source of randomness (weights, dropout) and return a generator for the data order."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def batches(examples: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """A fresh permutation of `examples` indices, cut into int64 batches [B]; the last may be shorter."""
    yield from torch.split(torch.randperm(examples, generator=generator), batch_size)


def weights_of(model: nn.Module, prefix: str = "") -> dict[str, NDArray[Any]]:
    """Copies of the model's parameters and buffers, each under `prefix` and its name in the model."""
    return {prefix + name: tensor.numpy(force=True).copy() for name, tensor in model.state_dict().items()}


def load_weights(model: Network, weights: Weights, prefix: str = "") -> Network:
    """`model` with the weights under `prefix`, copied; raises RuntimeError unless they are just its own."""
    state = {
        name.removeprefix(prefix): torch.tensor(array)
        for name, array in weights.items()
        if name.startswith(prefix)
    }
    model.load_state_dict(state)
    return model
