"""The project that faults are tried on, laid down by `writeup init`."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from evidence.faults.builds import run
from writeup.declare import resolve
from writeup.errors import UserError

OLDER = {  # what an older version of the project said: other settings, and another text
    "code/study/experiment.py": ("steps: int = 500", "steps: int = 400"),
    "templates/report.tex.j2": ("from few noisy points", "from a few noisy points"),
}


def prepared(root: Path) -> tuple[Path, Path]:
    """Two projects, kept aside: one whose report is whole but of an older version, so that the next build
    makes all anew, and one whose report is current. Both were built in `root`, where copies are tried: a
    build's state knows the paths.
    """
    resolve("writeup.starting:init")(root)  # by name, as the program that builds it
    newer = {name: (root / name).read_text(encoding="utf-8") for name in OLDER}
    for name, (now, before) in OLDER.items():
        assert now in newer[name], f"{name} of the starter says no {now!r}"
        (root / name).write_text(newer[name].replace(now, before), encoding="utf-8")
    built = run(root)
    if built.status:
        raise UserError(f"faults: the project's first build fails: {' '.join(built.said.split())}")
    for name, text in newer.items():
        (root / name).write_text(text, encoding="utf-8")
    old, whole = root.with_name("old"), root.with_name("whole")
    shutil.copytree(root, old)
    shutil.rmtree(root / "cache")  # the older version's weights, which nobody would read
    if (built := run(root)).status:
        raise UserError(f"faults: the project's second build fails: {' '.join(built.said.split())}")
    shutil.move(root, whole)
    return old, whole


@contextlib.contextmanager
def copy(kept: Path, root: Path) -> Iterator[Path]:
    """The project `kept` in `root`, for the time inside; times of files are those of the kept one."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(kept, root, symlinks=True)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
