"""Records forged in every way, judged beside what their runs gave when they were computed again.

A forged record is sealed like any other, and read as one: only the run tells. A recomputation is dear, so it
is made once and given in a folder: python build.py verify cvae/0 gan/0 --into report/evidence/again
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evidence.clock import say
from evidence.homework import report
from evidence.settings import Forgeries, train
from writeup.errors import UserError
from writeup.results import store
from writeup.results.store import Result
from writeup.results.tables import add_row
from writeup.runs import record
from writeup.runs.record import Findings, Trained
from writeup.verify import judging

__all__ = "evaluate", "train"
ELSEWHERE = "a machine that nobody has"
Records = Sequence[Result]
Forging = Callable[[Result, Records, random.Random], "Records | None"]


def evaluate(config: Forgeries, data: None, trained: Trained, *, seed: int) -> Findings:
    """Forgeries planted and found, honest records called as recorded, and what would be found of a number."""
    records = [store.load(path.parent) for path in sorted(report().results.glob(f"*/seed-*/{store.FILE}"))]
    folder = report().root / config.folder
    again = [store.load(path.parent) for path in sorted(folder.glob(f"*/seed-*/{store.FILE}"))]
    if not again:
        raise UserError(f"{config.folder}: no recomputation: python build.py verify PART/SEED --into it")
    counts = dict.fromkeys(("planted", "found", "honest", "honest/as_recorded"), 0)
    forgeries: dict[str, list[Any]] = {}
    numbers: dict[str, list[Any]] = {}
    for one in again:
        own = _own(records, one)
        for honest in (own, _moved(own)):
            counts["honest"] += 1
            counts["honest/as_recorded"] += not judging.judge(one, honest, _with(records, honest)).wrong
        for where, name, wrong in _judged(one, records, config.seed):
            counts["planted"] += 1
            counts["found"] += bool(wrong)
            add_row(
                forgeries, part=one.part, seed=one.seed, where=where, forgery=name, found=wrong or "not found"
            )
            say(f"{one.part} seed {one.seed}, {name} ({where}): {wrong or 'NOT FOUND'}")
        for name, here, least in _least(one, records):
            add_row(numbers, part=one.part, number=name, here=here, elsewhere=least)
    scalars = {name: float(value) for name, value in counts.items()} | {"runs": float(len(again))}
    return Findings(scalars, {"forgeries": forgeries, "numbers": numbers})


def _judged(again: Result, records: Records, seed: int) -> Iterator[tuple[str, str, str]]:
    """Each forgery: where its record says that it was made, its name, and what is found wrong with it."""
    for where, kinds in (("here", HERE), ("elsewhere", THERE)):
        for name, forge in kinds.items():
            own = _own(records, again) if where == "here" else _moved(_own(records, again))
            before = _with(records, own)
            forged = forge(own, before, random.Random(f"{seed} {again.part} {name}"))
            if forged is not None:
                honest = {id(one) for one in before}
                sealed = [one if id(one) in honest else _sealed(one) for one in forged]
                verdict = judging.judge(again, _own(sealed, again), sealed)
                yield where, name, "; ".join(verdict.wrong)


def _least(again: Result, records: Records) -> Iterator[tuple[str, float, float]]:
    """The smallest differences of numbers that are found: where they were recorded, elsewhere (-1: none)."""
    own = _own(records, again)
    there = judging.judge(again, _moved(own), _with(records, _moved(own)))
    for number in there.numbers:
        value = own.scalars.get(number.name, 0.0)
        next_one = replace(own, scalars={**own.scalars, number.name: float(np.nextafter(value, np.inf))})
        found = judging.judge(again, next_one, _with(records, next_one)).wrong
        here = float(np.spacing(value)) if found else -1.0
        yield number.name, here, -1.0 if number.least is None else number.least


def _own(records: Records, other: Result) -> Result:
    found = [one for one in records if (one.part, one.seed) == (other.part, other.seed)]
    if not found:
        raise UserError(f"forgeries: {other.part} seed {other.seed} is computed again and not recorded")
    return found[0]


def _with(records: Records, *changed: Result) -> list[Result]:
    new = {(one.part, one.seed): one for one in changed}
    return [new.get((one.part, one.seed), one) for one in records]


def _moved(result: Result) -> Result:
    return replace(result, provenance={**result.provenance, "machine": ELSEWHERE})


def _sealed(result: Result) -> Result:
    """The result as who forges digests leaves it, and as the program reads it."""
    with tempfile.TemporaryDirectory() as folder:
        record.save(result, Path(folder))
        return store.load(Path(folder))


# --- forgeries: all records once one was forged, or None where there is nothing of the kind ---


def _scalars(result: Result, changes: Mapping[str, float]) -> Result:
    return replace(result, scalars={**result.scalars, **changes})


def _name(result: Result, draw: random.Random) -> str:
    return draw.choice([name for name in sorted(result.scalars) if store.TIMED not in name])


def _one_number(change: Callable[[float, Records, str], float]) -> Forging:
    def forge(own: Result, records: Records, draw: random.Random) -> Records:
        name = _name(own, draw)
        return _with(records, _scalars(own, {name: change(own.scalars[name], records, name)}))

    return forge


def _all_seeds(own: Result, records: Records, draw: random.Random) -> Records:
    name = _name(own, draw)
    seeds = [one for one in records if one.part == own.part]
    return _with(records, *(_scalars(one, {name: one.scalars[name] * 1.04 + 0.01}) for one in seeds))


def _smoothed(own: Result, records: Records, draw: random.Random) -> Records | None:
    """Every seed has the mean."""
    seeds = [one for one in records if one.part == own.part]
    means = {name: float(np.mean([one.scalars[name] for one in seeds])) for name in own.scalars}
    return _with(records, *(_scalars(one, means) for one in seeds)) if len(seeds) > 1 else None


def _left_out(own: Result, records: Records, draw: random.Random) -> Records:
    name = _name(own, draw)
    return _with(records, replace(own, scalars={n: v for n, v in own.scalars.items() if n != name}))


def _weights(own: Result, records: Records, draw: random.Random) -> Records:
    return _with(records, replace(own, provenance={**own.provenance, "weights": "0" * 64}))


def _cell(kind: str) -> Forging:
    """One number of a table or a log."""

    def forge(own: Result, records: Records, draw: random.Random) -> Records | None:
        frames = getattr(own, kind)
        places = [(t, c) for t in frames for c, v in frames[t].items() if v and isinstance(v[0], float)]
        if not places:
            return None
        table, column = draw.choice(places)
        values = list(frames[table][column])
        values[draw.randrange(len(values))] += 0.01
        changed: Any = {kind: {**frames, table: {**frames[table], column: values}}}
        return _with(records, replace(own, **changed))

    return forge


def _array(own: Result, records: Records, draw: random.Random) -> Records | None:
    names = [name for name, array in own.arrays.items() if array.size and array.dtype.kind in "iuf"]
    if not names:
        return None
    array = np.array(own.arrays[name := draw.choice(names)])
    flat = array.reshape(-1)
    place = draw.randrange(flat.size)
    flat[place] = flat[place] - 1 if flat[place] > 0 else flat[place] + 1  # within what bytes hold
    return _with(records, replace(own, arrays={**own.arrays, name: array}))


def _exchanged(other_of: Callable[[Result, Result], bool]) -> Forging:
    """All that two runs found, the one under the other's name."""

    def forge(own: Result, records: Records, draw: random.Random) -> Records | None:
        others = [one for one in records if one is not own and other_of(own, one)]
        if not others:
            return None
        other = draw.choice(others)
        return _with(records, _named(other, own), _named(own, other))

    return forge


