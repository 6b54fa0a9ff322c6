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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.identity.fingerprint import digest

FILE = "result.json"
FORMAT = 1


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
    write(_document(folder), provenance, folder)


def write(document: Mapping[str, Any], provenance: Mapping[str, Any], folder: Path) -> None:
    # What is sealed is what a reader will find: plain JSON, whose keys are text.
    whole = json.loads(json.dumps({**document, "provenance": dict(provenance)}, allow_nan=False))
    text = json.dumps(whole | {"digest": seal(whole)}, indent=1, sort_keys=True) + "\n"
    write_atomically(folder / FILE, text.encode())


def seal(document: Mapping[str, Any]) -> str:
    """The digest over all that `result.json` says, and by their digests over the other files."""
    return digest({name: value for name, value in document.items() if name != "digest"})


def load(folder: Path) -> Result:
    """Read a result and verify its seal and every file's digest; raise UserError where anything is amiss."""
    document = _document(folder)
    contents = _contents(folder, document)
    try:
        frames = {
            kind: {n: _columns(contents[e["file"]], e["types"]) for n, e in document["index"][kind].items()}
            for kind in ("tables", "logs")
        }
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        if document["arrays"]:
            with np.load(io.BytesIO(contents[document["arrays"]]), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile, EOFError) as error:
        why = f"{type(error).__name__}: {error}"
        raise UserError(f"{folder / FILE}: its files cannot be read ({why}); train the part again") from None
    return Result(
        part=document["part"],
        seed=document["seed"],
        scalars=document["scalars"],
        tables=frames["tables"],
        logs=frames["logs"],
        arrays=arrays,
        provenance=document["provenance"],
    )


def _contents(folder: Path, document: Mapping[str, Any]) -> dict[str, bytes]:
    """The other files of a result, by name; UserError where one is not what was recorded."""
    contents: dict[str, bytes] = {}
    for name, expected in document["sha256"].items():
        path = folder / name
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            raise UserError(
                f"{path}: {error.strerror or error}; restore it from git or train the part again"
            ) from None
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != expected:
            raise UserError(
                f"{path}: altered (sha256 {found[:12]}, recorded {str(expected)[:12]}); "
                "restore it from git or train the part again"
            )
    return contents


@dataclass(frozen=True)
class Peek:
    """The provenance of a result, empty where there is none; or what is wrong with one of its files."""

    provenance: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""

    @property
    def fingerprint(self) -> str | None:
        return self.provenance.get("fingerprint")


def peek(folder: Path) -> Peek:
    """The provenance of the result in `folder`, all files of which are what was recorded. A damaged one is
    said, not raised, so that the run can be computed again.
    """
    if not (folder / FILE).exists():
        return Peek()
    try:
        document = _document(folder)
        _contents(folder, document)
        return Peek(document["provenance"])
    except UserError as error:
        return Peek(trouble=str(error))


def _document(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    again = "restore it from git or train the part again"
    try:
        document: Any = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise UserError(f"{path}: missing; train the part to make it") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; {again}") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); {again}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path}: no result; {again}")
    if document.get("format") != FORMAT:
        raise UserError(f"{path}: format {document.get('format')}, this program reads {FORMAT}; {again}")
    if "digest" not in document:
        raise UserError(f"{path}: recorded before results were sealed, so nothing vouches for it; {again}")
    kinds = {"part": str, "seed": int, "scalars": dict, "index": dict, "sha256": dict, "provenance": dict}
    for name, kind in kinds.items():
        if not isinstance(document.get(name), kind):
            raise UserError(f"{path}: {name!r} is missing or of a wrong type; {again}")
    for name, value in document["scalars"].items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise UserError(f"{path}: the scalar {name!r} is no finite number; {again}")
    found = seal(document)
    if found != document["digest"]:
        raise UserError(
            f"{path}: altered since it was recorded (sha256 {found[:12]}, sealed "
            f"{str(document['digest'])[:12]}); {again}"
        )
    return document


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _columns(data: bytes, types: Mapping[str, str]) -> dict[str, list[Any]]:
    # The csv module, not pandas: whoever renders a report waits for no import.
    reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
    rows = list(reader)
    cast = {"int": int, "float": float, "str": str}
    return {name: [cast[types[name]](row[name]) for row in rows] for name in reader.fieldnames or ()}
