"""The values of the curves in a figure, and where they lie in it, for those who point at them on a screen."""

import math
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

LEAST = 3  # points; what has fewer is a rule and no curve
PADDING = 0.02  # inches around the figure, as `figures.save` crops it
FIGURES = 5  # significant digits of a value; of a place there are PLACES, so that none meets another
PLACES = 9


def of(figure: Figure) -> list[dict[str, Any]]:
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


def _numbers(data: Any) -> "np.ndarray[Any, Any]":
    return np.atleast_1d(np.asarray(data, dtype=float))


def _rounded(value: float, digits: int) -> float | None:
    """With so many significant digits; None for what is no finite number."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
