"""Calls side by side give each value once: here, in other processes, on a cluster that loses a worker."""

import contextlib
import dataclasses
import io
import json
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.cli import parse
from writeup.errors import UserError
from writeup.runs import compute, parallel
from writeup.tasks import Build

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


def test_a_cluster_that_is_not_there_costs_one_line() -> None:
    with pytest.raises(UserError, match=r"^--dask tcp://127\.0\.0\.1:9: no scheduler answers"):
        next(parallel.unordered(operator.mul, [(1, 1)], jobs=1, dask="tcp://127.0.0.1:9"))


@contextlib.contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "code")}
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as it:
        try:
            yield it
        finally:
            it.kill()


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler of its own with two workers: its address, and the workers' processes."""
    file = folder / "scheduler.json"
    local = ("--host", "127.0.0.1")
    with process("distributed.cli.dask_scheduler", *local, "--port", "0", "--no-dashboard",
                 "--scheduler-file", str(file)):  # fmt: skip
        worker = ("distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1",
                  "--no-nanny", "--no-dashboard", *local, "--local-directory", str(folder))  # fmt: skip
        with process(*worker) as first, process(*worker) as second:
            from distributed import Client

            while not file.is_file():
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            with Client(address) as client:
                client.wait_for_workers(2, timeout=60)
            yield address, [first, second]


def test_a_cluster_that_loses_a_worker_computes_every_run_and_none_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    request = parse(REPORT, ["train", "--preset", "smoke", "--only", "siamese", "--seeds", "5"], {})
    build = Build(dataclasses.replace(request, stores=(tmp_path / "results",)))
    with cluster(tmp_path) as (address, workers):
        means = compute.Means(ROOT, dask=address)
        computed = compute.compute_all(build.runs, build.runs, means, build.code)
        found = [next(computed)]
        workers[0].send_signal(signal.SIGKILL)  # two runs are under way, one of them on this worker
        found += computed
        assert workers[0].wait(10) == -signal.SIGKILL
    assert sorted(run.seed for run, _ in found) == [0, 1, 2, 3, 4]
    for run, result in found:
        assert (result.part, result.seed) == ("siamese", run.seed)
        assert result.provenance["fingerprint"] == run.fingerprint
    assert len({result.scalars["auc"] for _, result in found}) > 1
