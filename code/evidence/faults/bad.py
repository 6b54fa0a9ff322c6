"""A bad input: how it is brought about, and whether one line answers it and results stay untouched."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.clock import say
from evidence.faults import builds, digests, subject
from evidence.faults.builds import REPORT, Way
from writeup.files import discard

TEMPLATE, TITLE, CODE = "templates/report.tex.j2", "templates/assignment.toml", "code/study/experiment.py"


@dataclass(frozen=True)
class Bad:
    """change(root) breaks something; the build `way` then says what, by words that match `says`."""

    name: str
    says: str
    way: Way = field(default_factory=Way)
    change: Callable[[Path], object] = lambda root: None


def tried(whole: Path, root: Path, cases: Sequence[Bad]) -> list[dict[str, Any]]:
    """A row a bad input. whole: a project whose report is current."""
    rows = []
    for bad in cases:
        with subject.copy(whole, root):
            wrong = _one(root, bad)
        rows.append({"input": bad.name, "wrong": wrong})
        say(f"{bad.name}: {wrong or 'answered'}")
    return rows


def _one(root: Path, bad: Bad) -> str:
    bad.change(root)
    before = digests.kept(root)
    built = builds.run(root, bad.way)
    if not built.one_line:
        return f"status {built.status}: {' '.join(built.said.split())[-300:]}"
    if not re.search(bad.says, built.err):
        return f"it says {built.err.strip()!r}, not {bad.says!r}"
    return "" if digests.kept(root) == before else "results or report were touched"


def words(*some: str) -> Way:
    return Way(words=some)


def report(*some: str) -> Way:
    return Way(words=(*REPORT, *some))


def written(name: str, text: str | bytes) -> Callable[[Path], object]:
    """A file with this content."""
    data = text.encode() if isinstance(text, str) else text
    return lambda root: (root / name).write_bytes(data)


def edited(name: str, old: str, new: str) -> Callable[[Path], object]:
    """A file in which something is replaced."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def gone(name: str, *, folder: bool = False) -> Callable[[Path], object]:
    """A file that is missing, or a folder in its place."""

    def change(root: Path) -> None:
        discard(root / name)
        if folder:
            (root / name).mkdir()

    return change


def both(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [change(root) for change in changes]
