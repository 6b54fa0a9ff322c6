"""The project that faults are tried on, laid down by `writeup init`, and a build of it that can be killed."""

import contextlib
import ctypes
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from writeup import starting
from writeup.errors import UserError

REPORT = "report", "--engine", "embedded", "--seeds", "1", "--jobs", "2"
PR_SET_CHILD_SUBREAPER = 36
NEEDED = (  # modules that a build imports
    "joblib",
    "pandas",
    "safetensors.numpy",
    "writeup.page.html",
    "writeup.page.markdown",
    "writeup.page.typeset",
    "writeup.proofs.mutation",
    "writeup.runs.compute",
    "writeup.verbs",
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
        own = [
            line for line in self.err.splitlines() if line[:1] != "["
        ]  # of a run's process, behind its name
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
    main: Callable[[Sequence[str]], int] | None = None  # None: the project's own


def lay_down(root: Path) -> None:
    """A fresh project in `root`."""
    starting.init(root)


OLDER = {  # what an older version of the project said: other settings, and another text
    "code/study/experiment.py": ("steps: int = 500", "steps: int = 400"),
    "templates/report.tex.j2": ("from few noisy points", "from a few noisy points"),
}


def prepared(root: Path) -> tuple[Path, Path]:
    """Two projects, kept aside: one whose report is whole but of an older version, so that the next build
    makes all anew, and one whose report is current. Both were built in `root`, where copies are tried: a
    build's state knows the paths.
    """
    lay_down(root)
    newer = {name: (root / name).read_text(encoding="utf-8") for name in OLDER}
    for name, (now, before) in OLDER.items():
        assert now in newer[name], f"{name} of the starter says no {now!r}"
        (root / name).write_text(newer[name].replace(now, before), encoding="utf-8")
    built = run(root)
    if built.status:
        raise UserError(f"faults: the project's first build fails: {' '.join(built.said.split())}")
    for name, text in newer.items():
        (root / name).write_text(text, encoding="utf-8")
    old, whole = root.with_name("old"), root.with_name("whole")
    shutil.copytree(root, old)
    shutil.rmtree(root / "cache")  # the older version's weights, which nobody would read
    if (built := run(root)).status:
        raise UserError(f"faults: the project's second build fails: {' '.join(built.said.split())}")
    shutil.move(root, whole)
    return old, whole


def warm() -> None:
    """Import what a build needs, once for all that are forked, and adopt the processes that they leave."""
    for name in NEEDED:
        importlib.import_module(name)
    from writeup.page import figures

    with tempfile.TemporaryDirectory() as folder:  # fonts are read once
        figures.save(figures.panel()[0], Path(folder) / "warm")
    with contextlib.suppress(OSError, AttributeError):  # elsewhere the system's first process buries them
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def run(root: Path, way: Way = Way()) -> Outcome:
    """One build of the project in `root`, in a process and a session of its own."""
    begun = time.monotonic()
    pipes = os.pipe(), os.pipe()  # as to a terminal: no full disk keeps a message back
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that a fork would lose: none is waited for here
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
        sys.path.insert(0, str(root / "code"))
        main = sys.modules["__main__"]  # which the processes of the runs import
        main.__file__, main.__spec__ = str(root / "build.py"), None
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if way.largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (way.largest, resource.RLIM_INFINITY))
        if way.user is not None:
            os.setuid(way.user)
        status = (way.main or _own)(way.words)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _own(words: Sequence[str]) -> int:
    from writeup.cli import main

    return main("study.report:REPORT", words)


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
            os.kill(child, way.signal if now <= PATIENCE else signal.SIGKILL)
        time.sleep(0.002)


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


@contextlib.contextmanager
def copy(kept: Path, root: Path) -> Iterator[Path]:
    """The project `kept` in `root`, for the time inside; times of files are those of the kept one."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(kept, root, symlinks=True)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
