"""The plots every report needs, in one style: series with bands, image grids, histograms, ROC, bars.

Each function returns a matplotlib Figure; `save` writes it as SVG with text in the font of the page, the same
bytes for the same data, and the values of its curves for those who point at them on a screen. Curves are
labelled directly, the colours survive grey print (Okabe & Ito 2008).
"""

import io
import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from fontTools import agl
from fontTools.ttLib import TTFont
from matplotlib import colors, font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import ScalarFormatter

from writeup.files import write_atomically
from writeup.page.live import Live
from writeup.page.web.pictures import CONTRAST, contrast

Array = np.ndarray[Any, Any]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
WIDTH = 6.0  # inches: the text width of the page
PADDING = 0.02  # inches around a saved figure
QUOTED = "quoted"  # label of a text that shows what was recorded, word for word: it claims nothing
LEAST = 3  # points of a curve; what has fewer is a rule
FIGURES, PLACES = 5, 9  # significant digits of a value on a curve; of its place, so that none meets another

STYLE: Any = {
    "font.family": "cmr10",
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "axes.unicode_minus": False,
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "writeup",
    "image.interpolation": "none",
}
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it remarks on the dates of matplotlib's own fonts
matplotlib.use("Agg")
matplotlib.rcParams.update(STYLE)


PAPER = "#ffffff"
# of the page: in the PDF the first, in the HTML the first that is there
FONTS = "'New Computer Modern', 'Latin Modern Roman', 'STIX Two Text', Charter, Cambria, Georgia, serif"
_SVG_TEXT = re.compile(r"""; font-family: '(cm\w+10)'([^"]*"[^>]*>)([^<]*)""")
_PRIME = re.compile(r'y="(-?[\d.]+)" style="font-size: ([\d.]+)px([^"]*">′)')
_GAP = re.compile(r"(?<=>)\s+(?=<tspan|</text>)")


def save(figure: Figure, path: Path, live: Live | None = None) -> None:
    """Write `path`.svg without a date, and `path`.json with its curves and what a reader moves below it; each
    atomically.
    """
    told = {"curves": curves(figure), "live": live.told() if live else None}
    figure.set_layout_engine("none")  # the layout is decided: `curves` drew the figure once
    buffer = io.BytesIO()
    tight: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": PADDING}
    figure.savefig(buffer, format="svg", metadata={"Date": None}, dpi=300, **tight)
    write_atomically(path.with_suffix(".svg"), _in_fonts_of_the_page(buffer.getvalue().decode()).encode())
    write_atomically(path.with_suffix(".json"), json.dumps(told).encode())


def _in_fonts_of_the_page(svg: str) -> str:
    """The SVG with text that any font can show: signs of mathematics are in matplotlib's fonts at places of
    their own.
    """

    def plain(found: re.Match[str]) -> str:
        font, style, text = found.groups()
        signs = text if font == "cmr10" else "".join(_signs(font)[ord(sign)] for sign in text)
        return f"{'; font-style: italic' if font == 'cmmi10' else ''}{style}{signs}"

    def lowered(
        found: re.Match[str],
    ) -> str:  # TeX's prime is a large sign, made small and raised; Unicode's is neither
        y, size = float(found[1]), float(found[2])
        return f'y="{y + 0.59 * size:.6g}" style="font-size: {size / 0.7:.6g}px{found[3]}'

    svg = _PRIME.sub(lowered, _GAP.sub("", _SVG_TEXT.sub(plain, svg)))
    return svg.replace("<svg ", f'<svg font-family="{FONTS}" ', 1)


@cache
def _signs(font: str) -> dict[int, str]:
    """What a font of matplotlib's has at each place, in Unicode."""
    names = TTFont(font_manager.findfont(font)).getBestCmap() or {}
    return {place: agl.toUnicode("minute" if name == "prime" else name) for place, name in names.items()}


