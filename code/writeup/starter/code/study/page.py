"""What the page shows of the runs: a curve."""

from matplotlib.figure import Figure
from writeup.page import figures
from writeup.results.store import Result


def error(*settings: list[Result]) -> Figure:
    figure, axes = figures.panel()
    for index, runs in enumerate(filter(None, settings)):
        logs = [run.logs["path"] for run in runs]
        steps, errors = (figures.series_over_runs(logs, column) for column in ("step", "error"))
        figures.curve(axes, steps[0], errors, runs[0].part.replace("_", " + "), index)
    axes.set(xlabel="step", ylabel="error on new points", xscale="symlog")
    return figure
