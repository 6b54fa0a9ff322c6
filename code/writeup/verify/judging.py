"""Whether a recorded result is what its run gives when it is computed again.

Where it was computed as here (kind of machine, threads, versions) every bit is the same: of weights, numbers,
tables, logs and arrays. Elsewhere sums are added up in another order, and a training soon is another draw. A
recorded number and the one that came out are then two draws like those of the other recorded runs, and differ
by no more than two such draws do, at `LEVEL` for all numbers of a run together. Whose logs they are shows
everywhere: trainings of the same settings and seed begin alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from writeup.results import store
from writeup.results.store import Result
from writeup.runs import provenance, record

LEVEL = 0.05  # the chance that of an honest record elsewhere any number is called wrong
FEWEST = 3  # recorded runs beside which one is judged by their spread
EXCHANGED = (
    0.01  # of the distance to the logs of the own record: so near are those of another to what came out
)


@dataclass(frozen=True)
class Number:
    """A number as recorded and as it came out. least: the smallest difference that would be called wrong; 0
    where every one would, None where none can be judged.
    """

    name: str
    old: float | None
    new: float | None
    least: float | None

    @property
    def verdict(self) -> str:
        """identical, within, unjudged or wrong."""
        if self.old == self.new:
            return "identical"
        if self.old is None or self.new is None:
            return "wrong"
        if self.least is None:
            return "unjudged"
        return "within" if abs(self.new - self.old) < self.least else "wrong"

    def __str__(self) -> str:
        found = f"{self.name} is recorded as {self.old} and came out as {self.new}"
        if not self.least:
            return found
        return f"{found}; a difference from {self.least:.3g} on would be called wrong"


@dataclass(frozen=True)
class Verdict:
    """What became of a run. here: whether it was recorded where it was computed again. others: what else is
    not as recorded. contents: the digests of what is recorded and of what came out.
    """

    part: str
    seed: int
    recorded_on: str  # the machine
    here: bool
    numbers: Sequence[Number]
    others: tuple[str, ...]
    contents: tuple[str, str]
    counts: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        found = [one.verdict for one in self.numbers]
        counts = {name: found.count(name) for name in ("identical", "within", "unjudged", "wrong")}
        object.__setattr__(self, "counts", counts)

    @property
    def wrong(self) -> list[str]:
        """All that is not as recorded."""
        return [*(str(one) for one in self.numbers if one.verdict == "wrong"), *self.others]

    def row(self) -> dict[str, Any]:
        """What is recorded of it."""
        names = {"part": self.part, "seed": self.seed, "recorded_on": self.recorded_on}
        digests = dict(zip(("recorded", "computed"), self.contents, strict=True))
        counts = {"numbers": len(self.numbers), **self.counts, "others": len(self.others)}
        return {**names, "here": int(self.here), **counts, **digests}

    def lines(self) -> Iterator[str]:
        """What a person reads of it; the first line says it all."""
        text = f"{self.part} seed {self.seed}: {self.counts['identical']} of {len(self.numbers)} numbers are"
        text += " bit-identical"
        if within := self.counts["within"]:
            text += f", {within} within what another machine may change"
        if unjudged := self.counts["unjudged"]:
            text += f", {unjudged} beyond judgement (another machine, and no spread of other runs)"
        if wrong := self.counts["wrong"]:
            text += f", {wrong} not as recorded"
        if self.here:
            text += f"; {'; '.join(self.others) or 'weights, tables, logs and arrays as recorded'}"
        else:
            text += f"; recorded elsewhere ({self.recorded_on})" + "".join(f"; {one}" for one in self.others)
        yield text
        for one in self.numbers:
            if one.verdict != "identical":
                yield f"  {one}"


def judge(again: Result, before: Result, recorded: Sequence[Result]) -> Verdict:
    """`again` beside `before`, the recorded result of the same part and seed.

    recorded: all recorded results; those of the part's other seeds give the spread, which a made-up number
    does not widen.
    """
    here = alike(before.provenance, again.provenance)
    names = [name for name in {**before.scalars, **again.scalars} if store.TIMED not in name]
    spread = [one for one in recorded if one.part == before.part and one.seed != before.seed]
    numbers = []
    for name in names:
        drawn = [one.scalars[name] for one in spread if name in one.scalars]
        old, new = before.scalars.get(name), again.scalars.get(name)
        least = 0.0 if here else least_wrong(old, new, drawn, LEVEL / len(names))
        numbers.append(Number(name, old, new, least))
    documents = [record.encode(one)[0] for one in (before, again)]
    others = list(_not_the_same(before, again, documents)) if here else []
    if whose := _whose_logs(again, before, recorded):
        others.append(f"its logs are those of {whose}")
    old_content, new_content = map(store.content, documents)
    machine = str(before.provenance.get("machine", "unknown"))
    return Verdict(again.part, again.seed, machine, here, numbers, tuple(others), (old_content, new_content))


def alike(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether all that may change the last bits is as recorded: processor and GPU, threads, versions."""
    places = [
        {known.get(name), known.get("evaluated", {}).get(name, known.get(name))}
        for name in ("machine", "threads")
        for known in (recorded, now)
    ]
    same = all(len(a | b) == 1 for a, b in zip(places[::2], places[1::2], strict=True))
    return same and not provenance.differ(recorded.get("versions", {}), now.get("versions", {}))


