"""What the verbs of the command line do."""

import fnmatch
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from writeup import graph, handing
from writeup.build import Build
from writeup.declare import Part, resolve
from writeup.errors import UserError
from writeup.files import sweep
from writeup.page.source import assembly, citations, title
from writeup.request import Request, preset_configs
from writeup.results import store, values
from writeup.runs import execute, weights
from writeup.runs.plan import Run
from writeup.steps import CONVERTERS, tasks

DRAWING = "writeup.page.figures", "writeup.page.curves"  # what every figure needs, slow to import
HOUR = 3600  # s; what lies aside for so long, somebody who was killed has left


def build_report(request: Request) -> None:
    """Run the build and say what it took, and where the report lies."""
    from writeup.runs import live

    start = time.perf_counter()
    with live.said(quiet=request.quiet):
        build, computed = _report(request)
    if not request.quiet:
        print(live.summary(build.runs, computed, time.perf_counter() - start))
    for suffix in (".pdf", *CONVERTERS):
        print(build.path(suffix).relative_to(request.report.root))
    if blank := handing.placeholders(title.read(assembly.templates(build))):
        page = f"{request.report.templates}/{title.FILE}"
        said = f"{page} still says {', '.join(blank)}; put yours before you hand this in"
        print(f"note: {said}", file=sys.stderr)


def _report(request: Request) -> tuple[Build, set[str]]:
    """The build of today's results, and the runs that were computed for it."""
    from writeup.page.pdf import typeset
    from writeup.runs import parallel

    typeset.choose(request.engine)  # noticed before anything is trained, as what follows
    for folder in (request.report.output, weights.folder()):
        sweep(folder, older=HOUR)
    build = Build(request)
    if not (template := assembly.templates(build) / request.report.template).is_file():
        raise UserError(f"{template}: no such template")
    title.read(assembly.templates(build))
    citations.read(assembly.templates(build))
    state = request.out / f".{request.stem}.build.json"
    computed: set[str] = set()
    if request.verb == "train" or build.pending:
        declared = preset_configs(request.report, request.preset)
        execute.refuse_impossible(
            build.runs if request.verb == "train" else build.pending, declared, request.data_dir
        )
        proved = partial(graph.build, tasks(build), ["prove"], state, explain=request.explain)
        computed = train(build, meanwhile=proved)
        build = Build(request)
    shown = [figure for figure in request.report.figures if build.shows(figure)]
    if shown and (computed or not all(build.figure(one, ".pdf").is_file() for one in shown)):  # many, then
        drawers = [figure.draw for figure in shown]
        imported = [name.partition(":")[0] for name in (*drawers, *assembly.derived(build).values())]
        cores = parallel.cores()
        with parallel.Nursery(cores, [*DRAWING, *dict.fromkeys(imported)]) as nursery:
            drawn = tasks(build, nursery.value)
            graph.build(drawn, ["draw"], state, explain=request.explain, threads=cores)
    graph.build(tasks(build), ["typeset", "convert"], state, explain=request.explain)
    build.code.keep()
    return build, computed


def train(build: Build, meanwhile: Callable[[], None] = lambda: None) -> set[str]:
    """Compute what is not recorded; each result is recorded as soon as it is there. The names of the runs.

    meanwhile: what is done beside the first of them; where it raises, none of them goes on.
    """
    from writeup.runs import live, record

    request, anew = build.request, build.request.verb == "train"
    means = record.Means(request.report.root, request.data_dir, request.jobs, request.dask, anew)
    done: set[str] = set()
    said: set[str] = set()

    def left(build: Build) -> list[Run]:
        return [run for run in (build.runs if anew else build.pending) if run.name not in done]

    def say_why(runs: Sequence[Run]) -> None:
        for run in runs if request.explain or not anew else ():
            if not run.waits_for and run.name not in said:
                said.add(run.name)
                print(f"  {run.name}: {'; '.join(run.why()[:3]) or 'asked for anew'}", flush=True)

    def replan() -> tuple[list[Run], list[Run]]:
        now = Build(request)
        say_why(left(now))
        return left(now), now.runs

    say_why(left(build))
    build.code.keep()  # the processes of the runs read it
    with live.shown(quiet=request.quiet, verbose=request.verbose):
        todo = left(build)
        for run, result in execute.compute_all(todo, build.runs, means, build.code, replan, meanwhile):
            store.refuse_nonfinite(result)
            record.save(result, run.folder)
            done.add(run.name)
            print(f"    {run.name}: {result.provenance['seconds']:.0f} s", flush=True)
    return done


