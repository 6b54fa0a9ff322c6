"""How good the program is: a second report by the same engine. Its parts train nothing, they measure.

The page says nothing of a measurement without a record; one of other code is marked as stale.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evidence import homework, settings
from writeup.declare import Data, Figure, Note, Part, Preset, Report, Table

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "report/evidence"

NOTHING = Data("nothing", standin="evidence.settings:nothing")
HOMEWORK = Data(
    "homework",
    load="evidence.homework:load",
    digest="evidence.homework:digest",
    sha256=homework.declared(),
    standin="evidence.homework:standin",
)
RECORDS = Data(
    "records of the homework",
    load="evidence.calibration:load",
    digest="evidence.calibration:digest",
    sha256=homework.recorded(),
    standin="evidence.calibration:standin",
)
bench = Part("bench", settings.Bench(), HOMEWORK, "evidence.speed")
growth = Part("growth", settings.Growth(), NOTHING, "evidence.growth")
lies = Part("lies", settings.Lies(), NOTHING, "evidence.lies")
identity = Part("identity", settings.Lies("identity"), NOTHING, "evidence.lies")
faults = Part("faults", settings.Faults(), NOTHING, "evidence.faults.measure")
grade = Part("grade", settings.Damages(), NOTHING, "evidence.grader")
forgeries = Part("forgeries", settings.Forgeries(), NOTHING, "evidence.forgeries")
archives = Part("archives", settings.Archives(), NOTHING, "evidence.archives")
claims = Part("claims", settings.Calibration(), RECORDS, "evidence.calibration")
PARTS = [bench, growth, claims, lies, identity, forgeries, archives, faults, grade]


def recorded(name: str) -> bool:
    """Whether a measurement has a record."""
    return (ROOT / FOLDER / "results" / name / "seed-0" / "result.json").is_file()


SMOKE: Mapping[str, Mapping[str, Any]] = {
    "bench": {
        "rounds": 2,
        "plain_text_steps": 2,
        "plain_pair_steps": 1,
        "plain_cvae_steps": 2,
        "plain_gan_steps": 2,
        "pair_epochs": 1,
        "cvae_images": 64,
        "gan_iterations": 1,
        "profiled_images": 32,
        "matrix": 64,
    },
    "growth": {"repeats": 1, "figures": (1, 2)},
    "claims": {"worlds": 20, "test_sets": 5, "faces": 3},
    "archives": {"every": 12},
    "faults": {"kills": 1, "trainings": 1, "rounds": 1, "every": 40},
    "grade": {"most": 1},
}
REPORT = Report(
    root=ROOT,
    parts=PARTS,
    presets={
        "full": Preset(without=[part.name for part in PARTS if not recorded(part.name)]),
        "smoke": Preset(
            mark="a few of each kind, on generated data",
            standins=True,
            changes=SMOKE,
            without=["forgeries"],  # of runs that were computed again in full
        ),
    },
    figures=[
        Figure("growth_cost", "evidence.page:growth_cost", alt="evidence.page:alt_growth_cost", of=[growth]),
    ],
    tables=[
        Table("performance", "evidence.page:performance", of=[bench]),
        Table("machines", "evidence.page:machines", of=[bench]),
        Table("peak", "evidence.page:peak", of=[bench]),
        Table("worlds", "evidence.page:worlds", of=[claims]),
        Table("forged", "evidence.page:forged", of=[forgeries]),
    ],
    notes=[
        *(Note(f"measured_{part.name}", "evidence.page:measured", of=[part]) for part in PARTS),
        Note("bounds", "evidence.page:bounds", of=[bench]),
        Note("performance_range", "evidence.page:performance_range", of=[bench]),
    ],
    templates="templates/evidence",
    folder=FOLDER,
)
