"""Executors make each call once, tell how far it is, and end with the program (clusters: test_cluster.py)."""

import dataclasses
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from writeup.errors import UserError
from writeup.runs import execute, executors, progress

ROOT = Path(__file__).resolve().parents[3]
Heard = list[tuple[str, progress.Event]]


def results(
    function: Callable[..., Any], calls: list[Any], jobs: int, heard: Heard | None = None
) -> list[Any]:
    """The values of all calls, as they come."""
    told: Heard = [] if heard is None else heard
    with executors.opened(jobs, None, [], lambda *what: told.append(what)) as executor:
        return [one.result() for one in as_completed([executor.submit(function, *call) for call in calls])]


@pytest.mark.parametrize("jobs", [0, 1, 2])
def test_every_call_is_made_once(jobs: int) -> None:
    assert sorted(results(operator.mul, [(i, i) for i in range(5)], jobs)) == [0, 1, 4, 9, 16]


def test_a_call_has_a_process_of_its_own_or_this_one() -> None:
    assert len({os.getpid(), *results(os.getpid, [()] * 3, 2)}) == 4
    assert results(os.getpid, [()], 0) == [os.getpid()]


def libraries_and_threads() -> tuple[str, str, str]:
    return os.environ["OMP_WAIT_POLICY"], os.environ["KMP_BLOCKTIME"], os.environ["OMP_NUM_THREADS"]


def test_processes_side_by_side_share_the_cores_and_do_not_spin() -> None:
    before, cores = dict(os.environ), executors.cores()
    assert [executors.threads(jobs) for jobs in (1, cores, 10 * cores)] == [cores, 1, 1]
    for jobs in (1, 2):
        assert results(libraries_and_threads, [()], jobs) == [("PASSIVE", "0", str(executors.threads(jobs)))]
    assert dict(os.environ) == before


def test_a_container_s_quota_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(executors, "CPU_QUOTA", quota)
    found = []
    for text in ("max 100000\n", "250000 100000\n", "50000 100000\n"):
        quota.write_text(text, encoding="ascii")
        found.append(executors.cores())
    quota.unlink()
    assert [*found, executors.cores()] == [8, 3, 1, 8]


def tell_and_print() -> None:
    progress.tell(progress.Step("descent", 3, 10, 0.5))
    print("a warning", file=sys.stderr)


def with_lines() -> None:
    with progress.heard_by(run="study seed 0"), progress.lines_told():
        tell_and_print()


@pytest.mark.parametrize("jobs", [0, 1])
def test_what_a_call_tells_is_heard_as_data(jobs: int) -> None:
    heard: Heard = []
    results(with_lines, [()], jobs, heard)
    step = progress.Step("descent", 3, 10, 0.5)
    assert heard == [("study seed 0", step), ("study seed 0", "a warning")]


