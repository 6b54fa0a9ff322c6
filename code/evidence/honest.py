"""Reports in which nothing is wrong, though another hand, engine, sheet or number of runs made them."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from evidence.workshop import opened
from writeup.grade import pdfs, svgs
from writeup.grade.copies import Copy
from writeup.grade.damage import Workshop
from writeup.grade.sheet import Sheet


def variants(workshop: Workshop, say: Callable[[str], None]) -> Iterator[tuple[str, bool]]:
    """Reports in which nothing is wrong, and whether each has full marks."""
    ways: dict[str, Callable[[], Sheet]] = {
        "embedded engine": workshop.honest,
        "another author": lambda: workshop.honest(_another_author),
        "another title": lambda: workshop.honest(_another_title),
        "letter paper": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.letter)),
        "grey print": lambda: workshop.honest(_grey),
        "saved by another program": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.saved_again)),
        "with notes of a reader": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.annotated)),
        "three seeds": lambda: _another(seeds=3),
        "preset quick": lambda: _another(preset="quick"),
        "preset smoke": lambda: _another(preset="smoke"),
    }
    if shutil.which("latexmk") and shutil.which("pdflatex"):
        ways["LaTeX"] = lambda: workshop.honest(engine="latexmk")
        ways["LaTeX, another author"] = lambda: workshop.honest(_another_author, engine="latexmk")
    for name, way in ways.items():
        sheet = way()
        full = sheet.full and not sheet.open
        say(f"{'full marks' if full else 'FALSE ALARM'}: {name}: {sheet.summary()}")
        yield name, full


def _another(seeds: int | None = None, preset: str = "") -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        return opened(Path(folder), seeds, preset).honest()


def _another_author(copy: Copy) -> None:
    copy.tex = re.sub(r"\\author\{.*\}", r"\\author{Ada Lovelace \\quad (00001815)}", copy.tex, count=1)


def _another_title(copy: Copy) -> None:
    copy.tex = re.sub(
        r"(?s)\\title\{.*?\}\s*\n\\author", r"\\title{A Report on Four Networks}\n\\author", copy.tex, count=1
    )


def _grey(copy: Copy) -> None:
    for path in (copy.folder / "figures").glob("*.svg"):
        path.write_text(svgs.grey(path.read_text(encoding="utf-8")), encoding="utf-8")
