"""The metadata of an archive for other programs, `ro-crate-metadata.json`, by the library rocrate."""

import json
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from writeup.errors import UserError

FILE = "ro-crate-metadata.json"
VERSION = "1.2"  # of RO-Crate
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
class About:
    """What `verify` has to know: the commit, the digest of the engine, packages with versions, where the
    report is declared, "package.report:REPORT", and the choices by which it was made.
    """

    commit: str
    engine: str
    versions: Mapping[str, str]
    declared: str
    choices: Mapping[str, Any]


def metadata(
    files: Iterable[str],
    about: About,
    *,
    title: str,
    author: str,
    date: str,
    stale: Sequence[str],
    data: Mapping[str, Mapping[str, str]],
    runs: Mapping[str, Mapping[str, str]],
    made: Sequence[str],
) -> bytes:
    """The metadata of an archive with these files.

    stale: results that did not match the code. data, runs: properties of each by name. made: the forms.
    """
    crate = ROCrate(version=VERSION)
    crate.name, crate.datePublished = title, date
    dirty = " (with changes that are not committed)" if about.commit.endswith("+") else ""
    marked = f" Stale, and marked so on the page: {', '.join(stale)}." if stale else ""
    crate.description = (
        f"A report, the recorded results and the code behind it, at commit {about.commit}{dirty}.{marked}"
    )
    crate.root_dataset["version"] = about.commit
    crate.root_dataset["author"] = _add(crate, "#author", "Person", name=author)
    if "LICENSE" in files:
        crate.root_dataset["license"] = {"@id": "LICENSE"}
    kinds = mimetypes.MimeTypes()  # of Python alone: a system's own table differs from machine to machine
    for name in sorted(files):
        kind = kinds.guess_type(name)[0]
        crate.add_file(dest_path=name, properties={"encodingFormat": kind} if kind else {})
    for name, known in runs.items():
        crate.add_dataset(dest_path=name, properties=dict(known))
    for name, known in data.items():
        _add(crate, f"#data-{name}", "Dataset", name=name, **known)
    needed = [
        _add(crate, f"#{name}", "SoftwareApplication", name=name, version=version)
        for name, version in about.versions.items()
    ]
    program = {"name": "writeup", "sha256": about.engine, "softwareRequirements": needed}
    crate.add_action(
        _add(crate, ENGINE, "SoftwareApplication", **program),
        identifier=REPORT,
        object=[{"@id": name} for name in runs],
        result=[{"@id": name} for name in made],
        properties={
            "name": "render the report",
            "description": json.dumps([about.declared, dict(about.choices)]),
        },
    )
    text = json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False, sort_keys=True)
    return f"{text}\n".encode()


def _add(crate: ROCrate, identifier: str, kind: str, /, **known: Any) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **known}))


def read(data: bytes) -> About:
    """Read what `metadata` wrote; raises UserError if it is something else."""
    try:
        known = {one["@id"]: one for one in json.loads(data)["@graph"]}
        declared, choices = json.loads(known[REPORT]["description"])
        needed = [known[one["@id"]] for one in known[ENGINE]["softwareRequirements"]]
        versions = {one["name"]: one["version"] for one in needed}
        found = About(known["./"]["version"], known[ENGINE]["sha256"], versions, declared, choices)
        texts = [found.commit, found.engine, declared, *versions, *versions.values()]
        if not all(isinstance(text, str) for text in (*texts, *choices["only"], *choices["changes"])):
            raise TypeError("a name is no text")
        if not DECLARED.fullmatch(declared):
            raise ValueError(f"{declared!r} names no report")
        if choices.keys() != CHOICES.keys() or not all(isinstance(choices[n], k) for n, k in CHOICES.items()):
            raise ValueError("it does not say by which choices the report was made")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{FILE} is not what this program writes ({type(error).__name__}: {error})") from None
    return found
