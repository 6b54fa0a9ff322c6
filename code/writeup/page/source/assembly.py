"""What the templates may print, made ready from Results by the functions that the declaration names."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from writeup import handing, settings, trouble
from writeup.build import Build
from writeup.declare import Figure, Made, Part, resolve
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.page.context import Context, Recorded, RunsBehind
from writeup.page.source import (
    asserting,
    cards,
    citations,
    derivations,
    latex,
    listings,
    pictures,
    provenance,
    templating,
    title,
    wording,
)
from writeup.page.source.claims import statements
from writeup.page.source.formats import Tex, bare, cards_shown
from writeup.page.source.latex import LITERAL
from writeup.proofs import record as proofs
from writeup.results import compare, integrity, store, values
from writeup.results.store import Result
from writeup.results.tables import rows
from writeup.results.values import median_run, sourced
from writeup.runs import verified

LEAST_WORDS = 8  # of an alternative text
WRITING = (
    "writeup.page.source.wording:check",
    "writeup.page.source.assembly:context",
    "writeup.page.source.templating:render",
    "writeup.page.source.cards:collect",
)


def write(build: Build) -> None:
    """Render the templates with the recorded results; beside the page what the cards of its numbers tell."""
    wording.check(templates(build))
    seen = context(build)
    with cards_shown():
        page = rendered(build, seen)
    notes = [f"{citations.FILE}: nothing cites {key}" for key in seen.citations.uncited(page)]
    for note in (*notes, *handing.read(templates(build)).notes()):
        print(f"    note: {note}", file=sys.stderr, flush=True)
    pictures.lay(page, build.request.report.root, build.request.out)
    write_atomically(build.path(".tex"), bare(page).encode())
    told = json.dumps(cards.collect(build, seen, page), ensure_ascii=False)
    write_atomically(build.path(cards.SUFFIX), told.encode())


def rendered(build: Build, seen: Context) -> str:
    """The page that the templates make: the works that it cites are listed, units do not leave their numbers,
    and a reference to what is not printed gives way to a title.
    """
    text = templating.render(templates(build), build.request.report.template, seen.names())
    derivations.check_answers(text, seen.proofs.values())
    page = derivations.name_absent_lines(seen.citations.filled(text), text, seen.proofs.values())
    return with_units(page, sorted({one.measure.unit for one in build.request.report.claims} - {""}))


def with_units(text: str, units: Sequence[str]) -> str:
    """The page's text with each of these words tied to the number before it, where LaTeX reads the text."""
    if not units:
        return text
    number = r"(?:(?<=[\d$])|(?<=[\d$]\}))"  # a number that is linked to its card ends in }
    unit = "|".join(map(re.escape, units))
    gap = re.compile(rf"{LITERAL.pattern}|{number}\s(?=(?:{unit})\b)", re.DOTALL)
    return gap.sub(lambda found: "~" if found[0].isspace() else found[0], text)


def templates(build: Build) -> Path:
    return build.request.report.source


def sources(build: Build) -> list[Path]:
    """The files that the page shows by themselves: templates, and the modules whose code it lists."""
    pages = sorted(path for path in templates(build).rglob("*") if path.is_file())
    modules = dict.fromkeys(part.code for part in build.request.report.parts)
    pages += pictures.given(build.request.report.root)
    return [*pages, *(path for module in modules if (path := build.code.file(module)) is not None)]


def identity(build: Build) -> dict[str, Any]:
    """What the page depends on besides files: the functions that make it, the settings, what is stale."""
    report, request = build.request.report, build.request
    items = (*report.tables, *report.notes)
    declared: list[Figure | Made] = [*items, *report.figures]
    made = (*(claim.test for claim in report.claims), *(one.make for one in items))
    drawn = (name for one in report.figures for name in (one.draw, one.alt))  # their sources are shown
    entries = (*WRITING, *dict.fromkeys((*made, *drawn)))
    closure = build.code.closure(*entries, *dict.fromkeys(derived(build).values()))
    return {
        "code": closure.digest,
        "definitions": dict(closure.manifest),
        "configs": {name: settings.plain(config) for name, config in request.configs.items()},
        "declared": [[one.name, [shown.name for shown in one.of], one.typical] for one in declared],
        "claims": [
            [c.name, c.a[0].name, c.a[1], c.b[0].name, c.b[1], asdict(c.measure), list(c.words), c.test]
            for c in report.claims
        ],
        "parts": [part.name for part in request.parts],
        "preset": [request.preset, request.shape.mark],
        "stale": sorted(build.stale),
        "runs": [run.fingerprint for run in build.runs],
    }


def recorded(build: Build) -> list[Result]:
    """Every result on disk that was asked for, current or not: runs, and the mutation test."""
    names = ["proofs", "ties"] if build.request.report.ties else ["proofs"]
    peeks = [run.peek for run in build.runs] + [store.peek(build.shared(name)) for name in names]
    # A damaged one is refused: a mean over the others would pass for the mean over all.
    known = [peek for peek in peeks if peek.document or peek.trouble]
    again = verified.recorded(build.request.report.results, build.runs)
    return [*integrity.checked(known, derived(build)), *again]


def derived(build: Build) -> dict[str, str]:
    """The functions that compute scalars again, by part."""
    own = {"proofs": "writeup.proofs.record:derive", "ties": "writeup.proofs.ties:derive"}
    return own | {part.name: part.derive for part in build.request.parts if part.derive}


