"""The engine alone: from its wheel to a stranger's graded and verified report, far from this checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: object, cwd: Path) -> str:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `writeup init` lays down, in another folder than it did; the engine that did it is gone."""
    there = tmp_path_factory.mktemp("stranger")
    source = there / "source"  # setuptools leaves files beside what it builds
    shutil.copytree(ROOT / "code" / "writeup", source / "code" / "writeup")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", there, source, cwd=there)
    (wheel,) = there.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "writeup",
        f"{wheel.name.rsplit('-', 3)[0]}.dist-info",
    }
    assert "writeup/py.typed" in names and not any("fault" in name for name in names)
    run(sys.executable, "-m", "venv", there / "env", cwd=there)
    # init needs no library
    run(there / "env/bin/python", "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=there)
    run(there / "env/bin/writeup", "init", there / "made", cwd=there)
    with zipfile.ZipFile(next((there / "made" / "wheels").glob("*.whl"))) as archive:
        again = archive.namelist()
    assert {name for name in names if "dist-info" not in name} == {
        name for name in again if "dist-info" not in name
    }
    (there / "made").rename(there / "project")
    for folder in (source, there / "env"):
        shutil.rmtree(folder)
    wheel.unlink()
    return there / "project"


def test_a_stranger_builds_grades_hands_in_and_verifies(project: Path) -> None:
    run("make", "report", f"PYTHON={sys.executable}", cwd=project)
    assert (project / "report" / "report.pdf").read_bytes().startswith(b"%PDF-")
    where = run(project / ".venv/bin/python", "-c", "import writeup; print(writeup.__file__)", cwd=project)
    assert str(project / ".venv") in where
    assert "100" in run("make", "grade", cwd=project)
    run("make", "archive", cwd=project)
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    archive = shutil.copy(project / "report" / "report.zip", elsewhere)
    run(project / ".venv/bin/writeup", "verify", archive, "--render", cwd=elsewhere)
