"""Two ways to do the same work, timed on one machine, in one process, in turns.

A round runs the plain way for a while, then ours. Both are timed per unit of work, so that they need not do
equally much of it; the ratio is taken within each round, since a machine's speed drifts between them. The
first round warms up and enters no figure. Time is the processor's, which other programs disturb less than
the clock's; on a GPU, whose work it does not count, it is the clock's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from evidence.clock import Spent, nothing, say, spent


@dataclass(frozen=True)
class Contest:
    """Two ways to do a part's work; `plain` and `ours` do some of it and return how many units that was."""

    part: str
    unit: str
    plain: Callable[[], float]
    ours: Callable[[], float]


class Times(NamedTuple):
    """One round: milliseconds per unit, and the share of the clock's time in which other programs ran."""

    plain: float
    ours: float
    waited: float = 0.0

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
    on_gpu: bool = False,
) -> dict[str, list[Times]]:
    """The times of all rounds but the first, by part.

    warm_up: runs both sides of a contest in the first round, and may watch them. after_each: runs after each
    contest of the others, untimed. finish: as in `spent`. on_gpu: count the clock's time.
    """
    for contest in contests:
        say(f"warm-up: {contest.part}")
        warm_up(contest)
    times: dict[str, list[Times]] = {contest.part: [] for contest in contests}
    for number in range(1, rounds):
        for contest in contests:
            say(f"round {number} of {rounds - 1}: {contest.part}")
            sides = spent(contest.plain, finish), spent(contest.ours, finish)
            times[contest.part].append(of_round(*sides, on_gpu))
            after_each()
    return times


def of_round(plain: Spent[float], ours: Spent[float], on_gpu: bool = False) -> Times:
    """The times of a round; what was done are units of work."""
    first, second = (1000 * (side.wall if on_gpu else side.processor) / side.done for side in (plain, ours))
    ran, passed = plain.processor + ours.processor, plain.wall + ours.wall
    return Times(first, second, max(0.0, 1 - ran / passed))


def figures(rounds: Sequence[Times]) -> dict[str, float]:
    """What is recorded of the times of one contest."""
    plain, ours, waited = (median(column) for column in zip(*rounds, strict=True))
    names = "ratio", "ratio_low", "ratio_high"
    found = dict(zip(names, ratio(rounds), strict=True))
    return {**found, "plain_ms": plain, "ours_ms": ours, "waited_percent": 100 * waited}


def table(times: Mapping[str, Sequence[Times]]) -> dict[str, list[Any]]:
    """Every round, as columns."""
    rows = [(part, i, *row) for part, some in times.items() for i, row in enumerate(some, 1)]
    names = "part", "round", "plain_ms", "ours_ms", "waited"
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
