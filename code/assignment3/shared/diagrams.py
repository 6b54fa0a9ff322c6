"""Diagrams of networks: what is trained stands in frames, what passes from one to the next in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from writeup.page.figures import WIDTH
from writeup.results.store import Result

INK, FAINT, TINT = "#1A1A1A", "#8A8A8A", "#E6EEF5"
ARROW: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 7, "linewidth": 0.7, "color": INK}
SMALL = 8.0  # points


@dataclass(frozen=True)
class Node:
    """Its centre in inches from the lower left corner, its words, its width; framed: it has weights."""

    x: float
    y: float
    text: str
    width: float = 0.8
    framed: bool = False

    @property
    def height(self) -> float:
        return 0.12 + 0.14 * (self.text.count("\n") + 1)


def settings_of(runs: Sequence[Result]) -> dict[str, Any]:
    """The settings of training with which runs were recorded."""
    found: dict[str, Any] = runs[0].provenance["train"]["config"]
    return found


def diagram(nodes: Mapping[str, Node], ways: Iterable[Sequence[str]], height: float) -> Figure:
    """The nodes, by their names, with arrows along each way; as wide as the text, `height` in inches."""
    figure, axes = sheet(height)
    frames = {}
    for name, node in nodes.items():
        corner = node.x - node.width / 2, node.y - node.height / 2
        frames[name] = box(axes, *corner, node.width, node.height, node.text, framed=node.framed)
    for start, end in (arrow for way in ways for arrow in pairwise(way)):
        ends = {"patchA": frames[start], "patchB": frames[end], "shrinkA": 1, "shrinkB": 1}
        place = (nodes[end].x, nodes[end].y), (nodes[start].x, nodes[start].y)
        axes.annotate("", *place, arrowprops=ARROW | ends)
    return figure


# --- pieces ---


def sheet(height: float) -> tuple[Figure, Axes]:
    """An empty figure as wide as the text, one unit an inch, from its lower left corner."""
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    return figure, axes


def box(
    axes: Axes, x: float, y: float, width: float, height: float, text: str, *, framed: bool = True
) -> FancyBboxPatch:
    """A rounded box, which is seen if framed, around a text; (x, y): its lower left corner."""
    shape = FancyBboxPatch(
        (x + 0.03, y + 0.03), width - 0.06, height - 0.06, boxstyle="round,pad=0.03",
        facecolor=TINT if framed else "none", edgecolor=INK if framed else "none", linewidth=0.6,
    )  # fmt: skip
    axes.add_patch(shape)
    label(axes, x + width / 2, y + height / 2, text)
    return shape


def cells(
    axes: Axes, x: float, y: float, rows: int, columns: int, side: float, *, tinted: range = range(0)
) -> None:
    """A grid of cells, the first row on top, whose rows in `tinted` are filled; (x, y): lower left."""
    for row in range(rows):
        for column in range(columns):
            corner = x + column * side, y + (rows - 1 - row) * side
            fill = TINT if row in tinted else "white"
            axes.add_patch(Rectangle(corner, side, side, facecolor=fill, edgecolor=FAINT, linewidth=0.4))
    if tinted:
        low = y + (rows - tinted.stop) * side
        frame = Rectangle(
            (x, low), columns * side, len(tinted) * side, fill=False, edgecolor=INK, linewidth=1
        )
        axes.add_patch(frame)


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(FancyArrowPatch(start, end, **ARROW, shrinkA=0, shrinkB=0))


def label(axes: Axes, x: float, y: float, text: str, *, at: str = "center", mark: str = "") -> None:
    """A small text; `at`: which side of it lies at x; mark: label of the artist."""
    axes.text(x, y, text, ha=at, va="center", fontsize=SMALL, color=INK, linespacing=1.15, label=mark)