def least_wrong(old: float | None, new: float | None, others: Sequence[float], level: float) -> float | None:
    """The smallest difference of two draws that is too large at a level, by the spread of others; None where
    that is unknown.

    The difference of two normal draws has sqrt(2) times their deviation, whose estimate follows Student's t.
    A number in which all runs agree but this record is held for a constant.
    """
    from scipy.special import stdtrit

    n = len(others)
    deviation = float(np.std(others, ddof=1)) if n >= FEWEST - 1 else 0.0
    if deviation:
        return float(stdtrit(n - 1, 1 - level / 2)) * deviation * float(np.sqrt(2))
    return 0.0 if n >= FEWEST - 1 and old != new == others[0] else None


def _not_the_same(before: Result, again: Result, documents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What but numbers has other bits."""
    if before.provenance.get("weights") != again.provenance.get("weights"):
        yield "other weights than recorded"
    old, new = documents
    for kind in ("tables", "logs"):
        for name in {**old["index"][kind], **new["index"][kind]}:
            if old["index"][kind].get(name) != new["index"][kind].get(name):
                yield f"other {kind} than recorded: {name}"
    if old["arrays"] != new["arrays"]:
        yield "other arrays than recorded"


def _whose_logs(again: Result, before: Result, recorded: Sequence[Result]) -> str:
    """The other run whose recorded logs begin as these do; "" where the own record's do, or none."""
    own = _distance(again, before)
    if not own:  # none is nearer
        return ""
    others = [(_distance(again, one), one) for one in recorded if one is not before]
    near = [(apart, one) for apart, one in others if apart is not None and apart < EXCHANGED * own]
    if not near:
        return ""
    nearest = min(near, key=lambda pair: pair[0])[1]
    return f"{nearest.part} seed {nearest.seed}"


def _distance(one: Result, other: Result) -> float | None:
    """How far the first rows of the logs of two runs are apart, as a ratio; None for logs of other names."""
    rows, others = _first_rows(one), _first_rows(other)
    if rows.keys() != others.keys() or not rows:
        return None
    pairs = [(rows[key], others[key]) for key in rows]
    return max(abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0 for a, b in pairs)


def _first_rows(run: Result) -> dict[tuple[str, str], Any]:
    return {
        (log, name): values[0]
        for log, columns in run.logs.items()
        for name, values in columns.items()
        if values and not isinstance(values[0], str) and store.TIMED not in name
    }
