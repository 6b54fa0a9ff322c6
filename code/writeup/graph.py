"""Make what is out of date: a step runs again if what it reads, depends on or makes is not what it was."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from writeup import files
from writeup.identity.fingerprint import changes

Submit = Callable[[Callable[[], object]], "Future[object]"]


@dataclass(frozen=True)
class Step:
    """Files made from files.

    depends: what the files made depend on besides `reads`, as plain JSON. current: whether nothing is to be
    done, where a record says so; None: compare with the last run. note: printed when the step runs.
    """

    name: str
    make: Callable[[], object]
    reads: Sequence[Path] = ()
    makes: Sequence[Path] = ()
    depends: Mapping[str, Any] = field(default_factory=dict)
    current: bool | None = None
    note: str = ""


def make(steps: Iterable[Step], state: Path, *, explain: bool = False, submit: Submit | None = None) -> None:
    """Run the steps that are out of date, in their order, and print a line for each.

    state: the file that keeps what was made from what; if it is damaged, everything is made again. explain:
    print why each step runs. submit: runs a step elsewhere; the steps must then not depend on each other.
    The first exception of a step ends the build and is raised as it is.
    """
    known: dict[str, Any] = files.read_checked(state, "everything is built anew") or {}
    before = dict(known)
    running: list[tuple[Step, Future[object]]] = []
    try:
        for step in steps:
            lines = _lines(step, known.get(step.name), explain)
            if lines is None:
                continue
            print("\n      ".join([f"  {step.name}", *lines]), flush=True)
            if submit is None:
                step.make()
                known[step.name] = _trace(step)
            else:
                running.append((step, submit(step.make)))
        for step, future in running:
            future.result()
            known[step.name] = _trace(step)
    finally:
        if known != before:
            files.write_checked(state, known)


def _lines(step: Step, last: Mapping[str, Any] | None, explain: bool) -> list[str] | None:
    """What is printed of a step that runs; None if it does not run. last: its trace when it last ran."""
    if step.current is not None:
        return None if step.current else [step.note] if step.note else []
    now = _trace(step)
    if last is None:
        return [f"{path.name}: missing" for path in step.makes if explain and not path.exists()]
    altered = [
        f"{Path(path).name}: {'altered since it was made' if digest else 'missing'}"
        for path, digest in now["makes"].items()
        if digest != last["makes"].get(path)
    ]
    reads = {**last["reads"], **now["reads"]}
    changed = [*changes(last["depends"], now["depends"])] + [
        f"file {Path(path).name}: changed"
        for path in reads
        if now["reads"].get(path) != last["reads"].get(path)
    ]
    if not altered and not changed:
        return None
    return altered + (changed if explain else [])


def _trace(step: Step) -> dict[str, Any]:
    """What a step depends on and what it made, as they are now."""
    files = {"reads": _digests(step.reads), "makes": _digests(step.makes)}
    return {"depends": step.depends, **files}


def _digests(paths: Sequence[Path]) -> dict[str, str]:
    """The sha256 of each file; "" for a file that is missing."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in paths
    }
