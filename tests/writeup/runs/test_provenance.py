"""Where and when: the commit is that of the start, and what the build writes does not make it dirty."""

import subprocess
from pathlib import Path

from writeup.runs import provenance


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / "code.py").write_text("x = 1\n")
    (folder / "report").mkdir()
    (folder / "report" / "result.json").write_text("{}\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_outside_git_it_is_unknown(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path / "nowhere") == "unknown"


def test_changed_code_is_marked_and_what_the_build_writes_is_not(tmp_path: Path) -> None:
    repository(tmp_path)
    clean = git(tmp_path, "rev-parse", "--short=12", "HEAD")
    assert provenance.commit(tmp_path) == clean
    (tmp_path / "report" / "result.json").write_text('{"new": 1}\n')
    assert provenance.commit(tmp_path) == clean
    (tmp_path / "code.py").write_text("x = 2\n")
    assert provenance.commit(tmp_path) == clean + "+"


def test_a_commit_made_during_a_run_is_not_named(tmp_path: Path) -> None:
    repository(tmp_path)
    begun = provenance.started(tmp_path)
    before = provenance.commit(tmp_path)
    (tmp_path / "code.py").write_text("x = 3\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "second")
    assert provenance.finished(begun)["commit"] == before != provenance.commit(tmp_path)
