"""What differs, as lines for the terminal and as one HTML file."""

import base64
from collections.abc import Iterator, Sequence

import jinja2

from writeup.diff.comparing import Difference, Number
from writeup.files import beside, read_text

_PAGE = beside(__file__, "page.html.j2")


def lines(difference: Difference, *, every: bool) -> Iterator[str]:
    """The lines for a terminal. every: numbers that are within the rule too."""
    if not difference.numbers and not difference.pictures and not difference.causes:
        yield f"the recorded results are those of {difference.old}"
        return
    shown = [one for one in difference.numbers if every or one.state != "within"]
    if shown:
        yield from _aligned([_head(difference), *map(_cells, shown)])
    if within := sum(one.state == "within" for one in difference.numbers):
        yield f"{within} numbers differ within {difference.rule}{'' if every else '; --verbose lists them'}"
    for verdict in difference.verdicts:
        yield f"claim {verdict.name}: {verdict.old or 'no verdict'} -> {verdict.new or 'no verdict'}"
    for picture in difference.pictures:
        yield f"figure {picture.name}: {picture.trouble or 'changed'}"
    for part, why in difference.causes.items():
        yield f"{part}:"
        yield from (f"    {line}" for line in why)


def _head(difference: Difference) -> tuple[str, ...]:
    return "number", difference.old, difference.new, "difference", ""


def _cells(one: Number) -> tuple[str, ...]:
    old, new = ("-" if value is None else f"{value.mean:.6g}" for value in (one.old, one.new))
    by = "-" if one.old is None or one.new is None else f"{one.new.mean - one.old.mean:+.3g}"
    return one.name, old, new, by, one.state


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (cell.rjust(width) for cell, width in zip(rest[:-1], widths[1:-1], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells, rest[-1]]).rstrip()


def page(difference: Difference) -> str:
    """One HTML file that needs no other."""
    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(read_text(_PAGE))
    return template.render(
        found=difference,
        head=_head(difference),
        rows=list(map(_cells, difference.numbers)),
        encoded=lambda svg: base64.b64encode(svg.encode()).decode(),
    )
