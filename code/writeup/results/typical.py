"""Which run is shown where one stands for all: the one nearest to the median, not the best."""

import statistics
from collections.abc import Sequence

from writeup.errors import UserError
from writeup.results.store import Result


def typical(runs: Sequence[Result], number: str) -> Result:
    """The run whose `number` is nearest to the median over the runs; of equally near ones the first."""
    for run in runs:
        if number not in run.scalars:
            raise UserError(f"{run.part} seed {run.seed} has no number {number!r} to choose a run by")
    median = statistics.median(run.scalars[number] for run in runs)
    return min(runs, key=lambda run: abs(run.scalars[number] - median))
