"""Where pages break, for the embedded engine; LaTeX does it by itself.

What belongs together is marked in pandoc's tree, each mark a Div of that class:
lead-in   a short paragraph right before a derivation
proved    (on the derivation) followed by the end of its proof
qed       the sign that ends a proof, in a line of its own

Figures, tables, algorithms and short listings then stand between paragraphs where they leave least of a page
blank: not above the heading that they stand below nor further up than `EARLIER` blocks, not beyond the next
chief section or an answer that refers to them, and those of a kind in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from writeup.page.elements import ELEMENTS
from writeup.page.source.listings import LONG
from writeup.page.source.pandoc import Node, nodes

SHORT = 200  # letters; longer paragraphs need not stay with the derivation that follows
LONG_DISPLAY = 4  # formulas below each other; a shorter display stands on one page
LINE = 13.9  # points from one line of text to the next
SPACE = {"": 6.0, "float": 13.0, "answer": 11.0}  # points below a block, which need not fit on its page
EARLIER = 8  # blocks by which a float may precede its place in the source
KEPT = 60  # layouts that are followed at once
HOLE = 0.1  # of a page; more blank space at its foot is to be avoided at nearly any cost


@dataclass(frozen=True)
class Block:
    """A block of the page. moves: its kind if it is a float; breaks: after so many points it may run on to
    the next page, 0 if it may not; space: below it, at least; sticks: to the block below; ends: a float may
    stand after it; bars: no float goes beyond it; heads: it is a heading; name: its label; cites: the labels
    of floats that do not go beyond it.
    """

    moves: str = ""
    breaks: float = 0
    space: float = SPACE[""]
    sticks: bool = False
    ends: bool = False
    bars: bool = False
    heads: bool = False
    name: str = ""
    cites: frozenset[str] = frozenset()


def mark_breaks(blocks: list[Node]) -> list[Node]:
    """The blocks of a document with the marks."""
    blocks = [block for block in blocks if block["t"] != "Div" or block["c"][1]]
    for index, block in enumerate(blocks):
        after = blocks[index + 1] if index + 1 < len(blocks) else {"t": ""}
        if _derives(block) and _ends(after):
            block["c"][0][1].append("proved")
        if block["t"] == "Para" and _derives(after) and _length(block) <= SHORT:
            blocks[index] = _div("lead-in", [block])
        elif _ends(block):
            blocks[index] = _div("qed", [block])
    return blocks


def block(node: Node) -> Block:
    """What a block of the marked tree is."""
    kind, classes = node["t"], node["c"][0][1] if node["t"] in {"Div", "Table"} else []
    if kind == "Header":
        return Block(sticks=True, bars=node["c"][0] == 1, heads=True)
    if kind == "Div" and "captioned" in classes:
        name = node["c"][0][0]
        moves = classes[1] if ELEMENTS[classes[1]].floats and not _long(node) else ""
        return Block(moves=moves, breaks=0 if moves else 4 * LINE, space=SPACE["float"], ends=True, name=name)
    if kind in {"Figure", "Table"}:
        if "longtable" in classes:
            return Block(breaks=6 * LINE, ends=True)
        return Block(moves=kind, space=SPACE["float"], ends=True, name=node["c"][0][0])
    if kind == "Div":
        sticks = "lead-in" in classes or "proved" in classes
        breaks = 6 * LINE * (_derives(node) and lines(node) >= LONG_DISPLAY)
        if "answer" in classes:
            cited = frozenset(one["c"][2][0].removeprefix("#") for one in nodes(node) if one["t"] == "Link")
            return Block(space=SPACE["answer"], ends=True, cites=cited)
        if not {"lead-in", "qed", "derivation", "headed"} & set(classes):  # an environment of no meaning here
            return Block(breaks=2 * LINE, ends=True)
        return Block(breaks=breaks, sticks=sticks, ends="qed" in classes)
    if kind == "CodeBlock":
        return Block(breaks=4 * LINE * _long(node), ends=True)
    said = [one["c"] for one in nodes(node) if one["t"] == "Str"]
    return Block(breaks=2 * LINE, ends=bool(said) and said[-1].rstrip(")]’”")[-1:] in {".", "?", "!"})


def arranged(blocks: Sequence[Block], heights: Sequence[float], page: float, used: float) -> list[int]:
    """The numbers of the blocks in the order in which they are printed.

    heights: of the blocks, with the space below each. page: the height of its text, in points; of the first
    so much is used before the first block.
    """
    units = _units(blocks)
    floats = _floats(blocks, units)
    layouts = [_Layout(used=used, left=tuple(len(some) for some in floats))]
    for place, unit in enumerate(units):
        gap = not place or blocks[units[place - 1][-1]].ends
        grown = layouts
        while grown := [
            below.floating(kind, moved, place)
            for one in grown
            for kind, moved in one.waiting(floats)
            for below in [one.then(heights[moved.number], 0.0, blocks[moved.number].space, page)]
            if place == moved.last or (gap and moved.first <= place < moved.last)
        ]:
            layouts = layouts + grown
        together = sum(heights[number] for number in unit)
        runs_on = sum(max(0.0, heights[n] - blocks[n].breaks) for n in unit[-1:] if blocks[n].breaks)
        space = blocks[unit[-1]].space if unit else 0.0
        best: dict[tuple[Any, int], _Layout] = {}
        for layout in layouts:
            if all(moved.last > place for _, moved in layout.waiting(floats)):
                one = layout.then(together - runs_on, runs_on, space, page)
                one = replace(one, order=(*one.order, *unit))
                key = one.left, round(one.used)
                best[key] = min(one, best.get(key, one), key=_best)
        layouts = sorted(best.values(), key=_best)[:KEPT]
    return list(layouts[0].order)


@dataclass(frozen=True)
class _Float:
    """Its number, the unit above which it stands in the source, and the first and last it may stand above."""

    number: int
    home: int
    first: int
    last: int


def _units(blocks: Sequence[Block]) -> list[list[int]]:
    """The numbers of the blocks that do not move, grouped where they stick; an empty group at the end."""
    units: list[list[int]] = [[]]
    for number, one in enumerate(blocks):
        if not one.moves:
            units[-1].append(number)
            units += [] if one.sticks else [[]]
    return [*filter(None, units), []]


def _floats(blocks: Sequence[Block], units: Sequence[Sequence[int]]) -> list[list[_Float]]:
    """Those of each kind, the last one first."""
    heads = [place for place, unit in enumerate(units) if any(blocks[n].heads for n in unit)]
    found: dict[str, list[_Float]] = {one.moves: [] for one in blocks if one.moves}
    for number in (number for number, one in enumerate(blocks) if one.moves):
        home = next(place for place, unit in enumerate(units) if not unit or unit[0] > number)
        above = max((place + 1 for place in heads if place < home), default=0)
        last = next(
            place
            for place, unit in enumerate(units)
            if place >= home
            and (not unit or any(blocks[n].bars or blocks[number].name in blocks[n].cites for n in unit))
        )
        found[blocks[number].moves].insert(0, _Float(number, home, max(above, home - EARLIER), last))
    return list(found.values())


@dataclass(frozen=True)
class _Layout:
    """The blocks so far in their order: what it costs, how much of the last page is used, how many floats of
    each kind are left.
    """

    cost: float = 0.0
    used: float = 0.0
    left: tuple[int, ...] = ()
    order: tuple[int, ...] = ()

    def waiting(self, floats: Sequence[Sequence[_Float]]) -> list[tuple[int, _Float]]:
        """The next of each kind."""
        return [(kind, floats[kind][left - 1]) for kind, left in enumerate(self.left) if left]

    def then(self, together: float, runs_on: float, space: float, page: float) -> "_Layout":
        """What stands together, below what is there or on a new page; the rest is broken between lines.

        space: what a page need not have of both.
        """
        cost, used = self.cost, self.used
        if used and used + together - space > page:
            hole = (page - used) / page
            cost, used = cost + hole**2 + 10 * max(0.0, hole - HOLE), 0.0
        used += together
        while runs_on and used + runs_on - space > page:
            runs_on -= min(runs_on - LINE, max(0.0, (page + space - used) // LINE * LINE))
            used = 0.0
        return replace(self, cost=cost, used=used + runs_on)

    def floating(self, kind: int, moved: _Float, place: int) -> "_Layout":
        """With a float of a kind above the unit `place`."""
        left = tuple(count - (kind == number) for number, count in enumerate(self.left))
        cost = self.cost + 0.003 * (place - moved.home) ** 2
        return replace(self, cost=cost, left=left, order=(*self.order, moved.number))


def _best(layout: _Layout) -> tuple[float, tuple[int, ...]]:
    """Ties go to the order of the source."""
    return layout.cost, layout.order


def _derives(block: Node) -> bool:
    return block["t"] == "Div" and "derivation" in block["c"][0][1]


def lines(derivation: Node) -> int:
    """How many formulas it has below each other."""
    [table] = [node for node in nodes(derivation) if node["t"] == "Table"]
    rows = [row for body in table["c"][4] for row in body[3]]
    return sum(displays(row[1]) for row in rows)


def displays(cells: Node) -> bool:
    """Whether a formula is among them, and not words alone."""
    return any(node["t"] == "Math" and node["c"][0]["t"] == "DisplayMath" for node in nodes(cells))


def _ends(block: Node) -> bool:
    """Whether it is nothing but the sign that ends a proof."""
    inlines = block["c"] if block["t"] == "Para" else []
    said = [inline for inline in inlines if inline["t"] not in {"Space", "SoftBreak"}]
    return len(said) == 1 and said[0]["t"] == "Span" and said[0]["c"][0][1] == ["qed"]


def _length(block: Node) -> int:
    return sum(len(node["c"]) if node["t"] == "Str" else 1 for node in nodes(block) if "t" in node)


def _long(block: Node) -> bool:
    """Whether it is a listing that may run over pages."""
    code = [node["c"][1] for node in nodes(block) if node["t"] == "CodeBlock"]
    return any(text.count("\n") + 1 >= LONG for text in code)


def _div(kind: str, blocks: list[Node]) -> Node:
    return {"t": "Div", "c": [["", [kind], []], blocks]}
