"""Timing with a median, without output, and messages while a measurement runs."""

import contextlib
import io
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TypeVar

T = TypeVar("T")


def nothing() -> None:
    """Nothing to wait for."""


def say(line: str) -> None:
    """A line for the person who waits."""
    print(line, file=sys.stderr, flush=True)


def seconds_of(work: Callable[[], T], finish: Callable[[], object] = nothing) -> tuple[float, T]:
    """Seconds that `work` takes, and what it returns; `finish` waits for what a GPU has begun."""
    finish()
    start = time.perf_counter()
    done = work()
    finish()
    return time.perf_counter() - start, done


def median_of(work: Callable[[], object], repeats: int) -> float:
    """Median seconds of so many goes, so that one that another program held up does not count."""
    return median(seconds_of(work)[0] for _ in range(repeats))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress on standard error."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
