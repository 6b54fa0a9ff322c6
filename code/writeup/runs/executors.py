"""Where calls are made: three executors with the interface of `concurrent.futures`.

This process (for a debugger), fresh processes of this machine, or the workers of a Dask cluster, whose
scheduler makes the calls of a worker that dies again elsewhere. Whatever is raised while an executor is open
ends at once what it has under way. What calls tell (`runs.progress`) is heard from this machine.
"""

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.runs.progress import Hearer, heard_by, seldom

CONNECT_SECONDS = 10
LONGEST_FOLDER = 70  # for temporary files: a socket's name has 104 bytes at most, and 32 are Python's
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
THREAD_LIMITS = "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"
# Read when the libraries are loaded. Threads that wait for each other sleep: spinning, they would keep other
# programs from the cores on which what they wait for is done. Of the kernels that oneDNN and torch make for
# every shape anew, only so many are kept: where each batch has a shape of its own, a thousand of each (the
# defaults) fill gigabytes, and none is used again.
LIBRARIES = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
LIBRARIES |= dict.fromkeys(("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"), "64")


class Lost(UserError):
    """A call ended its process; other calls go on."""


def cores() -> int:
    """The cores that this process may use: those it is bound to, or fewer by the quota of its container."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # no quota is "max 100000"
        quota, period = map(int, CPU_QUOTA.read_text(encoding="ascii").split())
        bound = min(bound, math.ceil(quota / period))
    return max(1, bound)


def threads(jobs: int) -> int:
    """Threads for each of `jobs` processes: together they take no more than the cores that there are."""
    return max(1, cores() // jobs)


@contextlib.contextmanager
def opened(
    jobs: int, dask: str | None, imported: Sequence[str], hear: Hearer, each: int | None = None
) -> Iterator[Executor]:
    """The executor that was asked for. hear: is told what its calls tell, in any thread.

    jobs: processes of this machine, which share its cores evenly; 0: this process. dask: address of a
    scheduler; raises UserError if none answers there. imported: modules that processes find imported. each:
    threads of a process, in place of its share.
    """
    with contextlib.ExitStack() as stack:
        executor: Executor
        if dask:
            executor = stack.enter_context(_cluster(dask))
        elif jobs:
            limits = dict.fromkeys(THREAD_LIMITS, str(each or threads(jobs)))
            stack.enter_context(environment(LIBRARIES | limits | import_path()))
            executor = FreshProcesses(jobs, imported, hear)
        else:
            executor = ThisProcess(hear)
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False)
            raise
        executor.shutdown()


class ThisProcess(Executor):
    """Makes each call when it is submitted, so that a debugger sees it."""

    def __init__(self, hear: Hearer) -> None:
        self.hear = hear

    def submit(self, function: Callable[..., Any], /, *call: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            with heard_by(self.hear):
                future.set_result(function(*call, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class FreshProcesses(Executor):
    """Makes each call in a process of its own, so that none holds the memory of those before.

    The processes are forked from a server that has imported what they need and never computes: a fork would
    lack the threads that torch computes with. The pool of the standard library would not do: it hangs with
    `max_tasks_per_child` (https://github.com/python/cpython/issues/115634), and a killed process breaks it.
    """

    def __init__(self, jobs: int, imported: Sequence[str], hear: Hearer) -> None:
        self.hear = hear
        self.context = _context(imported)
        self.context.Lock()  # starts a helper of multiprocessing, which unblocks SIGINT when it starts
        # Processes that its threads start inherit that SIGINT is blocked: this program ends them.
        block = signal.SIG_BLOCK, {signal.SIGINT}
        self.threads = ThreadPoolExecutor(jobs, initializer=signal.pthread_sigmask, initargs=block)
        self.running: set[Any] = set()
        self.ended = False

    def submit(self, function: Callable[..., Any], /, *call: Any, **named: Any) -> Future[Any]:
        return self.threads.submit(self._make, partial(function, *call, **named))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """wait: for the calls under way; otherwise they are ended."""
        self.ended = not wait
        for process in [] if wait else list(self.running):
            process.kill()
        self.threads.shutdown(wait, cancel_futures=cancel_futures or not wait)

    def _make(self, call: Callable[[], Any]) -> Any:
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_answer, args=(theirs, dict(os.environ), call))
        process.start()
        theirs.close()
        self.running.add(process)
        if self.ended:
            process.kill()
        try:
            while (said := ours.recv())[0] == "told":
                self.hear(*said[1:])
        except EOFError:
            process.join()
            raise Lost(_why(process.exitcode)) from None
        except BaseException:
            process.kill()
            raise
        finally:
            process.join()
            self.running.discard(process)
            ours.close()
        kind, outcome = said
        if kind == "raised":
            raise outcome
        return outcome


def _context(imported: Sequence[str]) -> Any:
    """Starts processes as forks of a server, or afresh where the name of its socket would be too long."""
    if len(tempfile.gettempdir()) > LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    first = "writeup.runs.seen", "__main__"  # the first watches the others
    context.set_forkserver_preload([*first, *imported])
    return context


def _why(exit_code: int) -> str:
    by = f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"an exit with status {exit_code}"
    return f"a helper process ended by {by}; where memory is short, --jobs 1 takes less of it"


def _answer(answers: Connection, environ: dict[str, str], call: Callable[[], Any]) -> None:
    """What a process does: one call. It sends what the call tells, and its value or error at the end."""
    os.environ.clear()
    os.environ.update(environ)  # the server has that of the time when it was started
    torch = sys.modules.get("torch")
    if torch and torch.get_num_threads() != (limit := int(environ[THREAD_LIMITS[0]])):
        torch.set_num_threads(limit)
    _end_with_parent()
    alone = threading.Lock()  # of two threads one sends

    def send(*what: Any) -> None:
        with alone:
            answers.send(what)

    try:
        with heard_by(seldom(partial(send, "told"))):
            value = call()
    except Exception as error:
        error.add_note(traceback.format_exc())  # which a pickle lacks
        send("raised", error)
    else:
        send("value", value)


def _end_with_parent() -> None:
    """End this process when the program that started it has ended, however that ended."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def import_path() -> dict[str, str]:
    """Where this process imports from, for a server of forks, which Python does not tell."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@contextlib.contextmanager
def environment(changes: dict[str, str]) -> Iterator[None]:
    """The environment of processes that are started inside."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


# --- Dask ---


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    """Dask's executor; what goes wrong with the cluster is a UserError."""
    try:
        from distributed import Client, KilledWorker
        from distributed.comm.core import CommClosedError
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
        try:
            yield client.get_executor(pure=False)
        except KilledWorker as error:
            why = "one call ended every worker that tried it; where memory is short, give the workers more"
            raise UserError(f"--dask {address}: {why} ({str(error).splitlines()[0][:80]})") from None
        except (CancelledError, CommClosedError):
            why = "the scheduler is gone; start one again, what was finished is kept"
            raise UserError(f"--dask {address}: {why}") from None
