"""Diagrams of networks: what is trained stands in frames, what passes from one to the next in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from writeup.page.figures import WIDTH
from writeup.results.store import Result

ARROW = {"arrowstyle": "-|>,head_width=0.15,head_length=0.3", "linewidth": 0.8, "color": "black"}


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
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    frames = {}
    for name, node in nodes.items():
        corner = node.x - node.width / 2, node.y - node.height / 2
        frames[name] = FancyBboxPatch(
            corner,
            node.width,
            node.height,
            boxstyle="round,pad=0,rounding_size=0.04",
            facecolor="0.93" if node.framed else "none",
            edgecolor="black" if node.framed else "none",
            linewidth=0.8,
        )
        axes.add_patch(frames[name])
        axes.text(node.x, node.y, node.text, ha="center", va="center", fontsize=8)
    for start, end in (arrow for way in ways for arrow in pairwise(way)):
        ends = {"patchA": frames[start], "patchB": frames[end], "shrinkA": 1, "shrinkB": 1}
        place = (nodes[end].x, nodes[end].y), (nodes[start].x, nodes[start].y)
        axes.annotate("", *place, arrowprops=ARROW | ends)
    return figure
