"""The project that faults are tried on, laid down by `writeup init`; what a build leaves, as digests."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evidence.faults.builds import run
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.results import store
from writeup.runs.provenance import COSTS

OLDER = {  # what an older version of the project said: other settings, and another text
    "code/study/experiment.py": ("steps: int = 500", "steps: int = 400"),
    "templates/report.tex.j2": ("from few noisy points", "from a few noisy points"),
}
CIRCUMSTANCES = {"date", "trained", "evaluated", "commit", *COSTS}  # of a run, not of what it found
Digests = Mapping[str, str]


def prepared(root: Path) -> tuple[Path, Path]:
    """Two copies of a project: one whose report was made by an older version, so that the next build makes
    everything again, and one whose report is current. Both were built in `root`, and their copies are tried
    there too, because a build's state holds paths.
    """
    resolve("writeup.starting:init")(root)  # by name, as the program that builds it
    newer = {name: (root / name).read_text(encoding="utf-8") for name in OLDER}
    for name, (now, before) in OLDER.items():
        assert now in newer[name], f"{name} of the starter says no {now!r}"
        (root / name).write_text(newer[name].replace(now, before), encoding="utf-8")
    _built(root)
    old, whole = root.with_name("old"), root.with_name("whole")
    for name, text in newer.items():
        (root / name).write_text(text, encoding="utf-8")
    shutil.copytree(root, old)
    shutil.rmtree(root / "cache")  # the older version's weights, which nobody would read
    _built(root)
    shutil.move(root, whole)
    return old, whole


def _built(root: Path) -> None:
    if (built := run(root)).status:
        raise UserError(f"faults: a build that nobody disturbs fails: {' '.join(built.said.split())}")


@contextlib.contextmanager
def copy(kept: Path, root: Path) -> Iterator[Path]:
    """The project `kept` in `root`, for the time inside; times of files are those of the kept one."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(kept, root, symlinks=True)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


# --- digests, by which two builds are identical, or one has touched nothing ---


def made(root: Path) -> Digests:
    """The report in all its forms, and its figures."""
    forms = ".pdf", ".html", ".md", ".tex", ".svg"
    return _files(root, (path for path in (root / "report").rglob("*") if path.suffix in forms))


def whole(root: Path) -> Digests:
    """The report, but the HTML, whose cards name the time of each run; and the results: all that the runs
    found, to the last bit, and what they say of their inputs.
    """
    digests = {name: digest for name, digest in made(root).items() if not name.endswith(".html")}
    for path in sorted((root / "report" / "results").rglob(store.FILE)):
        result = store.load(path.parent)
        known = {name: one for name, one in result.provenance.items() if name not in CIRCUMSTANCES}
        told = json.loads(path.read_bytes()) | {"provenance": known, "digest": ""}
        digests[str(path.parent.relative_to(root))] = _digest(json.dumps(told, sort_keys=True).encode())
    return digests


def kept(root: Path) -> Digests:
    """Every byte of results and report, where none may change; report.tex is what a message points into."""
    report = {name: digest for name, digest in made(root).items() if not name.endswith(".tex")}
    return report | _files(root, (root / "report" / "results").rglob("*"))


def _files(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {str(path.relative_to(root)): _digest(path.read_bytes()) for path in paths if path.is_file()}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
