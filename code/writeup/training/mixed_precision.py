"""In which precision a machine trains faster, measured once; matrix products in bfloat16."""

import contextlib
import hashlib
import time

import torch
from torch import nn

from writeup.data.fetch import cache_dir
from writeup.files import write_atomically
from writeup.runs.provenance import machine
from writeup.training.loop import device

PRECISIONS = "fp32", "bf16"  # of equal ones the first


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