def print_status(request: Request) -> None:
    """A line per run, and below it what changed."""
    build = Build(request)
    width = 2 + max(len(name) for name in (*(run.name for run in build.runs), *build.timings))
    for run in build.runs:
        reasons = run.why()
        state = "current" if not reasons else "stale" if run.exists else "missing"
        adopted = run.peek.provenance.get("adopted", {}).get("ref", "")
        note = f" (adopted from {adopted})" if adopted and not reasons else ""
        print(f"{run.name:{width}}{state}{note}")
        shown = reasons if request.explain else reasons[:5]
        for line in shown:
            print(f"    {line}")
        if len(reasons) > len(shown):
            print(f"    and {len(reasons) - len(shown)} more; --explain lists all")
    for name, recorded in build.timings.items():
        others = (
            f" (and on {', '.join(folder.name for folder in recorded.others)})" if recorded.others else ""
        )
        print(f"{name:{width}}{'current' if recorded.current else 'stale'}{others}")
    build.code.keep()


def print_values(request: Request) -> None:
    """Every recorded number, one a line, tab-separated; those of stale results say so."""
    build = Build(request)
    patterns = request.targets or ("*",)
    found = values.of(assembly.recorded(build))
    shown = [
        value.line() + ("\tstale" if name.split("/")[0] in build.stale else "")
        for name, value in found.items()
        if any(pattern in name or fnmatch.fnmatch(name, pattern) for pattern in patterns)
    ]
    if not found:
        raise UserError(f"no results under {request.stores[0]}; python build.py report makes them")
    if not shown:
        raise UserError(f"no recorded value matches {patterns[0]!r}; python build.py values lists all")
    print("\n".join(shown))


def print_data(request: Request) -> None:
    """Find or fetch the data, verify them, say where they lie."""
    from writeup.data.find import obtain_all

    used: dict[str, Part] = {part.data.name: part for part in request.parts}
    sources = [resolve(part.data.source) for part in used.values() if part.data.source]
    for text in obtain_all(sources, request.data_dir):  # type: ignore[arg-type]
        print(text)


def measure(request: Request) -> None:
    """Measure the program itself, by the timings named (all where none is)."""
    from writeup.bench import measure as bench

    bench.measure(Build(request))


def prove(request: Request) -> None:
    """Check derivations again, each line of them, and say for what it holds."""
    from dataclasses import asdict

    from writeup.proofs import record, steps

    known = {one.name: one for one in record.derivations(request.report.proofs)}
    for name in request.targets:
        if name not in known:
            raise UserError(f"no derivation {name!r}; there are {', '.join(known) or 'none'}")
    for name in request.targets or known:
        checked = steps.check(known[name])
        print(f"{name}: {record.summary([asdict(one) for one in checked.steps])}; {checked.seconds:.1f} s")


def verify(request: Request) -> None:
    """Compute recorded runs again and compare."""
    from writeup.runs import live
    from writeup.verify import recomputing

    with live.shown(quiet=request.quiet, verbose=request.verbose):
        recomputing.verify(Build(request))


def grade(request: Request) -> None:
    """Read the finished PDF and hold it against the rubric."""
    from writeup.grade import grading

    grading.grade(Build(request))


def archive(request: Request) -> None:
    """Render what is recorded, train nothing, and write it all to one file."""
    from writeup.archive import making

    build = Build(request)
    making.refuse(build)
    build_report(request)
    making.archive(request, build)


def watch(request: Request) -> None:
    """Follow each edit until interrupted."""
    from writeup.watch import watching

    watching.follow(request)


def diff(request: Request) -> None:
    """What moved since commit REF."""
    from writeup.diff import differing

    differing.differ(request, request.targets[0])


def adopt(request: Request) -> None:
    """Let the results that commit REF holds current stand, if this version computes the same."""
    from writeup.adopt import adopting

    adopting.adopt(Build(request), request.targets[0])


def probe(request: Request) -> None:
    """Write to FILE what this version computes in short."""
    from writeup.adopt import probe as probing

    probing.write(Build(request), Path(request.targets[0]))
