"""How claims about classifiers of sentences are tested: over runs and over test sentences. No torch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assignment3.text_cnn.checks import unpacked
from writeup.declare import Claim
from writeup.page.context import Recorded
from writeup.results import compare
from writeup.results.compare import Comparison
from writeup.results.store import Result


def on_sentences(recorded: Recorded, claim: Claim) -> Comparison | None:
    """Two sides on the same test sentences, run by run with the same seed.

    A side's name within its part is a network's, such as max_5, or what several have in common, max or 5:
    then it is their mean.
    """
    sides = []
    for shown, name in (claim.a, claim.b):
        runs = {run.seed: run for run in recorded.results.get(shown.name, ())}
        if not runs or not named(next(iter(runs.values())), name):
            return None
        sides.append((runs, name))
    (first, a), (second, b) = sides
    seeds = sorted(first.keys() & second.keys())
    x, y = (answers([runs[seed] for seed in seeds], name) for runs, name in ((first, a), (second, b)))
    if len(seeds) < compare.LEAST_RUNS:
        return compare.described(*(list(100 * side.mean(axis=1)) for side in (x, y)))
    return compare.two_way(x, y, texts(first[seeds[0]]))


def named(run: Result, name: str) -> list[str]:
    """The networks of a run with this name, or with this in their names; those of the best epoch."""
    networks = [array.removesuffix("/right") for array in run.arrays if array.endswith("/right")]
    return [one for one in networks if "/" not in one and (one == name or name in one.split("_"))]


def answers(runs: Sequence[Result], name: str) -> NDArray[np.float64]:
    """Whether each run is right on each test sentence [S, N], as a mean over the networks of that name."""
    found = [
        np.mean([unpacked(run, f"{one}/right") for one in named(run, name)], axis=0, dtype=float)
        for run in runs
    ]
    return np.stack(found)


def texts(run: Result) -> NDArray[np.int64]:
    """A number for each test sentence [N], the same for identical ones."""
    numbers = np.arange(int(run.scalars["test_sentences"]))
    later, first = run.arrays["repeats"].T
    numbers[later] = first
    return numbers
