"""Does the grader see what is wrong? Reports are damaged on purpose, one change each, typeset and graded.

A damage changes the source, a figure, or the finished PDF; it is caught where the item (or gate) that it says
fails, and that item passes in the report as it is.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from writeup.errors import UserError
from writeup.grade import grading, paper
from writeup.grade.figures import Gallery
from writeup.grade.rubric import Rubric
from writeup.grade.sheet import Sheet
from writeup.grade.truth import Truth
from writeup.page import embedded, latex, typeset

Pdf = bytes


class NothingToDamage(Exception):
    """The report has not what a damage would change."""


@dataclass(eq=False)
class Copy:
    """A report before it is typeset: its source, its figures, and what is done to the PDF in the end."""

    folder: Path
    tex: str
    after: list[Callable[[Pdf], Pdf]] = field(default_factory=list)

    def swap(self, old: str, new: str) -> None:
        """Put `new` in place of the first `old`."""
        if not old or old not in self.tex or old == new:
            raise NothingToDamage(old[:60])
        self.tex = self.tex.replace(old, new, 1)

    def exchange(self, one: str, two: str) -> None:
        """Put each of two pieces in the place of the other."""
        if one not in self.tex or two not in self.tex or one == two:
            raise NothingToDamage(f"{one[:30]} / {two[:30]}")
        self.tex = self.tex.replace(one, "\0", 1).replace(two, one, 1).replace("\0", two, 1)

    def figure(self, name: str) -> Path:
        path = self.folder / "figures" / f"{name}.pdf"
        if f"figures/{name}.pdf" not in self.tex:
            raise NothingToDamage(name)
        return path

    def pdf(self, engine: str = "embedded") -> Pdf:
        path = self.folder / "report.tex"
        path.write_text(self.tex, encoding="utf-8")
        if engine == "embedded":
            data = embedded.typeset(latex.read(path), epoch=typeset.EPOCH)
        else:
            typeset.typeset(path, path.with_suffix(".pdf"), engine=engine)
            data = path.with_suffix(".pdf").read_bytes()
        for change in self.after:
            data = change(data)
        return data


@dataclass(frozen=True)
class Damage:
    """name: what is changed. at: the items of which one has to fail, as "kind:target", or "gate:…"."""

    name: str
    at: Sequence[str]
    make: Callable[[Copy], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a damage: caught at its item, elsewhere, missed, or absent (nothing to damage)."""

    damage: Damage
    word: str
    failed: Sequence[str]


def source(truth: Truth) -> str:
    """The report's source, rendered from the results."""
    from writeup.page import context, templating

    build = truth.build
    folder = context.templates(build)
    text = templating.render(folder, build.request.report.template, truth.names)
    return context.finished(build, truth.names, text)


@dataclass(frozen=True, eq=False)
class Workshop:
    """Where reports are damaged: the truth, the rubric, the source of the report as it is."""

    truth: Truth
    rubric: Rubric
    gallery: Gallery
    tex: str

    def copy(self, folder: Path) -> Copy:
        """A fresh copy of the report in a folder of its own."""
        drawn = [self.truth.drawn(name) for name in self.gallery.looks]
        (folder / "figures").mkdir(parents=True)
        for path in drawn:
            for form in (path, path.with_suffix(".svg")):
                shutil.copyfile(form, folder / "figures" / form.name)
        return Copy(folder, self.tex)

    def grade(self, data: Pdf, name: str) -> Sheet:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.pdf"
            path.write_bytes(data)
            return grading.marked(paper.read(path), self.truth, self.rubric, self.gallery, name)

    def honest(self, change: Callable[[Copy], None] = lambda copy: None, engine: str = "embedded") -> Sheet:
        """The grade of the report as it is, or changed in what does not matter."""
        with tempfile.TemporaryDirectory() as folder:
            copy = self.copy(Path(folder) / "report")
            change(copy)
            return self.grade(copy.pdf(engine), "honest")

    def try_out(self, damages: Sequence[Damage], say: Callable[[str], None]) -> Iterator[Outcome]:
        """Make each damage, and see what the grader says."""
        usual = set(failures(self.honest()))
        for damage in damages:
            outcome = self.outcome(damage, usual)
            say(f"{outcome.word}: {damage.name} ({', '.join(outcome.failed[:4]) or 'nothing fails'})")
            yield outcome

    def outcome(self, damage: Damage, usual: set[str]) -> Outcome:
        """One damage, and what fails by it besides the `usual`."""
        with tempfile.TemporaryDirectory() as folder:
            copy = self.copy(Path(folder) / "report")
            try:
                damage.make(copy)
            except NothingToDamage as error:
                return Outcome(damage, "absent", [str(error)])
            try:
                failed = [one for one in failures(self.grade(copy.pdf(), damage.name)) if one not in usual]
            except UserError as error:
                failed = [f"refused: {error}"]
        right = any(
            one in damage.at or (one.startswith("refused") and "refused" in damage.at) for one in failed
        )
        return Outcome(damage, "caught" if right else "elsewhere" if failed else "missed", failed)


def failures(sheet: Sheet) -> list[str]:
    """What a sheet refuses: gates, and items by kind and target."""
    gates = [f"gate:{gate.name}" for gate in sheet.open]
    return gates + [f"{item.kind}:{item.target}" for item, verdict in sheet.marks if verdict.mark == "fail"]
