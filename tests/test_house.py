"""The rules of the house, read off the code: who imports whom, and what rendering needs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from assignment3.report import PROBLEMS, REPORT

CODE = REPORT.root / "code"
ENGINE = [path for path in sorted((CODE / "writeup").rglob("*.py")) if "starter" not in path.parts]


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, functions included."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(paths: list[Path], *packages: str) -> list[str]:
    """The files that import one of the packages."""
    return [
        path.relative_to(CODE).as_posix()
        for path in paths
        if any(
            name == package or name.startswith(f"{package}.")
            for name in imported(path)
            for package in packages
        )
    ]


def test_the_engine_knows_no_assignment() -> None:
    assert importing(ENGINE, "assignment3") == []
    names = {part.name for part in REPORT.parts if "_" in part.name}
    problems = {problem.PARTS[0].name for problem in PROBLEMS} - {"gan"}  # which stands within other words
    for path in (path for path in ENGINE if "grade" not in path.parts):
        text = path.read_text(encoding="utf-8")
        assert not {word for word in ("assignment3", "cvae", *problems, *names) if word in text}, path


def test_one_room_of_the_engine_needs_torch_and_no_other_imports_it() -> None:
    room = CODE / "writeup" / "training"
    others = [path for path in ENGINE if room not in path.parents]
    assert importing(others, "torch", "torchvision", "writeup.training") == []


def test_nothing_shadows_the_standard_library() -> None:
    assert not (CODE / "__init__.py").exists()
    top = {path.name for path in CODE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert not top & set(sys.stdlib_module_names)


NO_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "safetensors"):
            raise ModuleNotFoundError(f"no {name} here", name=name)

sys.meta_path.insert(0, NoTorch())
sys.path.insert(0, "code")
"""
BUILD = """
sys.argv = ["build.py", *sys.argv[1:]]
exec(compile(open("build.py").read(), "build.py", "exec"), {"__name__": "__main__", "__file__": "build.py"})
"""
RESOLVE = """
from writeup.declare import resolve

for name in sys.argv[1:]:
    resolve(name)
    print(name)
"""


def without_torch(program: str, *words: str) -> str:
    """What a program prints that cannot import torch."""
    command = [sys.executable, "-c", NO_TORCH + program, *words]
    done = subprocess.run(command, cwd=REPORT.root, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def test_status_and_values_are_told_without_torch() -> None:
    for words in (["status"], ["values", "cvae/test_kl"]):
        assert without_torch(BUILD, *words)


def test_whatever_is_declared_but_what_computes_needs_no_torch() -> None:
    data = [part.data for part in REPORT.parts]
    made = [*REPORT.tables, *REPORT.notes]
    named = {
        *(name for one in data for name in (one.load, one.digest, one.standin, one.source)),
        *(name for part in REPORT.parts for name in (part.derive, part.possible)),
        *(name for figure in REPORT.figures for name in (figure.draw, figure.alt)),
        *(one.make for one in made),
        *(claim.test for claim in REPORT.claims),
        *(tie.proved for tie in REPORT.ties),
        *REPORT.proofs,
    } - {""}
    assert len(named) > 20
    assert without_torch(RESOLVE, *sorted(named)).split() == sorted(named)
