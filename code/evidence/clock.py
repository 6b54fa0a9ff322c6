"""How long something takes."""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TypeVar

T = TypeVar("T")


def nothing() -> None:
    """Wait for nobody."""


def seconds_of(work: Callable[[], T], finish: Callable[[], object] = nothing) -> tuple[float, T]:
    """Seconds that `work` takes, and what it returns; `finish` waits for what a GPU has begun."""
    finish()
    start = time.perf_counter()
    done = work()
    finish()
    return time.perf_counter() - start, done


def median_of(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the median of so many goes: neither the luckiest nor one that another program held up."""
    return median(seconds_of(work)[0] for _ in range(repeats))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress on standard error."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
