"""What the cards of the HTML tell: where numbers, figures and tables are from, and how steps were checked.

Plain data beside the LaTeX source, `report.cards.json`, with the page once more, linked to its cards.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from writeup.build import Build
from writeup.page.context import Context, Statement
from writeup.page.source import formats, listings
from writeup.results import store
from writeup.results.store import Result
from writeup.results.tables import rows

SUFFIX = ".cards.json"  # of the file
MADE_BY = {  # what is no part of the declaration
    "proofs": "writeup.proofs.record:mutate",
    "ties": "writeup.proofs.ties:record",
    "verify": "writeup.verify.recomputing:verify",
}
# Of a comparison:
COMPARED = ["method", "verdict", "means", "counts", "units", "difference", "low", "high", "level", "kind"]
COMPARED += ["p", "adjusted"]


def collect(build: Build, seen: Context, page: str) -> dict[str, Any]:
    """All that the cards show. seen: by the templates; page: the source with links."""
    everything = seen.results
    claims = {one.claim.name: one for some in seen.claims.values() for one in some.values()}
    known = {*(value.card for value in seen.v.values()), *(f"claim:{name}" for name in claims)}
    known |= {f"note:{note.name}" for note in build.request.report.notes}
    page = formats.placed(page, lambda cards: " ".join(_known(cards, known, everything)))
    used = {card for link in formats.LINK.finditer(page) for card in link[1].split()}
    tables = [one for one in build.request.report.tables if build.shows(one)]
    notes = [one for one in build.request.report.notes if f"note:{one.name}" in used]
    tested = everything["proofs"][0].tables if "proofs" in everything else {}
    return {
        "page": page,
        "forms": build.forms,
        "values": {
            value.name: {"mean": value.mean, "std": value.std, "runs": value.runs, "print": value.fingerprint}
            | {"by": _made_by(build, value.name), "found": list(_found(value.name, everything))}
            for value in seen.v.values()
            if value.card in used
        },
        "claims": {name: _claim(one) for name, one in claims.items() if f"claim:{name}" in used},
        "runs": {_id(run): _run(run) for runs in everything.values() for run in runs},
        "parts": {
            part.name: {"code": part.code, "config": _config(everything.get(part.name, ()))}
            for part in build.request.parts
        },
        "figures": {one.name: _drawn(build, one.name, one.draw, seen) for one in build.figures},
        "tables": {one.name: _drawn(build, one.name, one.make, seen) for one in tables},
        "notes": {one.name: _drawn(build, one.name, one.make, seen) for one in notes},
        "derivations": seen.proofs,
        "nearest": {f"{row['derivation']}/{row['step']}": row for row in rows(tested.get("nearest", {}))},
        "refused": {f"{row['derivation']}/{row['step']}": row for row in rows(tested.get("steps", {}))},
        "equivalent": rows(tested.get("equivalent", {})),
    }


def _known(several: str, known: Collection[str], everything: Mapping[str, Any]) -> Iterator[str]:
    """The cards that there are. Of a number that a page computed from its runs these are told."""
    for card in several.split():
        part = card.removeprefix("value:").partition("/")[0]
        if card in known or card.startswith("step:"):
            yield card
        elif part in everything:
            yield f"runs:{part}"


def _found(name: str, everything: Mapping[str, Sequence[Result]]) -> Iterator[dict[str, Any]]:
    """The runs behind a value, each with its own number."""
    part, _, scalar = name.partition("/")
    runs = [run for run in everything.get(part, ()) if scalar in run.scalars]
    yield from ({"run": _id(run), "number": run.scalars[scalar]} for run in runs)


def _made_by(build: Build, name: str) -> str:
    """The function that computed a value."""
    part = name.partition("/")[0]
    declared = {one.name: one for one in build.request.report.parts}.get(part)
    return f"{declared.code}:evaluate" if declared else MADE_BY.get(part, "")


def _claim(statement: Statement) -> dict[str, Any]:
    claim, sides = statement.claim, (statement.claim.a, statement.claim.b)
    return {name: getattr(statement.comparison, name) for name in COMPARED} | {
        "words": [statement.a, statement.b],
        "what": claim.measure.what,
        "values": ["/".join(filter(None, (part.name, v, claim.measure.value))) for part, v in sides],
        "by": claim.test,
        "margin": claim.measure.margin,
        "parts": list(dict.fromkeys(part.name for part in claim.of)),
    }


def _run(run: Result) -> dict[str, Any]:
    """What a run is, what it depends on, when, where and from which commit it came."""
    known = run.provenance
    inputs = store.inputs(known)
    return {
        "part": run.part,
        "seed": run.seed,
        "print": store.fingerprint(run),
        "data": inputs.get("data", {}).get("name", ""),
        "sha256": inputs.get("data", {}).get("sha256", ""),
        "adopted": known.get("adopted", {}).get("ref", ""),
        "executed": known.get("executed", {}),
        **{name: known.get(name) for name in ("commit", "date", "seconds", "machine", "threads", "versions")},
    }


def _id(run: Result) -> str:
    return f"{run.part}-{run.seed}"


def _config(runs: Sequence[Result]) -> dict[str, Any]:
    return dict(store.inputs(runs[0].provenance).get("config", {})) if runs else {}


def _drawn(build: Build, item: str, function: str, seen: Context) -> dict[str, Any]:
    """Which function made a figure or table, its source, and of which runs."""
    module, _, name = function.partition(":")
    path = build.code.file(module)
    shown = {some["part"]: some for some in seen.shown.get(item, ())}
    return {
        "by": function,
        "source": listings.listing(path, name, docstrings=True) if path else "",
        "of": [
            {"part": part, "typical": some.get("by", ""), "seed": some.get("seed")}
            | {"runs": [_id(run) for run in seen.results[part] if some.get("seed") in (None, run.seed)]}
            for part, some in shown.items()
        ],
    }
