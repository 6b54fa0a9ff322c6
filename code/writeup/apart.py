"""Work on what somebody else made, in a process of its own that is stopped when it takes too much.

`call` makes a call of this program on data of others: it gets so much time and memory, and a crash of a
library ends that process alone. `confined` runs code of others: on Linux it has no network and no other
processes to see (namespaces), reads what a Python needs and writes below one folder (Landlock); what it says
is text and its files are for the caller to check. What a system cannot do is told.
"""

import contextlib
import ctypes
import json
import math
import multiprocessing
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar, cast

from writeup import trouble
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.files import read_plain

T = TypeVar("T")
LARGEST_ANSWER = 1 << 16  # characters that code of others may answer with
KEPT = "PATH", "LANG", "LC_ALL", "PYTHONUTF8", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"
SOON = 5.0  # seconds
LONGER = 10.0  # times its seconds may a call take by the clock, for others share the processor
NOT_CONFINED = "this system has neither namespaces nor Landlock for it: it ran with all your rights"


@dataclass(frozen=True)
class Bounds:
    """What a process may take: bytes, and seconds, of the processor in a call, by the clock if confined."""

    seconds: float = 60.0
    memory: int = 1 << 30


def call(work: Callable[[], T], *, what: str, bounds: Bounds = Bounds()) -> T:
    """The value of `work`, which can be pickled; a fork of this process does it, and shares what is loaded.

    what: the work in words, for the UserError if it takes more than its bounds or ends its process. A
    UserError that it raises is raised here.
    """
    answers, answer = multiprocessing.Pipe(duplex=False)
    if not (child := os.fork()):
        _answer(work, bounds, answer)
    answer.close()
    try:
        if not answers.poll(LONGER * bounds.seconds):
            raise UserError(f"{what}: takes more than {bounds.seconds:.0f} s, stopped")
        failed, value = answers.recv()
    except EOFError:
        _, status = os.waitpid(child, 0)
        raise UserError(f"{what}: {_broken(os.waitstatus_to_exitcode(status), bounds)}") from None
    finally:
        with contextlib.suppress(ChildProcessError, ProcessLookupError):  # it was waited for
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        answers.close()
    if failed:
        raise value
    return cast(T, value)


def _answer(work: Callable[[], Any], bounds: Bounds, answer: Connection) -> NoReturn:
    """What the fork does."""
    try:
        _limit(bounds, already=True)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(bounds.seconds), resource.RLIM_INFINITY))
        try:
            told = False, work()
        except MemoryError:
            raise
        except Exception as error:
            told = True, error if isinstance(error, UserError) else UserError(trouble.line(error))
        answer.send(told)
    finally:
        os._exit(1)


def _broken(status: int, bounds: Bounds) -> str:
    if -status == signal.SIGXCPU:
        return f"takes more than {bounds.seconds:.0f} s, stopped"
    by = signal.Signals(-status).name if status < 0 else f"status {status}"
    much = f"{bounds.memory / (1 << 30):.3g} GB of memory"
    return f"its process ended by {by}: it needs more than {much}, or is broken"


