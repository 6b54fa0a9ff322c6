"""The two stages of a run, as pure functions; what stands here between a part and the record counts."""

from collections.abc import Mapping
from typing import Any

from writeup import settings
from writeup.declare import Part, resolve
from writeup.results.store import Model, Result, Trained

Roles = Mapping[str, Model]


def train(part: Part, config: Any, data: Any, *, seed: int, roles: Roles) -> Trained:
    """Train: the part's own function, with the models that its training needs."""
    settled = settings.executed(config)
    trained: Trained = resolve(f"{part.code}:train")(settled, data, seed=seed, **roles)
    return trained


def evaluate(part: Part, config: Any, data: Any, trained: Trained, *, seed: int, roles: Roles) -> Result:
    """Evaluate: what the part's own function finds, under the part's name and seed."""
    settled = settings.executed(config)
    found = resolve(f"{part.code}:evaluate")(settled, data, trained, seed=seed, **roles)
    return Result(part.name, seed, found.scalars, found.tables, found.logs, found.arrays)
