"""A build in a process and a session of its own, that can be killed, starved or sent elsewhere.

It is forked from a process that has imported the program and does nothing else, which saves a second a build.
The caller cannot be that process: a fork lacks the caller's threads, and typst waits for its own for ever.
"""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from writeup.declare import resolve

REPORT = "report", "--engine", "embedded", "--seeds", "1", "--jobs", "2"
GRADE = "grade", "--seeds", "1", "--min", "0"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
NEEDED = (  # modules that a build imports
    "pandas",
    "safetensors.numpy",
    "writeup.page.web.html",
    "writeup.page.web.markdown",
    "writeup.page.pdf.typeset",
    "writeup.proofs.mutation",
    "writeup.runs.record",
    "writeup.steps",
)
PATIENCE = 120.0  # seconds; a build takes a few


@dataclass(frozen=True)
class Outcome:
    """How a build ended. status: negative for a signal. left: processes of it that lived on.

    lines: what it printed to standard output, each with the seconds since it began.
    """

    status: int
    out: str
    err: str
    seconds: float
    left: bool = False
    lines: tuple[tuple[float, str], ...] = ()

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def one_line(self) -> bool:
        """Whether it was refused in one line, by a message that was meant for it."""
        own = [line for line in self.err.splitlines() if line[:1] != "["]  # [: of a run's process
        refused = len(own) == 1 and own[0].startswith("error: ") and "unexpected" not in own[0]
        return self.status in (1, 2) and refused and "Traceback" not in self.said


@dataclass(frozen=True)
class Way:
    """How a build is run, and ended: `kill` seconds after its start, where that is given, by `signal`.

    largest: bytes that a file may have, as on a full disk.
    """

    words: Sequence[str] = REPORT
    kill: float | None = None
    signal: int = signal.SIGKILL
    largest: int | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None  # who builds, where the person is root and may write anywhere
    stdout: str = ""  # a device in place of a pipe


def run(root: Path, way: Way = Way()) -> Outcome:
    """One build of the project in `root`."""
    return _origin().submit(_ran, root, way).result()


@cache
def _origin() -> ProcessPoolExecutor:
    """The process that builds are forked from."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _warm)


def _warm() -> None:
    """Import what a build needs, once for all that are forked, and adopt the processes that they leave.

    Ctrl-C and the end of the caller are the caller's to hear: this process then ends too, without a word.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in NEEDED:
        resolve(f"{name}:__name__")
    from writeup.page import figures

    with tempfile.TemporaryDirectory() as folder:  # fonts are read once
        figures.save(figures.panel()[0], Path(folder) / "warm")
    with contextlib.suppress(OSError, AttributeError):  # elsewhere the system's first process buries them
        system = ctypes.CDLL(None)
        system.prctl(PR_SET_CHILD_SUBREAPER, 1)
        system.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _ran(root: Path, way: Way) -> Outcome:
    begun = time.monotonic()
    pipes = os.pipe(), os.pipe()  # as to a terminal: no full disk keeps a message back
    child = os.fork()
    if not child:
        _be_a_build(root, way, pipes[0][1], pipes[1][1])
    for read, write in pipes:
        os.close(write)
        os.set_blocking(read, False)
    said, lines, status = _watched(child, way, [read for read, _ in pipes], begun)
    left = not _all_gone(child)
    for read, _ in pipes:
        os.close(read)
    out, err = (text.decode(errors="replace") for text in said)
    return Outcome(status, out, err, time.monotonic() - begun, left, tuple(lines))


def _be_a_build(root: Path, way: Way, out: int, err: int) -> None:
    """What the child does; it never returns."""
    status = 99
    try:
        os.setsid()
        os.dup2(os.open(way.stdout, os.O_WRONLY) if way.stdout else out, 1)
        os.dup2(err, 2)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
        os.chdir(root)
        os.environ.update({"WRITEUP_CACHE": str(root / "cache")} | dict(way.environ))
        tempfile.tempdir = None  # it is looked for once a process
        sys.path.insert(0, str(root / "code"))
        import __main__  # which the processes of the runs import

        __main__.__file__, __main__.__spec__ = str(root / "build.py"), None
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if way.largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (way.largest, resource.RLIM_INFINITY))
        if way.user is not None:
            os.setuid(way.user)
        # By name: the program that is tried may change, and the faults are still the same.
        status = resolve("writeup.cli:main")("study.report:REPORT", way.words)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _watched(
    child: int, way: Way, pipes: Sequence[int], begun: float
) -> tuple[list[bytes], list[tuple[float, str]], int]:
    """What the child wrote to each pipe, the lines of the first with their times, and its status; it is
    killed when its time has come.
    """
    said, lines, killed = [b"" for _ in pipes], list[tuple[float, str]](), False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        now = time.monotonic() - begun
        said = [text + _read(pipe) for text, pipe in zip(said, pipes, strict=True)]
        lines += [(now, line.decode(errors="replace")) for line in said[0].splitlines()[len(lines) :]]
        if done:
            return said, lines, os.waitstatus_to_exitcode(status)
        if (way.kill is not None and now >= way.kill and not killed) or now > PATIENCE:
            killed = True
            _end(child, way.signal if now <= PATIENCE else signal.SIGKILL)
        time.sleep(0.002)


def _end(child: int, number: int) -> None:
    """Ctrl-C reaches all that a terminal runs, every other signal the build alone."""
    with contextlib.suppress(ProcessLookupError):  # of a child that has no group of its own yet
        (os.killpg if number == signal.SIGINT else os.kill)(child, number)


def _read(pipe: int) -> bytes:
    """All that can be read now."""
    found = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(pipe, 1 << 16):
            found += piece
    return found


def _all_gone(group: int, patience: float = 10.0) -> bool:
    """Whether every process of a build has ended; those that have not are ended now."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-group, os.WNOHANG)[0]:
                pass
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return True
        time.sleep(0.01)
    os.killpg(group, signal.SIGKILL)
    return False
