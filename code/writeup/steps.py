"""The declaration as a graph of doit tasks, one kind per arrow: prove, draw, write, typeset, convert.

Trainings come first, by `writeup.runs`: which files the other tasks read follows from them. A task runs again
when a file that it reads, a definition that it reaches, or a setting changed; dependencies are traced.
"""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from writeup import graph, trouble
from writeup.build import Build, shared_folder
from writeup.declare import Figure, Shown, resolve
from writeup.errors import UserError
from writeup.files import read_text, sweep, write_atomically
from writeup.page.source import assembly, citations, title
from writeup.page.source.cards import SUFFIX as TOLD
from writeup.proofs import record as proofs
from writeup.proofs import ties
from writeup.request import Request, preset_configs
from writeup.results import integrity, store, verified
from writeup.runs import execute, parallel, weights
from writeup.runs.plan import Run

Task = dict[str, Any]
CHECKING = "writeup.proofs.steps:check_all", "writeup.proofs.steps:as_plain"
MUTATING = (
    "writeup.proofs.mutation:run",
    "writeup.proofs.record:counts",
    "writeup.proofs.record:each_can_fail",
    "writeup.runs.record:encode",
)
TYING = "writeup.proofs.ties:compare"
DRAWING = "writeup.page.figures", "writeup.page.curves"  # what every figure needs, slow to import
HOUR = 3600  # s; temporary files older than this were left by a killed process


def here(function: Callable[..., None], *call: Any) -> None:
    """A call, made in this process."""
    function(*call)


def tasks(build: Build, aside: Callable[..., None] = here) -> dict[str, Callable[[], Task | Iterator[Task]]]:
    """Result -> figures, tables, claims -> .tex -> PDF, HTML, Markdown.

    aside: makes the calls that draw, aside(function, *call).
    """
    report, code = build.request.report, build.code
    figures = [figure for figure in report.figures if build.shows(figure)]
    mutants, tied = shared_folder(build.request, "proofs"), shared_folder(build.request, "ties")

    def definitions(*entries: str) -> dict[str, Any]:
        closure = code.closure(*entries)
        return {"code": closure.digest, "definitions": dict(closure.manifest)}

    def traced(*entries: str) -> Callable[..., bool]:
        return graph.unchanged(definitions(*entries))

    def task_prove() -> Task:
        """Every step of every derivation."""
        engine = code.closure("writeup.proofs.steps:check_step").digest
        checked = partial(proofs.check, report.proofs, engine, build.proofs)
        return {
            "actions": [checked],
            "uptodate": [traced(*report.proofs, *CHECKING)],
            "targets": [build.proofs],
        }

    def task_mutate() -> Task:
        """A test of the test: every step broken, every false version refused."""
        engine = code.closure("writeup.proofs.mutation:run_step").digest
        identity = code.closure(*report.proofs, *MUTATING).digest
        broken = partial(proofs.mutate, report.proofs, engine, identity, build.proofs, mutants, report.root)
        peek = store.peek(mutants)
        current = peek.fingerprint == identity
        return {"actions": [partial(damage, peek), broken], "task_dep": ["prove"], "uptodate": [current]}

    def task_tie() -> Task:
        """The losses of the code against the expressions that were proved."""
        if not report.ties:
            return {"actions": []}
        entries = [name for tie in report.ties for name in (tie.function, tie.proved, tie.computed)]
        identity = code.closure(*dict.fromkeys(entries), TYING).digest
        compared = partial(ties.record, report.ties, identity, tied, report.root)
        peek = store.peek(tied)
        current = peek.fingerprint == identity
        return {"actions": [partial(damage, peek), compared], "task_dep": ["prove"], "uptodate": [current]}

    def task_draw() -> Iterator[Task]:
        """One task per figure."""
        for figure in figures:
            made = figure.draw, "writeup.page.figures:save", "writeup.page.curves:of"
            drawn = definitions(*made) | {"typical": figure.typical}
            of = [build.folders(one) for one in figure.of]
            call = draw, figure, of, assembly.derived(build), build.figure(figure, "")
            yield {
                "name": figure.name,
                "actions": [partial(aside, *call)],
                "file_dep": [folder / store.FILE for folders in of for folder in folders],
                "uptodate": [graph.unchanged(drawn)],
                "targets": [build.figure(figure, suffix) for suffix in DRAWN],
            }

    def task_write() -> Task:
        """Templates and results become report.tex."""
        shown: list[Shown] = [*build.request.parts, *report.timings]
        folders = [folder for one in shown for folder in build.folders(one)]
        if verified.kept(again := verified.folder(report.results), build.runs):
            folders.append(again)
        results = [folder / store.FILE for folder in folders]
        return {
            "actions": [partial(assembly.write, build)],
            "task_dep": ["mutate", "tie"],
            "file_dep": [
                *assembly.sources(build),
                *results,
                build.proofs,
                mutants / store.FILE,
                *([tied / store.FILE] if report.ties else []),
            ],
            "uptodate": [graph.unchanged(assembly.identity(build))],
            "targets": [build.path(".tex"), build.path(TOLD)],
        }

    def task_typeset() -> Task:
        """The PDF."""
        engine = definitions("writeup.page.pdf.typeset:typeset") | {"engine": build.request.engine}
        return {
            "actions": [partial(typeset, build)],
            "file_dep": [
                build.path(".tex"),
                *(build.figure(figure, suffix) for figure in figures for suffix in (".pdf", ".svg")),
            ],
            "uptodate": [graph.unchanged(engine)],
            "targets": [build.path(".pdf")],
        }

    def task_convert() -> Iterator[Task]:
        """HTML and Markdown from the same source."""
        for suffix, writer in CONVERTERS.items():
            ends = DRAWN[1:] if suffix == ".html" else (".svg",)
            yield {
                "name": suffix[1:],
                "actions": [partial(convert, build, suffix)],
                "file_dep": [
                    build.path(".tex"),
                    *([build.path(TOLD)] if suffix == ".html" else []),
                    *(build.figure(figure, end) for figure in figures for end in ends),
                ],
                "uptodate": [traced(writer)],
                "targets": [build.path(suffix)],
            }

    return {name: task for name, task in locals().items() if name.startswith("task_")}


