"""On a Dask cluster of processes of its own: every result once, or one line that says why not."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from tests.conftest import TOY, edit

from evidence.faults import project as built
from writeup.results import store

CODE = Path(__file__).resolve().parents[3] / "code"
SLOW = (
    "    np.random.seed(seed)\n",
    """\
    import time
    from pathlib import Path

    time.sleep(1.0)
    (Path.home() / f"{seed}-{config.rate}-{time.monotonic_ns()}.finished").touch()
    np.random.seed(seed)
""",
)
ELSEWHERE = "return Points(np.arange(8.0))", 'return Points(np.fromfile(Path.home() / "points"))'
RATES = {"study": 0.1, "study_fast": 0.5}
SEEDS = 0, 1
Process = subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy whose studies take a second each, and whose data lie at home."""
    root = tmp_path_factory.mktemp("cluster") / "toy"
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
    edit(root / "code" / "toy" / "study.py", *SLOW)
    edit(root / "code" / "toy" / "data.py", *ELSEWHERE)
    home(root.parent, 8)
    return root


def home(folder: Path, points: int) -> None:
    np.arange(float(points)).tofile(folder / "points")


def started(root: Path, *words: str, pipes: bool = False, **environ: str) -> Process:
    """A process of this Python that knows the code of the project in `root`."""
    paths = {
        "PYTHONPATH": f"{root / 'code'}{os.pathsep}{CODE}",
        "WRITEUP_CACHE": str(root / "cache"),
        "HOME": str(root.parent),
        "OMP_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "2s",
    }
    kept: Any = subprocess.PIPE if pipes else subprocess.DEVNULL
    command = [sys.executable, *words]
    return subprocess.Popen(command, cwd=root, env=os.environ | paths | environ, stdout=kept, stderr=kept)


@contextlib.contextmanager
def ended(*processes: Process) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def scheduling(root: Path) -> Iterator[tuple[str, Process]]:
    """The address of a scheduler, and its process."""
    file = root.parent / f"scheduler-{time.monotonic_ns()}.json"
    words = "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)
    process = started(root, "-m", "distributed.cli.dask_scheduler", *words)
    with ended(process):
        wait_until(file.is_file)
        yield re.findall(r"tcp://[\d.:]+", file.read_text(encoding="utf-8"))[0], process


@pytest.fixture(scope="module")
def scheduler(project: Path) -> Iterator[str]:
    with scheduling(project) as (address, _):
        yield address


@contextlib.contextmanager
def working(root: Path, address: str, count: int, **environ: str) -> Iterator[list[Process]]:
    """Workers of a scheduler, which has no others."""
    words = "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
    place = "--local-directory", str(root.parent / "workers")
    some = [
        started(root, "-m", "distributed.cli.dask_worker", address, *words, *place, **environ)
        for _ in range(count)
    ]
    with ended(*some), Client(address) as client:
        client.wait_for_workers(count, timeout=60)
        yield some


def build(
    root: Path, address: str, meanwhile: Callable[[], object] = lambda: None
) -> tuple[int, list[str], str]:
    """Status, lines and errors of a training; `meanwhile` is done when its studies have begun."""
    process = started(root, "build.py", "train", "--dask", address, pipes=True)
    with ended(process):
        assert process.stdout is not None
        first = process.stdout.readline()
        while first and not first.startswith(b"    judge seed 0: "):
            first = process.stdout.readline()
        time.sleep(0.5)
        meanwhile()
        out, err = process.communicate(timeout=120)
    return process.returncode, out.decode().splitlines(), err.decode()


def expected(seed: int, rate: float) -> float:
    """The error of a study, which the code of the toy had no part in."""
    np.random.seed(seed)
    mean = 0.0
    for _ in range(30):
        mean += rate * (float(np.random.choice(np.arange(8.0))) - mean)
    return abs(mean - 3.5)


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_workers_lost_or_given_up_too_early_leave_each_result_once(project: Path, scheduler: str) -> None:
    with working(project, scheduler, 3) as workers:

        def lose() -> None:
            workers[0].kill()
            workers[1].send_signal(signal.SIGSTOP)  # its run is given to another, and finished twice
            with Client(scheduler) as client:
                wait_until(lambda: len(client.scheduler_info()["workers"]) == 1)
            workers[1].send_signal(signal.SIGCONT)

        status, lines, err = build(project, scheduler, lose)
    assert (status, err) == (0, "")
    said = sorted(
        line.partition(":")[0].strip() for line in lines if " seed " in line and "loaded" not in line
    )
    assert said == [f"{name} seed {seed}" for name in RATES for seed in SEEDS]
    for name, rate in RATES.items():
        for seed in SEEDS:
            found = store.load(project / "report" / "results" / name / f"seed-{seed}")
            assert found.scalars["error"] == pytest.approx(expected(seed, rate), rel=1e-12)
    assert len(list(project.parent.glob("*.finished"))) > len(said)  # else this has tried nothing


@pytest.mark.long
def test_of_two_hundred_runs_none_is_missing_where_two_of_four_workers_are_killed(tmp_path: Path) -> None:
    here, there = tmp_path / "here" / "toy", tmp_path / "there" / "toy"
    for root in (here, there):
        shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
        edit(
            root / "code" / "toy" / "study.py", SLOW[0], "    import time\n\n    time.sleep(0.05)\n" + SLOW[0]
        )
    of_hundred = "build.py", "train", "--seeds", "100"
    with started(here, *of_hundred, "--jobs", "2", pipes=True) as local:
        assert b" 201 computed" in local.communicate(timeout=300)[0]
    with (
        scheduling(there) as (address, _),
        working(there, address, 4) as workers,
        started(there, *of_hundred, "--dask", address, pipes=True) as process,
    ):
        assert process.stdout is not None
        said = 0
        for line in process.stdout:
            said += b" seed " in line
            if said in (60, 120):
                workers[said // 120].kill()
        assert process.wait(timeout=300) == 0
    assert built.whole(here) == built.whole(there)


@pytest.mark.parametrize("other", ["code", "data"])
def test_a_worker_with_other_code_or_data_costs_one_line(
    other: str, project: Path, scheduler: str, tmp_path: Path
) -> None:
    root = shutil.copytree(project, tmp_path / "toy")
    if other == "code":
        edit(root / "code" / "toy" / "judge.py", "random.normal(size=3)", "random.normal(size=4)")
    home(tmp_path, 8 if other == "code" else 9)
    before = built.kept(project)
    with working(root, scheduler, 1):
        status, lines, err = build(project, scheduler)
    says = {
        "code": "judge seed 0: this worker has other code; install the same version on it",
        "data": "judge seed 0 is not current (asked for anew) and cannot be trained: points: what "
        "toy.data:load loaded has sha256 13a22b00aae8, declared e718add56286",
    }
    assert (status, err) == (1, f"error: {says[other]}\n")
    assert not [line for line in lines if " seed " in line] and built.kept(project) == before


def test_a_scheduler_that_is_gone_costs_one_line_and_what_was_finished_is_kept(project: Path) -> None:
    with scheduling(project) as (address, process), working(project, address, 2):
        status, _, err = build(project, address, process.kill)
    gone = "the scheduler is gone; start one again, what was finished is kept"
    assert (status, err) == (1, f"error: --dask {address}: {gone}\n")