def test_what_processes_need_is_imported_before_they_are_forked() -> None:
    """In a program of its own: the server of forks imports once."""
    program = (
        "import os\n"
        "from writeup.runs import executors, progress\n"
        "asked = \"__import__('sys').modules.get('colorsys') is not None, __import__('os').getppid()\"\n"
        "if __name__ == '__main__':\n"
        "    with executors.opened(2, None, ['no_such_module', 'colorsys'], progress.nobody) as executor:\n"
        "        (there, server), (_, again) = executor.map(eval, [asked] * 2)\n"
        "    assert there and server == again != os.getpid()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environ(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def environ() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "code")}


def test_a_long_name_of_the_folder_of_temporary_files_needs_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the server, which has a socket there, processes are children; else of this program."""
    (folder := tmp_path / ("long" * 20)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert results(os.getppid, [()], 1) == [os.getpid()]


def test_a_killed_process_costs_its_call_alone() -> None:
    with executors.opened(2, None, [], progress.nobody) as executor:
        lost, whole = executor.submit(os.abort), executor.submit(slow_answer)
        with pytest.raises(executors.Lost, match=r"^a helper process ended by signal SIGABRT; where"):
            lost.result()
        assert whole.result() == 7


def slow_answer() -> int:
    time.sleep(1)
    return 7


@pytest.mark.parametrize("jobs", [0, 1])
def test_an_error_of_a_call_is_raised_as_it_is_with_its_traceback(jobs: int) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        results(divides, [()], jobs)
    frames = [str(entry.name) for entry in caught.traceback]
    assert "divides" in frames or "in divides" in "".join(caught.value.__notes__)


def divides() -> None:
    1 / 0  # noqa: B018


def test_whatever_is_raised_meanwhile_ends_what_runs() -> None:
    begun = time.monotonic()
    with (
        pytest.raises(UserError, match="a proof fails"),
        executors.opened(2, None, [], progress.nobody) as executor,
    ):
        for _ in range(3):
            executor.submit(time.sleep, 600)
        wait_until(lambda: len(multiprocessing.active_children()) == 2)
        raise UserError("a proof fails")
    wait_until(lambda: not multiprocessing.active_children())
    assert time.monotonic() < begun + 60


def test_an_unreadable_answer_ends_its_process() -> None:
    """Nobody would empty the pipe that it goes on to fill."""
    with pytest.raises(TypeError):
        results(unreadable, [()], 1)
    wait_until(lambda: not multiprocessing.active_children())


class Unreadable(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(one)


def unreadable() -> None:
    raise Unreadable(1, 2)


PROGRAM = """
import sys, time
from functools import partial
from pathlib import Path
from writeup.runs import executors, progress

def work(place):
    Path(place).touch()
    time.sleep(600)

if __name__ == "__main__":
    with executors.opened(2, None, [], progress.nobody) as executor:
        calls = [executor.submit(work, sys.argv[1] + str(number)) for number in range(2)]
        [call.result() for call in calls]
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program whose two calls have begun."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, str(path), str(tmp_path / "begun")]
    pipe = subprocess.PIPE
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # not so in a background
    with subprocess.Popen(
        command, env=environ(), start_new_session=True, stderr=pipe, text=True, preexec_fn=heeded
    ) as it:
        try:
            wait_until(lambda: len(list(tmp_path.glob("begun*"))) == min(2, executors.cores()))
            yield it
        finally:
            with_pids = sleeping(it.pid)
            for pid in (it.pid, *with_pids) if it.returncode is None else with_pids:
                os.kill(pid, signal.SIGKILL)


def test_processes_end_with_the_program(program: subprocess.Popen[str]) -> None:
    """However that ends: a training that nobody waits for would go on for hours."""
    program.kill()
    program.wait(10)
    wait_until(lambda: not sleeping(program.pid))


def test_one_interrupt_ends_all_at_once(program: subprocess.Popen[str]) -> None:
    """As Ctrl-C sends it: to every process of the terminal."""
    os.killpg(program.pid, signal.SIGINT)
    _, said = program.communicate(timeout=20)
    assert said.count("Traceback (most recent call last)") == said.count("KeyboardInterrupt") == 1, said
    wait_until(lambda: not sleeping(program.pid))


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


def test_a_cluster_that_is_not_there_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    said = r"^--dask tcp://127\.0\.0\.1:9: no scheduler answers"
    with (
        pytest.raises(UserError, match=said),
        executors.opened(1, "tcp://127.0.0.1:9", [], progress.nobody),
    ):
        pass


def test_the_threads_of_a_record_take_the_place_of_a_share() -> None:
    with executors.opened(executors.cores(), None, [], progress.nobody, 3):
        assert [os.environ[name] for name in executors.THREAD_LIMITS] == ["3"] * 3


def test_a_warning_is_a_line_and_a_run_that_fails_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclasses.dataclass
    class Nothing:
        pass

    run: Any = SimpleNamespace(name="a", part=SimpleNamespace(config=Nothing()), config=Nothing())
    heard: list[progress.Event] = []

    def warned(fails: bool) -> Any:
        for _ in range(2):
            warnings.warn("over\nflow", RuntimeWarning, stacklevel=1)
        return 1 / (not fails)

    with progress.heard_by(lambda _, event: heard.append(event)), warnings.catch_warnings():
        warnings.simplefilter("always")
        assert execute._described(run, lambda: warned(False)) == 1
        assert heard == ["RuntimeWarning: over flow"]
        with pytest.raises(UserError, match="a cannot be computed: ZeroDivisionError"):
            execute._described(run, lambda: warned(True))
    assert len(heard) == 1 and capsys.readouterr().err == ""
