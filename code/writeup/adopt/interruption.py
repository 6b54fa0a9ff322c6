"""For the probe: does a training that is cut off in its middle go on to the same end?"""

import contextlib
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from writeup.errors import UserError
from writeup.runs import checkpoints, progress, weights
from writeup.runs.record import Trained


class _CutOff(Exception):
    """What stands for the end of a process."""


def undisturbed(name: str, train: Callable[[], Trained]) -> Trained:
    """What `train` leaves; UserError where it leaves something else after it was cut off half-way.

    A part without `writeup.training` tells no losses, so that nothing can cut it off.
    """
    with _counting() as told:
        whole = train()
    if not told:
        return whole
    with tempfile.TemporaryDirectory() as folder, _always():
        half = _counting(stop_at=len(told) // 2 + 1)
        with contextlib.suppress(_CutOff), checkpoints.kept_in(Path(folder) / "kept", {}), half:
            train()
        with checkpoints.kept_in(Path(folder) / "kept", {}) as place:
            again = train()
        if place is not None and place.resumed and _compared(again) == _compared(whole):
            return whole
    raise UserError(f"{name}: a training that is cut off and taken up again does not end as one that is not")


def _compared(trained: Trained) -> str:
    """Digest of all that a training leaves but what it measured of itself."""
    scalars = {name: value for name, value in trained.scalars.items() if "seconds" not in name}
    return weights.trained_digest(Trained(trained.weights, scalars, trained.logs, trained.arrays))


@contextlib.contextmanager
def _counting(stop_at: float = math.inf) -> Iterator[list[float]]:
    told: list[float] = []

    def hear(run: str, event: progress.Event) -> None:
        if isinstance(event, progress.Step) and event.loss is not None:
            told.append(event.loss)
            if len(told) >= stop_at:
                raise _CutOff

    with progress.heard_by(hear):
        yield told


@contextlib.contextmanager
def _always() -> Iterator[None]:
    """A checkpoint before every round."""
    before = checkpoints.FIRST, checkpoints.SHARE
    checkpoints.FIRST, checkpoints.SHARE = 0.0, math.inf
    try:
        yield
    finally:
        checkpoints.FIRST, checkpoints.SHARE = before
