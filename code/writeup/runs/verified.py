"""What `verify` found of recorded runs: the record, and what of it is still true. No torch."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.identity.fingerprint import digest
from writeup.results import store
from writeup.results.store import Result
from writeup.results.tables import rows
from writeup.runs.plan import Run
from writeup.runs.record import save

NAME = "verify"  # of the record and of its values
KEY = "part", "seed", "machine"  # one verdict of each
PLACE = "machine", "threads", "versions"  # where it was computed again
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
    new = {**verdict, **_where(circumstances), "date": circumstances["date"]}
    own = [new[name] for name in KEY]
    verdicts = [row for row in kept(place, runs) if [row[name] for name in KEY] != own]
    save(of_verdicts([*verdicts, new], circumstances), place)


def _where(circumstances: Mapping[str, Any]) -> dict[str, Any]:
    versions = ", ".join(f"{name} {one}" for name, one in sorted(circumstances["versions"].items()))
    return {**{name: circumstances[name] for name in ("machine", "threads")}, "versions": versions}


def contradicted(
    verdict: Mapping[str, Any], circumstances: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> str:
    """What came out before at the same place, by an earlier verdict on the same record, if it was another."""
    new = {**verdict, **_where(circumstances)}
    for row in earlier:
        if all(row[name] == new[name] for name in (*KEY, *PLACE)) and row["computed"] != new["computed"]:
            digests = f"{row['computed'][:12]} came out, now {new['computed'][:12]}"
            return f"the verdict recorded on {row['date']} says that {digests}"
    return ""


def kept(place: Path, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The recorded verdicts on results that are current and hold what they held then. UserError where one
    says other than the digests that it names.
    """
    if not (place / store.FILE).is_file():
        return []
    table = rows(store.load(place).tables["runs"])
    named = {(row["part"], row["seed"]) for row in table}
    there = {(run.part.name, run.seed): run.peek.document for run in runs if run.current}
    holds = {name: store.content(there[name]) for name in named & there.keys()}
    found = [row for row in table if holds.get((row["part"], row["seed"])) == row["recorded"]]
    for row in found:
        same, agreed = row["recorded"] == row["computed"], row["identical"] == row["numbers"]
        if same > agreed or (row["here"] and agreed and not row["others"]) > same:
            which = f"its verdict on {row['part']}/{row['seed']} is not that of the digests it names"
            raise UserError(f"{place / store.FILE}: {which}; record it anew")
    return found


def of_verdicts(verdicts: Sequence[Mapping[str, Any]], circumstances: Mapping[str, Any]) -> Result:
    """The verdicts as a result, with their sums as numbers: of all, of those made on the machine of the
    record ("same/") and of those made on another ("other/").
    """
    same = [one for one in verdicts if one["machine"] == one["recorded_on"]]
    other = [one for one in verdicts if one["machine"] != one["recorded_on"]]
    groups = {"": verdicts, "same/": same, "other/": other}
    sums = {f"{where}{name}": n for where, some in groups.items() for name, n in sums_of(some).items()}
    table = {name: [one[name] for one in verdicts] for name in verdicts[0]}
    names = ("commit", "date", "seconds", "versions", "machine", "threads")
    digests = [table["recorded"], table["computed"]]
    known = {name: circumstances[name] for name in names} | {"fingerprint": digest(digests)}
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