def _named(found: Result, other: Result) -> Result:
    """What a run found, under another's name."""
    return replace(found, part=other.part, seed=other.seed, provenance=other.provenance)


def _beyond(own: Result, records: Records, draw: random.Random) -> Records | None:
    """A number by a little more than what would be called wrong."""
    others = [one for one in records if one.part == own.part and one is not own]
    names = [name for name in own.scalars if store.TIMED not in name]
    drawn = {name: [one.scalars[name] for one in others] for name in names}
    least = {
        name: judging.least_wrong(
            own.scalars[name], own.scalars[name], drawn[name], judging.LEVEL / len(names)
        )
        for name in names
    }
    if not (known := [name for name, value in least.items() if value]):
        return None
    name = draw.choice(known)
    return _with(records, _scalars(own, {name: own.scalars[name] + 1.001 * float(least[name] or 0)}))


def _another_seed(own: Result, other: Result) -> bool:
    return own.part == other.part and bool(own.logs)


def _another_variant(own: Result, other: Result) -> bool:
    """Of the same shape, and not the same training."""
    return own.part != other.part and own.logs.keys() == other.logs.keys() and own.logs != other.logs


HERE: Mapping[str, Forging] = {
    "a number by its last bit": _one_number(lambda value, *_: float(np.nextafter(value, np.inf))),
    "a number by a thousandth": _one_number(lambda value, *_: value * 1.001 + 1e-6),
    "a number by four hundredths": _one_number(lambda value, *_: value * 1.04 + 0.01),
    "a number rounded": _one_number(lambda value, *_: float(np.round(value, 1)) + 1e-12),
    "a number of all seeds": _all_seeds,
    "the mean in place of each seed": _smoothed,
    "a number left out": _left_out,
    "a number that no run gave": lambda own, records, _: _with(records, _scalars(own, {"made_up": 1.0})),
    "the weights": _weights,
    "a log": _cell("logs"),
    "a table": _cell("tables"),
    "an array": _array,
    "two seeds exchanged": _exchanged(_another_seed),
    "two variants exchanged": _exchanged(_another_variant),
}
THERE: Mapping[str, Forging] = {
    "a number beyond two draws": _beyond,
    "two seeds exchanged": _exchanged(_another_seed),
    "two variants exchanged": _exchanged(_another_variant),
}
