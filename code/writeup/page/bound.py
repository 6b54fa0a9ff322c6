"""A figure answers to its results: it looks otherwise when they change, and its words claim nothing.

What a figure shows cannot be read back from it. But one that ignores its results, or writes a number of its
own, draws the same from other results: so it is drawn once more from perturbed ones.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from writeup.errors import UserError
from writeup.page.figures import QUOTED
from writeup.page.source import asserting
from writeup.results.store import Result

Columns = Mapping[str, list[Any]]

DPI = 40  # enough to see that something moved
# What is changed: numbers with a fraction; pictures, inverted; whole numbers, in the other order.
KINDS = "f", "fp", "fpw"
LETTERS, DIGITS = re.compile("[A-Za-z]"), re.compile(r"\d")
SHARES = 0.7, 0.9, 0.8  # of numbers with a fraction, in turn: scaled axes would hide one factor


def refuse_boasts(name: str, figure: Figure) -> None:
    """UserError where a title, label, legend or note of a figure compares by itself."""
    for text in _texts(figure):
        if why := asserting.boast(text, numbers=False):
            raise UserError(f"figure {name}: {text!r}: {why}; its caption may say it of a claim")


def refuse_unbound(name: str, draw: Callable[..., Figure], runs: Sequence[Sequence[Result]]) -> None:
    """UserError where a figure is the same for other results, or writes a share or a fraction that is."""
    first = draw(*runs)
    other = _drawn_otherwise(first, draw, runs)
    if other is None:
        raise UserError(f"figure {name}: looks the same whatever its results are")
    # A text is known by its place among all, for one number may come out as another was.
    texts, others = _texts(first, ticks=False), _texts(other, ticks=False)
    for place, text in enumerate(texts):
        same = text == others[place] if len(others) == len(texts) else text in others
        if same and (why := _typed(text)):
            raise UserError(f"figure {name}: {text!r}, whatever its results are: {why}")


def _drawn_otherwise(
    first: Figure, draw: Callable[..., Figure], runs: Sequence[Sequence[Result]]
) -> Figure | None:
    """The figure from the least changed results that show; None if none do. A drawing that fails, since whole
    numbers are places in an array, depends on them too, and tells no more.
    """
    failed = False
    for kinds in KINDS:
        try:
            other = draw(*([perturbed(run, kinds) for run in part] for part in runs))
        except (IndexError, KeyError, ValueError):
            failed = True
            continue
        if not np.array_equal(_picture(first), _picture(other)):
            return other
    return Figure() if failed else None


def _typed(text: str) -> str:
    """What a text types; a number of few digits may come out the same from other results."""
    short = LETTERS.search(text) is None and len(DIGITS.findall(text.lstrip("0.-+"))) < 3
    return "" if short else asserting.boast(text)


def perturbed(result: Result, kinds: str) -> Result:
    """A result with other numbers of these KINDS, and other settings, which diagrams show."""

    def columns(frame: Columns) -> Columns:
        return {name: _column(values, kinds) for name, values in frame.items()}

    train = result.provenance.get("train", {})
    config = {name: _setting(value) for name, value in train.get("config", {}).items()}
    return replace(
        result,
        provenance={**result.provenance, "train": {**train, "config": config}},
        scalars={name: SHARES[0] * value for name, value in result.scalars.items()},
        tables={name: columns(frame) for name, frame in result.tables.items()},
        logs={name: columns(frame) for name, frame in result.logs.items()},
        arrays={name: _array(array, kinds) for name, array in result.arrays.items()},
    )


def _setting(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_setting(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value + 1 if isinstance(value, int) else SHARES[0] * value


def _column(values: list[Any], kinds: str) -> list[Any]:
    if all(isinstance(value, float) for value in values):
        return [value * share for value, share in zip(values, cycle(SHARES), strict=False)]
    return values[::-1] if "w" in kinds and all(isinstance(value, int) for value in values) else values


def _array(array: "np.ndarray[Any, Any]", kinds: str) -> "np.ndarray[Any, Any]":
    if array.dtype.kind == "f":
        return array * np.resize(np.array(SHARES, array.dtype), array.shape)
    if array.dtype == np.uint8 and array.ndim > 1:
        return 255 - array if "p" in kinds else array
    return array[::-1] if "w" in kinds and array.ndim else array


def _texts(figure: Figure, *, ticks: bool = True) -> list[str]:
    left_out = [] if ticks else [one for axes in figure.axes for one in (axes.xaxis, axes.yaxis)]
    marks = {id(text) for axis in left_out for text in axis.get_ticklabels(which="both")}
    found = [one for one in figure.findobj(Text) if isinstance(one, Text) and id(one) not in marks]
    said = (one for one in found if one.get_visible() and one.get_label() != QUOTED)
    return [text for one in said if (text := one.get_text().strip())]


def _picture(figure: Figure) -> "np.ndarray[Any, Any]":
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
