"""What `verify` found of recorded runs: the record, and what of it is still true. No torch."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from writeup.identity.fingerprint import digest
from writeup.results import store
from writeup.results.store import Result
from writeup.results.tables import rows
from writeup.runs.plan import Run
from writeup.runs.record import save

NAME = "verify"  # of the record and of its values
KEY = "part", "seed", "machine"  # one verdict of each
COUNTS = "numbers", "identical", "within", "unjudged", "wrong"


def folder(results: Path) -> Path:
    """Where the verdicts are recorded."""
    return results / NAME / "seed-0"


def record(
    place: Path, verdict: Mapping[str, Any], runs: Sequence[Run], circumstances: Mapping[str, Any]
) -> None:
    """Add a verdict to those recorded, in place of an earlier one of the same run on the same machine; what
    is stale goes.
    """
    new = {**verdict, **{name: circumstances[name] for name in ("date", "machine", "seconds")}}
    own = [new[name] for name in KEY]
    verdicts = [row for row in kept(place, runs) if [row[name] for name in KEY] != own]
    save(of_verdicts([*verdicts, new], circumstances), place)


def kept(place: Path, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The recorded verdicts on results that are still current; one on a result that was adopted since stands,
    for its numbers are the same and what computed them computes the same to the last bit.
    """
    if not (place / store.FILE).is_file():
        return []
    table = store.load(place).tables["runs"]
    current = {(run.part.name, run.seed, name) for run in runs if run.current for name in _fingerprints(run)}
    return [row for row in rows(table) if (row["part"], row["seed"], row["fingerprint"]) in current]


def _fingerprints(run: Run) -> Iterator[str]:
    """Of a current result, and those under which it stood before it was adopted."""
    yield run.fingerprint
    adopted = run.peek.provenance.get("adopted")
    while adopted:
        yield adopted["fingerprint"]
        adopted = adopted.get("before")


def of_verdicts(verdicts: Sequence[Mapping[str, Any]], circumstances: Mapping[str, Any]) -> Result:
    """The verdicts as a result, with their sums as numbers: of all, of those made on the machine of the
    record ("same/") and of those made on another ("other/").
    """
    same = [one for one in verdicts if one["machine"] == one["recorded_on"]]
    other = [one for one in verdicts if one["machine"] != one["recorded_on"]]
    sums = {
        f"{where}{name}": value
        for where, some in (("", verdicts), ("same/", same), ("other/", other))
        for name, value in sums_of(some).items()
    }
    table = {name: [one[name] for one in verdicts] for name in verdicts[0]}
    names = ("commit", "date", "seconds", "versions", "machine", "threads")
    known = {name: circumstances[name] for name in names} | {"fingerprint": digest(table["fingerprint"])}
    return Result(NAME, 0, sums, {"runs": table}, provenance=known)


def sums_of(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many runs, of how many parts, on how many machines, and what became of their numbers."""
    different = {f"{name}s": len({one[name] for one in verdicts}) for name in ("part", "machine")}
    runs = len({(one["part"], one["seed"]) for one in verdicts})
    return {"runs": runs, **different} | {name: sum(one[name] for one in verdicts) for name in COUNTS}


def recorded(results: Path, runs: Sequence[Run]) -> Iterator[Result]:
    """What is recorded of results that are still current; nothing where nothing is."""
    place = folder(results)
    if verdicts := kept(place, runs):
        yield of_verdicts(verdicts, store.load(place).provenance)
