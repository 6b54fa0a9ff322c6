"""Two ways to do the same work, timed on one machine, in one process, in turns.

A round runs the plain way for a while, then ours. Both are timed per unit of work, so that they need not do
equally much of it; the ratio is taken within each round, since a machine's speed drifts between them. The
first round warms up and enters no figure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from evidence.clock import nothing, say, seconds_of


@dataclass(frozen=True)
class Contest:
    """Two ways to do a part's work; `plain` and `ours` do some of it and return how many units that was."""

    part: str
    unit: str
    plain: Callable[[], float]
    ours: Callable[[], float]


class Times(NamedTuple):
    """One round: milliseconds per unit."""

    plain: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.plain / self.ours


class Ratio(NamedTuple):
    """Plain time / our time over the rounds."""

    median: float
    low: float
    high: float


def ratio(rounds: Sequence[Times]) -> Ratio:
    """Median, least and greatest ratio of the rounds."""
    found = [times.ratio for times in rounds]
    return Ratio(median(found), min(found), max(found))


def in_turns(
    contests: Sequence[Contest],
    rounds: int,
    *,
    warm_up: Callable[[Contest], object],
    after_each: Callable[[], object] = nothing,
    finish: Callable[[], object] = nothing,
) -> dict[str, list[Times]]:
    """The times of all rounds but the first, by part.

    warm_up: runs both sides of a contest in the first round, and may watch them. after_each: runs after each
    contest of the others, untimed. finish: as in `seconds_of`.
    """
    for contest in contests:
        say(f"warm-up: {contest.part}")
        warm_up(contest)
    times: dict[str, list[Times]] = {contest.part: [] for contest in contests}
    for number in range(1, rounds):
        for contest in contests:
            say(f"round {number} of {rounds - 1}: {contest.part}")
            plain, ours = (seconds_of(side, finish) for side in (contest.plain, contest.ours))
            times[contest.part].append(Times(*(1000 * seconds / units for seconds, units in (plain, ours))))
            after_each()
    return times


def figures(rounds: Sequence[Times]) -> dict[str, float]:
    """What is recorded of the times of one contest."""
    plain, ours = (median(column) for column in zip(*rounds, strict=True))
    names = "ratio", "ratio_low", "ratio_high"
    return {**dict(zip(names, ratio(rounds), strict=True)), "plain_ms": plain, "ours_ms": ours}


def table(times: Mapping[str, Sequence[Times]]) -> dict[str, list[Any]]:
    """Every round, as columns."""
    rows = [(part, i, *row) for part, some in times.items() for i, row in enumerate(some, 1)]
    names = "part", "round", "plain_ms", "ours_ms"
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
