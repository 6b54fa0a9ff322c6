"""Independent calls side by side: in processes of this machine, or on the workers of a Dask cluster.

joblib does both; it is imported late, for a build with nothing to train must answer at once. A call that a
dying worker took with it is made again elsewhere by the cluster's scheduler; each value is yielded once.
"""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from writeup.errors import UserError

T = TypeVar("T")
CONNECT_SECONDS = 10


def unordered(
    function: Callable[..., T], calls: Sequence[tuple[Any, ...]], *, jobs: int, dask: str | None = None
) -> Iterator[T]:
    """The values of function(*call) for all `calls`, as they come.

    jobs: processes of this machine, which share its cores evenly; one works in this process. dask: address of
    a scheduler, whose workers then do the calls; raises UserError where none answers.
    """
    from joblib import Parallel, delayed, parallel_config

    with contextlib.ExitStack() as stack:
        if dask:
            stack.enter_context(_cluster(dask))
            stack.enter_context(parallel_config(backend="dask"))
            jobs = -1
        elif jobs > 1:
            stack.enter_context(parallel_config(backend="loky", inner_max_num_threads=threads(jobs)))
        yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(
            delayed(function)(*call) for call in calls
        )


def cores() -> int:
    """The cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def threads(jobs: int) -> int:
    """Threads for each of `jobs` processes: together they take no more than the cores that there are."""
    return max(1, cores() // jobs)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise UserError(f"--dask {address}: Dask is not installed: pip install -e '.[dask]'") from None
    try:
        client: Any = Client(address, timeout=CONNECT_SECONDS, set_as_default=True)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise UserError(
            f"--dask {address}: no scheduler answers ({why}); start one: dask scheduler"
        ) from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise UserError(
                f"--dask {address}: the scheduler has no worker; start one: dask worker {address}"
            )
        yield client


class Prefixed(io.TextIOBase):
    """A text stream that is no terminal and writes whole lines to another, each behind a prefix."""

    def __init__(self, stream: Any, prefix: str) -> None:
        self.stream, self.prefix, self.rest = stream, prefix, ""

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        if lines:
            self.stream.write("".join(f"{self.prefix}{line}\n" for line in lines))
            self.stream.flush()
        return len(text)


@contextlib.contextmanager
def prefixed(prefix: str) -> Iterator[None]:
    """Standard error by whole lines behind `prefix`, so that side by side they can be told apart."""
    with contextlib.redirect_stderr(Prefixed(sys.stderr, prefix)):
        yield
