"""Result: what one run of one part found, and where it came from. Saved and loaded without pickle.

On disk a result is one folder: `result.json` (scalars, provenance, and the digest of every other file),
a CSV per table and an npz for the arrays. Data files bear their digest in their name and `result.json` is
replaced last, in one step, so that a killed run leaves the former result whole. It is sealed: its own digest
stands in it, so that a number changed by hand, or another provenance, is noticed where it is read.
"""

import csv
import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from writeup.errors import UserError
from writeup.files import read_plain, write_atomically
from writeup.identity.fingerprint import digest

FILE = "result.json"
AGAIN = "restore it from git or train the part again"
FORMAT = 2
TIMED = "seconds"  # numbers with this in their name are timings, which come out otherwise each time
LARGEST = 128 << 20  # bytes of a file of a result, and of its arrays
UNREADABLE: tuple[type[Exception], ...] = (
    *(KeyError, TypeError, ValueError, AttributeError, EOFError, MemoryError, RecursionError),
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error),
)
DIGITS = 8  # of its content's digest in the name of a file
DEFINITIONS = "definitions"  # the folder of a store that says what code its records were made by


@dataclass(frozen=True)
class Result:
    """One run of one part.

    scalars: name -> number. tables, logs: name -> columns, each a list of int, float
    or str (one type a column), all of equal length. arrays: name ->
    numpy array (no object dtype). provenance: what is needed to compute the result again, as plain JSON.
    """

    part: str
    seed: int
    scalars: Mapping[str, float]
    tables: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    logs: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    arrays: Mapping[str, "np.ndarray[Any, Any]"] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


def fingerprint(result: Result) -> str:
    """The identity under which a result was recorded."""
    return str(result.provenance["fingerprint"])


def refuse_nonfinite(result: Result) -> None:
    """UserError names the first number of a log or a table that is none: the run went wrong there."""
    for frames in (result.logs, result.tables):
        for name, columns in frames.items():
            for column, values in columns.items():
                for row, value in enumerate(values):
                    if isinstance(value, float) and not math.isfinite(value):
                        where = f"{result.part} seed {result.seed}: {name}, column {column}, row {row + 1}"
                        raise UserError(
                            f"{where}: {value} is no finite number; the run went wrong, not saved"
                        )


def stamp(provenance: Mapping[str, Any], folder: Path) -> None:
    """Give the result in `folder` another provenance; all else stays as it is, to the byte."""
    write(document_of(folder), provenance, folder)


def write(document: Mapping[str, Any], provenance: Mapping[str, Any], folder: Path) -> None:
    """Write `result.json`, sealed, to `folder`."""
    # What is sealed is what a reader will find: plain JSON, whose keys are text.
    whole = json.loads(json.dumps({**document, "provenance": dict(provenance)}, allow_nan=False))
    text = json.dumps(whole | {"digest": seal(whole)}, indent=1, sort_keys=True) + "\n"
    write_atomically(folder / FILE, text.encode())


def seal(document: Mapping[str, Any]) -> str:
    """The digest over all that `result.json` says, and by their digests over the other files."""
    return digest({name: value for name, value in document.items() if name != "digest"})


def load(folder: Path) -> Result:
    """Read a result and verify its seal and every file's digest; raise UserError where anything is amiss."""
    document = document_of(folder)
    return _decoded(folder, document, _contents(folder, document))


def _decoded(folder: Path, document: Mapping[str, Any], contents: Mapping[str, bytes]) -> Result:
    try:
        frames = {
            kind: {n: _columns(contents[e["file"]], e["types"]) for n, e in document["index"][kind].items()}
            for kind in ("tables", "logs")
        }
        arrays = _arrays(contents[document["arrays"]]) if document["arrays"] else {}
    except UNREADABLE as error:
        why = f"{type(error).__name__}: {error}"
        raise UserError(f"{folder / FILE}: its files cannot be read ({why}); {AGAIN}") from None
    return Result(
        part=document["part"],
        seed=document["seed"],
        scalars=document["scalars"],
        tables=frames["tables"],
        logs=frames["logs"],
        arrays=arrays,
        provenance=document["provenance"],
    )


def content(document: Mapping[str, Any]) -> str:
    """The digest of all that a run found but for its timings: equal for two that are alike in every bit."""
    kept = {name: document[name] for name in ("index", "arrays", "files")}
    timeless = {name: value for name, value in document["scalars"].items() if TIMED not in name}
    return digest({**kept, "scalars": timeless})


def _contents(folder: Path, document: Mapping[str, Any]) -> dict[str, bytes]:
    """The other files of a result, by name; UserError where one is not what was recorded."""
    contents: dict[str, bytes] = {}
    for name in files(document):
        path = folder / name
        try:
            contents[name] = read_plain(path, LARGEST)
        except UserError as error:
            raise UserError(f"{error}; {AGAIN}") from None
        if path.stem.rpartition("-")[2] != hashlib.sha256(contents[name]).hexdigest()[:DIGITS]:
            raise UserError(f"{path}: altered, for its name bears the digest of other content; {AGAIN}")
    if digest_of(contents) != document["files"]:
        raise UserError(f"{folder / FILE}: its files are altered; {AGAIN}")
    return contents


