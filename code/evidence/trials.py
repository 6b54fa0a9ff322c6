"""Trials by the hundred: each was stood, or says what went wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from evidence.clock import say


class Trial(NamedTuple):
    """wrong: what was not as it should be; empty where all was. phase: what was disturbed."""

    name: str
    wrong: str
    phase: str = ""


def told(trials: Iterable[Trial]) -> list[Trial]:
    """All of them, each said as it is done."""
    found = []
    for one in trials:
        found.append(one)
        say(f"{one.name}: {one.wrong or 'stood'}")
    return found


def stood(trials: Sequence[Trial]) -> float:
    """How many of them."""
    return float(sum(not one.wrong for one in trials))


def failures(tried: Mapping[str, Sequence[Trial]]) -> dict[str, dict[str, list[str]]]:
    """A table of those that were not stood, by kind; none where all were."""
    wrong = [(kind, one.name, one.wrong) for kind, some in tried.items() for one in some if one.wrong]
    names = "kind", "trial", "wrong"
    return {"failures": {name: [row[k] for row in wrong] for k, name in enumerate(names)}} if wrong else {}
