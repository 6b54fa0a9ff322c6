"""What the page shows of the runs: a curve, and the same in words for who cannot see it."""

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


def error_in_words(*settings: list[Result]) -> str:
    ends = []
    for runs in filter(None, settings):
        first, *_, last = figures.series_over_runs([run.logs["path"] for run in runs], "error").mean(axis=0)
        ends.append(f"{runs[0].part.replace('_', ' with ')} from {first:.2f} to {last:.2f}")
    return f"Line chart of the mean error on new points over the steps, first to last: {'; '.join(ends)}."
