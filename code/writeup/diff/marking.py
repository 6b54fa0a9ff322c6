"""The report of both versions as one PDF in which latexdiff marks what differs.

The old one is the commit's templates with its results, as today's engine renders them: in a sandbox, for
templates are code too. Where they ask for what it does not give, today's templates take their place.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from writeup.build import Build
from writeup.errors import UserError
from writeup.identity.closure import Code
from writeup.page.pdf import typeset
from writeup.page.source import assembly, latex
from writeup.page.source.latex import Document
from writeup.request import Request

SECONDS = 300  # that latexdiff may take
# Fonts and colours need no further package. Of a formula that differs both wholes stand there, for pieces of
# two formulas are none.
COMMAND = ["latexdiff", "--type=CFONT", "--graphics-markup=none", "--math-markup=whole"]
TABLES = (r"--config=PICTUREENV=(?:picture|DIFnomarkup|tabular|longtable)[\w\d*@]*",)  # are left as they are


@dataclass(frozen=True, eq=False)
class Earlier(Build):
    """The results of a commit, rendered by today's code."""

    today: Build

    @property
    def code(self) -> Code:
        return self.today.code

    @property
    def stale(self) -> set[str]:
        return self.today.stale


def refuse() -> None:
    """UserError where a program is missing."""
    if not shutil.which("latexdiff"):
        raise UserError("--marked: latexdiff is not on the PATH: apt-get install latexdiff")
    typeset.choose("latexmk")


def marked(request: Request, stores: list[Path], folder: Path) -> tuple[bytes, str]:
    """The PDF, and a word on the old templates where they could not be used.

    folder: where the commit's templates lie, and its results, as `stores`.
    """
    build = Build(request)
    report = replace(request.report, root=folder)
    old = Earlier(
        replace(request, report=report, stores=tuple(stores), out=stores[0].parent, allow_stale=True), build
    )
    if not build.proofs.is_file():
        raise UserError("--marked: the report has to be there: python build.py report")
    old.proofs.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(build.proofs, old.proofs)
    said = ""
    try:
        before = _page(old, old.request.report.source, sandboxed=True)
    except UserError as error:
        said = f"the commit's templates cannot be used today ({error}); both versions by today's"
        before = _page(old, assembly.templates(build))
    now = _page(build, assembly.templates(build))
    path = build.path(".tex").with_name("diff.tex")
    try:
        return _typeset(Document(path, _difference(before, now, folder, ()))), said
    except UserError:  # rows of a table that gained a rule or a column do not always go together
        said = "; ".join(filter(None, (said, "what differs within tables is not marked")))
        return _typeset(Document(path, _difference(before, now, folder, TABLES))), said


def _page(build: Build, folder: Path, *, sandboxed: bool = False) -> str:
    seen = assembly.context(build, folder=folder)
    return assembly.rendered(build, seen, folder, sandboxed=sandboxed)


def _typeset(document: Document) -> bytes:
    for figure in latex.figures(document):
        if not (document.path.parent / figure).is_file():
            raise UserError(f"--marked: {figure} is missing: python build.py report draws it")
    # what is struck out may refer to what is no longer there
    return typeset.by_latex(document, typeset.EPOCH, whole=False)[0]


def _difference(before: str, now: str, folder: Path, options: Sequence[str]) -> str:
    files = [folder / "before.tex", folder / "now.tex"]
    for file, text in zip(files, (before, now), strict=True):
        file.write_text(text, encoding="utf-8")
    try:
        done = subprocess.run([*COMMAND, *options, *map(str, files)], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise UserError(f"--marked: latexdiff did not finish within {SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
        raise UserError(f"--marked: latexdiff failed: {last}")
    return done.stdout.decode(errors="replace")
