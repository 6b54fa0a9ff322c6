"""Independent calls side by side: each in a fresh process of this machine, or on the workers of a cluster.

A process of its own per call, so that none holds the memory of those before; it is forked from one that has
imported what all need, and ends when this program does, however that ends. A call that a dying Dask worker
took with it is made again elsewhere by the cluster's scheduler; each value is yielded once.
"""

import contextlib
import ctypes
import io
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from writeup.errors import UserError

T = TypeVar("T")
Call = tuple[Any, ...]
Hearer = Callable[[Call, str | None], None]
# Each hears of every call in a process beside this one: "" as it begins, each line that it says on standard
# error, None as it has ended. Where nobody hears, the lines are written to this program's standard error.
hearers: list[Hearer] = []
CONNECT_SECONDS = 10
PR_SET_PDEATHSIG = 1
IMPORTED = "WRITEUP_IMPORTED"  # what `runs.warm` reads


def nothing(value: object) -> Iterable[Call]:
    """No further calls."""
    return ()


def idle() -> None:
    """Nothing to do meanwhile."""


def unordered(
    function: Callable[..., T],
    calls: Sequence[Call],
    *,
    jobs: int,
    dask: str | None = None,
    more: Callable[[T], Iterable[Call]] = nothing,
    imported: Sequence[str] = (),
    meanwhile: Callable[[], None] = idle,
) -> Iterator[T]:
    """The values of function(*call) for all `calls`, as they come; calls begin in their order.

    jobs: processes of this machine, which share its cores evenly; 0: this process, for who wants to watch.
    dask: address of a scheduler, whose workers then do the calls; raises UserError where none answers. more:
    the further calls that a value makes possible, which come next; it is asked when the value has been taken.
    imported: modules that each call needs, which processes of this machine then find imported. meanwhile:
    what this process does beside the first calls; where it raises, they are ended.
    """
    if dask:
        yield from _on_cluster(dask, function, calls, more, meanwhile)
    elif jobs:
        yield from _in_processes(jobs, function, calls, more, imported, meanwhile)
    else:
        meanwhile()
        yield from _in_this_process(function, calls, more)


def _in_this_process(
    function: Callable[..., T], calls: Iterable[Call], more: Callable[[T], Iterable[Call]]
) -> Iterator[T]:
    waiting = list(calls)
    while waiting:
        value = function(*waiting.pop(0))
        yield value
        waiting[:0] = more(value)


def _in_processes(
    jobs: int,
    function: Callable[..., T],
    calls: Iterable[Call],
    more: Callable[[T], Iterable[Call]],
    imported: Sequence[str],
    meanwhile: Callable[[], None],
) -> Iterator[T]:
    waiting = list(calls)
    running: dict[Connection, tuple[Any, Call]] = {}

    def fill() -> None:
        while waiting and len(running) < jobs:
            call = waiting.pop(0)
            ours, process = nursery.start(function, call)
            running[ours] = process, call
            _heard(call, "")

    with Nursery(jobs, imported) as nursery:
        try:
            with ThreadPoolExecutor(1) as aside:  # starting waits until all is imported
                filled = aside.submit(fill)
                meanwhile()
            filled.result()
            while running:
                ours = next(one for one in wait(list(running)) if isinstance(one, Connection))
                answer = _received(ours, *running[ours])
                if answer is None:
                    continue
                del running[ours]
                yield answer[0]
                waiting[:0] = more(answer[0])
                fill()
        finally:
            for process, _ in running.values():
                process.kill()
                process.join()


class Nursery:
    """Processes side by side, each forked from a server that has imported what they need.

    The server is started with the first of them and ends with the block. It never computes: a fork would
    lack the threads that torch computes with.
    """

    def __init__(self, jobs: int, imported: Sequence[str]) -> None:
        """jobs: so many share the cores; whoever starts them keeps to it. imported: modules."""
        self.jobs = jobs
        self.imported = imported
        self.context: Any = None
        self.surroundings: dict[str, str] = {}
        self.alone = threading.Lock()

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        if self.context is not None:
            forkserver._forkserver._stop()  # type: ignore[attr-defined]

    def start(self, function: Callable[..., Any], call: Call) -> tuple[Connection, Any]:
        """A process that makes a call, and where its answer comes from."""
        with self.alone:
            if self.context is None:
                resource_tracker.ensure_running()  # it would open the ears of what is started after it
                limits = dict.fromkeys(THREAD_LIMITS, str(threads(self.jobs)))
                told = import_path() | {IMPORTED: " ".join(self.imported)}
                self.surroundings = THREADS_WAIT | KERNELS_KEPT | limits | told
            with environment(self.surroundings), _deaf_to_interrupts():
                self.context = self.context or self._served()
                ours, theirs = self.context.Pipe(duplex=False)
                process = self.context.Process(target=_answer, args=(theirs, function, call))
                process.start()
        theirs.close()
        return ours, process

    def value(self, function: Callable[..., T], *call: Any) -> T:
        """function(*call), made in a process; for the threads of a program."""
        ours, process = self.start(function, call)
        while (answer := _received(ours, process, call)) is None:
            pass
        found: T = answer[0]
        return found

    def _served(self) -> Any:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "writeup.runs.warm"])
        try:
            forkserver.ensure_running()
        except OSError:  # its socket has no place, or too long a name: then each is started by itself
            return multiprocessing.get_context("spawn")
        return context


