"""Linear regression by gradient descent from few noisy points, with a penalty on the weights or without."""

from dataclasses import dataclass

import numpy as np
from writeup.runs.record import Findings, Trained
from writeup.settings import limited


@dataclass(frozen=True)
class Config:
    penalty: float = limited(0.0, least=0.0)
    rate: float = 0.3
    steps: int = 500


def points() -> tuple[np.ndarray, np.ndarray]:
    """Samples of 50 points, x [200, 50, 40] and y [200, 50]: every true weight is 1/4, and there is noise."""
    x = np.random.default_rng(0).normal(size=(200, 50, 40))
    return x, x.sum(axis=-1) / 4 + np.random.default_rng(1).normal(size=(200, 50))


def loss(w: np.ndarray, x: np.ndarray, y: np.ndarray, penalty: float) -> float:
    return float(np.mean((y - x @ w) ** 2) + penalty * np.sum(w**2)) / 2


def gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    slope: np.ndarray = penalty * w - x.T @ (y - x @ w) / len(y)
    return slope


def train(config: Config, data: tuple[np.ndarray, np.ndarray], *, seed: int) -> Trained:
    (x, y), path = (one[seed] for one in data), [np.zeros(40)]
    for _ in range(config.steps):
        path.append(path[-1] - config.rate * gradient(path[-1], x, y, config.penalty))
    return Trained({"w": path[-1]}, arrays={"path": np.array(path)})


def evaluate(config: Config, data: tuple[np.ndarray, np.ndarray], trained: Trained, *, seed: int) -> Findings:
    """The loss after each step on the second half of the samples, from which no run learns."""
    x, y = (one[100:] for one in data)
    errors = [loss(w, x, y, penalty=0.0) for w in trained.arrays["path"]]
    return Findings({"error": errors[-1]}, logs={"path": {"step": list(range(len(errors))), "error": errors}})
