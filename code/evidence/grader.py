"""Damaged copies of this report, one change each, and honest ones: whether the grader tells them apart.

What is changed is looked up in the results, so that the list outlives another layout; what a report has not,
it cannot be damaged in, and that damage does not count.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from evidence.damages import claims, figures, formulas, layout, logs, prose, slips, tables
from evidence.honest import variants
from evidence.settings import Damages
from evidence.workshop import opened
from writeup.bench.setting import Setting
from writeup.grade import truth
from writeup.grade.damage import Damage, Workshop
from writeup.runs.record import Findings


def measure(setting: Setting) -> Findings:
    """How many damages are caught, each at its item, and how many honest reports are refused."""
    config: Damages = setting.config
    with tempfile.TemporaryDirectory() as folder:
        return _measured(config, opened(Path(folder)), setting.say)


def _measured(config: Damages, workshop: Workshop, say: Callable[[str], None]) -> Findings:
    outcomes = list(workshop.try_out(listed(workshop.truth)[: config.most], say))
    made = [one for one in outcomes if one.word != "absent"]
    sheet = workshop.honest()
    honest = [(name, full) for name, full in variants(workshop, say)]
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


def listed(known: truth.Truth) -> list[Damage]:
    """All damages, each one change."""
    kinds = tables.listed, figures.listed, prose.listed, claims.listed, logs.listed, slips.listed
    of_results = [damage for kind in kinds for damage in kind(known)]
    return [*of_results, *formulas.listed(), *layout.listed()]