def context(build: Build) -> Context:
    """What templates see; the numbers in tables and notes are linked to their cards."""
    folder = templates(build)
    handed = handing.read(folder)
    preamble = Tex(latex.preamble(handed.paper, handed.words))
    made = _made(build)
    return replace(made, meta=title.read(folder), preamble=preamble, citations=citations.read(folder))


@lru_cache(maxsize=2)  # `watch` writes the page again and again from the same results
@cards_shown()
def _made(build: Build) -> Context:
    """What templates see of the results; what comes from files beside the templates is still empty."""
    found = recorded(build)
    report, request = build.request.report, build.request
    everything = by_part(found)
    claims = statements(
        report.claims,
        lambda one: recorded_of(one.of, everything, {}, request.configs) if build.shows(one) else None,
    )
    tables, notes = (
        {one.name: made(one, everything, claims, request.configs) for one in items if build.shows(one)}
        for items in (report.tables, report.notes)
    )
    checked = proofs.read(build.proofs)
    derivations.refuse_boasts(checked.values())
    made_of: list[Figure | Made] = [*report.figures, *report.tables, *report.notes]
    return Context(
        meta={},
        preamble=Tex(),
        citations=citations.Citations(),
        pagemark=request.shape.mark,
        standins=request.shape.standins,
        parts=[part.name for part in request.parts],
        stale=build.stale,
        config=request.configs,
        v=values.of(found),
        results=everything,
        claims=claims,
        rule={"alpha": compare.ALPHA, "least_runs": compare.LEAST_RUNS},
        tables=tables,
        notes={name: sourced(note, f"note:{name}") for name, note in notes.items()},
        alts={one.name: alternative(one, everything) for one in build.figures},
        shown={one.name: list(shown(one, everything)) for one in made_of},
        proofs=checked,
        proof_counts=proofs.counts(checked),
        tied=rows(everything["ties"][0].tables["ties"]) if "ties" in everything else [],
        provenance=[provenance.row(result) for result in found],
        origins=provenance.origins(everything),
        adoptions=provenance.adoptions(found),
        machines=provenance.machines([r.provenance for r in found if "threads" in r.provenance]),
        listing=partial(listing, build),
    )


def made(
    one: Made,
    everything: Mapping[str, Sequence[Result]],
    claims: Mapping[str, Any],
    configs: Mapping[str, Any],
) -> Any:
    """What a declared function makes of the results that it is declared of."""
    with trouble.told(f"{one.name} cannot be made"):
        return resolve(one.make)(recorded_of(one.of, everything, claims, configs, one.typical))


def recorded_of(
    of: Sequence[Part],
    everything: Mapping[str, Sequence[Result]],
    claims: Mapping[str, Any],
    configs: Mapping[str, Any],
    number: str = "",
) -> Recorded:
    names = (name for part in of for name in (part.name, *(need.name for need in part.all_needs.values())))
    results = {name: everything[name] for name in names if name in everything}
    numbers = values.of(r for runs in results.values() for r in runs)
    there = [one.name for one in of if number and one.name in results]
    chosen = {name: median_run(results[name], number) for name in there}
    return Recorded(results, numbers, claims, configs, chosen)


def alternative(figure: Figure, everything: Mapping[str, Sequence[Result]]) -> str:
    """What is said in place of a figure, by the function that the declaration names."""
    runs = drawn(figure, (everything.get(one.name, ()) for one in figure.of))
    with trouble.told(f"figure {figure.name} cannot be put into words"):
        text = " ".join(str(resolve(figure.alt)(*runs)).split())
    if len(text.split()) < LEAST_WORDS:
        raise UserError(f"figure {figure.name}: {figure.alt} says {text!r}, too little for who cannot see it")
    if why := asserting.boast(text, numbers=False):
        raise UserError(f"figure {figure.name}: {figure.alt} says more than is seen: {why}")
    return text


def drawn(figure: Figure, runs: Iterable[Sequence[Result]]) -> list[Sequence[Result]]:
    """The runs that a figure is drawn of: of each part all, or the typical one."""
    return [[median_run(some, figure.typical)] if figure.typical else some for some in runs]


def shown(one: Figure | Made, everything: Mapping[str, Sequence[Result]]) -> Iterator[RunsBehind]:
    """Of which runs a figure or table is made: a part each, with the number of its runs; for the caption."""
    for part in one.of:
        if runs := everything.get(part.name):
            found = RunsBehind(part=part.name, runs=len(runs))
            if one.typical:
                found |= {"seed": median_run(runs, one.typical).seed, "by": one.typical}
            yield found


def by_part(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The runs of each part, in the order of their seeds."""
    found: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: r.seed):
        found.setdefault(result.part, []).append(result)
    return found


def listing(build: Build, where: str, names: Sequence[str]) -> str:
    """The source of `names`, as it stands in the module of that part, or in that module."""
    parts = {part.name: part.code for part in build.request.report.parts}
    path = build.code.file(parts.get(where, where))
    if path is None:
        raise UserError(f"a listing names {where!r}, which is neither a part nor a module")
    text = listings.listing(path, *names)
    if why := asserting.boast("\n".join(line.partition("#")[2] for line in text.splitlines())):
        raise UserError(f"{path.name}: a comment of the listing of {', '.join(names)} claims: {why}")
    return text
