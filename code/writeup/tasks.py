"""The declaration as a graph of doit tasks, one kind per arrow: prove, draw, write, typeset, convert.

Trainings come first, by `writeup.runs`: which files the other tasks read follows from them. A task runs again
when a file that it reads, a definition that it reaches, or a setting changed; dependencies are traced.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from writeup import graph
from writeup.cli import Request
from writeup.declare import Figure, Made, Part, Shown, Timing, resolve
from writeup.identity.closure import Code
from writeup.identity.inert import INERT
from writeup.page import context
from writeup.proofs import record as proofs
from writeup.results import store
from writeup.runs.plan import Planner, Run

Task = dict[str, Any]
CHECKING = "writeup.proofs.steps:check_all", "writeup.proofs.steps:as_plain"
MUTATING = "writeup.proofs.mutation:run", "writeup.results.store:encode"


@dataclass(frozen=True, eq=False)
class Build:
    """A request with what is recorded for it, and the paths of what is made of that."""

    request: Request

    @cached_property
    def code(self) -> Code:
        """The source of the engine and of the packages beside the project's declaration."""
        folder = self.request.report.root / "code"
        own = {path.parent.name: path.parent for path in sorted(folder.glob("*/__init__.py"))}
        engine = {"writeup": Path(__file__).parent}
        inert = {**INERT, **self.request.report.inert}
        return Code({**own, **engine}, inert, self.request.report.root / "report" / ".cache" / "code.json")

    @cached_property
    def planner(self) -> Planner:
        return Planner(self.code, self.request.stores)

    @cached_property
    def runs(self) -> list[Run]:
        request = self.request
        return self.planner.runs(request.parts, request.configs, request.seeds, request.shape.standins)

    @cached_property
    def pending(self) -> list[Run]:
        """The runs that have to be computed before the report can be rendered."""
        stale_will_do = self.request.allow_stale
        return [run for run in self.runs if not (run.current or (stale_will_do and run.exists))]

    @cached_property
    def timings(self) -> dict[str, "Recorded"]:
        """The recorded timings by name; no preset changes them, and a report of some parts shows none."""
        found = {}
        for timing in self.request.report.timings if self.request.whole else ():
            folder = shared_folder(self.request, timing.name)
            peek = store.peek(folder)
            if peek.fingerprint is not None:
                declared = {one.name: one.config for one in self.request.report.items}
                stage = self.planner.timing(timing, timing.config, declared, self.runs)
                found[timing.name] = Recorded(folder, peek.fingerprint == stage.fingerprint)
        return found

    def folders(self, shown: Shown) -> list[Path]:
        """Where the results of a part, seed by seed, or of a timing lie; none where it was not asked for."""
        if isinstance(shown, Timing):
            return [self.timings[shown.name].folder] if shown.name in self.timings else []
        return [run.recorded for run in self.runs if run.part.name == shown.name]

    def shows(self, item: Figure | Made) -> bool:
        """Whether the results that an item is made of first are there."""
        return not item.of or bool(self.folders(item.of[0]))

    @cached_property
    def stale(self) -> set[str]:
        """Parts and timings that are rendered although their records do not match the code."""
        parts = {run.part.name for run in self.runs if not run.current}
        return parts | {name for name, recorded in self.timings.items() if not recorded.current}

    def path(self, suffix: str) -> Path:
        """The report in one of its forms."""
        return self.request.out / f"{self.request.stem}{suffix}"

    def figure(self, figure: Figure, suffix: str) -> Path:
        return self.request.out / "figures" / f"{figure.name}{suffix}"

    @property
    def proofs(self) -> Path:
        return self.request.out / "proofs.json"


@dataclass(frozen=True)
class Recorded:
    """A recorded timing: where it lies, and whether today's code is what was timed."""

    folder: Path
    current: bool


def shared_folder(request: Request, name: str) -> Path:
    """The folder of a result that depends on no preset: the timings, and "proofs" (the mutation test)."""
    return request.report.root / "report" / "results" / name / "seed-0"


# --- the graph ---


