"""Calls side by side give each value once: here and in other processes. For clusters see test_cluster.py."""

import contextlib
import io
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.runs import parallel

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_call_is_answered_once(jobs: int) -> None:
    found = list(parallel.unordered(operator.mul, [(i, i) for i in range(7)], jobs=jobs))
    assert sorted(found) == [0, 1, 4, 9, 16, 25, 36]


def test_processes_side_by_side_share_the_cores() -> None:
    cores = parallel.cores()
    assert [parallel.threads(jobs) for jobs in (1, cores, 10 * cores)] == [cores, 1, 1]
    limits = parallel.unordered(os.getenv, [("OMP_NUM_THREADS",)] * 2, jobs=2)
    assert set(limits) == {str(parallel.threads(2))}


def test_threads_that_wait_do_not_spin() -> None:
    before = dict(os.environ)
    policies = parallel.unordered(os.getenv, [("OMP_WAIT_POLICY",), ("KMP_BLOCKTIME",)], jobs=1)
    assert set(policies) == {"PASSIVE", "0"}
    assert dict(os.environ) == before


def test_each_call_has_a_process_of_its_own() -> None:
    found = list(parallel.unordered(os.getpid, [()] * 3, jobs=1))
    assert len({os.getpid(), *found}) == 4


def test_calls_begin_in_their_order_and_a_value_brings_further_ones() -> None:
    taken: list[int] = []

    def more(value: int) -> list[tuple[int, int]]:
        assert taken[-1] == value  # it was taken before
        return [(value, 10)] if value < 10 else []

    for value in parallel.unordered(operator.mul, [(1, 2), (1, 3)], jobs=1, more=more):
        taken.append(value)
    assert taken == [2, 20, 3, 30]  # what was made possible comes next


def test_what_every_call_needs_is_imported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    asked = [("__import__('sys').modules.get('colorsys') is not None, __import__('os').getppid()",)] * 2
    (there, server), (_, again) = parallel.unordered(
        eval, asked, jobs=2, imported=["no_such_module", "broken", "colorsys"]
    )
    assert there and server == again != os.getpid()
    ((there, _),) = parallel.unordered(eval, asked[:1], jobs=2)
    assert not there


def test_another_thing_is_done_beside_the_first_calls(tmp_path: Path) -> None:
    made = tmp_path / "made"
    found = parallel.unordered(waits_for, [(made,)], jobs=1, meanwhile=made.touch)
    assert list(found) == [True]
    with pytest.raises(UserError, match="a proof"):
        list(parallel.unordered(time.sleep, [(600,)] * 2, jobs=2, meanwhile=fails))
    wait_until(lambda: not multiprocessing.active_children())


def waits_for(path: Path) -> bool:
    wait_until(path.exists)
    return True


def fails() -> None:
    raise UserError("a proof fails")


def test_a_process_that_dies_costs_one_line() -> None:
    with pytest.raises(UserError, match=r"^a process that computes ended by signal SIGABRT; "):
        list(parallel.unordered(os.abort, [()], jobs=1))


def test_processes_end_with_the_program(tmp_path: Path) -> None:
    """However that ends: a training that nobody waits for would go on for hours."""
    program = (
        "import time\n"
        "from writeup.runs import parallel\n"
        "if __name__ == '__main__':\n"
        "    list(parallel.unordered(time.sleep, [(600,)] * 2, jobs=2))\n"
    )
    path = tmp_path / "program.py"
    path.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "code")}
    with subprocess.Popen([sys.executable, str(path)], env=environment, start_new_session=True) as it:
        try:
            wait_until(lambda: len(sleeping(it.pid)) == 3)  # the server of forks among them
            it.kill()
            it.wait(10)
            wait_until(lambda: not sleeping(it.pid))
        finally:
            for pid in (it.pid, *sleeping(it.pid)) if it.returncode is None else sleeping(it.pid):
                os.kill(pid, signal.SIGKILL)


def sleeping(session: int) -> list[int]:
    """The processes of a session that multiprocessing started and that live."""
    command = ["ps", "-ww", "-eo", "pid=,sess=,stat=,args="]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 3) for line in found.splitlines() if "forkserver" in line]
    return [int(pid) for pid, of, state, _ in lines if of == str(session) and state[0] != "Z"]


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_an_error_of_a_call_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        list(parallel.unordered(operator.truediv, [(1, 0)] * 2, jobs=2))


def test_lines_of_processes_side_by_side_bear_their_origin() -> None:
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream), parallel.prefixed("seed 3, "):
        assert not sys.stderr.isatty()
        print("gan: 1/2", file=sys.stderr)
        sys.stderr.write("gan: ")
        sys.stderr.write("2/2\n")
    assert stream.getvalue() == "seed 3, gan: 1/2\nseed 3, gan: 2/2\n"


def test_a_cluster_that_is_not_there_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CONNECT_SECONDS", 1)
    with pytest.raises(UserError, match=r"^--dask tcp://127\.0\.0\.1:9: no scheduler answers"):
        next(parallel.unordered(operator.mul, [(1, 1)], jobs=1, dask="tcp://127.0.0.1:9"))
