"""Of each step the false version that is nearest to the true one, with the counterexample that refuted it."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from writeup.proofs.mutation import Row

_SIDES = re.compile(r" one side is (?P<a>.+), the other (?P<b>.+)$")
_VALUE = re.compile(r" the value (?P<a>.+) is not (?:>=|<=|>|<) 0$")
COLUMNS = "derivation", "step", "mutation", "reason", "distance"


def nearest(rows: Iterable["Row"]) -> dict[str, list[Any]]:
    """A table: of each step the refused version whose sides differ least at the point that refuted it.

    distance: the difference relative to the larger side; of an inequality the size of the gap. A version that
    was refused without a point (one side is infinite, say) is no counterexample and not listed.
    """
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        far = distance(row.reason) if row.outcome == "caught" else None
        if far is None:
            continue
        key = row.derivation, row.step
        if key not in found or far < found[key][-1]:
            reason = row.reason.removeprefix(f"derivation {row.derivation}, ")
            found[key] = [row.derivation, row.step, row.mutation, reason, far]
    return {name: [line[k] for line in found.values()] for k, name in enumerate(COLUMNS)}


def distance(reason: str) -> float | None:
    """How far apart the sides are, by the words of a refutation; None where these name no point."""
    if match := _SIDES.search(reason):
        a, b = _number(match["a"]), _number(match["b"])
        return abs(a - b) / max(abs(a), abs(b))  # two sides that were told apart are not both zero
    match = _VALUE.search(reason)
    return abs(_number(match["a"])) if match else None


def _number(text: str) -> complex:
    return complex(text.replace(" ", ""))
