"""Adoption, as a person would do it: in a git repository of the toy project, by `build.py adopt REF`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from writeup.runs import weights

pytest.importorskip("coverage")


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def build(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "build.py", *words], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


TRAIN = """
import sys

sys.path.insert(0, "code")
from toy.report import REPORT
from writeup import steps
from writeup.build import Build
from writeup.request import Request

steps.train(Build(Request.of(REPORT, jobs=1)))
"""


@pytest.fixture
def repository(toy: Path) -> Path:
    """The toy with its runs recorded and committed."""
    git(toy, "init", "-q")
    subprocess.run([sys.executable, "-c", TRAIN], cwd=toy, check=True, capture_output=True)
    git(toy, "add", "-A")
    git(toy, "commit", "-q", "-m", "recorded")
    return toy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def result(folder: Path, run: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "report/results" / run / "result.json").read_text())
    return found


def test_a_refactoring_keeps_every_result_and_says_so(repository: Path) -> None:
    before = result(repository, "study/seed-0")
    edit(
        repository / "code/toy/study.py",
        "    return mean - x\n",
        "    difference = x - mean\n    return -difference\n",
    )
    status = build(repository, "status")[1]
    assert "definitions.gradient: changed" in status and status.count("stale") == 4
    code, said = build(repository, "adopt", "HEAD")
    assert code == 0 and "4 adopted, 0 not" in said, said
    status = build(repository, "status")[1]
    assert "stale" not in status and status.count("adopted from") == 4
    after = result(repository, "study/seed-0")
    assert after["files"] == before["files"] and after["scalars"] == before["scalars"]
    record = after["provenance"]["adopted"]  # type: ignore[index]
    assert record["ref"] == git(repository, "rev-parse", "--short=12", "HEAD")
    assert record["fingerprint"] == before["provenance"]["fingerprint"]  # type: ignore[index]
    trained = list((repository.parent / "cache" / "weights").glob("study-0-*"))
    assert len(trained) == 2  # found by both versions; the order of a header is not fixed
    (arrays, told), (others, told_again) = (weights.read(path) or ({}, {}) for path in trained)
    assert told == told_again and arrays.keys() == others.keys() != set()
    assert all((arrays[name] == others[name]).all() for name in arrays)


def test_what_computes_otherwise_is_refused(repository: Path) -> None:
    """A change that a run may not even notice: the last digit of the rate."""
    before = result(repository, "study/seed-0")
    edit(repository / "code/toy/study.py", "return mean - x", "return (1 + 1e-15) * (mean - x)")
    code, said = build(repository, "adopt", "HEAD")
    assert code == 1 and "the probe differs: whole.0." in said and "0 adopted, 4 not" in said
    assert result(repository, "study/seed-0") == before


def test_what_did_not_run_is_no_evidence(repository: Path) -> None:
    edit(
        repository / "code/toy/study.py",
        "def error(mean: float, data: Points) -> float:\n",
        "def error(mean: float, data: Points) -> float:\n    if mean > 1000:\n        mean = 1000.0\n",
    )
    code, said = build(repository, "adopt", "HEAD")
    assert code == 1 and "error changed and did not run in the probe (line 3" in said


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("study.py", "steps: int = 30", "steps: int = 31", "other settings"),
        ("report.py", "e718add5", "e718add6", "points: what toy.data:load loaded has sha256"),
    ],
)
def test_settings_and_data_are_not_adoptable(
    file: str, old: str, new: str, why: str, repository: Path
) -> None:
    edit(repository / "code/toy" / file, old, new)
    code, said = build(repository, "adopt", "HEAD")
    assert code == 1 and why in said


def test_what_is_not_current_there_is_not_adopted(repository: Path) -> None:
    edit(repository / "code/toy/study.py", "return mean - x", "return 2 * (mean - x)")
    git(repository, "commit", "-q", "-a", "-m", "stale from here on")
    edit(repository / "code/toy/study.py", "return 2 * (mean - x)", "return (mean - x) * 2")
    code, said = build(repository, "adopt", "HEAD")
    assert code == 1 and said.count("not current there") == 4
    code, said = build(repository, "adopt", "HEAD~1")
    assert code == 1 and "the probe differs" in said


def test_a_setting_that_only_one_version_has_is_judged_by_the_probe(repository: Path) -> None:
    """First a setting is added, then it becomes one that only says how a run is executed."""
    study = repository / "code/toy/study.py"
    edit(study, "    rate: float = 0.1\n", '    rate: float = 0.1\n    way: str = "as always"\n')
    code, said = build(repository, "adopt", "HEAD")
    assert code == 0 and "0 not" in said, said
    git(repository, "commit", "-q", "-a", "-m", "adopted")
    edit(
        study,
        "from writeup.runs.record import",
        "from writeup.settings import decided\nfrom writeup.runs.record import",
    )
    edit(
        study,
        'way: str = "as always"',
        'way: str = decided("auto", "toy.study:settle", choices=("auto", "other"))',
    )
    edit(
        study,
        "def gradient(",
        'def settle(asked: str) -> str:\n    return asked.replace("auto", "as always")\n\n\ndef gradient(',
    )
    code, said = build(repository, "adopt", "HEAD")
    assert code == 0 and "0 not" in said, said
    known = result(repository, "study/seed-0")["provenance"]
    assert known["executed"] == {"way": "as always"}  # type: ignore[index]
    assert "way" not in known["train"]["config"]  # type: ignore[index]
    assert "stale" not in build(repository, "status", "--set", "study.way=other")[1]


def test_an_added_setting_that_counts_is_refused(repository: Path) -> None:
    study = repository / "code/toy/study.py"
    edit(study, "    rate: float = 0.1\n", "    rate: float = 0.1\n    slower: float = 0.5\n")
    edit(study, "mean -= config.rate *", "mean -= config.slower * config.rate *")
    code, said = build(repository, "adopt", "HEAD")
    assert code == 1 and "the probe differs" in said
