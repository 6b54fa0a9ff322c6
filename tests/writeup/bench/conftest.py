"""The toy project with two parts that keep a list of what is done with them, and four timings."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from writeup.declare import Part, Preset, Report, Timing

SOURCE = """
import numpy as np

from writeup.runs.record import Findings, Trained

CALLS = []


def train(config, data, *, seed, **roles):
    CALLS.append((config.epochs, seed, sorted(roles)))
    return Trained({"w": np.full(1, data.x.sum())})


def evaluate(config, data, trained, *, seed, **roles):
    CALLS.append(("evaluate", seed, sorted(roles)))
    return Findings({"x": 1.0})


def clocked(setting):
    setting.say("at work")
    total = sum(data.x.sum() for data in setting.data.values())
    rows = {"part": list(setting.configs), "sum": [total] * len(setting.configs)}
    scalars = {"a/ms": 1.5, "b/ms": 20000.0, "b/more": 2.0, "rounds": float(setting.config.rounds)}
    return Findings(scalars, {"rows": rows})


def judged(setting):
    return Findings({"weight": float(setting.roles["judge"].weights["w"][0])})
"""


@dataclass(frozen=True)
class Epochs:
    epochs: int = 1


@dataclass(frozen=True)
class Rounds:
    rounds: int = 5


@pytest.fixture
def report(toy: Path) -> Report:
    (toy / "code" / "toy" / "timed.py").write_text(SOURCE)
    (toy / "code" / "toy" / "unfit.py").write_text("import a_package_that_nobody_has\n")
    from toy.report import POINTS

    judge = Part("judge", Epochs(), POINTS, "toy.timed")
    needs = {"needs": {"judge": judge}, "train_needs": {"by": judge}}
    part = Part("part", Epochs(2), POINTS, "toy.timed", seeds=2, **needs)
    return Report(
        root=toy,
        parts=[judge, part],
        presets={"full": Preset(), "small": Preset({"part": {"epochs": 3}}, standins=True)},
        timings=[
            Timing("clocked", Rounds(), "toy.timed:clocked", data=[POINTS], parts=[part]),
            Timing("raced", Rounds(), "toy.timed:clocked", parts=[part], per_processor=True, worst=["ms"]),
            Timing("judged", Rounds(), "toy.timed:judged", needs={"judge": judge}),
            Timing("unfit", Rounds(), "toy.unfit:measure"),
        ],
    )
