"""Processor and wall time, medians of them, and messages while a measurement runs."""

import contextlib
import io
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


def nothing() -> None:
    """Nothing to wait for."""


def say(line: str) -> None:
    """A line for the person who waits."""
    print(line, file=sys.stderr, flush=True)


class Spent(NamedTuple, Generic[T]):
    """Seconds of the processor (of all threads of this process) and by the clock, and what was returned."""

    processor: float
    wall: float
    done: T


def spent(work: Callable[[], T], finish: Callable[[], object] = nothing) -> Spent[T]:
    """What `work` takes; `finish` waits for what a GPU has begun."""
    finish()
    wall, processor = time.perf_counter(), time.process_time()
    done = work()
    finish()
    return Spent(time.process_time() - processor, time.perf_counter() - wall, done)


def median_of(work: Callable[[], object], repeats: int) -> float:
    """Median processor seconds of so many goes."""
    return median(spent(work).processor for _ in range(repeats))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress on standard error."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
