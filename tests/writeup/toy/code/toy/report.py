"""The declaration of the toy."""

from pathlib import Path

from toy.judge import Judge
from toy.study import Study
from writeup.declare import Data, Part, Preset, Report

POINTS = Data(
    "points",
    load="toy.data:load",
    digest="toy.data:digest",
    sha256="e718add56286e18ff81450763e0c2f227a35a73195fe0ed038a3d155711599e9",
    standin="toy.data:made",
)
judge = Part("judge", Judge(), POINTS, "toy.judge")
study = Part("study", Study(), POINTS, "toy.study", seeds=2, needs={"judge": judge}, derive="toy.study:again")
REPORT = Report(
    root=Path(__file__).resolve().parents[2],
    parts=[judge, study, study.variant("fast", rate=0.5)],
    presets={"full": Preset(), "small": Preset(standins=True, mark="small")},
)
