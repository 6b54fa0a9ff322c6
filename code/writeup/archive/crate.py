"""The metadata of an archive for other programs, `ro-crate-metadata.json`, by the library rocrate."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from writeup.archive.contents import digest
from writeup.errors import UserError

FILE = "ro-crate-metadata.json"
VERSION = "1.2"  # of RO-Crate
KINDS = {  # the rest is plain text; a system's own table differs from machine to machine
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".npz": "application/zip",
    ".pdf": "application/pdf",
    ".py": "text/x-python",
    ".toml": "application/toml",
}
REPORT, ENGINE = "#report", "#engine"  # the action that made the PDF, and the program that did
DECLARED = re.compile(r"\w+(\.\w+)*:\w+")
CHOICES: Mapping[str, Any] = {  # by which the same report is planned and rendered elsewhere, with their types
    "preset": str,
    "changes": list,
    "seeds": int | None,
    "only": list,
    "engine": str,
    "allow_stale": bool,
}


@dataclass(frozen=True)
class Told:
    """What the crate says besides its files. runs, data: properties of each by name. declared: where the
    report is, "package.report:REPORT". choices: see `CHOICES`. stale: results that did not match the code.
    made: names of PDF and HTML.
    """

    title: str
    author: str
    date: str
    commit: str
    declared: str
    choices: Mapping[str, Any]
    stale: Sequence[str]
    engine: str
    versions: Mapping[str, str]
    data: Mapping[str, Mapping[str, str]]
    runs: Mapping[str, Mapping[str, str]]
    made: Sequence[str]


def metadata(files: Mapping[str, bytes], told: Told) -> bytes:
    """The metadata of an archive with these files."""
    crate = ROCrate(version=VERSION)
    crate.name, crate.datePublished = told.title, told.date
    dirty = " (with changes that are not committed)" if told.commit.endswith("+") else ""
    stale = f" Stale, and marked so on the page: {', '.join(told.stale)}." if told.stale else ""
    crate.description = (
        f"A report, the recorded results and the code behind it, at commit {told.commit}{dirty}.{stale}"
    )
    crate.root_dataset["version"] = told.commit
    crate.root_dataset["author"] = _add(crate, "#author", "Person", name=told.author)
    if "LICENSE" in files:
        crate.root_dataset["license"] = {"@id": "LICENSE"}
    for name, data in sorted(files.items()):
        kind = KINDS.get(Path(name).suffix, "text/plain")
        about = {"sha256": digest(data), "contentSize": str(len(data)), "encodingFormat": kind}
        crate.add_file(dest_path=name, properties=about)
    for name, known in told.runs.items():
        crate.add_dataset(dest_path=name, properties=dict(known))
    for name, known in told.data.items():
        _add(crate, f"#data-{name}", "Dataset", name=name, **known)
    software = [
        _add(crate, f"#{name}", "SoftwareApplication", name=name, version=version)
        for name, version in told.versions.items()
    ]
    engine = _add(
        crate,
        ENGINE,
        "SoftwareApplication",
        name="writeup",
        sha256=told.engine,
        softwareRequirements=software,
    )
    crate.add_action(
        engine,
        identifier=REPORT,
        object=[{"@id": name} for name in told.runs],
        result=[{"@id": name} for name in told.made],
        properties={
            "name": "render the report",
            "description": json.dumps([told.declared, dict(told.choices)]),
        },
    )
    return (
        json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    ).encode()


def _add(crate: ROCrate, identifier: str, kind: str, /, **known: Any) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **known}))


@dataclass(frozen=True)
class About:
    """What a crate says: its commit, the digest of the engine, packages with versions, where the report is
    declared and the choices by which it was made, and the sha256 of each file.
    """

    commit: str
    engine: str
    versions: Mapping[str, str]
    declared: str
    choices: Mapping[str, Any]
    files: Mapping[str, str]


def read(data: bytes) -> About:
    """Read what `metadata` wrote; raises UserError if it is something else."""
    try:
        known = {one["@id"]: one for one in json.loads(data)["@graph"]}
        declared, choices = json.loads(known[REPORT]["description"])
        needed = [known[one["@id"]] for one in known[ENGINE]["softwareRequirements"]]
        found = About(
            commit=known["./"]["version"],
            engine=known[ENGINE]["sha256"],
            versions={one["name"]: one["version"] for one in needed},
            declared=declared,
            choices=choices,
            files={name: one["sha256"] for name, one in known.items() if one["@type"] == "File"},
        )
        named = (*found.versions.items(), *found.files.items())
        texts = [found.commit, found.engine, declared, *(text for pair in named for text in pair)]
        texts += [*choices["only"], *choices["changes"]]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a name is no text")
        if not DECLARED.fullmatch(declared):
            raise ValueError(f"{declared!r} names no report")
        if choices.keys() != CHOICES.keys() or not all(isinstance(choices[n], k) for n, k in CHOICES.items()):
            raise ValueError("it does not say by which choices the report was made")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{FILE} is not what this program writes ({type(error).__name__}: {error})") from None
    return found
