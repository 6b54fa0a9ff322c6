"""Every number that the reference or a paper states, as data: shown beside ours, never mixed with it."""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import beside, read_toml
from writeup.page.context import Recorded


@cache
def stated() -> dict[str, Any]:
    """The reference's numbers by part."""
    return numbers(beside(__file__, "reference.toml"))


def reference(recorded: Recorded) -> dict[str, Any]:
    """The same, for the templates."""
    return stated()


def literature(recorded: Recorded) -> dict[str, Any]:
    """What papers report, for the templates."""
    return numbers(beside(__file__, "literature.toml"))


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
