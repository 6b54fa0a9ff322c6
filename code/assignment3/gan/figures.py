"""The figures of problem 4, and what each shows in words and recorded numbers, for who cannot see it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from assignment3.gan.words import SETTINGS
from assignment3.shared.quoted import stated
from writeup.page.figures import (
    COLOURS,
    LINES,
    Array,
    curve,
    image_grid,
    image_grids,
    panel,
    series_over_runs,
)
from writeup.results.store import Result

Runs = Sequence[Result]
SIDE = 4  # rows and columns of a grid of 16 samples, as the hand-out shows them
GRIDS = 7  # as many as the reference shows


def titled(settings: Sequence[Runs]) -> list[tuple[str, Runs]]:
    """The runs of each setting that ran, under a word for it."""
    return [(f"{SETTINGS[runs[0].part]} settings", runs) for runs in settings if runs]


# --- losses ---


def loss(runs: Runs) -> Figure:
    """Both losses of the log's lines, ours over all runs and the reference's."""
    figure, axes = panel(columns=2)
    logs = [run.logs["steps"] for run in runs]
    x = np.asarray(logs[0]["iteration"])
    reference = np.array(stated()["gan"]["loss_log"])
    reference = reference[reference[:, 0] <= x[-1]]
    for ax, column, index, label in (
        (axes[0], "d_loss", 1, "loss of $D$ in nats"),
        (axes[1], "g_loss", 2, "loss of $G$ in nats"),
    ):
        curve(ax, x, series_over_runs(logs, column), "ours", 0, at_end=False)
        ax.plot(reference[:, 0], reference[:, index], ".", color=COLOURS[1], markersize=4, label="reference")
        ax.set_xlabel("iteration")
        ax.set_ylabel(label)
    for ax, undecided in zip(axes, (2 * np.log(2), np.log(2)), strict=True):
        ax.axhline(undecided, color="black", linewidth=0.8, linestyle=":")
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def alt_loss(runs: Runs) -> str:
    """Where both losses begin and end, ours and the reference's."""
    logs = [run.logs["steps"] for run in runs]
    last = logs[0]["iteration"][-1]
    reference = [line for line in stated()["gan"]["loss_log"] if line[0] <= last]
    said = []
    for column, index, player in (("d_loss", 1, "discriminator"), ("g_loss", 2, "generator")):
        ours = series_over_runs(logs, column)
        said.append(
            f"the {player}'s loss goes from {ours[:, 0].mean():.2f} ({ours[:, 0].min():.2f} to "
            f"{ours[:, 0].max():.2f} over the runs) at the first line to {ours[:, -1].mean():.2f} "
            f"({ours[:, -1].min():.2f} to {ours[:, -1].max():.2f}) at iteration {last}, the reference's from "
            f"{reference[0][index]:.2f} to {reference[-1][index]:.2f}"
        )
    return (
        "Two line charts over the iterations, our mean with the range of the runs as a line in a band, the "
        f"reference's single run as dots: {'; '.join(said)}."
    )


# --- samples ---


def shown_lines(run: Result) -> list[int]:
    """The lines of the log whose grids are shown: those of the reference, else some from first to last."""
    iterations = run.logs["steps"]["iteration"]
    wanted = [iterations.index(t) for t in stated()["gan"]["first_grids"] if t in iterations]
    if len(wanted) > 1:
        return wanted
    return sorted({round(k) for k in np.linspace(0, len(iterations) - 1, GRIDS)})


def progress(runs: Runs) -> Figure:
    """The 16 samples of the log's lines, as the hand-out shows them, a grid each."""
    (run,) = runs
    iterations, grids = run.logs["steps"]["iteration"], run.arrays["grids"]
    return image_grids(
        {number(iterations[k]): grids[k].reshape(SIDE, SIDE, 28, 28) for k in shown_lines(run)}
    )


