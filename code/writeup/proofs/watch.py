"""What numbers tried while a step was checked: the points, and the values of both sides there.

The check notes each comparison as it makes it, so that what is shown was tried and not computed afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import mpmath

SHOWN = 3  # trials that are kept of each model; the others are counted


@dataclass
class Trials:
    """The trials in one model. points: the first of them, each {at, values}; total: how many there were."""

    model: str
    points: list[dict[str, Any]]
    total: int = 0


_KEPT: ContextVar[dict[str, Trials] | None] = ContextVar("kept", default=None)
_MODEL: ContextVar[str] = ContextVar("model", default="")


@contextmanager
def watched() -> Iterator[dict[str, Trials]]:
    """Collects the trials made within, by model; a watch inside another keeps its own."""
    kept: dict[str, Trials] = {}
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


@contextmanager
def inside(model: str) -> Iterator[None]:
    """The trials made within are made in this model."""
    token = _MODEL.set(model)
    try:
        yield
    finally:
        _MODEL.reset(token)


def note(point: str, *values: Any) -> None:
    """A trial at a point: the values of both sides, or that of the gap."""
    kept = _KEPT.get()
    if kept is None:
        return
    model = _MODEL.get()
    trials = kept.setdefault(model, Trials(model, []))
    trials.total += 1
    if len(trials.points) < SHOWN:
        trials.points.append({"at": point, "values": [mpmath.nstr(value, 6) for value in values]})
