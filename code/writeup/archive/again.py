"""Make an archive's report again, or one of its runs, and compare: by the engine that is installed here.

Its declaration and its functions for pages, figures and runs are code of others: they run in a process of
their own, see `writeup.apart`. What they leave, a page in LaTeX with its figures or a result, is read as
data. The engine typesets it in another process, and a third compares. Code of the archive is no judge, but it
is what the report is: a function that prints made-up numbers prints them again.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from writeup import apart, graph, steps, trouble
from writeup.apart import Bounds
from writeup.archive import contents
from writeup.archive.checking import Laid
from writeup.build import Build
from writeup.declare import Report, resolve
from writeup.errors import UserError
from writeup.files import read_plain, refuse_links
from writeup.grade import grading, pages
from writeup.page.pdf.typeset import typeset
from writeup.page.source import cards, pictures
from writeup.request import Request
from writeup.results import store
from writeup.runs import execute, executors, provenance, record
from writeup.verify import judging, recomputing

RENDERING = Bounds(seconds=1800.0, memory=4 << 30)
TRAINING = Bounds(seconds=600.0, memory=16 << 30)
DAY, PATIENCE = 86_400.0, 20.0  # seconds; how much longer than recorded a run may take
GIVEN = "given"  # the folder of classes, packages and styles for LaTeX
LARGEST, MOST = 64 << 20, 1000  # bytes of a page or a figure; figures


def render(laid: Laid) -> list[str]:
    """A line for each form of the report, and one that says how the archive's code was kept to itself.

    Raises UserError for a form that differs from the archive's.
    """
    what, about = f"{laid.path}: what its declaration and page functions do", laid.about
    suffixes = [Path(name).suffix for name in laid.forms]
    asked = f"{__name__}:written", about.declared, about.choices, suffixes
    code = [laid.project / "code"]
    how = apart.confined(*asked, folder=laid.project, what=what, imports=code, bounds=RENDERING)
    paper = laid.folder / "paper"
    _take_over(laid.project, paper, stem := laid.forms[0].rpartition(".")[0])
    setting = f"{__name__}:typeset_all", stem, suffixes, about.choices["engine"]
    apart.confined(*setting, folder=paper, what=f"{laid.path}: typesetting it", bounds=RENDERING)
    lines = [f"its declaration and page functions ran in a process of their own, {how}"]
    for name in laid.forms:
        sides = laid.folder / "made" / name, paper / name
        try:
            found = apart.call(partial(compared, *sides, about.versions), what="comparing it")
        except UserError as error:
            raise UserError(f"{laid.path}: {name}: {error}") from None
        lines.append(f"{name}: {found}")
    return lines


def compute(laid: Laid, names: Sequence[str], data_dir: str | None) -> list[str]:
    """Lines on runs ("PART/SEED", or "PART" for all of its seeds) that are computed again, in full.

    Raises UserError for one that is not as recorded.
    """
    lines, wrong = [], []
    for place in _places(laid, names):
        part, seed = place.parts[-2], int(place.name.removeprefix("seed-"))
        known = store.peek(laid.project / place).provenance
        threads = int(known.get("threads", 1))
        shutil.copytree(laid.project, work := laid.folder / f"{part}-{seed}")
        shutil.rmtree(work / place)  # the code is not told what it should find
        data = Path(data_dir).expanduser().absolute() if data_dir else None
        asked = laid.about.declared, laid.about.choices, part, seed, dict(known.get("executed", {})), data
        how = apart.confined(
            f"{__name__}:computed",
            *asked,
            folder=work,
            what=f"{part} seed {seed}",
            imports=[work / "code"],
            reads=[data] if data else [],
            bounds=replace(TRAINING, seconds=min(DAY, TRAINING.seconds + PATIENCE * known.get("seconds", 0))),
            environ=executors.LIBRARIES | dict.fromkeys(executors.THREAD_LIMITS, str(threads)),
        )
        found = work / "again" / part / f"seed-{seed}"
        verdict = apart.call(partial(judged, laid.project, place, found, threads), what=f"{part} seed {seed}")
        lines += [f"{part} seed {seed} was computed by the archive's code, {how}", *verdict.lines()]
        wrong += [f"{part} seed {seed}: {one}" for one in verdict.wrong]
        shutil.rmtree(work)
    if wrong:
        raise UserError(f"{laid.path}: not as recorded: {wrong[0]}")
    return lines


def _places(laid: Laid, names: Sequence[str]) -> list[Path]:
    """The folders of the results that are named."""
    known = {f"{Path(one).parts[-2]}/{Path(one).name[5:]}": Path(one) for one in laid.results}
    found: dict[Path, None] = {}
    for name in names:
        those = [place for run, place in known.items() if name in (run, run.partition("/")[0])]
        if not those:
            raise UserError(f"{laid.path}: {name} is no run of it; PART or PART/SEED, of {', '.join(known)}")
        found |= dict.fromkeys(those)
    return list(found)


def _take_over(project: Path, paper: Path, stem: str) -> None:
    """Copy what was written, page, cards and figures, as plain files of bounded size."""
    refuse_links(project, (tex := project / f"{stem}.tex").parent)
    figures = [path for path in (tex.parent / "figures").glob("*") if path.suffix in steps.DRAWN]
    figures += [path for path in (tex.parent / pictures.FOLDER).rglob("*") if path.is_file()]
    if len(figures) > MOST:
        raise UserError(f"{len(figures):,} figures, and at most {MOST:,} are read")
    for path in steps.of_tex(project):
        (paper / GIVEN).mkdir(parents=True, exist_ok=True)
        (paper / GIVEN / path.name).write_bytes(read_plain(path, LARGEST))
    for path in [tex, project / f"{stem}{cards.SUFFIX}", *figures]:
        target = paper / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read_plain(path, LARGEST))


# --- in processes of their own ---


def _build(declared: str, choices: Mapping[str, Any], **more: Any) -> Build:
    with trouble.told(f"{declared} cannot be read"):
        report: Any = resolve(declared)
    if not isinstance(report, Report):
        raise UserError(f"{declared} is no report")
    return Build(Request.of(report, **choices, **more))


def written(declared: str, choices: Mapping[str, Any], suffixes: Sequence[str]) -> None:
    """Prove, draw and write the report of the project in this folder; train nothing."""
    build = _build(declared, choices)
    if sorted(build.forms) != sorted(suffixes):
        raise UserError(f"the report is here as {', '.join(suffixes)}, declared as {', '.join(build.forms)}")
    for run in build.pending:
        raise UserError(f"{run.name} is not current for the engine installed here: {run.why()[0]}")
    graph.make(steps.before_the_forms(build), build.state)


def typeset_all(stem: str, suffixes: Sequence[str], engine: str) -> None:
    """The page that was written in these forms."""
    tex = Path(f"{stem}.tex")
    if ".pdf" in suffixes:
        typeset(tex, tex.with_suffix(".pdf"), engine=engine, given=sorted(Path(GIVEN).glob("*")))
    for suffix, convert in steps.CONVERTERS.items():
        if suffix not in suffixes:
            continue
        told = [Path(f"{stem}{cards.SUFFIX}")] if suffix == ".html" else []
        resolve(convert)(tex, tex.with_suffix(suffix), *told)


def computed(
    declared: str,
    choices: Mapping[str, Any],
    part: str,
    seed: int,
    executed: Mapping[str, Any],
    data_dir: Path | None,
) -> None:
    """Compute a run of the project in this folder, and save it in the folder `again`."""
    build = _build(declared, choices, data_dir=str(data_dir) if data_dir else None)
    found = [run for run in build.runs if (run.part.name, run.seed) == (part, seed)]
    if not found:
        raise UserError("no run of the report that the archive declares")
    run = recomputing.as_recorded(found[0], executed)
    means = record.Means(build.request.report.root, data_dir, jobs=0)
    for _, result in execute.compute_all([run], build.runs, means, build.code):
        record.save(result, Path("again", part, f"seed-{seed}"))


def judged(project: Path, place: Path, again: Path, threads: int) -> judging.Verdict:
    """What came out beside what is recorded; where it was computed is not for the archive to say."""
    recorded = [store.load(path.parent) for path in sorted((project / place.parents[1]).rglob(store.FILE))]
    before, found = store.load(project / place), store.load(again)
    if store.fingerprint(found) != store.fingerprint(before):
        raise UserError("the code in the archive, with the engine here, is not what the record was made by")
    here = {"machine": provenance.machine(), "threads": threads, "evaluated": {}}
    here |= {"versions": provenance.installed(before.provenance.get("versions", {}))}
    found = replace(found, provenance={**found.provenance, **here})
    return judging.judge(found, before, recorded)


def compared(old: Path, new: Path, versions: Mapping[str, str]) -> str:
    """How one form compares; raises UserError if it differs in what a reader sees."""
    before, now = old.read_bytes(), read_plain(new, LARGEST)
    if now == before:
        return "rendered again, the same to the byte"
    here = contents.versions()
    others = [f"{n} {here.get(n, 'none')} (there {v})" for n, v in versions.items() if here.get(n) != v]
    why = f"here {', '.join(others)}" if others else "with the same versions of all packages"
    if old.suffix == ".pdf":  # the first difference that a grader would name, in words or to the eye
        papers = [pages.parse(Path("report.pdf"), data) for data in (before, now)]
        problem = next(map(str, grading.differences(*papers)), "")
        seen = "the same text and, to the eye, pages"
    else:
        problem, seen = _text_differs(before, now), "the same text"
        problem = problem or ("" if others else "what a reader does not see differs")
    if problem:
        raise UserError(f"not what its results and templates render to: {problem}; {why}")
    return f"rendered again, {seen}; other bytes; {why}"


def _text_differs(before: bytes, now: bytes) -> str:
    """The first words that differ between two pages of HTML or Markdown; "" if none do."""
    old, new = (_words(data) for data in (before, now))
    for one, other in zip(old, new, strict=False):
        if one != other:
            return f"{one!r} has become {other!r}"
    return "" if len(old) == len(new) else f"{len(old)} words, and {len(new)} rendered again"


def _words(data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    return unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)).split()