def alt_progress(runs: Runs) -> str:
    """How the samples' ink changes from grid to grid."""
    (run,) = runs
    iterations, grids = run.logs["steps"]["iteration"], run.arrays["grids"]
    said = [f"{grids[k].mean() / 2.55:.0f} at iteration {iterations[k]}" for k in shown_lines(run)]
    scores = run.tables["quality"]
    return (
        f"{len(said)} grids of sixteen generated images each, white on black, always from fresh noise. Mean "
        f"brightness in percent of full white: {', '.join(said)}. The classifier score of this run's samples "
        f"goes from {scores['classifier_score'][0]:.2f} at iteration {scores['iteration'][0]} to "
        f"{scores['classifier_score'][-1]:.2f} at iteration {scores['iteration'][-1]}."
    )


def lines(runs: Runs) -> Figure:
    """The 16 samples of every line of the log, a row each."""
    (run,) = runs
    labels = [number(t) for t in run.logs["steps"]["iteration"]]
    return image_grid(run.arrays["grids"], row_labels=labels, scale=0.8)


def alt_lines(runs: Runs) -> str:
    """How many rows there are, and how much two neighbouring rows differ in ink."""
    (run,) = runs
    iterations, grids = run.logs["steps"]["iteration"], run.arrays["grids"]
    ink = grids.reshape(len(grids), -1).mean(axis=1) / 2.55
    return (
        f"{len(grids)} rows of sixteen generated images, a row for each line of the log from iteration "
        f"{iterations[0]} to {iterations[-1]}. The mean brightness of a row goes from {ink.min():.0f} to "
        f"{ink.max():.0f} percent of full white; in the last row it is {ink[-1]:.0f}."
    )


def samples(*settings: Runs) -> Figure:
    """Samples of the finished generators, by the given and, where these ran, by the tuned settings."""
    return image_grids({title: _in_rows(runs[0].arrays["samples"]) for title, runs in titled(settings)})


def _in_rows(images: Array) -> Array:
    columns = min(10, len(images))
    rows = len(images) // columns
    return images[: rows * columns].reshape(rows, columns, 28, 28)


def alt_samples(*settings: Runs) -> str:
    """What the classifier makes of such samples."""
    said = [
        f"{title}: classifier score {runs[0].scalars['classifier_score']:.2f} of at most 10, "
        f"{runs[0].scalars['classes_present']:.0f} of ten classes present, mean brightness "
        f"{runs[0].arrays['samples'].mean() / 2.55:.0f} percent of full white"
        for title, runs in titled(settings)
    ]
    return f"{len(said)} grids of generated digits, white on black, of mixed classes. {'; '.join(said)}."


def neighbours(runs: Runs) -> Figure:
    """Samples and their nearest training images."""
    return image_grid(runs[0].arrays["neighbours"], row_labels=["sample", "nearest"], scale=0.8)


def alt_neighbours(runs: Runs) -> str:
    """How far samples are from what was trained on."""
    shown, nearest = runs[0].arrays["neighbours"].astype(float) / 255
    apart = np.sqrt(((shown - nearest) ** 2).sum(axis=(1, 2)))
    return (
        f"Two rows of {len(apart)} digits: samples above, below each the training image nearest to it. The "
        f"distances of these pairs go from {apart.min():.2f} to {apart.max():.2f}, on average "
        f"{apart.mean():.2f}, where 0 would be a copy."
    )


# --- quality ---

ACUTE = r"$\acute{\mathrm{e}}$"  # the font has no such letter
MEASURED = ("classifier_score", "classifier score"), ("frechet_distance", f"Fr{ACUTE}chet distance")


