"""Copies of the homework's report with one change each, and honest ones: does the grader tell them apart?

What is changed is looked up in the results, so that the list outlives another layout. What a report does not
have cannot be damaged; such a damage does not count.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from evidence import homework
from evidence.clock import say
from evidence.settings import Damages, train
from writeup.declare import resolve
from writeup.grade import pdfs, rubric, svgs, truth
from writeup.grade.copies import Copy, bumped
from writeup.grade.damage import Damage, Workshop, source
from writeup.grade.figures import Gallery
from writeup.grade.sheet import Sheet
from writeup.page.source.formats import escape
from writeup.request import Request
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"


def evaluate(config: Damages, data: None, trained: Trained, *, seed: int) -> Findings:
    """How many damages are caught, each at its item, and how many honest reports are refused."""
    with tempfile.TemporaryDirectory() as folder:
        workshop = opened(Path(folder))
        outcomes = list(workshop.try_out(listed(workshop.truth)[: config.most], say))
        sheet = workshop.honest()
        honest = list(variants(workshop))
    made = [one for one in outcomes if one.word != "absent"]
    scalars = {
        "damages": len(made),
        "damages_caught": sum(one.word == "caught" for one in made),
        "damages_elsewhere": sum(one.word == "elsewhere" for one in made),
        "honest": len(honest),
        "false_alarms": sum(not full for _, full in honest),
        "numbers": sheet.numbers,
        "numbers_bound": sheet.bound,
        "points": sheet.points,
    }
    told = {
        "damages": {
            "damage": [one.damage.name for one in outcomes],
            "outcome": [one.word for one in outcomes],
            "failed": ["; ".join(one.failed[:3]) for one in outcomes],
        },
        "honest": {
            "report": [name for name, _ in honest],
            "full": ["yes" if full else "no" for _, full in honest],
        },
    }
    return Findings({name: float(number) for name, number in scalars.items()}, told)


def opened(folder: Path, seeds: int | None = None) -> Workshop:
    """The homework's recorded report, made in a folder; of at most so many seeds a part."""
    request = Request.of(homework.report())
    fewer = {name: min(number, seeds or number) for name, number in request.seeds.items()}
    build_of = resolve("writeup.build:Build")  # by name: it changes nothing that is measured
    known = truth.establish(build_of(replace(request, seeds=fewer)), folder)
    rules = rubric.read(request.report.source / rubric.FILE)
    return Workshop(known, rules, Gallery(known), source(known))


# --- damages ---

TABLES, PAGES = "check:tables", "gate:no page is missing"  # items of the rubric


def listed(known: truth.Truth) -> list[Damage]:
    """All damages, each one change: of every table, and of the pages."""
    return [*_of_tables(known), *_of_pages()]


def _of_tables(known: truth.Truth) -> Iterator[Damage]:
    for name, table in known.tables.items():
        rows = [" & ".join(escape(cell) for cell in row) for row in table.rows]
        if len(rows) < 2:
            continue

        def edit(change: Callable[[list[str]], list[str]], rows: list[str] = rows) -> Callable[[Copy], None]:
            old, new = (" \\\\\n".join(some) for some in (rows, change(rows)))
            return lambda copy: copy.swap(old, new)

        at = [TABLES, f"table:{name}"]
        if any(character.isdigit() for character in rows[0]):
            yield Damage(f"a digit in {name}", at, edit(lambda rows: [bumped(rows[0]), *rows[1:]]))
        yield Damage(f"two rows of {name} exchanged but for their heads", at, edit(_exchanged_rows))
        yield Damage(f"two columns of {name} exchanged", at, edit(_exchanged_columns))
        yield Damage(f"a row of {name} left out", at, edit(lambda rows: rows[:-1]))


def _exchanged_rows(rows: list[str]) -> list[str]:
    (a, *first), (b, *second) = rows[0].split(" & "), rows[1].split(" & ")
    return [" & ".join([a, *second]), " & ".join([b, *first]), *rows[2:]]


def _exchanged_columns(rows: list[str]) -> list[str]:
    cells = [row.split(" & ") for row in rows]
    return [" & ".join([*row[:-2], row[-1], row[-2]]) for row in cells]


def _of_pages() -> Iterator[Damage]:
    def after(change: Callable[[bytes], bytes]) -> Callable[[Copy], None]:
        return lambda copy: copy.after.append(change)

    yield Damage("a page left out", [PAGES], after(pdfs.without_middle))
    yield Damage("a page twice", [PAGES], after(pdfs.page_twice))
    yield Damage("pages exchanged", [PAGES], after(pdfs.pages_exchanged))
    yield Damage("the file cut off", ["refused"], after(lambda data: data[: len(data) // 3]))


# --- honest reports ---


def variants(workshop: Workshop) -> Iterator[tuple[str, bool]]:
    """Reports in which nothing is wrong, and whether each has full marks."""
    ways: dict[str, Callable[[], Sheet]] = {
        "embedded engine": workshop.honest,
        "another author": lambda: workshop.honest(_another_author),
        "letter paper": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.letter)),
        "grey print": lambda: workshop.honest(_grey),
        "saved by another program": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.saved_again)),
        "with notes of a reader": lambda: workshop.honest(lambda copy: copy.after.append(pdfs.annotated)),
        "three seeds": lambda: _of_seeds(3),
    }
    if shutil.which("latexmk") and shutil.which("pdflatex"):
        ways["LaTeX"] = lambda: workshop.honest(engine="latexmk")
    for name, way in ways.items():
        sheet = way()
        full = sheet.full and not sheet.open
        say(f"{'full marks' if full else 'FALSE ALARM'}: {name}: {sheet.summary()}")
        yield name, full


def _of_seeds(count: int) -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        return opened(Path(folder), count).honest()


def _another_author(copy: Copy) -> None:
    copy.tex = re.sub(r"\\author\{.*\}", r"\\author{Ada Lovelace \\quad (00001815)}", copy.tex, count=1)


def _grey(copy: Copy) -> None:
    for path in (copy.folder / "figures").glob("*.svg"):
        path.write_text(svgs.grey(path.read_text(encoding="utf-8")), encoding="utf-8")
