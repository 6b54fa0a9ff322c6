"""Does the grader see what is wrong? Reports are damaged on purpose, one change each, typeset and graded.

A damage changes the source, a figure, or the finished PDF; it is caught where the item (or gate) that it says
fails, and that item passes in the report as it is.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from writeup.errors import UserError
from writeup.grade import grading, paper
from writeup.grade.copies import Copy, NothingToDamage
from writeup.grade.figures import Gallery
from writeup.grade.rubric import Rubric
from writeup.grade.sheet import Sheet
from writeup.grade.truth import Truth


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
    """The printed report's source, rendered from the results."""
    from writeup.page.source import assembly, latex

    text = assembly.rendered(truth.build, truth.seen, assembly.templates(truth.build))
    return latex.Document(Path("report.tex"), text).printed.text


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

    def grade(self, data: bytes, name: str) -> Sheet:
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
    """What a sheet refuses: gates, and items by kind and target, or what they are where that is a list."""
    failed = [item for item, verdict in sheet.marks if verdict.mark == "fail"]
    return [
        *(f"gate:{gate.name}" for gate in sheet.open),
        *(f"{item.kind}:{item.target if isinstance(item.target, str) else item.what}" for item in failed),
    ]
