"""From results to a report: prove, draw, write, typeset, convert, in this order; and the whole, `report`.

A step runs again when a file that it reads, a definition that it reaches or a setting changed; which
definitions these are is traced. What is not recorded is computed first, by `train`.
"""

import contextlib
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from writeup import graph, trouble
from writeup.build import Build
from writeup.declare import Figure, resolve
from writeup.errors import UserError
from writeup.files import read_text, sweep
from writeup.graph import Step
from writeup.page.source import assembly, citations, pictures, title
from writeup.page.source.cards import SUFFIX as TOLD
from writeup.page.source.templating import line_of
from writeup.proofs import record as proofs
from writeup.proofs import ties
from writeup.request import Request, preset_configs
from writeup.results import integrity, store
from writeup.runs import execute, executors, progress, provenance, verified, weights
from writeup.runs.plan import Run

CHECKING = "writeup.proofs.check:check"
MUTATING = (
    "writeup.proofs.mutation:run",
    "writeup.proofs.mutation:by_step",
    "writeup.proofs.mutation:nearest",
    "writeup.proofs.record:counts",
    "writeup.proofs.record:of_mutants",
    "writeup.proofs.record:each_can_fail",
    "writeup.runs.record:encode",
)
TYING = "writeup.proofs.ties:compare"
DRAWING = ("writeup.page.figures",)  # what every figure needs, slow to import
DRAWN = ".svg", ".json"  # a figure, and its curves' values
CONVERTERS = {".html": "writeup.page.web.html:to_html", ".md": "writeup.page.web.markdown:to_markdown"}
HOUR = 3600  # s; temporary files older than this were left by a killed process


def proving(build: Build) -> Iterator[Step]:
    """Check each step of each derivation and the answers among them, refuse false versions of both steps and
    definitions, compare the code with what is proved.

    The second is a test of the first: a check that lets a false version pass proves nothing.
    """
    report, code = build.request.report, build.code
    checked = {name: code.closure(name, CHECKING).digest for name in report.proofs}
    yield Step(
        "prove",
        partial(proofs.check, checked, build.proofs, build.answers),
        reads=[build.answers] if build.answers.is_file() else [],
        makes=[build.proofs],
        depends=_traced(build, *report.proofs, CHECKING, "writeup.proofs.answers:compare"),
    )
    if report.proofs:
        broken = {name: code.closure(name, MUTATING[0]).digest for name in report.proofs}
        made_by = code.closure(*report.proofs, *MUTATING)
        folder = build.shared("proofs")
        mutate = partial(proofs.mutate, broken, made_by, build.proofs, folder, report.root)
        yield _recorded("mutate", mutate, folder, made_by.digest)
    if report.ties:
        entries = [name for tie in report.ties for name in (tie.function, tie.proved, tie.computed)]
        made_by = code.closure(*dict.fromkeys(entries), TYING)
        folder = build.shared("ties")
        compare = partial(ties.record, report.ties, made_by, folder, report.root)
        yield _recorded("tie", compare, folder, made_by.digest)


def drawing(build: Build) -> Iterator[Step]:
    """A step per figure; they do not depend on each other."""
    derived = assembly.derived(build)
    for figure in build.figures:
        of = [build.folders(one) for one in figure.of]
        traced = _traced(build, *filter(None, (figure.draw, figure.live)), "writeup.page.figures:save")
        yield Step(
            f"draw:{figure.name}",
            partial(draw, figure, of, derived, build.figure(figure, "")),
            reads=[folder / store.FILE for folders in of for folder in folders],
            makes=[build.figure(figure, suffix) for suffix in DRAWN],
            depends=traced | {"typical": figure.typical},
        )


def writing(build: Build) -> Iterator[Step]:
    """Templates and results become report.tex."""
    report = build.request.report
    folders = [folder for one in build.request.parts for folder in build.folders(one)]
    if verified.kept(again := verified.folder(report.results), build.runs):
        folders.append(again)
    checked = {"proofs": report.proofs, "ties": report.ties}
    folders += [build.shared(name) for name, some in checked.items() if some]
    yield Step(
        "write",
        partial(assembly.write, build),
        reads=[*assembly.sources(build), *(folder / store.FILE for folder in folders), build.proofs],
        makes=[build.path(".tex"), build.path(TOLD)],
        depends=assembly.identity(build),
    )


