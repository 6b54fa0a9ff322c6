"""Every number that the report quotes from elsewhere, as data: shown beside ours, never mixed with it."""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import beside, read_toml
from writeup.page.context import Recorded


@cache
def quoted_numbers() -> dict[str, Any]:
    """Numbers by source and problem."""
    return numbers(beside(__file__, "quoted.toml"))


def stated() -> dict[str, Any]:
    """The reference's numbers by problem."""
    found: dict[str, Any] = quoted_numbers()["reference"]
    return found


def reference(recorded: Recorded) -> dict[str, Any]:
    """The same, for the templates."""
    return stated()


def quoted(recorded: Recorded) -> dict[str, Any]:
    """All sources, for the templates."""
    return quoted_numbers()


def numbers(path: Path) -> dict[str, Any]:
    """A TOML file of numbers, in tables and lists; UserError names what is none, as it would be printed."""
    found = read_toml(path)
    for name, value in _leaves("", found):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserError(f"{path}: {name} = {value!r}: not a number, and the report would print it as one")
    return found


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(f"{name}[{index}]", one)
    else:
        yield name, value
