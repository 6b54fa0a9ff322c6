"""How far a training is, kept beside the weights while it runs, so that one that is killed goes on. No torch.

A training has units (a network of several, a fold), each a loop over rounds. A unit's checkpoint is a file of
all that changes from round to round (`writeup.training`). It is written between two rounds, and seldom: the
next one after fifty times as long as the last took. It is read only under the circumstances under which
it was written, for sums come out otherwise with other threads; when the training ends all are removed.
"""

import contextlib
import hashlib
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from writeup.data.fetch import cache_dir
from writeup.runs import weights

Arrays = dict[str, NDArray[Any]]

FIRST = 10.0  # seconds: what takes less is begun anew
SHARE = 0.02  # of a training's time that its checkpoints may take
COUNT = "machine", "threads", "versions", "executed"
FORGOTTEN = 30 * 24 * 3600.0  # seconds after which nobody will go on


class CutOff(Exception):
    """As many checkpoints were written as were wanted."""


def clocks() -> tuple[float, float]:
    """Seconds, and those of the processor that this process has used."""
    return time.monotonic(), time.process_time()


@dataclass
class Place:
    """Where a training keeps its checkpoints, and how long it and they have taken."""

    folder: Path
    circumstances: Mapping[str, Any]
    first: float = FIRST
    share: float = SHARE
    limit: float = math.inf  # checkpoints after which the training is cut off
    begun: tuple[float, float] = field(default_factory=clocks)
    earlier: tuple[float, float] = (0.0, 0.0)  # what ended processes spent on what is not done again
    resumed: int = 0  # units that went on
    written: int = 0

    def __post_init__(self) -> None:
        self.due = self.begun[0] + self.first

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds, and those of the processor, of this training so far, in ended processes too."""
        now = clocks()
        return self.earlier[0] + now[0] - self.begun[0], self.earlier[1] + now[1] - self.begun[1]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a unit before round `number`."""

    number: int
    tree: Any
    arrays: Arrays


_place: ContextVar[Place | None] = ContextVar("place", default=None)


def place(weights: Path) -> Path:
    """The folder of the checkpoints of a training, by the file that its weights will be kept in."""
    return weights.parent.parent / "checkpoints" / weights.stem


@contextlib.contextmanager
def kept_in(
    folder: Path | None, circumstances: Mapping[str, Any], *, anew: bool = False, **when: Any
) -> Iterator[Place | None]:
    """What trains inside keeps checkpoints in `folder`, until it ends well; None: it keeps none.

    circumstances: of `runs.provenance`; those that a sum depends on have to be the same when it goes on.
    anew: it does not go on from earlier ones. when: `first`, `share` and `limit` of a Place.
    """
    if folder is not None and anew:
        shutil.rmtree(folder, ignore_errors=True)
    same = {name: circumstances.get(name) for name in COUNT}
    place = None if folder is None else Place(folder, same, **when)
    token = _place.set(place)
    try:
        yield place
    finally:
        _place.reset(token)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def told(place: Place | None) -> dict[str, Any]:
    """What the record says of a training that went on: its seconds in all, how many units were taken up."""
    if place is None or not place.resumed:
        return {}
    seconds, busy = place.spent
    return {"seconds": round(seconds, 1), "processor_seconds": round(busy, 1), "resumed": place.resumed}


def current() -> Place | None:
    """Where the training that runs keeps its checkpoints; None where it keeps none."""
    return _place.get()


def forget() -> None:
    """Remove checkpoints that nobody came back to for a month."""
    for folder in (cache_dir() / "checkpoints").glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(folder)


def is_due() -> bool:
    """Whether the next round should be preceded by a checkpoint."""
    place = current()
    return place is not None and time.monotonic() >= place.due


def write(unit: str, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint in place of the unit's last one; where there is no room, training goes on without."""
    place = current()
    assert place is not None
    start, _ = clocks()
    told = {"number": checkpoint.number, "tree": checkpoint.tree, "spent": place.spent}
    with contextlib.suppress(OSError):
        weights.write(_file(place, unit), checkpoint.arrays, {**told, "circumstances": place.circumstances})
    end, _ = clocks()
    place.due = end + (end - start) / place.share
    place.written += 1
    if place.written >= place.limit:
        raise CutOff


def read(unit: str) -> Checkpoint | None:
    """The unit's last checkpoint; None if none is whole and of these circumstances."""
    place = current()
    found = weights.read(_file(place, unit), "what it held is done again") if place else None
    if place is None or found is None or found[1]["circumstances"] != place.circumstances:
        return None
    arrays, record = found
    place.earlier = max(place.earlier, tuple(record["spent"]))
    place.resumed += 1
    return Checkpoint(record["number"], record["tree"], arrays)


def _file(place: Place, unit: str) -> Path:
    return place.folder / f"{hashlib.sha256(unit.encode()).hexdigest()[:16]}.checkpoint"