def typesetting(build: Build) -> Iterator[Step]:
    """report.tex becomes the PDF."""
    if ".pdf" not in build.forms:
        return
    yield Step(
        "typeset",
        partial(typeset, build),
        reads=[
            build.path(".tex"),
            *(build.figure(figure, ".svg") for figure in build.figures),
            *pictures.given(build.request.report.root),
            *of_tex(build.request.report.source),
        ],
        makes=[build.path(".pdf")],
        depends=_traced(build, "writeup.page.pdf.typeset:typeset") | {"engine": build.request.engine},
    )


def converting(build: Build, suffixes: Collection[str] = tuple(CONVERTERS)) -> Iterator[Step]:
    """report.tex becomes HTML and Markdown."""
    given = pictures.given(build.request.report.root)
    for suffix in (suffix for suffix in suffixes if suffix in build.forms):
        told = [build.path(TOLD)] if suffix == ".html" else []
        ends = (".svg", ".json") if suffix == ".html" else (".svg",)
        yield Step(
            f"convert:{suffix[1:]}",
            partial(convert, build, suffix),
            reads=[
                build.path(".tex"),
                *given,
                *told,
                *(build.figure(f, end) for f in build.figures for end in ends),
            ],
            makes=[build.path(suffix)],
            depends=_traced(build, CONVERTERS[suffix]),
        )


def before_the_forms(build: Build) -> Iterator[Step]:
    """All that PDF, HTML and Markdown are made of."""
    for steps in (proving, drawing, writing):
        yield from steps(build)


def _traced(build: Build, *entries: str) -> dict[str, Any]:
    """The definitions that these functions reach."""
    closure = build.code.closure(*entries)
    return {"code": closure.digest, "definitions": dict(closure.manifest)}


def _recorded(name: str, make: Callable[[], None], folder: Path, identity: str) -> Step:
    """A step whose outcome is a result in `folder`; if it is damaged, that is printed."""
    peek = store.peek(folder)
    note = f"{peek.trouble.partition(';')[0]}; made anew" if peek.trouble else ""
    return Step(name, make, current=peek.fingerprint == identity, note=note)


def draw(figure: Figure, of: Sequence[Sequence[Path]], derived: Mapping[str, str], path: Path) -> None:
    """Draw one figure, with the values of its curves beside it: `path` with a suffix each.

    of: the folders of the results that it is made of, by part. derived: as of `integrity.load_checked`.
    """
    from writeup.page import bound, figures

    try:
        runs = [[store.load(folder) for folder in folders] for folders in of]
        with trouble.told(f"figure {figure.name} cannot be drawn"):
            shown = assembly.drawn(figure, runs)
            drawn = resolve(figure.draw)(*shown)
            live = resolve(figure.live)(*shown) if figure.live else None
    except UserError:
        for folders in of:  # every result is checked before the page is written; here it may be the cause
            integrity.load_checked(folders, derived)
        raise
    bound.refuse_boasts(figure.name, drawn)
    figures.save(drawn, path, live)


def typeset(build: Build) -> None:
    """The PDF, and a line that says which engine made it."""
    from writeup.page.pdf.typeset import typeset

    with placed(build):
        given = of_tex(build.request.report.source)
        by = typeset(build.path(".tex"), build.path(".pdf"), engine=build.request.engine, given=given)
    print(f"    by {by}")


def of_tex(folder: Path) -> list[Path]:
    """The classes, packages and styles in the folder of the templates, which LaTeX finds."""
    beside = sorted(folder.rglob("*"))
    return [
        path for path in beside if path.suffix in (".cls", ".sty", ".bst", ".bib", ".bbx", ".cbx", ".clo")
    ]


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
        line = read_text(tex).splitlines()[int(found[1]) - 1] if found else ""
        if not (place := line_of(assembly.templates(build), line)):
            raise
        raise UserError(f"{error} (from {place})") from None


