"""The verb `grade`: read the finished PDF, hold it against the rubric, say what was found."""

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from writeup.errors import UserError
from writeup.grade import paper, rubric, sheet, truth, visible
from writeup.grade.figures import Gallery
from writeup.grade.sheet import Gate, Sheet
from writeup.grade.verdicts import Grader, Verdict

if TYPE_CHECKING:
    from writeup.build import Build


def grade(
    build: "Build", *, pdf: Path | None = None, rules: Path | None = None, minimum: float | None = None
) -> None:
    """Grade the report of a build, or another PDF; raises UserError if points are missing.

    rules: the rubric, templates/rubric.toml by default. minimum: points that are enough; None: all.
    """
    from rich.console import Console

    request = build.request
    rubric_ = rubric.read(rules or request.report.source / rubric.FILE)
    pdf = pdf or build.path(".pdf")
    shown = paper.read(pdf)
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        known = truth.establish(build, Path(folder))
        done = marked(shown, known, rubric_, Gallery(known), _name(pdf, request.report.root))
    sheet.show(done, Console(width=150 if not Console().is_terminal else None))
    for path in sheet.write(done, shown, request.out / "grade"):
        print(_name(path, request.report.root))
    least = rubric_.total if minimum is None else minimum
    if done.open or done.points < least - 1e-6:
        raise UserError(f"grade: {done.summary()}")


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def marked(
    shown: paper.Paper, known: truth.Truth, rules: rubric.Rubric, gallery: Gallery, name: str
) -> Sheet:
    """Every gate and every item of the rubric."""
    grader = Grader(shown, known, rules, gallery)
    marks = [(item, grader.mark(item)) for item in rules.items]
    found = grader.binding.found
    bound = len(found) - len(grader.binding.free)
    return Sheet(name, rules, gates(grader), marks, len(found), bound)


def gates(grader: Grader) -> list[Gate]:
    """What has to hold whatever the points are."""
    binding = grader.binding
    free = binding.free
    spans = [(one.token.begin, one.token.end) for one in free]
    total = len(binding.found)
    if free:
        first = free[0].token
        said = " ".join(grader.paper.text[max(0, first.begin - 50) : first.end + 30].split())
        numbers = grader.failed(f"{total - len(free)} of {total} bound; not {first.text} in: {said}", *spans)
    else:
        numbers = Verdict("pass" if total else "fail", f"{total} of {total} bound")
    return [
        Gate("every number is bound", numbers),
        Gate("nothing is stale", _stale(grader)),
        Gate("what is read can be seen", _seen(grader)),
        Gate("no page is missing", _complete(grader.paper)),
    ]


def _complete(shown: paper.Paper) -> Verdict:
    """Whether the numbers that pages bear count them."""
    numbered = [(at, int(folio)) for at, folio in enumerate(shown.folios, 1) if folio]
    for (before, last), (at, number) in pairwise(numbered):
        if number - last != at - before:
            return Verdict("fail", f"sheet {at} bears the number {number}, sheet {before} {last}", page=at)
    return Verdict("pass", f"{len(shown.folios)} sheets, the numbers of {len(numbered)} count them")


def _seen(grader: Grader) -> Verdict:
    if spans := list(visible.unseen(grader.paper)):
        begin, end = spans[0][0], spans[min(len(spans), 5) - 1][1]
        said = " ".join(grader.paper.text[begin:end].split())
        return grader.failed(f"{len(spans)} words are not on the page: {said[:80]}", *spans)
    return Verdict("pass", "each word of the text has ink on its page")


def _stale(grader: Grader) -> Verdict:
    at = grader.paper.text.find(f"{grader.rubric.stale}.")
    if at >= 0:
        return grader.failed("the report marks a section as stale", (at, at + len(grader.rubric.stale)))
    if stale := sorted(grader.truth.build.stale):
        return Verdict("fail", f"recorded by other code than today's: {', '.join(stale)}")
    return Verdict("pass", "all results are current")
