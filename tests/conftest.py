"""A toy project in a folder of the test's: numpy alone, a judge and a study that needs it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path

import pytest

from writeup.build import Build
from writeup.cli.entry import parse
from writeup.declare import Report
from writeup.request import Request

TOY = Path(__file__).parent / "writeup" / "toy"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's folder; its package `toy` can be imported while the test runs."""
    root = tmp_path / "toy"
    shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(root / "code"))
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DATA_DIR", raising=False)
    yield root
    for name in [name for name in sys.modules if name == "toy" or name.startswith("toy.")]:
        del sys.modules[name]
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # it has imported this project's package


@pytest.fixture
def request_of(toy: Path) -> Callable[..., Request]:
    """request_of("status", "--seeds", "3") -> the request to the toy's build.py."""
    from toy.report import REPORT

    report: Report = replace(REPORT, root=toy)
    return lambda *words: parse(report, words, {})[0]


@pytest.fixture
def build_of(request_of: Callable[..., Request]) -> Callable[..., Build]:
    """The same as a Build, planned afresh; "--jobs 0" computes in this process, where a test can watch."""
    return lambda *words: Build(request_of(*words))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
