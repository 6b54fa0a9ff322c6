"""The table of contents of this report: four problems, the judge of their samples, the order of the page.

Each problem declares its own parts, figures, tables, claims, notes and ties; what stands here belongs to the
whole. Nothing here imports what computes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assignment3.cvae import declared as cvae
from assignment3.gan import declared as gan
from assignment3.shared.declared import judge
from assignment3.shared.settings import Changes
from assignment3.siamese import declared as siamese
from assignment3.text_cnn import declared as text_cnn
from writeup.declare import Figure, Note, Preset, Report, Table

PROBLEMS = text_cnn, siamese, cvae, gan


def every(kind: str) -> list[Any]:
    """What the problems declare of one kind, in their order; a problem that has none leaves it out."""
    return [one for problem in PROBLEMS for one in getattr(problem, kind, ())]


PARTS = [judge, *every("PARTS")]


def together(name: str) -> dict[str, Changes]:
    """The changes of one preset, of all problems, by part."""
    return {part: changes for one in PROBLEMS for part, changes in getattr(one, name, {}).items()}


def presets() -> Mapping[str, Preset]:
    """The sizes of the whole: `full` is the homework, `quick` runs the four problems on the real data,
    shortened, without the parts that change one thing; `smoke` runs all of it on generated data.
    """
    quick = {"digits": {"epochs": 1}, **together("QUICK")}
    smoke = {"digits": {"epochs": 2}, **together("SMOKE")}
    return {
        "full": Preset(without=every("UNRECORDED")),
        "quick": Preset(
            mark="preset quick: shortened training",
            seeds=1,
            without=tuple(part.name for part in PARTS if part.name not in quick),
            changes=quick,
        ),
        "smoke": Preset(mark="generated stand-in data", seeds=1, standins=True, changes=smoke),
    }


REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=PARTS,
    presets=presets(),
    figures=[
        *every("FIGURES"),
        Figure(
            "all_intervals",
            "assignment3.shared.claims:forest",
            of=[part for part in PARTS if part is not judge],
            alt="assignment3.shared.claims:alt_forest",
        ),
    ],
    claims=every("CLAIMS"),
    tables=[*every("TABLES"), Table("claims", "assignment3.shared.claims:table")],
    notes=[
        Note("ref", "assignment3.shared.quoted:reference"),
        Note("primary_commit", "assignment3.shared.claims:primary_commit"),
        Note("quoted", "assignment3.shared.quoted:quoted"),
        *every("NOTES"),
    ],
    # Steps are numbered in this order: without holes in print, which has no supplement.
    proofs=[*every("PROOFS"), *every("SUPPLEMENT_PROOFS")],
    ties=every("TIES"),
    templates="templates/assignment3",
    others=["evidence.report:REPORT"],
)
