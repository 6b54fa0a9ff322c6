"""What the parts share: seeding, device, precision, batches, progress, watch for NaN, weights as arrays."""

import contextlib
import ctypes
import hashlib
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from writeup.data.fetch import cache_dir
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.results.store import Weights
from writeup.runs import checkpoints
from writeup.runs.provenance import machine

Network = TypeVar("Network", bound=nn.Module)
PRECISIONS = "fp32", "bf16"  # of equal ones the first

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


def precision(asked: str, product: tuple[int, int, int]) -> str:
    """The faster of "bf16" and "fp32" here, where "auto" is asked for; else what is asked for.

    Faster for a linear layer, forward and backward with its casts: product (rows, inputs, outputs). Measured
    once and kept in the user's cache, so that one machine always answers alike. Nothing random is drawn.
    """
    if asked != "auto":
        return asked
    here = f"{machine()}, {torch.__version__}, {torch.get_num_threads()} threads, {product}"
    kept = cache_dir() / "precision" / f"{hashlib.sha256(here.encode()).hexdigest()[:16]}.txt"
    with contextlib.suppress(OSError, ValueError):
        if (known := kept.read_text(encoding="ascii").strip()) in PRECISIONS:
            return known
    faster = min(PRECISIONS, key=seconds_of_layer(product).__getitem__)
    with contextlib.suppress(OSError):
        write_atomically(kept, faster.encode())
    return faster


def seconds_of_layer(product: tuple[int, int, int], goes: int = 12) -> dict[str, float]:
    """By precision, the least time of `goes` passes through a linear layer, in turns; the first warm up.

    Of a processor it is its own time, in one thread: other programs that run meanwhile must not decide, and
    threads that wait for each other take time too.
    """
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows, inputs, outputs = product
    x = torch.ones(rows, inputs, device=device(), requires_grad=True)
    weight = torch.ones(outputs, inputs, device=device(), requires_grad=True)
    found: dict[str, list[float]] = {name: [] for name in PRECISIONS}
    for name in PRECISIONS * goes:
        start = clock()
        with autocast(name):
            y = nn.functional.linear(x, weight)
        y.float().sum().backward()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        found[name].append(clock() - start)
    torch.set_num_threads(threads)
    return {name: min(times[2:]) for name, times in found.items()}


def autocast(precision: str) -> contextlib.AbstractContextManager[None]:
    """Matrix products in bfloat16 for "bf16", nothing for "fp32"; losses stay in float32."""
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=precision == "bf16")


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
