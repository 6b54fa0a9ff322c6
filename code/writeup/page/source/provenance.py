"""Where the runs of a report come from: a row a run, a row a part, and the machines in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from writeup.page.context import RunRow
from writeup.page.source.formats import Table, by_columns
from writeup.results import store
from writeup.results.store import Result


def adoptions(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The commits from which runs were adopted, with the number of these."""
    refs = [r.provenance["adopted"]["ref"] for r in results if "adopted" in r.provenance]
    return [{"ref": ref, "runs": float(refs.count(ref))} for ref in dict.fromkeys(refs)]


def row(result: Result) -> RunRow:
    """What a run is, what it depends on, when and from which commit it came."""
    known = result.provenance
    data = store.inputs(known).get("data", {})
    shown = f"{data['name']} ({data['sha256'][:10]})" if "sha256" in data else ""
    return {
        "part": result.part,
        "seed": str(result.seed),
        "fingerprint": store.fingerprint(result)[:10],
        "data": shown,
        "dataset": data.get("name", ""),
        "machine": known.get("machine", "").split(", ")[-1 if known.get("machine", "").count(",") > 1 else 0],
        "commit": known["commit"],
        "date": known["date"][:10],
        "seconds": float(known["seconds"]),
    }


def origins(results: Mapping[str, Sequence[Result]]) -> Table:
    """The runs in a row a part: how many, the range of their fingerprints, data, machines and dates."""
    rows: dict[str, list[RunRow]] = {part: list(map(row, runs)) for part, runs in results.items()}

    def prints(part: str) -> str:
        found = sorted({run["fingerprint"][:6] for run in rows[part]})
        return found[0] if len(found) == 1 else f"{found[0]} … {found[-1]}"

    return by_columns(
        {
            "part": ("l", [part.replace("_", " ") for part in rows]),
            "runs": ("r", [str(len(runs)) for runs in rows.values()]),
            "fingerprints": ("l", [prints(part) for part in rows]),
            "data": ("l", [", ".join(dict.fromkeys(run["dataset"] for run in rows[part])) for part in rows]),
            "machine": (
                "l",
                ["; ".join(dict.fromkeys(r["machine"] for r in some)) for some in rows.values()],
            ),
            "last": ("l", [max(run["date"] for run in rows[part]) for part in rows]),
        }
    )


def machines(known: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each machine with its versions, in words, and how it was used: threads, precision and the like."""
    used: dict[str, dict[str, dict[str, None]]] = {}
    for one in sorted(known, key=lambda one: (one["machine"], one["threads"])):
        versions = ", ".join(f"{name} {number}" for name, number in sorted(one["versions"].items()))
        how = used.setdefault(f"{one['machine']} ({versions})", {})
        for name, value in {**one.get("executed", {}), "threads:": one["threads"]}.items():
            how.setdefault(name, {})[str(value)] = None
    words = {
        machine: ", ".join(f"{name} {' or '.join(values)}" for name, values in how.items())
        for machine, how in used.items()
    }
    return [f"{machine}, {how}" for machine, how in words.items()]
