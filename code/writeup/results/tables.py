"""Recorded tables, kept by columns: name -> list, all of equal length. Pages read them as DataFrames."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from writeup.results.store import Result

if TYPE_CHECKING:
    import pandas as pd


def add_row(table: dict[str, list[Any]], **row: Any) -> None:
    """Add a row; a column that is not there yet begins with it."""
    for name, value in row.items():
        table.setdefault(name, []).append(value)


def rows(table: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def frame(runs: Result | Sequence[Result], name: str) -> "pd.DataFrame":
    """A table of one run, or of several runs below each other; the column `seed` tells these apart."""
    import pandas as pd  # slow to import: only a page that draws such a table waits for it

    of = [runs] if isinstance(runs, Result) else runs
    return pd.concat([pd.DataFrame(run.tables[name]).assign(seed=run.seed) for run in of], ignore_index=True)
