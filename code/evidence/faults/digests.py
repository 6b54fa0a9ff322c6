"""What a build leaves, as digests: by which two builds are identical, or one has touched nothing."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from writeup.results import store

MADE = ".pdf", ".html", ".md", ".tex", ".svg"
CIRCUMSTANCES = {
    "date",
    "seconds",
    "peak_memory_mib",
    "evaluated",
    "commit",
}  # of the run, not of what it found

Digests = Mapping[str, str]


def made(root: Path, forms: tuple[str, ...] = MADE) -> Digests:
    """The report in all its forms, and its figures."""
    paths = sorted(path for path in (root / "report").rglob("*") if path.suffix in forms and path.is_file())
    return {str(path.relative_to(root)): _digest(path.read_bytes()) for path in paths}


def found(root: Path) -> Digests:
    """The results: all that the runs found, to the last bit, and what they say of their inputs."""
    digests = {}
    for path in sorted((root / "report" / "results").rglob(store.FILE)):
        result = store.load(path.parent)
        whole = json.loads(path.read_bytes())
        known = {name: one for name, one in result.provenance.items() if name not in CIRCUMSTANCES}
        told = {name: one for name, one in whole.items() if name != "digest"} | {"provenance": known}
        digests[str(path.parent.relative_to(root))] = _digest(json.dumps(told, sort_keys=True).encode())
    return digests


def whole(root: Path) -> Digests:
    """Report and results; not the HTML, whose cards name the time of each run."""
    return {**found(root), **made(root, tuple(form for form in MADE if form != ".html"))}


def kept(root: Path) -> Digests:
    """Every byte of results and report, where none may change; report.tex is what a message points into."""
    folder = root / "report"
    paths = [path for path in (folder / "results").rglob("*") if path.is_file()]
    report = {name: digest for name, digest in made(root).items() if not name.endswith(".tex")}
    return report | {str(path.relative_to(root)): _digest(path.read_bytes()) for path in paths}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