def damage(peek: store.Peek) -> None:
    """Say why a record that lies there is made anew, where it is damaged."""
    if peek.trouble:
        print(f"      {peek.trouble.partition(';')[0]}; made anew", flush=True)


def draw(figure: Figure, of: Sequence[Sequence[Path]], derived: Mapping[str, str], path: Path) -> None:
    """Draw one figure as PDF and SVG, with the values of its curves beside it: `path` with a suffix each.

    of: the folders of the results that it is made of, by part. derived: as of `integrity.read`.
    """
    from writeup.page import curves, figures

    runs = (integrity.read(folders, derived) for folders in of)
    with trouble.told(f"figure {figure.name} cannot be drawn"):
        drawn = resolve(figure.draw)(*assembly.drawn(figure, runs))
    figures.save(drawn, path)
    write_atomically(path.with_suffix(".json"), json.dumps(curves.of(drawn)).encode())


def typeset(build: Build) -> None:
    """The PDF, and a line that says which engine made it."""
    from writeup.page.pdf.typeset import typeset

    with placed(build):
        by = typeset(build.path(".tex"), build.path(".pdf"), engine=build.request.engine)
    print(f"    by {by}")


DRAWN = ".pdf", ".svg", ".json"  # the picture for the printed page and the screen, and its curves' values
CONVERTERS = {".html": "writeup.page.web.html:to_html", ".md": "writeup.page.web.markdown:to_markdown"}
FORMS = ".pdf", *CONVERTERS


def convert(build: Build, suffix: str) -> None:
    """HTML or Markdown."""
    told = [build.path(TOLD)] if suffix == ".html" else []
    with placed(build):
        resolve(CONVERTERS[suffix])(build.path(".tex"), build.path(suffix), *told)


