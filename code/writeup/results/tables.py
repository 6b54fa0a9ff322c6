"""Tables that are kept by columns: name -> list, all of equal length."""

from collections.abc import Mapping, Sequence
from typing import Any


def add_row(table: dict[str, list[Any]], **row: Any) -> None:
    """Add a row; a column that is not there yet begins with it."""
    for name, value in row.items():
        table.setdefault(name, []).append(value)


def rows(table: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