def tasks(build: Build) -> dict[str, Callable[[], Task | Iterator[Task]]]:
    """Result -> figures, tables, claims -> .tex -> PDF, HTML, Markdown."""
    report, code = build.request.report, build.code
    figures = [figure for figure in report.figures if build.shows(figure)]
    mutants = shared_folder(build.request, "proofs")

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
        current = store.peek(mutants).fingerprint == identity
        return {"actions": [broken], "task_dep": ["prove"], "uptodate": [current]}

    def task_draw() -> Iterator[Task]:
        """One task per figure."""
        for figure in figures:
            yield {
                "name": figure.name,
                "actions": [partial(draw, build, figure)],
                "file_dep": [folder / store.FILE for one in figure.of for folder in build.folders(one)],
                "uptodate": [traced(figure.draw, "writeup.page.figures:save")],
                "targets": [build.figure(figure, ".pdf"), build.figure(figure, ".svg")],
            }

    def task_write() -> Task:
        """Templates and results become report.tex."""
        shown: list[Shown] = [*build.request.parts, *report.timings]
        results = [folder / store.FILE for one in shown for folder in build.folders(one)]
        return {
            "actions": [partial(context.write, build)],
            "task_dep": ["mutate"],
            "file_dep": [*context.sources(build), *results, build.proofs, mutants / store.FILE],
            "uptodate": [graph.unchanged(context.identity(build))],
            "targets": [build.path(".tex")],
        }

    def task_typeset() -> Task:
        """The PDF."""
        engine = definitions("writeup.page.typeset:typeset") | {"engine": build.request.engine}
        return {
            "actions": [partial(typeset, build)],
            "file_dep": [build.path(".tex"), *(build.figure(figure, ".pdf") for figure in figures)],
            "uptodate": [graph.unchanged(engine)],
            "targets": [build.path(".pdf")],
        }

    def task_convert() -> Iterator[Task]:
        """HTML and Markdown from the same source."""
        for suffix, writer in CONVERTERS.items():
            yield {
                "name": suffix[1:],
                "actions": [partial(convert, build, suffix)],
                "file_dep": [build.path(".tex"), *(build.figure(figure, ".svg") for figure in figures)],
                "uptodate": [traced(writer)],
                "targets": [build.path(suffix)],
            }

    return {name: task for name, task in locals().items() if name.startswith("task_")}


def draw(build: Build, figure: Figure) -> None:
    """Draw one figure as PDF and SVG."""
    from writeup.page import figures

    runs = [[store.load(folder) for folder in build.folders(one)] for one in figure.of]
    figures.save(resolve(figure.draw)(*runs), build.figure(figure, ""))


def typeset(build: Build) -> None:
    """The PDF, and a line that says which engine made it."""
    from writeup.page.typeset import typeset

    print(f"    by {typeset(build.path('.tex'), build.path('.pdf'), engine=build.request.engine)}")


CONVERTERS = {".html": "writeup.page.html:to_html", ".md": "writeup.page.markdown:to_markdown"}


def convert(build: Build, suffix: str) -> None:
    """HTML or Markdown."""
    resolve(CONVERTERS[suffix])(build.path(".tex"), build.path(suffix))


# --- the verbs ---


def build_report(request: Request) -> None:
    """Run the build and say where the report lies."""
    from writeup.page import typeset

    typeset.choose(request.engine)  # noticed before anything is trained
    build = Build(request)
    state = request.out / f".{request.stem}.build.json"
    if request.verb == "train" or build.pending:
        graph.build(tasks(build), ["prove"], state, explain=request.explain)
        train(build)
        build = Build(request)
    graph.build(tasks(build), ["typeset", "convert"], state, explain=request.explain)
    build.code.keep()
    for suffix in (".pdf", *CONVERTERS):
        print(build.path(suffix).relative_to(request.report.root))


def train(build: Build) -> None:
    """Compute what is not recorded; each result is recorded as soon as it is there.

    What other parts need comes first: with its weights the others' identities are known.
    """
    from writeup.runs import compute

    request, anew = build.request, build.request.verb == "train"
    means = compute.Means(request.report.root, request.data_dir, request.jobs, request.dask, anew)
    needed = {need.name for part in request.parts for need in part.all_needs.values()}
    done: set[str] = set()
    while True:
        pending = build.runs if anew else build.pending
        left = [run for run in pending if run.name not in done]
        wave = [run for run in left if run.part.name in needed] or left
        if not wave:
            return
        for run in wave if request.explain or not anew else ():
            print(f"  {run.name}: {'; '.join(run.why()[:3]) or 'asked for anew'}", flush=True)
        for run, result in compute.compute_all(wave, build.runs, means, build.code):
            store.save(result, run.folder)
            done.add(run.name)
            print(f"    {run.name}: {result.provenance['seconds']:.0f} s", flush=True)
        build = Build(request)


def print_status(request: Request) -> None:
    """A line per run, and below it what changed."""
    build = Build(request)
    for run in build.runs:
        reasons = run.why()
        state = "current" if not reasons else "stale" if run.exists else "missing"
        adopted = run.peek.provenance.get("adopted", {}).get("ref", "")
        note = f" (adopted from {adopted})" if adopted and not reasons else ""
        print(f"{run.name:24}{state}{note}")
        shown = reasons if request.explain else reasons[:5]
        for line in shown:
            print(f"    {line}")
        if len(reasons) > len(shown):
            print(f"    and {len(reasons) - len(shown)} more; --explain lists all")
    for name, recorded in build.timings.items():
        print(f"{name:24}{'current' if recorded.current else 'stale'}")
    build.code.keep()


def print_values(request: Request) -> None:
    """Every recorded number, one a line, tab-separated; those of stale results say so."""
    import fnmatch

    from writeup.errors import UserError
    from writeup.results import values

    build = Build(request)
    patterns = request.targets or ("*",)
    found = values.of(context.recorded(build))
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
    sys.stdout.flush()


def adopt(request: Request) -> None:
    """Let the results that commit REF holds current stand, if this version computes the same."""
    from writeup.identity import adopt as adoption

    adoption.adopt(Build(request), request.targets[0])


def probe(request: Request) -> None:
    """Write to FILE what this version computes in short."""
    from writeup.identity import probe as probing

    probing.write(Build(request), Path(request.targets[0]))
