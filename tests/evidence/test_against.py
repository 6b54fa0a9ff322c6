"""Another commit's training beside today's: what is asked of both, and what is said where it cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest

from evidence import against
from writeup.errors import UserError

# Two problems; the first takes twice as long in a tree whose SLOW says so.
CONTESTS = """
import time
from types import SimpleNamespace

def work(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds: pass
    return 1.0

def contests(data, bench):
    return [SimpleNamespace(part=part, ours=lambda: work(SLOW * 0.02)) for part in PARTS]
"""


def tree(root: Path, slow: int, parts: list[str]) -> Path:
    """A tree with what the worker imports, and a torch of its own."""
    package = root / "code" / "evidence"
    package.mkdir(parents=True, exist_ok=True)
    (root / "code" / "torch.py").write_text("def set_num_threads(n): pass\n")
    (package / "__init__.py").touch()
    (package / "homework.py").write_text("def load(folder): return None\n")
    (package / "settings.py").write_text("class Bench: pass\n")
    (package / "contests.py").write_text(f"SLOW, PARTS = {slow}, {parts}\n{CONTESTS}")
    return root


def test_a_commit_stands_beside_this_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against, "ROOT", tree(tmp_path, 2, ["old", "both"]))
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    tree(tmp_path, 1, ["both"])
    (line,) = against.compare("HEAD", 3)
    assert line.startswith("both: ") and 1.5 < float(line.partition("unit: ")[2].split()[0]) < 3
    with pytest.raises(UserError, match="AGAINST=nowhere: git has no such commit"):
        against.compare("nowhere", 2)


def test_a_tree_without_such_contests_is_named(tmp_path: Path) -> None:
    (tree(tmp_path, 1, []) / "code" / "evidence" / "contests.py").unlink()
    said = "then: its contests cannot be run as today's: ModuleNotFoundError: .*evidence"
    with pytest.raises(UserError, match=said), against.worker(tmp_path, "then"):
        sys.exit("not reached")