def files(document: Mapping[str, Any]) -> list[str]:
    """The names of the other files of a result, as its `result.json` has them; UserError if one is a path."""
    try:
        entries = [entry for kind in ("tables", "logs") for entry in document["index"][kind].values()]
        names = [entry["file"] for entry in entries] + [name for name in [document["arrays"]] if name]
        plain = all(name and Path(name).name == name for name in names)
    except (AttributeError, KeyError, TypeError):
        plain = False
    if not plain:
        raise UserError(f"{document['part']}: its files are not named by plain names; {AGAIN}")
    return names


def named(name: str, data: bytes, suffix: str) -> str:
    """The name of a file: it bears the digest of its content."""
    return f"{name.replace('/', '.')}-{hashlib.sha256(data).hexdigest()[:DIGITS]}.{suffix}"


def digest_of(contents: Mapping[str, bytes]) -> str:
    """The digest over files, by name, whatever their order."""
    return digest({name: hashlib.sha256(data).hexdigest() for name, data in contents.items()})


@dataclass(frozen=True)
class Peek:
    """The files of a result, which are what was recorded; nothing where there is none, or what is wrong."""

    folder: Path
    document: Mapping[str, Any] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    trouble: str = ""

    @property
    def provenance(self) -> Mapping[str, Any]:
        return dict(self.document.get("provenance", {}))

    @property
    def fingerprint(self) -> str | None:
        return self.provenance.get("fingerprint")

    def result(self) -> Result:
        """The result, without a second look at the disk; UserError if there is none."""
        if not self.document:
            raise UserError(self.trouble or f"{self.folder / FILE}: missing; train the part to make it")
        return _decoded(self.folder, self.document, self.contents)


def peek(folder: Path) -> Peek:
    """What lies in `folder`. Damage is said, not raised, so that the run can be computed again."""
    if not (folder / FILE).exists():
        return Peek(folder)
    try:
        document = document_of(folder)
        return Peek(folder, document, _contents(folder, document))
    except UserError as error:
        return Peek(folder, trouble=str(error))


def document_of(folder: Path) -> dict[str, Any]:
    """What `result.json` says, its seal verified; raises UserError."""
    path = folder / FILE
    if not path.exists():
        raise UserError(f"{path}: missing; train the part to make it")
    try:
        text = read_plain(path, LARGEST).decode()
        document: Any = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except UserError as error:
        raise UserError(f"{error}; {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); {AGAIN}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path}: no result; {AGAIN}")
    if document.get("format") != FORMAT:
        raise UserError(f"{path}: format {document.get('format')}, this program reads {FORMAT}; {AGAIN}")
    if "digest" not in document:
        raise UserError(f"{path}: recorded before results were sealed, so nothing vouches for it; {AGAIN}")
    kinds = {"part": str, "seed": int, "scalars": dict, "index": dict, "provenance": dict, "files": str}
    for name, kind in kinds.items():
        if not isinstance(document.get(name), kind):
            raise UserError(f"{path}: {name!r} is missing or of a wrong type; {AGAIN}")
    for name, value in document["scalars"].items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise UserError(f"{path}: the scalar {name!r} is no finite number; {AGAIN}")
    found = seal(document)
    if found != document["digest"]:
        raise UserError(
            f"{path}: altered since it was recorded (sha256 {found[:12]}, sealed "
            f"{str(document['digest'])[:12]}); {AGAIN}"
        )
    return document


def inputs(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What a result was made with: its settings, data and seed, and of a timing all that it names."""
    return {**provenance.get("evaluate", {}), **provenance.get("train", {})}


def keep_definitions(folder: Path, made_by: Mapping[str, Mapping[str, str]]) -> None:
    """Add to a store what records were made by: by the digest that these give, the definitions reached.

    All records of the same code share a file. What no record names any more goes.
    """
    for name, definitions in made_by.items():
        text = json.dumps(dict(definitions), indent=0, sort_keys=True) + "\n"
        write_atomically(folder / DEFINITIONS / f"{name}.json", text.encode())
    known = [peek(path.parent).provenance for path in folder.glob(f"*/*/{FILE}")]
    named = {one.get(stage, {}).get("code") for one in known for stage in ("train", "evaluate")}
    for path in (folder / DEFINITIONS).glob("*.json"):
        if path.stem not in named | made_by.keys():
            path.unlink()


def definitions(folder: Path, name: str) -> dict[str, str] | None:
    """The definitions that records of a store were made by, each with its digest; None if nothing tells."""
    try:
        found: dict[str, str] = json.loads((folder / DEFINITIONS / f"{name}.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _finite(text: str) -> float:
    return value if math.isfinite(value := float(text)) else _no_number(text)


def _arrays(data: bytes) -> "dict[str, np.ndarray[Any, Any]]":
    """The arrays of an npz, none of which says that it is larger than what is read."""
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        if sum(one.file_size for one in members.infolist()) > LARGEST:
            raise ValueError(f"arrays of more than {LARGEST:,} bytes")
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _columns(data: bytes, types: Mapping[str, str]) -> dict[str, list[Any]]:
    # The csv module, not pandas: whoever renders a report waits for no import.
    reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
    rows = list(reader)
    cast = {"int": int, "float": float, "str": str}
    return {name: [cast[types[name]](row[name]) for row in rows] for name in reader.fieldnames or ()}
