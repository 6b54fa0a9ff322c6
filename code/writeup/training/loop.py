"""What a training loop needs: seeding, device, batches, progress with a watch for NaN, weights as arrays."""

import contextlib
import ctypes
import math
import random
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from writeup.errors import UserError
from writeup.runs.progress import Step, tell
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


class Tick(Protocol):
    """Report one step: its loss (a float, already off the device)."""

    def __call__(self, loss: float, steps_done: int = 1) -> None: ...


class _Counter:
    """Tells how far a training is, and ends it where its loss is not finite."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps, self.done = label, steps, 0

    def __call__(self, loss: float, steps_done: int = 1) -> None:
        before, self.done = self.done, self.done + steps_done
        tell(Step(self.label, self.done, self.steps, loss))
        if not math.isfinite(loss):
            raise UserError(f"{self.label}: the loss became {loss} at step {before}; lower the learning rate")

    def skip(self, steps_done: int) -> None:
        """Steps that an earlier process took."""
        self.done += steps_done
        tell(Step(self.label, self.done, self.steps, None))


_counting: ContextVar[_Counter | None] = ContextVar("counting", default=None)


@contextlib.contextmanager
def progress(label: str, steps: int) -> Iterator[Tick]:
    """Tell whoever watches how far a training of so many steps is.

    The yielded function also is the watch for NaN: a loss that is not finite raises UserError.
    """
    return_memory()
    counter = _Counter(label, steps)
    token = _counting.set(counter)
    try:
        yield counter
    finally:
        _counting.reset(token)


def skip(steps_done: int) -> None:
    """Count steps of the innermost `progress` that an earlier process took."""
    if counter := _counting.get():
        counter.skip(steps_done)


def return_memory() -> None:
    """Give what is free back to the system, where the C library can: tensors of many sizes leave holes, and
    one training after another would take three times the memory of one.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


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
