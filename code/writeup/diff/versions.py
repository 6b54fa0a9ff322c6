"""The recorded results of a commit, which git extracts to a temporary folder, and today's.

Only results and templates of the commit are read; none of its code runs.
"""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from writeup.declare import Report
from writeup.errors import UserError
from writeup.identity.fingerprint import digest
from writeup.page.source import assembly
from writeup.results import store, values
from writeup.results.store import Result
from writeup.results.values import Values

SECONDS = 300  # that git may take


@dataclass(frozen=True)
class Version:
    """What is recorded in a version. name: of the commit, or "now". contents: of each result, by part and
    place, a digest of all that it found.
    """

    name: str
    results: Sequence[Result]
    contents: dict[tuple[str, str], str]

    @property
    def by_part(self) -> dict[str, list[Result]]:
        return assembly.by_part(self.results)

    @property
    def values(self) -> Values:
        return values.of(self.results)


def read(name: str, root: Path, stores: Sequence[Path], wanted: Callable[[str], bool]) -> Version:
    """The results below `stores` of the parts that are wanted; the first store wins.

    root: below which the stores lie. UserError where one is damaged or of another format.
    """
    folders: dict[tuple[str, str], Path] = {}
    for one in stores:
        for path in sorted(one.glob(f"*/*/{store.FILE}")):
            if wanted(path.parts[-3]):
                folders.setdefault((path.parts[-3], path.parts[-2]), path.parent)
    try:
        found = {place: _loaded(folder) for place, folder in folders.items()}
    except UserError as error:
        why = str(error).replace(f"{root}{os.sep}", "").partition("; ")[0]
        raise UserError(f"diff: the results of {name} cannot be read: {why}") from None
    contents = {place: _content(folder) for place, folder in folders.items()}
    return Version(name, list(found.values()), contents)


def _loaded(folder: Path) -> Result:
    """A result that names in its own provenance the definitions that it was made by."""
    result = store.load(folder)
    known = dict(result.provenance)
    for stage in (name for name in ("train", "evaluate") if name in known):
        made_by = store.definitions(folder.parents[1], known[stage].get("code", ""))
        known[stage] = {"definitions": made_by} | known[stage]
    return replace(result, provenance=known)


def _content(folder: Path) -> str:
    document = json.loads((folder / store.FILE).read_bytes())
    return digest({name: document[name] for name in ("scalars", "index", "arrays")})


def of_commit(report: Report, ref: str, stores: Sequence[Path], into: Path) -> tuple[str, list[Path]]:
    """The commit that `ref` names (12 digits), and its folders of results; its templates lie there too.

    Raises UserError if there is no git, no such commit, or nothing recorded in it.
    """
    if ref.startswith("-"):
        raise UserError(f"diff {ref}: no name of a commit begins with -")
    root = report.root
    commit = _git(root, ref, "rev-parse", "--short=12", "--verify", "--quiet", f"{ref}^{{commit}}")
    name = commit.decode().strip()
    there = []
    for place in (one.relative_to(root).as_posix() for one in (*stores, report.source)):
        if not _git(root, ref, "ls-tree", "-d", name, "--", place):
            continue
        tree = _git(root, ref, "archive", "--format=tar", name, "--", place)
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(into, filter="data")  # which refuses what would leave the folder
        there.append(into / place)
    there = [one for one in there if one != into / report.templates]
    if not there:
        raise UserError(f"diff {ref}: commit {name} has nothing recorded in {stores[0].relative_to(root)}")
    return name, there


def _git(root: Path, ref: str, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise UserError(f"diff {ref}: git is not installed, and reads the other version") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"diff {ref}: git did not answer within {SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or "there is no such commit; git log lists them"
        raise UserError(f"diff {ref}: {said}")
    return done.stdout
