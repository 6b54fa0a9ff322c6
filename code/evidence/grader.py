"""Damaged copies of this report, honest ones, and forms of the answers: what the grader says of each."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator

from evidence import answer_forms, damages, pdfs
from evidence.clock import say
from evidence.settings import Damages, train
from evidence.workshop import NothingToDamage, Workshop, opened
from writeup.errors import UserError
from writeup.grade import formulas
from writeup.grade.expressions import row
from writeup.grade.sheet import Sheet
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"

FORMS = 50  # of each answer, equivalent and wrong


def evaluate(config: Damages, data: None, trained: Trained, *, seed: int) -> Findings:
    """How many damages are caught, each in its place, how many honest reports are refused, and the forms."""
    workshop = opened()
    outcomes = []
    for damage in list(damages.listed(workshop.tex, config.each))[: config.most]:
        word, found = tried(damage, workshop)
        outcomes.append((damage, word, found))
        say(f"{word}: {damage.kind}: {damage.name} ({found})")
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


def tried(damage: damages.Damage, workshop: Workshop) -> tuple[str, str]:
    """What became of a damage: caught, elsewhere, missed or absent; and the first thing that was found."""
    named: list[str] = []
    try:
        sheet = workshop.graded(lambda copy: named.append(damage.make(copy)))
    except NothingToDamage as error:
        return "absent", str(error)
    except UserError as error:  # it cannot be typeset, or is no report any more
        return "caught", f"refused: {error}"
    lost = [
        f"{item.id}: {one.evidence}"
        for item, one, _ in sheet.rows()
        if 0 <= one.share < 1 and one.mark in ("fail", "partly")
    ]
    return damage.caught(sheet, named[0]), (lost or [""])[0][:160]


def forms(workshop: Workshop) -> dict[str, int]:
    """How many equivalent forms of the answers are accepted, and wrong ones refused."""
    found: Counter[str] = Counter()
    for name in answer_forms.STARTS:
        question = workshop.desk.questions[name]
        for right in (True, False):
            made = list(answer_forms.made(name, FORMS, 0, right=right))
            taken = sum(question.judge(row(form))[0] == formulas.RIGHT for form in made)
            found["forms_right" if right else "forms_wrong"] += len(made)
            found["forms_right_accepted" if right else "forms_wrong_refused"] += (
                taken if right else len(made) - taken
            )
    return dict(found)


def variants(workshop: Workshop) -> Iterator[tuple[str, bool]]:
    """Reports in which nothing is wrong, and whether each has full marks."""
    ways: dict[str, Callable[[], Sheet]] = {
        "embedded engine": workshop.graded,
        "letter paper": lambda: workshop.graded(lambda copy: copy.after.append(pdfs.letter)),
        "saved by another program": lambda: workshop.graded(lambda copy: copy.after.append(pdfs.saved_again)),
        "with notes of a reader": lambda: workshop.graded(lambda copy: copy.after.append(pdfs.annotated)),
        "three seeds": lambda: opened(seeds=3).graded(),
    }
    if shutil.which("latexmk") and shutil.which("pdflatex"):
        ways["LaTeX"] = lambda: workshop.graded(engine="latexmk")
    for name, way in ways.items():
        sheet = way()
        full = sheet.points > sheet.rubric.total - 1e-6
        say(f"{'full marks' if full else 'FALSE ALARM'}: {name}: {sheet.summary()}")
        yield name, full
