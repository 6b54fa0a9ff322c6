"""A judge: a few weights, which the study needs."""

from dataclasses import dataclass

import numpy as np

from toy.data import Points
from writeup.runs.record import Findings, Trained


@dataclass(frozen=True)
class Judge:
    scale: float = 1.0


def train(config: Judge, data: Points, *, seed: int) -> Trained:
    random = np.random.RandomState(seed)
    return Trained({"w": config.scale * random.normal(size=3)})


def evaluate(config: Judge, data: Points, trained: Trained, *, seed: int) -> Findings:
    return Findings({"norm": float(np.abs(trained.weights["w"]).sum())})
