"""What differs, as lines for the terminal and as one HTML file."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from writeup.diff.comparing import Number, Picture, Verdict

STATES = {"moved": "moved", "within": "within", "new": "new", "gone": "gone"}
RULES = "Verdicts of both versions are by today's claims and tests, figures by today's functions."
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: .1rem .8rem; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } tr.moved { font-weight: 600; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } img { width: 100%; background: #fff; }
figure { margin: 0; }
"""


@dataclass(frozen=True)
class Difference:
    """All that differs between `old` and `new`, which are names of versions. rule: what "within" means."""

    old: str
    new: str
    rule: str
    numbers: Sequence[Number]
    verdicts: Sequence[Verdict]
    pictures: Sequence[Picture]
    causes: Mapping[str, Sequence[str]]

    @property
    def matters(self) -> str:
        """What exceeds `rule`, in words; "" if nothing does."""
        moved, verdicts = sum(one.state != "within" for one in self.numbers), len(self.verdicts)
        numbers = f"{moved} number{'s' * (moved != 1)} beyond {self.rule}" if moved else ""
        claims = f"{verdicts} verdict{'s' * (verdicts != 1)}" if verdicts else ""
        return " and ".join(filter(None, (numbers, claims)))


def lines(difference: Difference, *, every: bool) -> Iterator[str]:
    """The lines for a terminal. every: numbers that are within the rule too."""
    if not difference.numbers and not difference.pictures and not difference.causes:
        yield f"the recorded results are those of {difference.old}"
        return
    shown = [one for one in difference.numbers if every or one.state != "within"]
    if shown:
        yield from _aligned([_head(difference), *map(_cells, shown)])
    within = sum(one.state == "within" for one in difference.numbers)
    if within:
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
    by = "-" if one.difference is None else f"{one.difference:+.3g}"
    return one.name, old, new, by, STATES[one.state]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (cell.rjust(width) for cell, width in zip(rest[:-1], widths[1:-1], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells, rest[-1]]).rstrip()


def page(difference: Difference) -> str:
    """One HTML file that needs no other."""
    title = f"{difference.old} and {difference.new}"
    parts = [f"<h1>What differs between {escape(title)}</h1>", f"<p>{escape(RULES)}</p>"]
    if not difference.causes and not difference.numbers and not difference.pictures:
        parts.append("<p>Nothing.</p>")
    if difference.causes:
        parts.append("<h2>Causes</h2>")
    for part, why in difference.causes.items():
        items = "".join(f"<li>{escape(line)}</li>" for line in why)
        parts.append(f"<h3>{escape(part)}</h3><ul>{items}</ul>")
    if difference.verdicts:
        rows = [(one.name, one.old or "none", one.new or "none") for one in difference.verdicts]
        parts += ["<h2>Verdicts</h2>", _table(("claim", difference.old, difference.new), rows)]
    if difference.numbers:
        parts.append(f"<h2>Numbers</h2><p>within: by no more than {escape(difference.rule)}</p>")
        parts.append(_table(_head(difference), list(map(_cells, difference.numbers))))
    if difference.pictures:
        parts.append("<h2>Figures</h2>")
    for one in difference.pictures:
        sides = ((difference.old, one.old), (difference.new, one.new))
        pair = "".join(_side(one.name, name, svg) for name, svg in sides)
        trouble = f"<p>{escape(one.trouble)}</p>" if one.trouble else ""
        parts.append(f"<h3>{escape(one.name)}</h3>{trouble}<div class='pair'>{pair}</div>")
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{STYLE}</style>"
    return f"<!DOCTYPE html>\n<html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr class='{escape(row[-1])}'><th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td class='number'>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _side(figure: str, version: str, svg: str) -> str:
    if not svg:
        return f"<p>none in {escape(version)}</p>"
    data = base64.b64encode(svg.encode()).decode()
    words = escape(f"{figure} of {version}", quote=True)
    picture = f"<img src='data:image/svg+xml;base64,{data}' alt='{words}'>"
    return f"<figure><figcaption>{escape(version)}</figcaption>{picture}</figure>"
