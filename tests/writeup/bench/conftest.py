"""A small project with two parts and three timings, in a folder of its own."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from writeup.declare import Data, Part, Preset, Report, Timing

SOURCE = """
import numpy as np

from writeup.results.store import Findings, Trained

CALLS = []


def load(data_dir):
    return [1.0, 2.0, 4.0]


def digest(data):
    return "d" * 64


def standin():
    return [0.5]


def train(config, data, *, seed, **roles):
    CALLS.append((config.epochs, seed, sorted(roles)))
    return Trained({"w": np.full(1, sum(data))})


def evaluate(config, data, trained, *, seed, **roles):
    CALLS.append(("evaluate", seed, sorted(roles)))
    return Findings({"x": 1.0})


def clocked(setting):
    setting.say("at work")
    rows = {"part": list(setting.configs), "sum": [sum(setting.data["numbers"])] * len(setting.configs)}
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
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Report]:
    folder = tmp_path / "code" / "toy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "work.py").write_text(SOURCE)
    (folder / "unfit.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    data = Data("numbers", "toy.work:load", "toy.work:digest", "d" * 64, "toy.work:standin")
    judge = Part("judge", Epochs(), data, "toy.work")
    part = Part(
        "part", Epochs(2), data, "toy.work", seeds=2, needs={"judge": judge}, train_needs={"by": judge}
    )
    yield Report(
        root=tmp_path,
        parts=[judge, part],
        presets={"full": Preset(), "small": Preset({"part": {"epochs": 3}}, standins=True)},
        timings=[
            Timing("clocked", Rounds(), "toy.work:clocked", data=[data], parts=[part]),
            Timing("judged", Rounds(), "toy.work:judged", needs={"judge": judge}),
            Timing("unfit", Rounds(), "toy.unfit:measure"),
        ],
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "toy"]:
        del sys.modules[name]
