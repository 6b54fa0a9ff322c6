"""Where this report is damaged on purpose and graded: its source, its figures, what is done to the PDF."""

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from evidence import homework
from writeup import handing
from writeup.declare import Report, resolve
from writeup.grade import pages, rendered
from writeup.grade.grading import Desk
from writeup.grade.sheet import Sheet
from writeup.page.pdf import embedded, typeset
from writeup.page.source import latex
from writeup.request import Request

Pdf = bytes


class NothingToDamage(Exception):
    """The report has not what a damage changes."""


@dataclass
class Copy:
    """A report before it is typeset: its source, its figures, and what is done to the PDF in the end."""

    folder: Path
    tex: str
    after: list[Callable[[Pdf], Pdf]] = field(default_factory=list)

    def rewrite(self, pattern: str, new: Callable[["re.Match[str]"], str], within: str = "") -> str:
        """Put what `new` makes of the first match behind `within` in its place; returns what was there."""
        begin = self.tex.find(within) if within else self.tex.index(r"\begin{document}")
        found = re.compile(pattern).search(self.tex, begin) if begin >= 0 else None
        if found is None or (made := new(found)) == found[0]:
            raise NothingToDamage(pattern)
        self.tex = self.tex[: found.start()] + made + self.tex[found.end() :]
        return found[0]

    def redraw(self, name: str, change: Callable[[str], str]) -> None:
        """Change a figure, as the embedded engine takes it."""
        path = self.folder / "figures" / f"{name}.svg"
        if not path.is_file() or f"figures/{name}.pdf" not in self.tex:
            raise NothingToDamage(name)
        old = path.read_text(encoding="utf-8")
        if (new := change(old)) == old:
            raise NothingToDamage(name)
        path.write_text(new, encoding="utf-8")

    def pdf(self, engine: str = "embedded") -> Pdf:
        path = self.folder / "report.tex"
        path.write_text(self.tex, encoding="utf-8")
        if engine == "embedded":
            data = embedded.typeset(latex.read(path).printed, epoch=typeset.EPOCH)
        else:
            typeset.typeset(path, path.with_suffix(".pdf"), engine=engine)
            data = path.with_suffix(".pdf").read_bytes()
        for change in self.after:
            data = change(data)
        return data


@dataclass(frozen=True, eq=False)
class Workshop:
    """The desk that grades, and the report's own source and figures."""

    desk: Desk
    tex: str
    figures: Path

    def copy(self, folder: Path) -> Copy:
        """A fresh copy of the report in a folder of its own."""
        shutil.copytree(self.figures, folder / "figures")
        return Copy(folder, self.tex)

    def graded(self, change: Callable[[Copy], object] = lambda copy: None, engine: str = "embedded") -> Sheet:
        """The grade of the report, changed. UserError where that is no PDF any more."""
        with tempfile.TemporaryDirectory() as name:
            copy = self.copy(Path(name) / "report")
            change(copy)
            paper = pages.parse(Path("report.pdf"), copy.pdf(engine))
            return self.desk.marked(paper, "report.pdf", ours=True)


def opened(
    folder: Path | None = None, *, seeds: int | None = None, only: Sequence[str] = (), handed_in: str = ""
) -> Workshop:
    """The workshop of the homework's recorded report.

    The others give another report, made in `folder`: of at most so many seeds a part, of some parts, or with
    these lines in assignment.toml.
    """
    report = homework.report()
    if folder:
        shutil.copytree(report.output, folder / "out", ignore=shutil.ignore_patterns("results", "evidence"))
        shutil.copytree(report.source, folder / "templates")
        given = folder / "templates" / handing.FILE
        said = re.findall(r"(?m)^\w+", handed_in) or ["nothing"]
        rest = re.sub(rf"(?m)^({'|'.join(said)}) *=.*\n", "", given.read_text(encoding="utf-8"))
        given.write_text(f"{handed_in}\n{rest}", encoding="utf-8")
        elsewhere = type("Elsewhere", (Report,), {"source": folder / "templates"})  # not below the root
        report = elsewhere(**{one.name: getattr(report, one.name) for one in fields(report)})
    request = Request.of(report, only=only)
    fewer = {name: min(number, seeds or number) for name, number in request.seeds.items()}
    out = folder / "out" if folder else request.out
    build = resolve("writeup.build:Build")(  # by name: it changes nothing measured
        replace(request, seeds=fewer, out=out)
    )
    rendered.make(build)
    tex = build.path(".tex")
    return Workshop(Desk.of(build), latex.read(tex).printed.text, tex.parent / "figures")
