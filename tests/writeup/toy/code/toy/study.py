"""A study: a mean found by gradient descent, scored by the judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toy.data import Points
from writeup.results.store import Result
from writeup.runs.record import Findings, Model, Trained


@dataclass(frozen=True)
class Study:
    steps: int = 30
    rate: float = 0.1


def gradient(mean: float, x: float) -> float:
    return mean - x


def train(config: Study, data: Points, *, seed: int) -> Trained:
    np.random.seed(seed)
    mean, losses = 0.0, []
    for _ in range(config.steps):
        x = float(np.random.choice(data.x))
        mean -= config.rate * gradient(mean, x)
        losses.append((mean - x) ** 2)
    log = {"step": list(range(config.steps)), "loss": losses}
    return Trained({"mean": np.array([mean])}, {"last_loss": losses[-1]}, {"loss": log})


def error(mean: float, data: Points) -> float:
    return abs(mean - float(data.x.mean()))


def evaluate(config: Study, data: Points, trained: Trained, *, seed: int, judge: Model) -> Findings:
    mean = float(trained.weights["mean"][0])
    scalars = {"error": error(mean, data), "judged": mean * float(judge.weights["w"][0])}
    return Findings(
        scalars | dict(trained.scalars), logs=trained.logs, arrays={"mean": trained.weights["mean"]}
    )


def again(result: Result) -> dict[str, float]:
    return {"last_loss": result.logs["loss"]["loss"][-1]}


def draw(runs: Sequence[Result]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([run.scalars["error"] for run in runs])
    return figure


def in_words(runs: Sequence[Result]) -> str:
    return f"Line chart of {len(runs)} errors, the last of them {runs[-1].scalars['error']:.3f}."
