"""What the page shows of the runs: a curve, and the comparison from which a template makes a sentence."""

from matplotlib.figure import Figure
from writeup.page import figures
from writeup.page.context import Recorded
from writeup.results.compare import Comparison, paired_t
from writeup.results.store import Result


def error(*settings: list[Result]) -> Figure:
    figure, axes = figures.panel()
    for index, runs in enumerate(filter(None, settings)):
        logs = [run.logs["path"] for run in runs]
        steps, errors = (figures.series_over_runs(logs, column) for column in ("step", "error"))
        figures.curve(axes, steps[0], errors, runs[0].part.replace("_", " + "), index)
    axes.set(xlabel="step", ylabel="error on new points", xscale="symlog")
    return figure


def penalty(recorded: Recorded) -> dict[str, Comparison]:
    """The error with the penalty less that without, run by run; a test needs two runs of both."""
    errors = [[run.scalars["error"] for run in runs] for runs in recorded.results.values()]
    return {"error": paired_t(errors[1], errors[0])} if len(errors) == 2 and len(errors[0]) > 1 else {}
