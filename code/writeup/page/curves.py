"""The values of the curves in a figure, and where they lie in it, for those who point at them on a screen."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

LEAST = 3  # points; what has fewer is a rule and no curve
PADDING = 0.02  # inches around the figure, as `figures.save` crops it
FIGURES = 5  # significant digits


def of(figure: Figure) -> list[dict[str, Any]]:
    """Of each axes with curves its box, its axes and its curves, as plain data.

    box: left, top, right, bottom as shares of the saved picture's width and height, from its upper left
    corner. x, y: label, ends and scale ("linear" or "log"). curves: label, colour, x and y.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # the layout is decided here
    whole = figure.get_tightbbox(canvas.get_renderer()).padded(PADDING)
    found = []
    for axes in figure.axes:
        scales = axes.get_xscale(), axes.get_yscale()
        curves = [_curve(line) for line in axes.lines if _is_curve(line)]
        if not curves or not set(scales) <= {"linear", "log"}:
            continue
        box = axes.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
        left, right = ((x - whole.x0) / whole.width for x in (box.x0, box.x1))
        top, bottom = ((whole.y1 - y) / whole.height for y in (box.y1, box.y0))
        found.append(
            {
                "box": [round(share, 5) for share in (left, top, right, bottom)],
                "x": _axis(axes, "x"),
                "y": _axis(axes, "y"),
                "curves": curves,
            }
        )
    return found


def _is_curve(line: Line2D) -> bool:
    joined = line.get_linestyle() not in ("None", "", " ")
    return joined and len(np.atleast_1d(line.get_xdata())) >= LEAST


def _axis(axes: Axes, name: str) -> dict[str, Any]:
    ends = getattr(axes, f"get_{name}lim")()
    label, scale = getattr(axes, f"get_{name}label")(), getattr(axes, f"get_{name}scale")()
    return {"label": label, "ends": [float(end) for end in ends], "scale": scale}


def _curve(line: Line2D) -> dict[str, Any]:
    label = str(line.get_label())
    x, y = (np.asarray(data, dtype=float) for data in (line.get_xdata(), line.get_ydata()))
    return {
        "label": "" if label.startswith("_") else label,
        "colour": str(line.get_color()),
        "x": [_rounded(value) for value in x],
        "y": [_rounded(value) for value in y],
    }


def _rounded(value: float) -> float | None:
    """With FIGURES significant digits; None for what is no finite number."""
    return float(f"{value:.{FIGURES}g}") if math.isfinite(value) else None
