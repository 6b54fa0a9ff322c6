"""What is recorded in a version: a commit's results, laid down in a temporary folder, or today's."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from writeup.errors import UserError
from writeup.identity.fingerprint import digest
from writeup.page.source import assembly
from writeup.results import store
from writeup.results.store import Result

Place = tuple[str, str]  # the part of a result, and its seed: "descent", "seed-0"


@dataclass(frozen=True)
class Version:
    """name: of the commit, or "now". contents: of each result a digest of all that it found."""

    name: str
    results: Mapping[Place, Result]
    contents: Mapping[Place, str]

    @property
    def by_part(self) -> dict[str, list[Result]]:
        return assembly.by_part(list(self.results.values()))


def read(name: str, root: Path, stores: Sequence[Path], left_out: Collection[str]) -> Version:
    """The results below `stores`, but for those of parts that are left out; the first store wins.

    root: below which the stores lie. UserError where one is damaged or of another format.
    """
    folders: dict[Place, Path] = {}
    for one in stores:
        for path in sorted(one.glob(f"*/*/{store.FILE}")):
            part, seed = path.parts[-3:-1]
            if part not in left_out:
                folders.setdefault((part, seed), path.parent)
    try:
        results = {place: _loaded(folder) for place, folder in folders.items()}
    except UserError as error:
        why = str(error).replace(f"{root}{os.sep}", "").partition("; ")[0]
        raise UserError(f"diff: the results of {name} cannot be read: {why}") from None
    return Version(name, results, {place: _content(folder) for place, folder in folders.items()})


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
