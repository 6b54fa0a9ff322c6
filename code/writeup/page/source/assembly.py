"""What the templates may print, made ready from Results by the functions that the declaration names."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from writeup import handing, settings, trouble
from writeup.declare import Claim, Figure, Made, Shown, Timing, resolve
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.page.context import Recorded
from writeup.page.source import card_links, cards, citations, latex, listings, title
from writeup.page.source.claims import statements
from writeup.page.source.formats import Tex
from writeup.proofs import left_out
from writeup.proofs import record as proofs
from writeup.results import compare, integrity, store, values, verified
from writeup.results.store import Result
from writeup.results.tables import rows
from writeup.results.values import median_run, sourced

if TYPE_CHECKING:
    from writeup.build import Build
    from writeup.page.source.formats import Table

LEAST_WORDS = 8  # of an alternative text
WRITING = (
    "writeup.page.source.wording:check",
    "writeup.page.source.assembly:context",
    "writeup.page.source.templating:render",
    "writeup.page.source.cards:collect",
)


def write(build: "Build") -> None:
    """Render the templates with the recorded results; beside the page what the cards of its numbers tell."""
    from writeup.page.source import templating, wording

    wording.check(templates(build))
    with card_links.shown():
        names = linked(build) | typed(templates(build))
        text = templating.render(templates(build), build.request.report.template, names)
    text = left_out.named(names["citations"].filled(text), text, names["proofs"].values())
    page = templating.with_units(text, units(build))
    write_atomically(build.path(".tex"), card_links.bare(page).encode())
    told = json.dumps(cards.collect(build, names, page), ensure_ascii=False)
    write_atomically(build.path(cards.SUFFIX), told.encode())


def origin(build: "Build", tex: str, line: int) -> str:
    """The line of a template from which a line of report.tex came; "" where it is not known."""
    from writeup.page.source.template_locator import find

    names = context(build)
    finish = partial(finished, build, names)
    return find(templates(build), build.request.report.template, names, finish, tex, line)


def finished(build: "Build", names: Mapping[str, Any], text: str) -> str:
    """What the templates gave, without links to cards, as it is written."""
    from writeup.page.source import templating

    text = left_out.named(names["citations"].filled(text), text, names["proofs"].values())
    return templating.with_units(text, units(build))


def units(build: "Build") -> list[str]:
    """Of the claims: words that do not leave their numbers."""
    return sorted({claim.measure.unit for claim in build.request.report.claims if claim.measure.unit})


def templates(build: "Build") -> Path:
    return build.request.report.source


def sources(build: "Build") -> list[Path]:
    """The files that the page shows by themselves: templates, and the modules whose code it lists."""
    pages = sorted(path for path in templates(build).rglob("*") if path.is_file())
    modules = dict.fromkeys(part.code for part in build.request.report.parts)
    return [*pages, *(path for module in modules if (path := build.code.file(module)) is not None)]


def identity(build: "Build") -> dict[str, Any]:
    """What the page depends on besides files: the functions that make it, the settings, what is stale."""
    report, request = build.request.report, build.request
    items = (*report.tables, *report.notes)
    declared: list[Figure | Made] = [*items, *report.figures]
    made = (*(claim.test for claim in report.claims), *(one.make for one in items))
    drawn = (
        name for figure in report.figures for name in (figure.draw, figure.alt)
    )  # their sources are shown
    entries = (*WRITING, *dict.fromkeys((*made, *drawn)))
    closure = build.code.closure(*entries, *dict.fromkeys(derived(build).values()))
    return {
        "code": closure.digest,
        "definitions": dict(closure.manifest),
        "configs": {name: settings.plain(config) for name, config in request.configs.items()},
        "declared": [[one.name, [shown.name for shown in one.of], one.typical] for one in declared],
        "claims": [_plain(claim) for claim in report.claims],
        "parts": [part.name for part in request.parts],
        "preset": [request.preset, pagemark(build)],
        "stale": sorted(build.stale),
        "timings": {name: [one.name for one in found.folders] for name, found in build.timings.items()},
        "runs": [run.fingerprint for run in build.runs],
    }


def _plain(claim: Claim) -> list[Any]:
    sides = [[shown.name, within] for shown, within in (claim.a, claim.b)]
    return [claim.name, sides, asdict(claim.measure), list(claim.words), claim.test]


def recorded(build: "Build") -> list[Result]:
    """Every result on disk that was asked for, current or not: runs, timings, and the mutation test.

    Of a timing of several processors the last record comes first; it bears the worst of all besides.
    """
    for run in build.runs:
        if run.peek.trouble:  # a mean over the others would pass for the mean over all
            raise UserError(run.peek.trouble)
    folders = [run.recorded for run in build.runs if run.exists]
    folders += [folder for one in build.timings.values() for folder in one.folders]
    names = ["proofs", "ties"] if build.request.report.ties else ["proofs"]
    shared = (build.shared(name) for name in names)
    folders += [folder for folder in shared if (folder / store.FILE).is_file()]
    found = [
        *integrity.read(folders, derived(build)),
        *verified.recorded(build.request.report.results, build.runs),
    ]
    for timing in build.request.report.timings:
        found = values.with_worst(found, timing.name, timing.worst)
    return found


def derived(build: "Build") -> dict[str, str]:
    """The functions that compute scalars again, by part."""
    own = {"proofs": "writeup.proofs.record:derive", "ties": "writeup.proofs.ties:derive"}
    return own | {part.name: part.derive for part in build.request.parts if part.derive}


def context(build: "Build") -> dict[str, Any]:
    """The names that templates see."""
    return made(build) | typed(templates(build))


def typed(folder: Path) -> dict[str, Any]:
    """Those that come from files beside the templates."""

    cited = citations.read(folder)
    return {
        title.NAME: title.read(folder),
        "preamble": Tex(latex.preamble(handing.read(folder).paper)),
        "citations": cited,
        "cite": cited.cite,
        "bibliography": cited.bibliography,
    }


@lru_cache(maxsize=1)
def linked(build: "Build") -> dict[str, Any]:
    """`made` with links to cards, once for all versions of the templates that are rendered of one build."""
    with card_links.shown():
        return made(build)


def made(build: "Build") -> dict[str, Any]:
    """Those that come from the results; formats in them mark what they print where marks are kept."""

    report, request = build.request.report, build.request
    found = recorded(build)
    everything = by_part(found)
    v = values.of(found)
    claims = statements(
        report.claims,
        lambda one: recorded_of(one.of, everything, {}, request.configs) if build.shows(one) else None,
    )
    tables = {
        table.name: _made(table, everything, claims, request.configs)
        for table in report.tables
        if build.shows(table)
    }
    notes = {
        note.name: sourced(_made(note, everything, claims, request.configs), f"note:{note.name}")
        for note in report.notes
        if build.shows(note)
    }
    made_of: list[Figure | Made] = [*report.figures, *report.tables, *report.notes]
    checked = proofs.read(build.proofs)
    return notes | {
        "pagemark": pagemark(build),
        "standins": request.shape.standins,
        "parts": [part.name for part in request.parts],
        "stale": build.stale,
        "config": request.configs,
        "v": v,
        "results": everything,
        "claims": claims,
        "rule": {"alpha": compare.ALPHA, "least_runs": compare.LEAST_RUNS},
        "tables": tables,
        "alts": {one.name: alternative(one, everything) for one in report.figures if build.shows(one)},
        "shown": {one.name: list(shown(one, everything)) for one in made_of},
        "proofs": checked,
        "proof_counts": proofs.counts(checked),
        "tied": rows(everything["ties"][0].tables["ties"]) if "ties" in everything else [],
        "timings": sorted(build.timings),
        "adoptions": adoptions(found),
        "provenance": [provenance(result) for result in found],
        "origins": origins(found),
        "peak_memory": max((int(r.provenance.get("peak_memory_mib", 0)) for r in found if r.logs), default=0),
        "machines": machines([r.provenance for r in found if "threads" in r.provenance]),
        "listing": lambda part, names: listing(build, part, names),
    }


def _made(
    one: Made,
    everything: Mapping[str, Sequence[Result]],
    claims: Mapping[str, Any],
    configs: Mapping[str, Any],
) -> Any:
    """What a declared function makes of the results that it is declared of."""
    with trouble.told(f"{one.name} cannot be made"):
        return resolve(one.make)(recorded_of(one.of, everything, claims, configs, one.typical))


def recorded_of(
    of: Sequence[Shown],
    everything: Mapping[str, Sequence[Result]],
    claims: Mapping[str, Any],
    configs: Mapping[str, Any],
    number: str = "",
) -> Recorded:
    results = {name: everything[name] for name in _names(of) if name in everything}
    numbers = values.of(r for runs in results.values() for r in runs)
    chosen = {
        one.name: median_run(everything[one.name], number) for one in of if one.name in results and number
    }
    return Recorded(results, numbers, dict(claims), dict(configs), chosen)


def alternative(figure: Figure, everything: Mapping[str, Sequence[Result]]) -> str:
    """What is said in place of a figure, by the function that the declaration names."""
    runs = drawn(figure, (everything.get(one.name, ()) for one in figure.of))
    with trouble.told(f"figure {figure.name} cannot be put into words"):
        text = " ".join(str(resolve(figure.alt)(*runs)).split())
    if len(text.split()) < LEAST_WORDS:
        raise UserError(f"figure {figure.name}: {figure.alt} says {text!r}, too little for who cannot see it")
    return text


def drawn(figure: Figure, runs: Iterable[Sequence[Result]]) -> list[Sequence[Result]]:
    """The runs that a figure is drawn of: of each part all, or the typical one."""
    return [[median_run(some, figure.typical)] if figure.typical else some for some in runs]


def shown(one: Figure | Made, everything: Mapping[str, Sequence[Result]]) -> Iterator[dict[str, Any]]:
    """Of which runs a figure or table is made: a part each, with the number of its runs; for the caption."""
    for part in one.of:
        if runs := everything.get(part.name):
            found = {"part": part.name, "runs": len(runs), "measured": isinstance(part, Timing)}
            seed = {"seed": median_run(runs, one.typical).seed, "by": one.typical} if one.typical else {}
            yield found | seed


def _names(shown: Sequence[Shown]) -> Iterator[str]:
    for one in shown:
        yield one.name
        if not isinstance(one, Timing):
            yield from (need.name for need in one.all_needs.values())


def by_part(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The runs of each part, in the order of their seeds."""
    found: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: r.seed):
        found.setdefault(result.part, []).append(result)
    return found


