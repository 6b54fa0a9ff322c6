"""What a training loop needs: seeding, device, batches, progress with a watch for NaN, weights as arrays."""

import contextlib
import ctypes
import math
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from writeup.errors import UserError
from writeup.runs import checkpoints
from writeup.runs.record import Weights

Network = TypeVar("Network", bound=nn.Module)

# Each hears every loss that `progress` is told, before anything else does; one that raises ends the training.
observers: list[Callable[[float], None]] = []


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


@contextlib.contextmanager
def progress(label: str, steps: int) -> Iterator[Tick]:
    """A progress bar with loss and time left; where there is no terminal, a line every tenth of the way.

    The yielded function also is the watch for NaN: a loss that is not finite raises UserError.
    """
    return_memory()
    console = Console(stderr=True)
    done = 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=steps, loss="-")

        def tick(loss: float, steps_done: int = 1) -> None:
            nonlocal done
            for observe in observers:
                observe(loss)
            if not math.isfinite(loss):
                raise UserError(f"{label}: the loss became {loss} at step {done}; lower the learning rate")
            before, done = done, done + steps_done
            bar.update(task, completed=done, loss=f"{loss:.4g}")
            lines = getattr(sys.stderr, "lines", 10)  # more where a parent draws a bar of them
            if not console.is_terminal and before * lines // steps != done * lines // steps:
                console.print(f"{label}: {done}/{steps} steps, loss {loss:.4g}", highlight=False)

        def skip(steps_done: int) -> None:
            nonlocal done
            done += steps_done
            bar.update(task, completed=done)
            console.print(f"{label}: goes on after {done}/{steps} steps", highlight=False)

        checkpoints.hearers.append(skip)
        try:
            yield tick
        finally:
            checkpoints.hearers.remove(skip)


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