def quality(*settings: Runs) -> Figure:
    """Score and distance over the iterations: every run of the given settings, and the mean by settings."""
    figure, axes = panel(columns=2, height=2.4)
    for ax, (column, label) in zip(axes, MEASURED, strict=True):
        for index, (title, runs) in enumerate(titled(settings)):
            x, series = course(runs, column)
            colour, line = COLOURS[index], LINES[index]
            for values in series:
                ax.plot(x, values, color=colour, linewidth=0.5, alpha=0.35)
            ax.plot(x, series.mean(axis=0), color=colour, linestyle=line, linewidth=1.8, label=title)
        ax.set_xlabel("iteration")
        ax.set_ylabel(label)
    real = settings[0][0].scalars
    axes[0].axhline(real["real_classifier_score"], color="black", linewidth=0.8, linestyle=":")
    axes[1].axhline(real["frechet_floor"], color="black", linewidth=0.8, linestyle=":")
    axes[1].set_yscale("log")
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def alt_quality(*settings: Runs) -> str:
    """Where score and distance begin, turn and end."""
    said = []
    for title, runs in titled(settings):
        parts = []
        for (column, label), best in zip(MEASURED, (np.argmax, np.argmin), strict=True):
            x, series = course(runs, column)
            mean = series.mean(axis=0)
            turn = int(best(mean))
            parts.append(
                f"the mean {label.replace(ACUTE, 'e')} goes from {mean[0]:.2f} at iteration {x[0]:.0f} to "
                f"{mean[turn]:.2f} at iteration {x[turn]:.0f}, its best, and is {mean[-1]:.2f} "
                f"({series[:, -1].min():.2f} to {series[:, -1].max():.2f}) at iteration {x[-1]:.0f}"
            )
        said.append(f"{title}, {len(runs)} runs: {'; '.join(parts)}")
    real = settings[0][0].scalars
    return (
        "Two line charts over the iterations, a thin line for each run and a thick one for their mean. "
        f"{'. '.join(said)}. Dotted: real images, {real['real_classifier_score']:.2f} and "
        f"{real['frechet_floor']:.2f}."
    )


def course(runs: Runs, column: str) -> tuple[Array, Array]:
    """Iterations [T] and a column of the table `quality` of all runs, [S, T]."""
    tables = [run.tables["quality"] for run in runs]
    series = series_over_runs(tables, column)
    return np.asarray(tables[0]["iteration"][: series.shape[1]], dtype=float), series


# --- classes ---


def classes(*settings: Runs) -> Figure:
    """Share of each class among the samples and diversity within it, means over the runs with deviations."""
    figure, panels = panel(columns=2, height=1.55, width=5.4)
    for i, (title, runs) in enumerate(titled(settings)):
        for axes, values in zip(panels, shares_and_diversity(runs), strict=True):
            spread = values.std(axis=0, ddof=1) if len(values) > 1 else None
            place = np.arange(10) + 0.4 * (i - 0.5)
            axes.bar(place, values.mean(axis=0), 0.4, yerr=spread, color=COLOURS[4 * i], label=title)
    for axes, even, name in zip(panels, (10.0, 1.0), ("share in percent", "diversity"), strict=True):
        axes.axhline(even, color="black", linewidth=0.8, linestyle=":")
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(10))
        axes.set_xlabel("class")
        axes.set_ylabel(name)
    panels[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def alt_classes(*settings: Runs) -> str:
    """Share of each class and diversity within it, by settings."""
    said = []
    for title, runs in titled(settings):
        shares, diversity = (values.mean(axis=0) for values in shares_and_diversity(runs))
        said.append(
            f"{title}: shares in percent {_by_digit(shares, 1)}; diversity {_by_digit(diversity, 2)}."
        )
    return (
        "Two bar charts by class, bars for the settings side by side: share of the samples (even would be 10 "
        f"percent) and diversity within the class (of test images 1). {' '.join(said)}"
    )


def shares_and_diversity(runs: Runs) -> tuple[Array, Array]:
    """[S, 10] each: percent of a run's samples by class, and diversity within it relative to test images."""
    counts, within, real = (
        np.array([run.tables[table][column] for run in runs], dtype=float)
        for table, column in (
            ("class_histogram", "samples"),
            ("within_classes", "samples"),
            ("within_classes", "real"),
        )
    )
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    return shares, np.divide(within, real, out=np.zeros_like(within), where=real > 0)


def _by_digit(values: Array, digits: int) -> str:
    return ", ".join(f"{value:.{digits}f} for {digit}" for digit, value in enumerate(values))


def number(t: Any) -> str:
    """An iteration with thin spaces between thousands."""
    return f"{t:,}".replace(",", r"$\,$")
