"""What the tables of several problems share."""

from collections.abc import Sequence

from writeup.page.source.formats import Tex, bold, spread
from writeup.results.values import Value


def best(values: Sequence[Value | None], digits: int, *, least: bool = False) -> list[Tex]:
    """The values with their spread, blank where none was recorded; the best of several means is bold."""
    known = [value for value in values if value is not None]
    chosen = (min if least else max)(known, key=lambda value: value.mean) if len(known) > 1 else None
    return [
        Tex() if value is None else bold(spread(value, digits)) if value is chosen else spread(value, digits)
        for value in values
    ]