@contextlib.contextmanager
def placed(build: Build) -> Iterator[None]:
    """A UserError that names a line of report.tex names the template's line too."""
    tex = build.path(".tex")
    try:
        yield
    except UserError as error:
        found = re.match(rf"{re.escape(tex.name)}:(\d+): ", str(error))
        place = assembly.origin(build, read_text(tex), int(found[1])) if found else ""
        if not place:
            raise
        raise UserError(f"{error} (from {place})") from None


def report(
    request: Request, *, anew: bool = False, explain: bool = False, quiet: bool = False, verbose: bool = False
) -> Build:
    """Compute what is missing (anew: all), then make whatever forms of the report that changed.

    explain, quiet, verbose: what is printed of it.
    """
    from writeup.runs import live

    start = time.perf_counter()
    with live.said(quiet=quiet):
        build, computed = _report(request, anew, explain, quiet, verbose)
    if not quiet:
        print(live.summary(build.runs, computed, time.perf_counter() - start))
    return build


def _report(
    request: Request, anew: bool, explain: bool, quiet: bool, verbose: bool
) -> tuple[Build, set[str]]:
    """The build of today's results, and the names of the runs that were computed for it."""
    from writeup.page.pdf.typeset import choose

    choose(request.engine)  # this and what follows fails before anything is trained
    for folder in (request.report.output, weights.folder()):
        sweep(folder, older=HOUR)
    build = Build(request)
    if not (template := assembly.templates(build) / request.report.template).is_file():
        raise UserError(f"{template}: no such template")
    title.read(assembly.templates(build))
    citations.read(assembly.templates(build))
    state = request.out / f".{request.stem}.build.json"
    computed: set[str] = set()
    if anew or build.pending:
        declared = preset_configs(request.report, request.preset)
        execute.refuse_impossible(build.runs if anew else build.pending, declared, request.data_dir)
        proved = partial(graph.build, tasks(build), ["prove"], state, explain=explain)
        computed = train(build, proved, anew=anew, explain=explain, quiet=quiet, verbose=verbose)
        build = Build(request)
    shown = [figure for figure in request.report.figures if build.shows(figure)]
    many = computed or not all(build.figure(one, ".pdf").is_file() for one in shown)
    if shown and many and request.jobs != 0:
        drawers = [figure.draw for figure in shown]
        imported = [name.partition(":")[0] for name in (*drawers, *assembly.derived(build).values())]
        cores = parallel.cores()
        with parallel.Nursery(cores, [*DRAWING, *dict.fromkeys(imported)]) as nursery:
            graph.build(tasks(build, nursery.value), ["draw"], state, explain=explain, threads=cores)
    graph.build(tasks(build), ["typeset", "convert"], state, explain=explain)
    build.code.keep()
    return build, computed


def train(
    build: Build,
    meanwhile: Callable[[], None] = lambda: None,
    *,
    anew: bool = False,
    explain: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> set[str]:
    """Compute what is not recorded (anew: all) and record each result at once. Returns the names of the runs.

    meanwhile: done beside the first runs; if it raises, none of them goes on.
    """
    from writeup.runs import live, record

    request = build.request
    means = record.Means(request.report.root, request.data_dir, request.jobs, request.dask, anew)
    done: set[str] = set()
    said: set[str] = set()

    def left(build: Build) -> list[Run]:
        return [run for run in (build.runs if anew else build.pending) if run.name not in done]

    def say_why(runs: Sequence[Run]) -> None:
        for run in runs if explain or not anew else ():
            if not run.waits_for and run.name not in said:
                said.add(run.name)
                print(f"  {run.name}: {'; '.join(run.why()[:3]) or 'asked for anew'}", flush=True)

    def replan() -> tuple[list[Run], list[Run]]:
        now = Build(request)
        say_why(left(now))
        return left(now), now.runs

    say_why(left(build))
    build.code.keep()  # the processes of the runs read it
    with live.shown(quiet=quiet, verbose=verbose):
        todo = left(build)
        for run, result in execute.compute_all(todo, build.runs, means, build.code, replan, meanwhile):
            store.refuse_nonfinite(result)
            record.save(result, run.folder)
            done.add(run.name)
            print(f"    {run.name}: {result.provenance['seconds']:.0f} s", flush=True)
    return done