# Read when the libraries are loaded. Threads that wait for each other sleep: spinning, they would keep other
# programs from the cores on which what they wait for is done.
THREADS_WAIT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
# Of the kernels that oneDNN and torch make for every shape anew only so many are kept: where each batch has a
# shape of its own, a thousand of each (the defaults) fill gigabytes, and none is used again.
KERNELS_KEPT = dict.fromkeys(("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"), "64")
THREAD_LIMITS = "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"


def import_path() -> dict[str, str]:
    """Where this process imports from, for a server of forks, which Python does not tell."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@contextlib.contextmanager
def environment(changes: dict[str, str]) -> Iterator[None]:
    """The environment of a process that is started inside."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process that is started inside never hears Ctrl-C, nor do its forks: this one ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(answers: Connection, function: Callable[..., Any], call: Call) -> None:
    """What a process does: one call, whose value or error it sends back."""
    with contextlib.suppress(OSError, AttributeError):  # by Linux itself, even while C code runs
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stderr = said = Relayed(answers, sys.stderr)
    outcome: tuple[bool, Any]
    try:
        outcome = True, function(*call)
    except Exception as error:
        outcome = False, error
    said.end()
    try:
        said.send(outcome)
    except Exception as error:  # what cannot be pickled
        said.send((False, RuntimeError(f"{outcome[1]!r} cannot be sent back: {error}")))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _received(answers: Connection, process: Any, call: Call) -> tuple[Any] | None:
    """The value that a process sends, or its error; None where it says a line; UserError where it died."""
    try:
        said = answers.recv()
    except EOFError:
        said = None
    if isinstance(said, str):
        _heard(call, said)
        return None
    _heard(call, None)
    answers.close()
    process.join()
    if said is None:
        why = f"signal {signal.Signals(-process.exitcode).name}" if process.exitcode < 0 else "an exit"
        raise UserError(
            f"a process that computes ended by {why}; where memory is short, --jobs 1 takes less of it"
        ) from None
    well, outcome = said
    if not well:
        raise outcome
    return (outcome,)


def _heard(call: Call, line: str | None) -> None:
    for hear in hearers:
        hear(call, line)
    if line and not hearers:
        print(line, file=sys.stderr, flush=True)


class Relayed(io.TextIOBase):
    """Standard error of a process that works for another: whole lines, which that one hears."""

    lines = 200  # of a training's way, for who shows how far it is

    def __init__(self, answers: Connection, otherwise: Any) -> None:
        self.answers, self.otherwise, self.rest = answers, otherwise, ""
        self.alone = threading.Lock()  # of two threads one sends

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in filter(None, lines):
            self._say(line)
        return len(text)

    def end(self) -> None:
        """The last line is whole."""
        self.write("\n")

    def send(self, what: Any) -> None:
        with self.alone:
            self.answers.send(what)

    def fileno(self) -> int:
        return int(self.otherwise.fileno())

    def _say(self, line: str) -> None:
        try:
            self.send(line)
        except (OSError, ValueError):
            self.otherwise.write(f"{line}\n")


def _on_cluster(
    address: str,
    function: Callable[..., T],
    calls: Iterable[Call],
    more: Callable[[T], Iterable[Call]],
    meanwhile: Callable[[], None],
) -> Iterator[T]:
    with _cluster(address) as client:
        from distributed import as_completed

        def submit(call: Call) -> Any:
            return client.submit(function, *call, pure=False)

        under_way = as_completed(map(submit, calls))
        meanwhile()
        for future in under_way:
            value = _result(future, address)
            future.release()
            yield value
            for call in more(value):
                under_way.add(submit(call))


def _result(future: Any, address: str) -> Any:
    """The value of a call on the cluster; UserError where the cluster lost it for good."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    try:
        return future.result()
    except KilledWorker as error:
        why = "one call ended every worker that tried it; where memory is short, give the workers more"
        raise UserError(f"--dask {address}: {why} ({str(error).splitlines()[0][:80]})") from None
    except (CancelledError, CommClosedError):
        why = "the scheduler is gone; start one again, what was finished is kept"
        raise UserError(f"--dask {address}: {why}") from None


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
    for name in ("distributed", "distributed.client"):  # they log tracebacks of what is said here in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
        self.lines = getattr(stream, "lines", 10)

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
