"""The provenance of the recorded results can be checked: their inputs give their fingerprints, the code that
gives them stands in the history, and the runs of a part were made alike.
"""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from assignment3.report import REPORT
from writeup.build import Build
from writeup.declare import Part
from writeup.identity.closure import Code, Untraceable
from writeup.identity.fingerprint import of_record
from writeup.request import Request
from writeup.results import store
from writeup.runs.plan import Run, entries

ROOT = REPORT.root
RUNS = [run for run in Build(Request.of(REPORT)).runs if run.exists]
MOST = 40  # commits looked at
MOST_BYTES = 400_000  # of a run


def git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def history() -> list[str]:
    try:
        return git("rev-list", f"--max-count={MOST}", "HEAD").decode().split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git history here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


@cache
def code_of(commit: str, folder: Path) -> Code:
    tree = folder / commit
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit, "code"))) as archive:
        archive.extractall(tree, filter="data")
    packages = {path.parent.name: path.parent for path in (tree / "code").glob("*/__init__.py")}
    return Code(packages)


def given_by(run: Run, commits: list[str], folder: Path) -> Iterator[str]:
    """The commits whose code gives the identity under which the run is recorded."""
    recorded = run.peek.provenance
    for commit in commits:
        code = code_of(commit, folder)
        try:
            train, evaluate = (
                code.closure(*stage, recording=True).digest for stage in entries(run.part, run.standin)
            )
        except Untraceable:  # a commit before the tracer, or with other entries
            continue
        if (train, evaluate) == (recorded["train"]["code"], recorded["evaluate"]["code"]):
            yield commit


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_the_inputs_give_the_fingerprint(run: Run) -> None:
    known = run.peek.provenance
    assert of_record(known) == known["fingerprint"]
    for stage in ("train", "evaluate"):
        assert store.definitions(run.recorded.parents[1], known[stage]["code"])


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_the_code_of_every_result_stands_in_the_history(run: Run, history: list[str], folder: Path) -> None:
    """Of the result itself, or of the code by which it was adopted."""
    named = run.peek.provenance["commit"].rstrip("+")
    assert next(given_by(run, [named, *history], folder), None), run.name


def test_all_runs_were_made_on_machines_of_one_kind() -> None:
    assert len({run.peek.provenance["machine"] for run in RUNS}) == 1


@pytest.mark.parametrize(
    "part", {run.part.name: run.part for run in RUNS}.values(), ids=lambda part: part.name
)
def test_the_runs_of_a_part_were_executed_alike(part: Part) -> None:
    """With the same versions, of what both records name, and precision."""
    known = [run.peek.provenance for run in RUNS if run.part is part]
    assert all(known[0]["executed"] == one["executed"] for one in known)
    versions = [{name: said.partition("+")[0] for name, said in one["versions"].items()} for one in known]
    assert all(versions[0].get(name, said) == said for one in versions for name, said in one.items())
    assert all({"numpy", "python", "torch"} <= one.keys() for one in versions)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_result_is_small_enough_for_git(run: Run) -> None:
    assert sum(path.stat().st_size for path in run.recorded.iterdir()) < MOST_BYTES
