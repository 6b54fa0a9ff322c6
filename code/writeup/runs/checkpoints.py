"""How far a training is, kept beside the weights while it runs, so that one that is killed goes on. No torch.

A training has units (a network of several, a fold), each a loop over rounds. A unit's checkpoint is a file of
all that changes from round to round (`writeup.training`). It is written between two rounds, and seldom: the
next one after fifty times as long as the last took. It is read only under the circumstances under which
it was written, for sums come out otherwise with other threads; when the training ends all are removed.
"""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from writeup import files
from writeup.data.fetch import cache_dir
from writeup.files import write_atomically

Arrays = dict[str, NDArray[Any]]

FIRST = 10.0  # seconds: what takes less is begun anew
SHARE = 0.02  # of a training's time that its checkpoints may take
COUNT = "machine", "threads", "versions", "executed"
FORGOTTEN = 30 * 24 * 3600.0  # seconds after which nobody will go on

# Each hears how many steps are not done again when a unit goes on.
hearers: list[Callable[[int], None]] = []


@dataclass
class Place:
    """Where a training keeps its checkpoints, and how long it and they have taken."""

    folder: Path
    circumstances: Mapping[str, Any]
    begun: float = field(default_factory=time.monotonic)
    due: float = field(default_factory=lambda: time.monotonic() + FIRST)
    earlier: float = 0.0  # seconds that ended processes spent on what is not done again
    resumed: int = 0  # units that went on

    @property
    def seconds(self) -> float:
        """Of this training so far, what ended processes did of it included."""
        return self.earlier + time.monotonic() - self.begun


@dataclass(frozen=True)
class Checkpoint:
    """The state of a unit before round `number`."""

    number: int
    tree: Any
    arrays: Arrays


_place: ContextVar[Place | None] = ContextVar("place", default=None)


def place(weights: Path) -> Path:
    """The folder of the checkpoints of a training, by the file that its weights will be kept in."""
    return cache_dir() / "checkpoints" / weights.stem


@contextlib.contextmanager
def kept_in(
    folder: Path | None, circumstances: Mapping[str, Any], *, anew: bool = False
) -> Iterator[Place | None]:
    """What trains inside keeps checkpoints in `folder`, until it ends well; None: it keeps none.

    circumstances: of `runs.provenance`; those that a sum depends on have to be the same when it goes on.
    anew: it does not go on from earlier ones.
    """
    if folder is not None and anew:
        shutil.rmtree(folder, ignore_errors=True)
    same = {name: circumstances.get(name) for name in COUNT}
    place = None if folder is None else Place(folder, same)
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
    # The processor time of the process that was killed is lost.
    return {"seconds": round(place.seconds, 1), "processor_seconds": None, "resumed": place.resumed}


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
    from safetensors.numpy import save

    place = current()
    assert place is not None
    start = time.monotonic()
    record = {"number": checkpoint.number, "tree": checkpoint.tree, "seconds": place.seconds}
    record["circumstances"] = dict(place.circumstances)
    data = save(checkpoint.arrays, {"record": json.dumps(record)})
    with contextlib.suppress(OSError):
        write_atomically(_file(place, unit), hashlib.sha256(data).digest() + data)
    end = time.monotonic()
    place.due = end + (end - start) / SHARE


def read(unit: str) -> Checkpoint | None:
    """The unit's last checkpoint; None where there is none that is whole and of these circumstances.

    What is damaged is named in one line and thrown away.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    place = current()
    if place is None or not (file := _file(place, unit)).exists():
        return None
    try:
        seal, data = (whole := file.read_bytes())[:32], whole[32:]
        if hashlib.sha256(data).digest() != seal:
            raise ValueError("its content is not what was written")
        size = int.from_bytes(data[:8], "little")
        record = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["record"])
        arrays = load(data)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        files.throw_away(file, " ".join(str(error).split()), "what it held is done again")
        return None
    if record["circumstances"] != place.circumstances:
        return None
    place.earlier = max(place.earlier, record["seconds"])
    place.resumed += 1
    return Checkpoint(record["number"], record["tree"], arrays)


def _file(place: Place, unit: str) -> Path:
    return place.folder / f"{hashlib.sha256(unit.encode()).hexdigest()[:16]}.checkpoint"