def _limit(bounds: Bounds, *, already: bool = False) -> None:
    """Limit this process. already: what it holds is no part of it."""
    held = 0
    with contextlib.suppress(OSError):  # where no system tells
        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    most = bounds.memory + (held if already else 0)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confined(
    function: str,
    *arguments: Any,
    folder: Path,
    what: str,
    imports: Sequence[Path] = (),
    reads: Sequence[Path] = (),
    bounds: Bounds = Bounds(),
    environ: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Let `function` run code of others; returns how the system kept it to itself, in words.

    folder: which it may write to; its temporary files and caches are there too. imports: where its packages
    are, but for this program's own. reads: what else it may read. Raises UserError if it says that it failed,
    or as `call` does.
    """
    answer = folder / ".answer"
    for name in (home := folder / ".home", home / "tmp"):
        name.mkdir(exist_ok=True)
    known = {name: os.environ[name] for name in KEPT if name in os.environ} | dict(environ)
    known |= {"HOME": str(home), "TMPDIR": str(home / "tmp"), "MPLCONFIGDIR": str(home)}
    known |= {"WRITEUP_CACHE": str(home / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    asked = {"function": function, "arguments": arguments, "answer": answer, "folder": folder}
    asked |= {"reads": reads, "imports": imports}
    _run(asked, what, bounds, known)
    try:
        how, failed = json.loads(read_plain(answer, LARGEST_ANSWER))
        how, failed = str(how), str(failed)
    except (UserError, ValueError, TypeError, RecursionError):
        raise UserError(f"{what}: its process ended without a word") from None
    if failed:
        raise UserError(f"{what}: {trouble.one_line(failed)}")
    return trouble.one_line(how)


def _run(asked: dict[str, Any], what: str, bounds: Bounds, environ: Mapping[str, str]) -> None:
    """Start a process that does what was asked; UserError if it has to be stopped or breaks."""
    engine = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(dict.fromkeys([engine, *filter(None, sys.path)]))
    with tempfile.TemporaryFile() as words:
        pickle.dump(asked | {"bounds": (bounds.seconds, bounds.memory)}, words)
        words.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "writeup.apart"],
            stdin=words,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        try:
            status = process.wait(bounds.seconds)
        except subprocess.TimeoutExpired:
            raise UserError(f"{what}: takes more than {bounds.seconds:.0f} s, stopped") from None
        finally:
            _stop(process)
    if status:
        raise UserError(f"{what}: {_broken(status, bounds)}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started; one that is confined first ends those that left its group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.terminate()
        process.wait(SOON)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# --- within the process ---


def main() -> int:
    """What the process does: read what is asked and shut itself in. A child runs the code of others, for a
    namespace of processes begins with a child.
    """
    asked = pickle.load(sys.stdin.buffer)
    bounds = Bounds(*asked["bounds"])  # whose class has another name here
    _limit(bounds)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.memory, bounds.memory))
    how = " and ".join(_shut_in(asked["folder"], asked["reads"])) or NOT_CONFINED
    if child := os.fork():
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    failed = ""
    try:
        os.chdir(asked["folder"])
        sys.path[:0] = map(str, asked["imports"])
        resolve(asked["function"])(*asked["arguments"])
    except BaseException as error:  # it may exit
        failed = str(error) if isinstance(error, UserError) else trouble.described(error)
    asked["answer"].write_text(json.dumps([how, failed[: LARGEST_ANSWER // 8]]), encoding="ascii")
    os._exit(0)


def _shut_in(folder: Path, reads: Sequence[Path]) -> Iterator[str]:
    """Give up all that the system lets a process give up; what that was, in words."""
    with contextlib.suppress(OSError, AttributeError):
        system = ctypes.CDLL(None, use_errno=True)
        if _unshared(system):
            yield "without network"
        if _landlocked(system, folder, reads):
            yield "with write access to its own folder alone"


NEW_USER, NEW_NET, NEW_PID = 0x10000000, 0x40000000, 0x20000000  # of <linux/sched.h>


def _unshared(system: Any) -> bool:
    """A network with nothing in it. Whoever is not root needs a namespace of users for that."""
    who = os.geteuid(), os.getegid()
    if system.unshare(NEW_USER | NEW_NET | NEW_PID):
        return not system.unshare(NEW_NET | NEW_PID)
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        for name, number in zip(("uid_map", "gid_map"), who, strict=True):
            Path("/proc/self", name).write_text(f"{number} {number} 1", encoding="ascii")
    return True


# <linux/landlock.h>; the numbers of its calls are the same on all machines.
CREATE, ADD_RULE, RESTRICT = 444, 445, 446
NO_NEW_PRIVILEGES, BENEATH = 38, 1
READ = 1 << 2 | 1 << 3  # files, folders
WRITE = 1 << 1 | sum(1 << bit for bit in range(4, 13))  # files; remove and make all kinds
MOVE, TRUNCATE = 1 << 13, 1 << 14  # since its second and third version
OF_FILES = 1 << 1 | 1 << 2 | TRUNCATE
SYSTEM = "/usr /lib /lib64 /bin /proc /sys/devices/system /sys/fs/cgroup /dev/urandom /etc/ld.so.cache"
READABLE = f"{SYSTEM} /etc/fonts /etc/localtime /etc/passwd /etc/texmf /var/lib/texmf".split()


def _landlocked(system: Any, folder: Path, reads: Sequence[Path]) -> bool:
    version = system.syscall(CREATE, None, 0, 1)
    if version < 1:
        return False
    writing = WRITE | (MOVE if version > 1 else 0) | (TRUNCATE if version > 2 else 0)
    rules = ctypes.create_string_buffer(struct.pack("=Q", READ | writing))
    ruleset = system.syscall(CREATE, rules, 8, 0)
    python = [Path(sys.prefix), Path(sys.base_prefix), *map(Path, filter(None, sys.path))]
    allowed = [(path, READ) for path in (*map(Path, READABLE), *python, *reads)]
    for path, rights in [*allowed, (Path("/dev/null"), READ | writing), (folder, READ | writing)]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            beneath = os.open(path, os.O_PATH)
            held = rights if path.is_dir() else rights & OF_FILES
            rule = ctypes.create_string_buffer(struct.pack("=Qi", held & (READ | writing), beneath))
            system.syscall(ADD_RULE, ruleset, BENEATH, rule, 0)
            os.close(beneath)
    return not (system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or system.syscall(RESTRICT, ruleset, 0))


if __name__ == "__main__":
    sys.exit(main())
