"""The declaration as a graph of doit tasks, one kind per arrow: prove, draw, write, typeset, convert.

Trainings come first, by `writeup.runs`: which files the other tasks read follows from them. A task runs again
when a file that it reads, a definition that it reaches, or a setting changed; dependencies are traced.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from writeup import graph, trouble
from writeup.cli import Request
from writeup.declare import Claim, Figure, Made, Shown, Timing, resolve
from writeup.errors import UserError
from writeup.files import read_text, write_atomically
from writeup.identity.closure import Code
from writeup.identity.inert import INERT
from writeup.page import context, marks
from writeup.page.cards import SUFFIX as TOLD
from writeup.proofs import record as proofs
from writeup.proofs import ties
from writeup.results import shelf, store, verified
from writeup.runs.plan import Planner, Run

Task = dict[str, Any]
CHECKING = "writeup.proofs.steps:check_all", "writeup.proofs.steps:as_plain"
MUTATING = (
    "writeup.proofs.mutation:run",
    "writeup.proofs.record:counts",
    "writeup.proofs.record:each_can_fail",
    "writeup.results.store:encode",
)
TYING = "writeup.proofs.ties:compare"


@dataclass(frozen=True, eq=False)
class Build:
    """A request with what is recorded for it, and the paths of what is made of that."""

    request: Request

    def __post_init__(self) -> None:
        """A figure of the typical runs of several parts is made of those that were asked for."""
        asked, report = self.request.parts, self.request.report
        figures = [
            replace(one, of=[part for part in one.of if part in asked] or one.of) if one.typical else one
            for one in report.figures
        ]
        object.__setattr__(self, "request", replace(self.request, report=replace(report, figures=figures)))

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
        """The recorded timings by name; only the first preset, with all its parts, shows them."""
        request, found = self.request, {}
        shown = request.whole and request.preset == next(iter(request.report.presets))
        for timing in request.report.timings if shown else ():
            peeks = {folder: store.peek(folder) for folder in timing_folders(self.request, timing)}
            for peek in peeks.values():
                if peek.trouble:  # a section must not vanish from the page because its record was altered
                    raise UserError(peek.trouble)
            there = [folder for folder, peek in peeks.items() if peek.fingerprint is not None]
            if there:
                last, *others = sorted(there, key=lambda one: peeks[one].provenance["date"], reverse=True)
                declared = {one.name: one.config for one in self.request.report.items}
                stage = self.planner.timing(timing, timing.config, declared, self.runs)
                current = peeks[last].fingerprint == stage.fingerprint
                found[timing.name] = Recorded(last, current, tuple(others))
        return found

    def folders(self, shown: Shown) -> list[Path]:
        """Where the results of a part, seed by seed, or of a timing, the last first, lie; none where it was
        not asked for.
        """
        if isinstance(shown, Timing):
            return self.timings[shown.name].folders if shown.name in self.timings else []
        return [run.recorded for run in self.runs if run.part.name == shown.name]

    def shows(self, item: Figure | Made | Claim) -> bool:
        """Whether the results that an item is made of first are there."""
        return not item.of or bool(self.folders(item.of[0]))

    @cached_property
    def stale(self) -> set[str]:
        """Parts and timings that are rendered although their records do not match the code."""
        parts = {run.part.name for run in self.runs if not run.current}
        return parts | {name for name, recorded in self.timings.items() if not recorded.current}

    @cached_property
    def made(self) -> dict[str, Any]:
        """What templates see of the results, with marks: the same for each version of the templates."""
        with marks.kept():
            return context.made(self)

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
    """A recorded timing: where the last one lies, whether today's code is what was timed, and where those of
    other processors lie, the last first.
    """

    folder: Path
    current: bool
    others: tuple[Path, ...] = ()

    @property
    def folders(self) -> list[Path]:
        return [self.folder, *self.others]


def shared_folder(request: Request, name: str) -> Path:
    """The folder of a result that depends on no preset: the timings, and "proofs" (the mutation test)."""
    return _results(request) / name / "seed-0"


def timing_folder(request: Request, timing: Timing, processor: str) -> Path:
    """Where a timing made on such a processor is recorded."""
    return _results(request) / timing.name / (processor if timing.per_processor else "seed-0")


def timing_folders(request: Request, timing: Timing) -> list[Path]:
    """Where records of a timing may lie: one place, or one for each processor."""
    if not timing.per_processor:
        return [shared_folder(request, timing.name)]
    return sorted(path.parent for path in (_results(request) / timing.name).glob(f"*/{store.FILE}"))


def _results(request: Request) -> Path:
    return request.report.root / "report" / "results"


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
            call = draw, figure, of, context.derived(build), build.figure(figure, "")
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
        if verified.kept(again := verified.folder(report.root), build.runs):
            folders.append(again)
        results = [folder / store.FILE for folder in folders]
        return {
            "actions": [partial(context.write, build)],
            "task_dep": ["mutate", "tie"],
            "file_dep": [
                *context.sources(build),
                *results,
                build.proofs,
                mutants / store.FILE,
                *([tied / store.FILE] if report.ties else []),
            ],
            "uptodate": [graph.unchanged(context.identity(build))],
            "targets": [build.path(".tex"), build.path(TOLD)],
        }

    def task_typeset() -> Task:
        """The PDF."""
        engine = definitions("writeup.page.typeset:typeset") | {"engine": build.request.engine}
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

    of: the folders of the results that it is made of, by part. derived: as of `shelf.read`.
    """
    from writeup.page import curves, figures

    runs = (shelf.read(folders, derived) for folders in of)
    with trouble.told(f"figure {figure.name} cannot be drawn"):
        drawn = resolve(figure.draw)(*context.drawn(figure, runs))
    figures.save(drawn, path)
    write_atomically(path.with_suffix(".json"), json.dumps(curves.of(drawn)).encode())


def typeset(build: Build) -> None:
    """The PDF, and a line that says which engine made it."""
    from writeup.page.typeset import typeset

    with placed(build):
        by = typeset(build.path(".tex"), build.path(".pdf"), engine=build.request.engine)
    print(f"    by {by}")


DRAWN = ".pdf", ".svg", ".json"  # the picture for the printed page and the screen, and its curves' values
CONVERTERS = {".html": "writeup.page.html:to_html", ".md": "writeup.page.markdown:to_markdown"}


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
        place = context.origin(build, read_text(tex), int(found[1])) if found else ""
        if not place:
            raise
        raise UserError(f"{error} (from {place})") from None
