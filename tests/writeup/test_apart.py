"""Work in a process of its own: what it gives and may take, and where code of others cannot reach."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup import apart
from writeup.apart import Bounds
from writeup.errors import UserError

HERE = "tests.writeup.test_apart"


def doubled(value: int) -> int:
    return 2 * value


def refusing(text: str) -> None:
    raise UserError(text)


def slipping() -> None:
    raise KeyError("a slip")


def greedy(size: int) -> None:
    bytes(size)[-1:]


def asleep() -> None:
    time.sleep(60)


def busy() -> None:
    while True:
        pass


def crashing() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes import this module, as a library of its own name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


def test_a_call_gives_its_value_or_its_error() -> None:
    assert apart.call(lambda: doubled(21), what="a sum") == 42
    with pytest.raises(UserError, match=r"^what is wrong$"):
        apart.call(lambda: refusing("what is wrong"), what="a sum")
    with pytest.raises(UserError, match="unexpected: KeyError: 'a slip'"):
        apart.call(slipping, what="a sum")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (asleep, "a sum: takes more than 1 s, stopped"),
        (busy, "a sum: takes more than 1 s, stopped"),
        (crashing, "a sum: its process ended by SIGKILL"),
    ],
)
def test_what_does_not_end_well_is_one_line(
    work: Callable[[], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LONGER", 1.0 if work is asleep else 30.0)
    start = time.monotonic()
    with pytest.raises(UserError, match=said):
        apart.call(work, what="a sum", bounds=Bounds(seconds=1.0))
    assert time.monotonic() - start < 40


def test_memory_has_a_bound() -> None:
    bounds = Bounds(memory=256 << 20)
    assert apart.call(lambda: greedy(1 << 20), what="a sum", bounds=bounds) is None
    with pytest.raises(UserError, match=r"a sum: .* more than 0\.25 GB"):
        apart.call(lambda: greedy(1 << 30), what="a sum", bounds=bounds)


# --- code of others ---


def reaching(outside: str, port: int) -> None:
    """Tries all that it may not do; what succeeds is written to its folder, with what it may."""
    done = ["began"]
    with contextlib.suppress(OSError):
        Path(outside, "written").write_text("x", encoding="ascii")
        done.append("wrote outside")
    with contextlib.suppress(OSError):
        Path(outside, "secret").read_text(encoding="ascii")
        done.append("read outside")
    with contextlib.suppress(OSError):
        Path(outside, "secret").unlink()
        done.append("removed outside")
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
        done.append("reached the network")
    if "TOKEN" in os.environ:
        done.append("saw the environment")
    subprocess.run([sys.executable, "-c", "open('by_a_child', 'w').close()"], check=True)
    Path("done").write_text("\n".join(done), encoding="ascii")


def leaving() -> None:
    """Leaves a process behind that left its session."""
    if not os.fork():
        os.setsid()
        time.sleep(3)
        Path("late").write_text("x", encoding="ascii")
        os._exit(0)


def lying() -> None:
    """Answers in place of the program, and exits."""
    os.mkfifo(".answer")
    os._exit(0)


def confined() -> bool:
    """Whether this system can keep code of others to itself."""
    child = os.fork()
    if not child:
        os._exit(len(list(apart._shut_in(Path(), ()))))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


only_where_it_can = pytest.mark.skipif(not confined(), reason="this system can confine nothing")


@only_where_it_can
def test_code_of_others_reaches_nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder := tmp_path / "own").mkdir()
    (outside := tmp_path / "outside").mkdir()
    (outside / "secret").write_text("x", encoding="ascii")
    monkeypatch.setenv("TOKEN", "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = f"{HERE}:reaching", str(outside), server.getsockname()[1]
        how = apart.confined(*asked, folder=folder, what="trying")
    assert how == "without network and with write access to its own folder alone"
    assert (folder / "done").read_text(encoding="ascii") == "began"
    assert (folder / "by_a_child").exists()
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]


@only_where_it_can
def test_no_process_of_others_lives_on(tmp_path: Path) -> None:
    apart.confined(f"{HERE}:leaving", folder=tmp_path, what="trying")
    time.sleep(3.5)
    assert not (tmp_path / "late").exists()


def test_what_code_of_others_says_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="trying: its process ended without a word"):
        apart.confined(f"{HERE}:lying", folder=tmp_path, what="trying")
    (other := tmp_path / "other").mkdir()
    with pytest.raises(UserError) as error:
        apart.confined(f"{HERE}:refusing", "two\nlines\x1b[31m", folder=other, what="trying")
    assert str(error.value) == r"trying: two lines\x1b[31m"
