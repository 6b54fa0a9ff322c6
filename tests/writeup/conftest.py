"""What `python -m writeup init` lays down, built once for all tests that look at it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import writeup
from writeup import starting

REFUSED = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("assignment3", "torch"):
            raise ImportError(f"{name} has no place in this report", name=name)

sys.meta_path.insert(0, Refused())
"""


@dataclass(frozen=True)
class Project:
    """A project that was laid down, and the environment in which its commands run."""

    root: Path
    environ: dict[str, str]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(words, cwd=self.root, env=self.environ, capture_output=True, text=True)

    def build(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return self.run(sys.executable, "build.py", *words)

    def make(self, verb: str) -> "subprocess.CompletedProcess[str]":
        return self.run("make", verb, f"PY={sys.executable}", "ARGS=")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Laid down and built once; its processes, and theirs, can import neither the assignment nor torch."""
    folder = tmp_path_factory.mktemp("init")
    (folder / "refused").mkdir()
    (folder / "refused" / "sitecustomize.py").write_text(REFUSED)
    paths = [folder / "refused", Path(writeup.__file__).parents[1]]
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}  # of a make that runs these tests
    environ = {name: value for name, value in os.environ.items() if name not in outer} | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "WRITEUP_CACHE": str(folder / "cache"),
    }
    project = Project(folder / "my-report", environ)
    starting.init(project.root)
    done = project.build("report", "--engine", "embedded")
    assert done.returncode == 0, done.stderr
    return project