class _Grouped(ScalarFormatter):
    """Thousands apart, as in the text."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        text = super().__call__(x, pos)
        return re.sub(r"(?<![.\d])\d{4,}", lambda found: f"{int(found[0]):,}".replace(",", r"\,"), text)


def panel(
    columns: int = 1, rows: int = 1, height: float = 2.2, width: float = WIDTH, **options: Any
) -> tuple[Figure, Any]:
    """A figure with rows x columns axes (squeezed), sizes in inches."""
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    made = figure.subplots(rows, columns, **options)
    for axis in (axis for axes in np.ravel(made) for axis in (axes.xaxis, axes.yaxis)):
        axis.set_major_formatter(_Grouped())
    return figure, made


def readable(colour: str) -> str:
    """The colour, dark enough for a label on white paper."""
    shares = np.array(colors.to_rgb(colour))
    while contrast(shown := colors.to_hex(tuple(shares.tolist())), PAPER) < CONTRAST:
        shares = shares * 0.98
    return shown


def curve(axes: Axes, x: Array, runs: Array, label: str, index: int = 0, *, at_end: bool = True) -> None:
    """One labelled curve: the mean of `runs` [S, T] over x [T], in a band from the least to the greatest."""
    runs = np.atleast_2d(runs)
    mean = runs.mean(axis=0)
    colour, line = COLOURS[index % len(COLOURS)], LINES[index % len(LINES)]
    axes.plot(x, mean, color=colour, linestyle=line, label=label)
    if len(runs) > 1:
        axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    if at_end:
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8}
        axes.annotate(label, (x[-1], mean[-1]), xytext=(4, 0), color=readable(colour), **style)


def label_at(axes: Axes, text: str, point: tuple[float, float], colour: str) -> None:
    """A label right above a point."""
    style: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8}
    axes.annotate(text, point, xytext=(0, 3), color=readable(colour), **style)


def spread_labels(axes: Axes, gap: float = 9.0) -> None:
    """Move the labels at the ends of the curves apart, so that none covers another (gap in points)."""
    texts = [text for text in axes.texts if isinstance(text, Annotation)]
    low, high = axes.get_ylim()
    inches = axes.get_position().height * axes.figure.get_figure(root=True).get_size_inches()[1]
    points_per_unit = inches * 72 / (high - low)
    placed = -np.inf
    for text in sorted(texts, key=lambda text: text.xy[1]):
        wanted = (text.xy[1] - low) * points_per_unit
        placed = max(wanted, placed + gap)
        text.set_position((4, placed - wanted))


def image_grid(
    images: Array, *, row_labels: Sequence[str] = (), column_labels: Sequence[str] = (), scale: float = 1.0
) -> Figure:
    """Grey images [R, C, H, W] (uint8) as one crisp bitmap, with labels outside."""
    canvas, inches = _canvas(images), WIDTH * scale
    figure = Figure(figsize=(inches, inches * canvas.shape[0] / canvas.shape[1]), layout="constrained")
    show_images(figure.subplots(), images, row_labels, column_labels)
    return figure


def image_grids(grids: Mapping[str, Array], *, row_labels: Sequence[str] = ()) -> Figure:
    """Grids of grey images [R, C, H, W] (uint8), of one shape, side by side, each below its title."""
    canvas = _canvas(next(iter(grids.values())))
    inches = WIDTH / len(grids)
    size = (WIDTH, inches * canvas.shape[0] / canvas.shape[1] + 0.25)
    figure = Figure(figsize=size, layout="constrained")
    for axes, (title, images) in zip(np.ravel(figure.subplots(1, len(grids))), grids.items(), strict=True):
        show_images(axes, images, row_labels)
        axes.set_title(title, pad=4)
    return figure


def _canvas(images: Array) -> Array:
    """Images [R, C, H, W] as one, a black line between."""
    rows, columns, height, width = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (0, 1), (0, 1)))
    return framed.swapaxes(1, 2).reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def show_images(
    axes: Axes, images: Array, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()
) -> None:
    """Grey images [R, C, H, W] (uint8) on the axes, whose ticks bear the labels."""
    height, width = images.shape[2:]
    axes.imshow(_canvas(images), cmap="gray", vmin=0, vmax=255, interpolation="none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.set_yticks(np.arange(len(row_labels)) * (height + 1) + height / 2, list(row_labels))
    axes.set_xticks(np.arange(len(column_labels)) * (width + 1) + width / 2, list(column_labels))
    axes.xaxis.tick_top()


def series_over_runs(logs: Sequence[Mapping[str, Sequence[Any]]], column: str) -> Array:
    """The column of each run's log, as [S, T]; runs are cut to the shortest."""
    shortest = min(len(log[column]) for log in logs)
    return np.array([list(log[column])[:shortest] for log in logs], dtype=float)


# --- the values of curves ---


def curves(figure: Figure) -> list[dict[str, Any]]:
    """Of each axes with curves its box, its labels, its curves and the places at which they have values.

    box: left, top, right, bottom as shares of the saved picture's width and height, from its upper left
    corner. labels: of both axes. curves: label, x and y. places: each x of them and where it lies, as a share
    of the picture's width.
    """
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()  # the layout is decided here
    whole = figure.get_tightbbox(canvas.get_renderer()).padded(PADDING)
    to_inches = figure.dpi_scale_trans.inverted()
    found = []
    for axes in figure.axes:
        lines = [line for line in axes.lines if _is_curve(line)]
        if not lines:
            continue
        box = axes.get_window_extent().transformed(to_inches)
        xs = np.unique(np.concatenate([_numbers(line.get_xdata()) for line in lines]))
        xs = xs[np.isfinite(xs)]
        across = (axes.transData + to_inches).transform([(x, axes.get_ylim()[0]) for x in xs])[:, 0]
        sides = [(box.x0 - whole.x0) / whole.width, (whole.y1 - box.y1) / whole.height]
        sides += [(box.x1 - whole.x0) / whole.width, (whole.y1 - box.y0) / whole.height]
        shares = (across - whole.x0) / whole.width
        found.append(
            {
                "box": [round(float(side), 5) for side in sides],
                "labels": [axes.get_xlabel(), axes.get_ylabel()],
                "curves": [_curve(line) for line in lines],
                "places": [
                    [_rounded(x, PLACES), round(float(share), 5)]
                    for x, share in zip(xs, shares, strict=True)
                    if sides[0] - 1e-6 <= share <= sides[2] + 1e-6
                ],
            }
        )
    return found


def _is_curve(line: Line2D) -> bool:
    joined = line.get_linestyle() not in ("None", "", " ")
    return joined and len(_numbers(line.get_xdata())) >= LEAST


def _curve(line: Line2D) -> dict[str, Any]:
    label = str(line.get_label())
    x, y = _numbers(line.get_xdata()), _numbers(line.get_ydata())
    return {
        "label": "" if label.startswith("_") else label,
        "x": [_rounded(value, PLACES) for value in x],
        "y": [_rounded(value, FIGURES) for value in y],
    }


def _numbers(data: Any) -> Array:
    return np.atleast_1d(np.asarray(data, dtype=float))


def _rounded(value: float, digits: int) -> float | None:
    """With so many significant digits; None for what is no finite number."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