def pagemark(build: "Build") -> str:
    """What every page must bear so that nobody takes it for the full report."""
    return build.request.shape.mark


def adoptions(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The commits from which runs were adopted, with the number of these."""
    refs = [r.provenance["adopted"]["ref"] for r in results if "adopted" in r.provenance]
    return [{"ref": ref, "runs": float(refs.count(ref))} for ref in dict.fromkeys(refs)]


def listing(build: "Build", where: str, names: Sequence[str]) -> str:
    """The source of `names`, as it stands in the module of that part, or in that module."""

    parts = {part.name: part.code for part in build.request.report.parts}
    path = build.code.file(parts.get(where, where))
    if path is None:
        raise UserError(f"a listing names {where!r}, which is neither a part nor a module")
    return listings.listing(path, *names)


def provenance(result: Result) -> dict[str, Any]:
    """What a run is, what it depends on, when and from which commit it came."""
    known = result.provenance
    data = known.get("evaluate", {}).get("data", {})
    shown = f"{data['name']} ({data['sha256'][:10]})" if "sha256" in data else known.get("processor", "")
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


def origins(results: Sequence[Result]) -> "Table":
    """`provenance` in a row a part: its runs, the range of their fingerprints, data, machines and dates."""
    from writeup.page.source.formats import by_columns

    rows = {part: list(map(provenance, runs)) for part, runs in by_part(results).items()}

    def ends(part: str, name: str) -> str:
        found = sorted({row[name] for row in rows[part]})
        return found[0] if len(found) == 1 else f"{found[0]} … {found[-1]}"

    def print_of(part: str) -> str:
        return " … ".join(word[:6] for word in ends(part, "fingerprint").split(" … "))

    return by_columns(
        {
            "part": ("l", [part.replace("_", " ") for part in rows]),
            "runs": ("r", [str(len(runs)) for runs in rows.values()]),
            "fingerprints": ("l", [print_of(part) for part in rows]),
            "data": ("l", [", ".join(dict.fromkeys(row["dataset"] for row in rows[part])) for part in rows]),
            "machine": ("l", ["; ".join(dict.fromkeys(r["machine"] for r in rows[part])) for part in rows]),
            "last": ("l", [max(row["date"] for row in rows[part]) for part in rows]),
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
