"""The verb `grade`: read finished PDFs, hold each against the rubric, say what was found."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from writeup import apart
from writeup.errors import UserError
from writeup.files import write_atomically
from writeup.grade import formulas, pages, rendered, rubric, seen, sheet
from writeup.grade.items import Grader
from writeup.grade.pages import Paper
from writeup.grade.rendered import Difference
from writeup.grade.sheet import Sheet
from writeup.page.source import title
from writeup.proofs import answers

if TYPE_CHECKING:
    from writeup.build import Build


@dataclass(frozen=True, eq=False)
class Desk:
    """What papers are held against, made once for all of them."""

    build: "Build"
    rubric: rubric.Rubric
    questions: Mapping[str, formulas.Question]
    truth: dict[str, Paper] = field(default_factory=dict)  # by engine, once it was rendered

    @classmethod
    def of(cls, build: "Build", rules: Path | None = None) -> "Desk":
        """The desk of a report: its rubric and its answers. UserError for what is wrong with them."""
        folder = build.request.report.source
        right = folder / answers.FILE
        known = answers.read(right) if right.is_file() else {}
        questions = {name: formulas.Question(one) for name, one in known.items()}
        return cls(build, rubric.read(rules or folder / rubric.FILE), questions)

    def rendered(self, engine: str) -> Paper:
        """The report rendered anew by an engine, once."""
        if engine not in self.truth:
            self.truth[engine] = rendered.anew(self.build, engine)
        return self.truth[engine]

    def marked(self, paper: Paper, name: str, *, ours: bool) -> Sheet:
        """Every item of the rubric. ours: the paper claims to be the report, so that all of it has to be."""
        engine = self.engine(paper, ours=ours)
        should = self.rendered(engine) if engine else None
        if should:
            self._check_titles(should)
        found = differences(paper, should) if should else []
        grader = Grader(paper, self.questions, self.rubric.titles, should, found)
        marks = [(item, grader.mark(item)) for item in self.rubric.items]
        return Sheet(name, self.rubric, marks, [(item, grader.mark(item)) for item in self.rubric.whole])

    def engine(self, paper: Paper, *, ours: bool) -> str:
        """Of the report that a paper is compared with; empty if it is not."""
        if ours or self._titled(paper):
            return rendered.engine_of(paper) or self.build.request.engine
        return ""

    def _titled(self, paper: Paper) -> bool:
        """Whether a paper bears the report's own title, and so claims to be it."""
        said = title.read(self.build.request.report.source)
        wanted = str(said.get("title", ""))
        head = "".join(word.text for word in paper.pages[0].words)
        return bool(wanted) and "".join(wanted.split()) in head

    def _check_titles(self, should: Paper) -> None:
        """UserError where a problem's title is no heading of the report, though all of it was asked for."""
        lacking = [one for one in self.rubric.titles.values() if not should.number(one)]
        request = self.build.request
        if lacking and (
            lacking == [*self.rubric.titles.values()] or len(request.parts) == len(request.report.parts)
        ):
            raise UserError(f"{self.rubric.path.name}: no heading of the report says {lacking[0]!r}")


def differences(paper: Paper, should: Paper) -> list[Difference]:
    """Every difference from the report rendered anew: words, looks, what the file says of itself."""
    beside = rendered.beside(paper, should)
    return [*beside.differences(), *seen.differences(beside), *seen.file_differences(paper, should)]


def grade(
    build: "Build",
    *,
    pdfs: Sequence[Path],
    out: Path,
    rules: Path | None = None,
    minimum: float | None = None,
    each: bool = False,
    recorded: bool = False,
) -> None:
    """Grade the report of a build, or PDFs. UserError where marks are lacking; of many papers, none is.

    each: in a folder of its own, beside a table of all. recorded: the build's runs are those of the PDFs.
    """
    from rich.console import Console

    desk, root = Desk.of(build, rules), build.request.report.root
    if each:
        _class(desk, pdfs, out, recorded)
        return
    path = pdfs[0] if pdfs else build.path(".pdf")
    done, written = _marked(desk, path, _name(path, root), out, ours=recorded or not pdfs)
    sheet.show(done, Console(width=150 if not Console().is_terminal else None))
    for made in written:
        print(_name(made, root))
    least = done.counted if minimum is None else minimum
    if done.points < least - 1e-6:
        raise UserError(f"grade: {done.summary()}")


def _class(desk: Desk, pdfs: Sequence[Path], out: Path, recorded: bool) -> None:
    """A folder per paper, and a table of all; one that cannot be read costs a line."""
    if len({path.stem for path in pdfs}) < len(pdfs):
        raise UserError("grade: two papers have the same name, and each has a folder by its name")
    rows: list[list[str]] = []
    for path in pdfs:
        try:
            done, _ = _marked(desk, path, path.name, out / path.stem, ours=recorded)
        except UserError as error:
            rows.append([path.stem, "", "", str(error)])
        else:
            rows.append([path.stem, f"{done.points:.2f}", f"{done.counted:g}", ""]
                        + [f"{item.points * verdict.share:.2f}" for item, verdict in done.marks])  # fmt: skip
        print(f"{path.name}: {rows[-1][1] or rows[-1][3]}", flush=True)
    table = io.StringIO()
    ids = [item.id for item in desk.rubric.items]
    csv.writer(table).writerows([["paper", "points", "of", "trouble", *ids], *rows])
    write_atomically(out / "grades.csv", table.getvalue().encode())


def _marked(desk: Desk, path: Path, name: str, out: Path, *, ours: bool) -> tuple[Sheet, list[Path]]:
    """The marks of a paper, and the files that tell them; UserError for one that takes too much to read."""

    def mark() -> Sheet | str:
        paper = pages.read(path)
        if (engine := desk.engine(paper, ours=ours)) and engine not in desk.truth:
            return engine
        return desk.marked(paper, name, ours=ours)

    if ours:
        rendered.make(desk.build)
    # What typst makes is made here: it needs its threads, which a fork has not; and once for all papers.
    done = apart.call(mark, what=str(path))
    if isinstance(done, str):
        desk.rendered(done)
        done = apart.call(mark, what=str(path))
        assert isinstance(done, Sheet)
    marks, summary = done, sheet.summary(done)
    return marks, apart.call(lambda: sheet.write(marks, pages.content(path), summary, out), what=str(path))


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name
