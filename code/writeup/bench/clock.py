"""How long something takes."""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
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


def best_of(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of so many goes: what other programs take can only be added."""
    return min(seconds_of(work)[0] for _ in range(repeats))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress on standard error."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
