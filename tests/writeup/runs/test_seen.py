"""What a run uses beside its definitions counts and marks its commit; forged compiled code is refused."""

import importlib
import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import edit
from tests.writeup.runs.test_provenance import git

from writeup import steps
from writeup.build import Build
from writeup.errors import UserError
from writeup.results import store

BuildOf = Callable[..., Build]


def commit_of(build: Build) -> str:
    steps.train(build, anew=True)
    return str(store.load(build.runs[0].folder).provenance["commit"])


@pytest.fixture
def committed(toy: Path) -> Path:
    git(toy, "init", "-q")
    git(toy, "add", "-A")
    git(toy, "commit", "-q", "-m", "first")
    return toy


def test_an_untracked_module_marks_the_commit(committed: Path, build_of: BuildOf) -> None:
    edit(committed / "code/toy/judge.py", "seed)\n", "seed + extra.ONE)\n")
    edit(committed / "code/toy/judge.py", "from toy.data", "from toy import extra\nfrom toy.data")
    git(committed, "commit", "-q", "-a", "-m", "second")
    clean = git(committed, "rev-parse", "--short=12", "HEAD")
    (committed / "code/toy/extra.py").write_text("ONE = 1\n")
    words = "train", "--jobs", "0", "--only", "judge"
    assert commit_of(build_of(*words)) == f"{clean}+"
    git(committed, "add", "-A", ":!report")
    git(committed, "commit", "-q", "-m", "third")
    assert commit_of(build_of(*words)) == git(committed, "rev-parse", "--short=12", "HEAD")


def test_a_change_that_git_was_told_to_pass_over_marks_the_commit(committed: Path, build_of: BuildOf) -> None:
    git(committed, "update-index", "--assume-unchanged", "code/toy/judge.py")
    edit(committed / "code/toy/judge.py", "size=3", "size=4")
    assert commit_of(build_of("train", "--jobs", "0", "--only", "judge")).endswith("+")


def test_a_processes_reads_are_seen_too(toy: Path, build_of: BuildOf) -> None:
    """In a fork of the server, which has imported the part: what was read then, and what is read later."""
    (toy / "early.txt").write_text("1\n")
    (toy / "late.txt").write_text("2\n")
    edit(
        toy / "code/toy/judge.py",
        "@dataclass",
        f"EARLY = float(np.loadtxt('{toy}/early.txt'))\nLATE = '{toy}/late.txt'\n\n\n@dataclass",
    )
    edit(toy / "code/toy/judge.py", "config.scale *", "EARLY * np.loadtxt(LATE) *")
    words = "train", "--jobs", "1", "--only", "judge"
    steps.train(build_of(*words))
    (run,) = build_of(*words).runs
    assert run.current and {*run.peek.provenance["seen"]["files"]} == {"early.txt", "late.txt"}
    for name in ("early.txt", "late.txt"):
        before = (toy / name).read_text()
        (toy / name).write_text("3\n")
        assert build_of(*words).runs[0].why() == [f"file {name}: changed"]
        (toy / name).write_text(before)
    assert build_of(*words).runs[0].current


def test_compiled_code_that_is_not_the_sources_is_refused(
    toy: Path, build_of: BuildOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = toy / "code/toy/judge.py"
    genuine = source.read_text()
    edit(source, "config.scale *", "2 * config.scale *")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), doraise=True, invalidation_mode=unchecked)
    source.write_text(genuine)
    importlib.invalidate_caches()
    sys.modules.pop("toy.judge", None)
    with pytest.raises(UserError, match=r"judge.*\.pyc: is not compiled from .*judge\.py; remove it") as said:
        steps.train(build_of("train", "--jobs", "0", "--only", "judge"))
    assert "\n" not in str(said.value) and not (toy / "report/results/judge").exists()
