"""Parts that a program computes, and parts whose runs exist already: what they leave, as scalars and tables.

A command runs in a folder of its own that holds the files that it is declared to read, and nothing else of
the project: what it was not declared to read it does not find, in any language. A Python program that names
such a file by its whole path is stopped besides (`watched.py`).

Of a JSON file each number is a scalar, within objects "outer/inner"; a list of objects, or an object of
equally long lists, is a table; a list of numbers is a log; what else there is (texts, empty lists) is left
out. A CSV or JSONL file is a table under its own name, and scalars if it has one row. A table whose first
column is in STEPS is a log.
"""

import contextlib
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Any

from writeup.declare import Part
from writeup.errors import UserError
from writeup.files import beside
from writeup.runs import reading
from writeup.runs.record import Columns, Findings, Trained

STEPS = "step", "epoch", "iteration"
LINKED = 1 << 20  # bytes from which a file is linked in place of copied; Python follows links to modules
WATCH = beside(__file__, "watched.py")

_under_way: ContextVar[tuple[Part, Path]] = ContextVar("under_way")


@contextlib.contextmanager
def under_way(part: Part, root: Path) -> Iterator[None]:
    """What is trained inside is a run of `part`, of the project in `root`."""
    token = _under_way.set((part, root.resolve()))
    try:
        yield
    finally:
        _under_way.reset(token)


def none() -> None:
    """The data of such a part: it reads files by itself."""


def train(config: Any, data: None, *, seed: int) -> Trained:
    """Run the command, or look at the runs that are there: all that was left, as scalars and logs."""
    part, root = _under_way.get()
    assert part.program is not None
    read = reading.files(part, seed, root)
    if not part.program.command:
        return _left(part, Path(root, part.program.folders[seed]))
    with tempfile.TemporaryDirectory(prefix="writeup-run-") as name:
        folder, aside = Path(name).resolve() / "run", Path(name).resolve() / "watch"
        for inside, path in read.items():
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            (os.symlink if path.stat().st_size >= LINKED else shutil.copyfile)(path, folder / inside)
        folder.mkdir(exist_ok=True)
        aside.mkdir()
        _run(part, root, folder, aside, {"seed": seed, "out": folder} | asdict(config))
        return _left(part, folder)


def evaluate(config: Any, data: None, trained: Trained, *, seed: int) -> Findings:
    """The same as findings."""
    logs = {name for name, columns in trained.logs.items() if next(iter(columns)).lower() in STEPS}
    return Findings(
        trained.scalars,
        tables={name: columns for name, columns in trained.logs.items() if name not in logs},
        logs={name: columns for name, columns in trained.logs.items() if name in logs},
    )


def _run(part: Part, root: Path, folder: Path, aside: Path, known: Mapping[str, Any]) -> None:
    """Run the command in `folder`. UserError if it fails, with what it printed, or reads what it must not."""
    words = reading.filled(part, known)
    shutil.copyfile(WATCH, aside / "sitecustomize.py")
    paths = [Path(one).resolve() for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    others = [str(path) for path in paths if not path.is_relative_to(root)]
    environ = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(aside), *others]),
        "WRITEUP_PROJECT": str(root),
        "WRITEUP_UNDECLARED": str(aside / "undeclared"),
    }
    with (aside / "printed").open("w+", encoding="utf-8", errors="replace") as printed:
        status = _ended(words, folder, os.environ | environ, printed)
        printed.seek(0)
        lines = [line for line in printed.read().splitlines() if line.strip()]
    if (aside / "undeclared").is_file():
        first = (aside / "undeclared").read_text(encoding="utf-8").splitlines()[0]
        raise UserError(f"part {part.name}: the command read {first}; name it in reads, so that it counts")
    if status:
        failed = UserError(f"part {part.name}: {words[0]} ended with status {status}: {(lines or [''])[-1]}")
        failed.traceback = "\n".join(lines)
        raise failed


def _ended(words: list[str], folder: Path, environ: Mapping[str, str], printed: Any) -> int:
    """The exit status. Whatever the command started ends with it, and with this process if that is killed."""
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(f"{words[0]}: {error.strerror or error}; is it installed, and on the PATH?") from None
    guard = ["sh", "-c", f"read _; kill -9 -{process.pid}"]  # reads until the pipe closes, however that comes
    with subprocess.Popen(guard, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True):
        return process.wait()


def _left(part: Part, folder: Path) -> Trained:
    """What the files of results say; UserError for one that is missing or cannot be read."""
    assert part.program is not None
    scalars: dict[str, float] = {}
    frames: dict[str, Columns] = {}
    for name in part.program.results:
        path = folder / name
        if not path.is_file():
            raise UserError(f"part {part.name}: there is no {name} after the run; see results= and {{out}}")
        try:
            if path.suffix == ".json":
                _sort(json.loads(path.read_text(encoding="utf-8")), "", scalars, frames)
            else:
                columns = _columns(path)
                one = all(len(values) == 1 for values in columns.values())
                _sort({k: v[0] for k, v in columns.items()} if one else columns, "", scalars, frames)
            if "" in frames:
                frames[path.stem] = frames.pop("")
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"part {part.name}: {name} cannot be read: {error}") from None
    return Trained({}, scalars, frames)


def _columns(path: Path) -> Columns:
    if path.suffix == ".jsonl":
        return _of_rows([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line])
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    return {name: _typed(values) for name, values in _of_rows(rows).items()}


def _typed(texts: list[str]) -> list[Any]:
    """A column of whole numbers, of numbers, or else of texts."""
    for kind in int, float:
        with contextlib.suppress(ValueError):
            return [kind(text) for text in texts]
    return texts


def _of_rows(rows: list[dict[str, Any]]) -> Columns:
    if not rows:
        raise ValueError("it has no rows")
    for number, row in enumerate(rows, 1):
        if row.keys() != rows[0].keys():
            raise ValueError(f"row {number} has other columns than row 1")
    return {name: [row[name] for row in rows] for name in rows[0]}


def _sort(value: Any, name: str, scalars: dict[str, float], frames: dict[str, Columns]) -> None:
    """Put what JSON holds under `name` where it belongs."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        scalars[name] = value
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        frames[name] = _of_rows(value)
    elif isinstance(value, list) and value and all(isinstance(one, int | float) for one in value):
        frames[name] = {STEPS[0]: list(range(len(value))), name.rpartition("/")[2]: value}
    elif isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        if lists and len(lists) == len(value) and len({len(one) for one in lists}) == 1:
            frames[name] = value
            return
        for inner, one in value.items():
            _sort(one, f"{name}/{inner}" if name else inner, scalars, frames)
