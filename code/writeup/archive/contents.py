"""The files of a project that an archive holds: what the report is made of, and what was made of it."""

import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import writeup
from writeup.errors import UserError
from writeup.results import store
from writeup.runs import provenance, reading

if TYPE_CHECKING:
    from writeup.build import Build

ROOT_FILES = (  # those that there are
    "build.py",
    "Makefile",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CITATION.cff",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
)
FOLDERS = "code", "templates", "tests", "assets", "data"
MADE = ".pdf", ".html", ".md"  # the forms that a report may have
SUMS, VERSIONS, CITATION = "SHA256SUMS", "versions.txt", "CITATION.cff"
SHOWN = {".gitignore", ".github", ".pre-commit-config.yaml"}  # hidden files that belong to a project
ENGINE = "code/writeup/"  # where a project that holds the engine has it


def project(root: Path) -> list[Path]:
    """The files that a person wrote: code, templates and the documents beside them; no links (UserError)."""
    paths = [root / name for name in ROOT_FILES if (root / name).exists()]
    paths += [path for folder in FOLDERS for path in _below(root / folder)]
    for path in paths:
        if path.is_symlink():
            raise UserError(f"{path}: a link; an archive holds files, put the file in its place")
    return paths


def gathered(build: "Build") -> dict[str, bytes]:
    """The files by name, relative to the project; raises UserError if one cannot be read."""
    root = build.request.report.root
    paths = project(root) + read(build)
    for store_ in dict.fromkeys((*build.request.stores, build.request.report.results)):
        paths += [path for place in sorted(store_.rglob(store.FILE)) for path in result_files(place)]
    paths += [build.path(suffix) for suffix in build.forms]
    try:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror or error}") from None


def read(build: "Build") -> list[Path]:
    """The files that the programs of parts read, wherever in the project these lie."""
    root, programs = build.request.report.root, (run for run in build.runs if run.part.program)
    return [path for run in programs for path in reading.files(run.part, run.seed, root).values()]


def result_files(place: Path) -> list[Path]:
    """The `result.json` at `place` and the files that it names; raises UserError if one is damaged."""
    store.load(place.parent)
    return [place, *(place.with_name(name) for name in store.files(json.loads(place.read_bytes())))]


def _below(folder: Path) -> Iterator[Path]:
    """The files of a folder without hidden files and without what Python and pip leave there."""
    for path in sorted(folder.rglob("*")):
        parts = set(path.relative_to(folder).parts) - SHOWN
        left = any(part[0] == "." or part == "__pycache__" or part.endswith(".egg-info") for part in parts)
        if not left and (path.is_symlink() or path.is_file()):
            yield path


def commit(root: Path, *others: Path) -> str:
    """The commit, with a + if a file of the project, or one of `others`, is changed or not committed."""
    found = provenance.commit(root).rstrip("+")
    kept = (*ROOT_FILES, *FOLDERS, "report/results", *map(str, others))
    words = ["git", "-C", str(root), "status", "--porcelain", "--", *kept]
    try:
        changed = subprocess.run(words, capture_output=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return found
    return found + ("+" if changed else "")


def sums(files: Mapping[str, bytes]) -> bytes:
    """A line for each file, as `sha256sum --check` reads them."""
    return "".join(f"{digest(files[name])}  {name}\n" for name in sorted(files)).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that the engine requires, as installed here."""
    names = importlib.metadata.packages_distributions().get("writeup", [])
    wanted = importlib.metadata.requires(names[0]) if names else None
    bare = (re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in wanted or () if "extra ==" not in one)
    found = {name: importlib.metadata.version(name) for name in sorted(bare)}
    return {"python": platform.python_version()} | found


def engine(files: Mapping[str, bytes] | None = None) -> str:
    """The digest over the engine's files: in an archive's `files`, or of the engine that runs."""
    if files is None:
        folder = Path(writeup.__file__).parent
        files = {
            f"{ENGINE}{path.relative_to(folder).as_posix()}": path.read_bytes() for path in _below(folder)
        }
    return digest(sums({name: data for name, data in files.items() if name.startswith(ENGINE)}))


def citation(title: str, author: str, date: str) -> bytes:
    """A CITATION.cff for a project without one. JSON's strings are YAML's too."""
    return (
        "cff-version: 1.2.0\n"
        "message: If you refer to this report, please cite it as below.\n"
        f"type: software\ntitle: {json.dumps(title)}\n"
        f'authors:\n  - name: {json.dumps(author)}\ndate-released: "{date}"\n'
    ).encode()
