"""`build.py diff REF` on a project under git whose results were recorded twice."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
from scipy import stats
from tests.conftest import edit
from tests.writeup.conftest import Project

from writeup.diff import comparing
from writeup.results.store import Result
from writeup.results.values import Value


def git(root: Path, *words: str) -> None:
    named = ["-c", "user.name=Nobody", "-c", "user.email=nobody@localhost"]
    subprocess.run(["git", "-C", str(root), *named, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Committed as it was built, then computed anew with a larger penalty."""
    root = shutil.copytree(built.root, tmp_path_factory.mktemp("diff") / "project")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    project = Project(root, built.environ)
    same = project.build("diff", "HEAD", "--exit-code")
    assert same.returncode == 0 and same.stdout.startswith("the recorded results are those of ")
    edit(root / "code" / "study" / "report.py", "penalty=0.3", "penalty=3.0")
    done = project.build("report", "--engine", "embedded", "--quiet")
    assert done.returncode == 0, done.stderr
    return project


def errors(root: Path, part: str) -> list[float]:
    records = sorted((root / "report" / "results" / part).glob("seed-*/result.json"))
    return [json.loads(path.read_text())["scalars"]["error"] for path in records]


def verdict(root: Path) -> str:
    """Of the one claim there is, by scipy; both differences are far larger than its margin."""
    sides = errors(root, "descent_penalty"), errors(root, "descent")
    found = stats.ttest_rel(*sides)
    return "undecided" if found.pvalue > 0.05 else "better" if found.statistic < 0 else "worse"


def test_it_names_numbers_verdicts_figures_and_causes(project: Project, built: Project) -> None:
    done = project.build("diff", "HEAD", "--tolerance", "0", "--exit-code")
    assert done.returncode == 1
    assert ": 1 number beyond 0 of the larger value and 1 verdict moved" in done.stderr
    assert done.stderr.count("\n") == 1
    before, now = (fmean(errors(one.root, "descent_penalty")) for one in (built, project))
    rows = [line.split() for line in done.stdout.splitlines()]
    (row,) = (row for row in rows if row[0] == "descent_penalty/error")
    assert row[4] == "moved"
    assert [float(cell) for cell in row[1:4]] == pytest.approx([before, now, now - before], rel=1e-2)
    assert not any(row[0] == "descent/error" for row in rows)  # which is the same
    assert f"claim penalty/error: {verdict(built.root)} -> {verdict(project.root)}\n" in done.stdout
    assert "figure error: changed" in done.stdout
    assert "descent_penalty:\n    config.penalty: 0.3 -> 3.0\n" in done.stdout
    page = (project.root / "report" / "diff.html").read_text()
    assert page.count("<img src='data:image/svg+xml") == 2 and "config.penalty: 0.3 -&gt; 3.0" in page
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=project.root, capture_output=True, text=True
    )
    assert all(line.startswith(" M ") or "report/results" in line for line in status.stdout.splitlines())


def test_a_tolerance_takes_the_place_of_the_spread(project: Project) -> None:
    done = project.build("diff", "HEAD", "--tolerance", "10", "--verbose")
    assert done.returncode == 0 and "within 10 of the larger value" in done.stdout
    assert [line.split()[-1] for line in done.stdout.splitlines() if "penalty/error  " in line] == ["within"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["diff", "nosuch"], "there is no such commit"),
        (["diff", "HEAD:build.py"], "there is no such commit"),
        (["diff", "HEAD", "--preset", "nosuch"], "unknown preset"),
        (["diff"], "arguments are required: REF"),
        (["diff", "HEAD", "--tolerance", "-1"], "allowed: numbers from 0"),
    ],
)
def test_what_is_off_is_one_line(project: Project, words: list[str], said: str) -> None:
    done = project.build(*words)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert said in done.stderr and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_without_git_or_a_repository_or_a_record_it_can_read_it_is_one_line(
    project: Project, built: Project, tmp_path: Path
) -> None:
    apart = Project(built.root, built.environ | {"GIT_CEILING_DIRECTORIES": str(built.root.parent)})
    done = apart.build("diff", "HEAD")
    assert done.returncode == 1 and "not a git repository" in done.stderr and done.stderr.count("\n") == 1
    done = Project(project.root, project.environ | {"PATH": str(tmp_path)}).build("diff", "HEAD")
    assert (done.returncode, "git is not installed" in done.stderr) == (1, True)
    root = shutil.copytree(project.root, tmp_path / "copy")
    record = root / "report" / "results" / "descent" / "seed-0" / "result.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"format": 0}))
    git(root, "commit", "-qam", "of another format")
    done = Project(root, project.environ).build("diff", "HEAD")
    assert done.stderr.count("\n") == 1 and os.sep + "tmp" not in done.stderr
    assert "report/results/descent/seed-0/result.json: format 0, this program reads" in done.stderr


def test_no_code_of_the_other_commit_runs(project: Project, tmp_path: Path) -> None:
    root = shutil.copytree(project.root, tmp_path / "copy")
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for name in ("page.py", "experiment.py", "report.py", "__init__.py"):
        path = root / "code" / "study" / name
        good = path.read_text()
        path.write_text(trap + good)
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"a trap in {name}")
        path.write_text(good)
    assert Project(root, project.environ).build("diff", "HEAD~1").returncode == 0
    assert not (tmp_path / "ran").exists()


def of(mean: float, std: float) -> Value:
    return Value("part/number", mean, std, 5, "print")


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "state"),
    [
        (of(1.0, 0.1), of(1.0, 0.1), None, None),
        (of(1.0, 0.1), of(1.05, 0.01), None, "within"),
        (of(1.0, 0.01), of(1.05, 0.1), None, "within"),
        (of(1.0, 0.01), of(1.05, 0.02), None, "moved"),
        (of(1.0, 0.0), of(1.05, 0.0), 0.1, "within"),
        (of(-1.0, 1.0), of(-1.05, 1.0), 0.01, "moved"),
        (None, of(1.0, 0.0), 10.0, "new"),
        (of(1.0, 0.0), None, 10.0, "gone"),
    ],
)
def test_what_is_within(
    old: Value | None, new: Value | None, tolerance: float | None, state: str | None
) -> None:
    sides = ({"part/number": one} if one else {} for one in (old, new))
    assert [one.state for one in comparing.numbers(*sides, tolerance)] == ([state] if state else [])


def test_a_record_that_is_still_the_same_has_no_cause() -> None:
    record = Result("bench", 0, {"ms": 1.0}, provenance={"commit": "1"})
    assert list(comparing.why(record, replace(record))) == []
    again = replace(record, provenance={"commit": "2"})
    assert list(comparing.why(record, again)) == ["the same inputs, computed again", "commit: 1 -> 2"]
