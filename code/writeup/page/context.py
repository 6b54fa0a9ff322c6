"""What the functions of a report are handed to make its tables, notes and claims of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from writeup.results import values
from writeup.results.store import Result


@dataclass(frozen=True)
class Recorded:
    """The results that one table, claim or note is made of: those it is declared `of`, and no others.

    results: runs by part, in the order of their seeds. v: their numbers by name. claims: by name, those made
    so far. configs: the settings of the parts, and of the others that the declaration names. typical: of each
    part the run that stands for all, where the declaration says by which number.
    """

    results: Mapping[str, Sequence[Result]]
    v: values.Values
    claims: Mapping[str, Any] = field(default_factory=dict)
    configs: Mapping[str, Any] = field(default_factory=dict)
    typical: Mapping[str, Result] = field(default_factory=dict)
