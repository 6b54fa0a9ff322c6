"""The recorded results side by side: each lies under its own name, bears out its numbers, and is no copy.

`store` reads one result and verifies its seal. What shows only beside other results, or beside the arrays and
tables from which a number was computed, is verified here, before a page or a figure is made of it.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from writeup.declare import resolve
from writeup.errors import UserError
from writeup.identity.fingerprint import digest, of_record
from writeup.results import store
from writeup.results.store import Result

COMMIT = re.compile(r"[0-9a-f]{7,40}\+?|unknown|not computed here")
FIRST = datetime(2020, 1, 1)  # before it there was no such record
TOLERANCE = 1e-7  # tables are recorded with 8 significant digits


def load_checked(folders: Sequence[Path], derive: Mapping[str, str]) -> list[Result]:
    """The results in `folders`, see `checked`."""
    return checked(list(map(store.peek, folders)), derive)


def checked(peeks: Sequence[store.Peek], derive: Mapping[str, str]) -> list[Result]:
    """The results, UserError where one is not what it says it is. derive: the function that computes a
    part's scalars again, by part.
    """
    results, folders = [peek.result() for peek in peeks], [peek.folder for peek in peeks]
    for result, folder in zip(results, folders, strict=True):
        _under_its_name(result, folder)
        _possible(result.provenance, folder)
        if again := derive.get(result.part):
            _borne_out(result, folder, again)
    _no_copies(results, folders)
    return results


def _wrong(folder: Path, what: str, cure: str = "restore it from git or train the part again") -> UserError:
    return UserError(f"{folder / store.FILE}: {what}; {cure}")


def _place(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _under_its_name(result: Result, folder: Path) -> None:
    """What a result says of itself is what its folder and its own inputs say."""
    own = f"{result.part}/seed-{result.seed}"
    if own != _place(folder):
        raise _wrong(folder, f"says it is {own} and lies in {_place(folder)}")
    inputs = store.inputs(result.provenance)
    if inputs.get("seed", result.seed) != result.seed:
        raise _wrong(folder, f"was computed with seed {inputs['seed']}, not {result.seed}")
    if inputs and of_record(result.provenance) != store.fingerprint(result):
        raise _wrong(folder, "its fingerprint is not that of the inputs it names")


def _possible(known: Mapping[str, Any], folder: Path) -> None:
    """What a record says of its making can be: a commit is one, a date is past, times are none below zero."""
    for stage in (known, known.get("trained", {}), known.get("evaluated", {})):
        if not COMMIT.fullmatch(str(stage.get("commit", "unknown"))):
            raise _wrong(folder, f"names the commit {stage['commit']!r}, which is none")
        if (date := stage.get("date")) is not None and not _past(str(date)):
            raise _wrong(folder, f"is of {date!r}, which is no past date")
        for name in ("seconds", "processor_seconds", "peak_memory_mib", "threads"):
            if (value := stage.get(name)) is not None and not 0 <= value < math.inf:
                raise _wrong(folder, f"says {name} = {value}")


def _past(date: str) -> bool:
    try:
        return FIRST <= datetime.strptime(date, "%Y-%m-%d %H:%M UTC") <= datetime.now() + timedelta(days=1)
    except ValueError:
        return False


def _borne_out(result: Result, folder: Path, again: str) -> None:
    """The scalars that follow from the result's own arrays and tables are what follows from them."""
    try:
        derived: Mapping[str, float] = resolve(again)(result)
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        why = f"its scalars cannot be derived again by {again} ({type(error).__name__}: {error})"
        raise _wrong(folder, why, "train the part again") from None
    for name, value in derived.items():
        recorded = result.scalars.get(name, math.nan)
        if not math.isclose(recorded, value, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            says = f"{result.part} seed {result.seed} records {name} = {recorded:.8g}"
            raise _wrong(folder, f"{says}, its own arrays and tables give {value:.8g}")


def _no_copies(results: Sequence[Result], folders: Sequence[Path]) -> None:
    """No two runs found the same, but for those of other parts with the same settings and seed, or imported.

    A run is random: two seeds that agree in all they logged, or in all their arrays, are one run told twice.
    """
    seen: dict[tuple[str, str, str], Path] = {}
    whole: dict[str, tuple[Result, Path]] = {}
    for result, folder in zip(results, folders, strict=True):
        traces = dict(_traces(result))
        for kind, found in traces.items():
            if (other := seen.setdefault((result.part, kind, found), folder)) != folder:
                raise _copy(folder, other, kind)
        if traces:
            first, other = whole.setdefault(digest(traces), (result, folder))
            imported = any(store.inputs(one.provenance).get("command") == "" for one in (first, result))
            if other != folder and _inputs(first) != _inputs(result) and not imported:
                raise _copy(folder, other, "logs and arrays")


def _inputs(result: Result) -> Any:
    return result.seed, store.inputs(result.provenance).get("config")


def _copy(folder: Path, other: Path, what: str) -> UserError:
    same = f"{_place(folder)} holds the same {what} as {_place(other)}"
    return _wrong(folder, f"{same}, so one is a copy of the other")


def _traces(result: Result) -> Iterator[tuple[str, str]]:
    """The digests of all logs and of all arrays, where there are any."""
    if any(values for columns in result.logs.values() for values in columns.values()):
        yield "logs", hashlib.sha256(json.dumps(result.logs, sort_keys=True).encode()).hexdigest()
    if result.arrays:
        whole = hashlib.sha256()
        for name, array in sorted(result.arrays.items()):
            whole.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
        yield "arrays", whole.hexdigest()
