"""Damaged copies of this report, honest ones, and forms of the answers: what the grader says of each."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import product, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evidence import answer_forms, damages, pdfs
from evidence.clock import say
from evidence.settings import Damages, train
from evidence.workshop import Copy, NothingToDamage, Workshop, opened
from writeup.errors import UserError
from writeup.grade import formulas
from writeup.grade.sheet import Sheet
from writeup.page.source.latex import LETTER
from writeup.runs.executors import cores
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"

FORMS = 50  # of each answer, equivalent and wrong


def evaluate(config: Damages, data: None, trained: Trained, *, seed: int) -> Findings:
    """How many damages are caught, each in its place, how many honest reports are refused, and the forms."""
    workshop = _workshop()  # before the others, which find all made
    every = _listed(config)
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        outcomes = []
        for damage, (word, found) in zip(
            every, pool.map(_tried, range(len(every)), repeat(config)), strict=True
        ):
            outcomes.append((damage, word, found))
            say(f"{len(outcomes)} of {len(every)}: {word}: {damage.kind}: {damage.name} ({found})")
    honest = list(variants(workshop))
    counted = Counter(word for _, word, _ in outcomes)
    scalars = {
        "damages": len(outcomes) - counted["absent"],
        "damages_caught": counted["caught"],
        "damages_elsewhere": counted["elsewhere"],
        "honest": len(honest),
        "false_alarms": sum(not full for _, full in honest),
        **forms(workshop),
    }
    told = {
        "damages": {
            "damage": [damage.name for damage, _, _ in outcomes],
            "outcome": [word for _, word, _ in outcomes],
            "failed": [found for _, _, found in outcomes],
        },
        "honest": {
            "report": [name for name, _ in honest],
            "full": ["yes" if full else "no" for _, full in honest],
        },
    }
    return Findings({name: float(number) for name, number in scalars.items()}, told)


@cache
def _workshop() -> Workshop:
    """Each process has one."""
    return opened()


def _listed(config: Damages) -> list[damages.Damage]:
    return list(damages.listed(_workshop().tex, config.each))[: config.most]


def _tried(k: int, config: Damages) -> tuple[str, str]:
    return tried(_listed(config)[k], _workshop())


def tried(damage: damages.Damage, workshop: Workshop) -> tuple[str, str]:
    """What became of a damage: caught, elsewhere, missed or absent; and the first thing that was found."""
    named: list[str] = []
    try:
        sheet = workshop.graded(lambda copy: named.append(damage.make(copy)))
    except NothingToDamage as error:
        return "absent", str(error)
    except UserError as error:  # it cannot be typeset, or is no report any more
        return "caught", f"refused: {error}"
    lost = [f"{item.id}: {one.evidence}" for item, one, _ in sheet.rows() if one.mark in ("fail", "partly")]
    return damage.caught(sheet, named[0]), (lost or [""])[0][:160]


def forms(workshop: Workshop) -> dict[str, int]:
    """How many equivalent forms of the answers are accepted and wrong ones refused, as pages print them."""
    found: Counter[str] = Counter()
    for name, right in product(answer_forms.STARTS, (True, False)):
        question = workshop.desk.questions[name]
        made = list(answer_forms.made(name, FORMS, 0, right=right))
        rows = answer_forms.read_back(made, "embedded")
        taken = sum(formulas.said(question, one, framed=True).word == formulas.RIGHT for one in rows)
        found["forms_right" if right else "forms_wrong"] += len(made)
        found["forms_right_accepted" if right else "forms_wrong_refused"] += (
            taken if right else len(made) - taken
        )
    return dict(found)


def _letter(copy: Copy) -> None:
    copy.tex = copy.tex.replace(*LETTER)


def _font(copy: Copy) -> None:
    modern = r"\usepackage{lmodern}"
    copy.tex = copy.tex.replace(modern, modern + r"\renewcommand{\familydefault}{\sfdefault}")


def _printed(change: Callable[[bytes], bytes]) -> Callable[[Copy], None]:
    return lambda copy: copy.after.append(change)


CHANGED: dict[str, Callable[[Copy], None]] = {  # in ways that no reader minds
    "as it is": lambda copy: None,
    "letter paper": _letter,
    "printed on letter paper": _printed(pdfs.letter),
    "saved by another program": _printed(pdfs.saved_again),
    "with notes of a reader": _printed(pdfs.annotated),
    "with narrow margins": _printed(pdfs.cropped),
}
BY_LATEX: dict[str, Callable[[Copy], None]] = {
    "LaTeX": lambda copy: None,
    "LaTeX, letter paper": _letter,
    "LaTeX, another font": _font,
}
OTHERS: dict[str, dict[str, Any]] = {  # reports of the same declaration
    "two seeds": {"seeds": 2},
    "three seeds": {"seeds": 3},
    "the first problem": {"only": ["text_cnn"]},
    "the second problem": {"only": ["siamese"]},
    "the third problem": {"only": ["cvae"]},
    "the fourth problem": {"only": ["gan"]},
    "two parts handed in": {"handed_in": 'parts = ["text_cnn", "cvae"]'},
    "in German on letter paper": {"handed_in": 'language = "de"\npaper = "letter"'},
}


def variants(workshop: Workshop) -> Iterator[tuple[str, bool]]:
    """Reports in which nothing is wrong, and whether each has full marks, of what counts for it."""

    def other(given: dict[str, Any]) -> Sheet:
        with tempfile.TemporaryDirectory() as folder:
            return opened(Path(folder), **given).graded()

    ways: dict[str, Callable[[], Sheet]] = {}
    ways |= {name: partial(workshop.graded, change) for name, change in CHANGED.items()}
    ways |= {name: partial(other, given) for name, given in OTHERS.items()}
    if shutil.which("latexmk") and shutil.which("pdflatex"):
        ways |= {name: partial(workshop.graded, change, "latexmk") for name, change in BY_LATEX.items()}
    for name, way in ways.items():
        sheet = way()
        full = sheet.counted > 0 and sheet.points > sheet.counted - 1e-6
        say(f"{'full marks' if full else 'FALSE ALARM'}: {name}: {sheet.summary()}")
        yield name, full