@dataclass(frozen=True)
class Output:
    """How much is printed. explain: why each thing is made. verbose: all that training says."""

    explain: bool = False
    quiet: bool = False
    verbose: bool = False


def report(request: Request, output: Output = Output(), *, anew: bool = False) -> Build:
    """Compute what is missing (anew: all), then make the forms of the report that are out of date."""
    start = time.perf_counter()
    with progress.printed(quiet=output.quiet):
        build, computed = _report(request, output, anew)
    if not output.quiet:
        names = [run.name for run in build.runs]
        print(progress.summary(names, computed, time.perf_counter() - start))
    return build


def _report(request: Request, output: Output, anew: bool) -> tuple[Build, set[str]]:
    """The build of today's results, and the names of the runs that were computed for it."""
    from writeup.page.pdf.typeset import choose

    choose(request.engine)  # this and what follows fails before anything is trained
    for folder in (request.report.output, weights.folder()):
        sweep(folder, older=HOUR)
    build = Build(request)
    templates = assembly.templates(build)
    if not (template := templates / request.report.template).is_file():
        raise UserError(f"{template}: no such template")
    title.read(templates)
    citations.read(templates)
    make = partial(graph.make, state=build.state, explain=output.explain)
    computed: set[str] = set()
    if anew or build.pending:
        declared = preset_configs(request.report, request.preset)
        execute.refuse_impossible(build.runs if anew else build.pending, declared, request.data_dir)
        computed = train(build, output, anew=anew, meanwhile=lambda: make(islice(proving(build), 1)))
        build = Build(request)
    many = computed or not all(build.figure(one, ".pdf").is_file() for one in build.figures)
    if build.figures and many and request.jobs != 0:
        drawers = [figure.draw for figure in build.figures]
        imported = [name.partition(":")[0] for name in (*drawers, *assembly.derived(build).values())]
        modules, jobs = [*DRAWING, *dict.fromkeys(imported)], request.jobs or executors.cores()
        with executors.opened(jobs, None, modules, progress.nobody) as executor:
            make(drawing(build), submit=executor.submit)
    for steps in (before_the_forms, typesetting, converting):
        make(steps(build))
    return build, computed


def train(
    build: Build,
    output: Output = Output(),
    *,
    anew: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> set[str]:
    """Compute what is not recorded (anew: all) and record each result at once. Returns the names of the runs.

    meanwhile: done beside the first runs; if it raises, none of them goes on.
    """
    from writeup.runs import record

    request = build.request
    means = record.Means(request.report.root, request.data_dir, request.jobs, request.dask, anew)
    done: set[str] = set()
    said: set[str] = set()

    def left(build: Build) -> list[Run]:
        """The runs still to be computed; why is printed once of each that waits for no other."""
        runs = [run for run in (build.runs if anew else build.pending) if run.name not in done]
        for run in runs if output.explain or not anew else ():
            if not run.waits_for and run.name not in said:
                said.add(run.name)
                print(f"  {run.name}: {'; '.join(run.why()[:3]) or 'asked for anew'}", flush=True)
        return runs

    def replan() -> tuple[list[Run], list[Run]]:
        now = Build(request)
        return left(now), now.runs

    todo = left(build)
    with progress.shown(quiet=output.quiet, verbose=output.verbose, live=request.jobs != 0) as hear:
        for run, result in execute.compute_all(todo, build.runs, means, build.code, replan, meanwhile, hear):
            store.refuse_nonfinite(result)
            kept = provenance.margins(request.report.claims, run.part.name, run.peek.provenance)
            record.save(replace(result, provenance={**result.provenance, "margins": kept}), run.folder)
            store.keep_definitions(run.folder.parents[1], run.definitions)
            done.add(run.name)
            print(f"    {run.name}: {result.provenance['seconds']:.0f} s", flush=True)
    return done
