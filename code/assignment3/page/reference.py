"""Every number that the reference or a paper states, as data: shown beside ours, never mixed with it."""

from functools import cache
from typing import Any

from writeup.files import beside, read_toml
from writeup.page.context import Recorded


@cache
def stated() -> dict[str, Any]:
    """The reference's numbers by part."""
    return read_toml(beside(__file__, "reference.toml"))


def reference(recorded: Recorded) -> dict[str, Any]:
    """The same, for the templates."""
    return stated()


def literature(recorded: Recorded) -> dict[str, Any]:
    """What papers report, for the templates."""
    return read_toml(beside(__file__, "literature.toml"))
