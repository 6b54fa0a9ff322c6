"""The figures of problem 4, and what each shows in words and recorded numbers, for who cannot see it.

An alternative text says first what a sighted reader takes from the figure, then what kind of figure it is.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from assignment3.gan.words import SETTINGS
from assignment3.shared.diagrams import Node, diagram, settings_of
from assignment3.shared.quoted import stated
from writeup.page.figures import (
    COLOURS,
    LINES,
    WIDTH,
    Array,
    curve,
    image_grid,
    panel,
    series_over_runs,
    show_images,
)
from writeup.page.live import Frames
from writeup.results.store import Result
from writeup.results.values import median_run

Runs = Sequence[Result]
SIDE = 4  # rows and columns of a grid of 16 samples, as the hand-out shows them
GRIDS = 7  # as many as the reference shows


def titled(settings: Sequence[Runs]) -> list[tuple[str, Runs]]:
    """The runs of each setting that ran, under a word for it."""
    return [(f"{SETTINGS[runs[0].part]} settings", runs) for runs in settings if runs]


# --- the networks ---

# Layers that have weights, in their order: the kind, and what one image is after it.
GENERATOR = (
    ("linear", "1024"),
    ("linear", "128 x 7 x 7"),
    ("transposed conv.", "64 x 14 x 14"),
    ("transposed conv.", "1 x 28 x 28"),
)
DISCRIMINATOR = (
    ("convolution", "32 x 12 x 12"),
    ("convolution", "64 x 4 x 4"),
    ("linear", "1024"),
    ("linear", "1"),
)


def model(runs: Runs) -> Figure:
    """Both networks layer by layer: noise becomes a sample (above), samples and images logits (below)."""
    noise = settings_of(runs)["noise_dim"]
    nodes = {
        "noise": Node(0.4, 1.1, f"noise $z$\n{noise}", 0.65),
        "sample": Node(5.6, 1.1, "$G(z)$", 0.5),
        "image": Node(5.6, 0.25, "image $x$", 0.6),
        "logit": Node(0.4, 0.25, "logit: real\nor made", 0.7),
        "G": Node(3.1, 1.45, "generator $G$", 1.0),
        "D": Node(3.1, 0.6, "discriminator $D$", 1.2),
    }
    for name, layers, y, order in (("G", GENERATOR, 1.1, 1), ("D", DISCRIMINATOR, 0.25, -1)):
        for k, (kind, size) in enumerate(layers[::order]):
            words = f"{kind}\n" + size.replace(" x ", r" $\times$ ")
            nodes[f"{name}{k}"] = Node(1.45 + 1.1 * k, y, words, 0.95, framed=True)
    above, below = ["noise", "G0", "G1", "G2", "G3", "sample"], ["D3", "D2", "D1", "D0", "logit"]
    return diagram(nodes, [above, below, ("sample", below[0]), ("image", below[0])], 1.55)


def alt_model(runs: Runs) -> str:
    """The layers of both networks."""
    noise = settings_of(runs)["noise_dim"]
    generator, discriminator = (
        ", then ".join(f"{kind} to {size}" for kind, size in layers) for layers in (GENERATOR, DISCRIMINATOR)
    )
    return (
        "The generator's samples and real images enter the same discriminator. Diagram: generator, from "
        f"{noise} numbers of noise {generator}; discriminator, from an image {discriminator}, the logit."
    )


# --- losses ---


def loss(runs: Runs) -> Figure:
    """Both losses of the log's lines, ours over all runs and the reference's."""
    figure, axes = panel(columns=2, height=1.45)
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
            f"The {player}'s loss goes from {ours[:, 0].mean():.2f} ({ours[:, 0].min():.2f} to "
            f"{ours[:, 0].max():.2f} over the runs) at the first line to {ours[:, -1].mean():.2f} "
            f"({ours[:, -1].min():.2f} to {ours[:, -1].max():.2f}) at iteration {last}, the reference's from "
            f"{reference[0][index]:.2f} to {reference[-1][index]:.2f}"
        )
    return (
        f"{'; '.join(said)}. Two line charts over the iterations: our mean as a line in a band, the range of "
        "the runs, and the reference's single run as dots."
    )


# --- samples ---


def shown_lines(run: Result) -> list[int]:
    """The lines of the log whose grids are shown: those of the reference, else some from first to last."""
    iterations = run.logs["steps"]["iteration"]
    wanted = [iterations.index(t) for t in stated()["gan"]["first_grids"] if t in iterations]
    if len(wanted) > 1:
        return wanted
    return sorted({round(k) for k in np.linspace(0, len(iterations) - 1, GRIDS)})


PANELS = "classifier score", "classes, if equally frequent", "doubt about a sample, nats"


def progress(given: Runs, tuned: Runs = ()) -> Figure:
    """Grids of 16 samples of the log's lines, and below what the classifier makes of samples on the way: the
    score, and what it is made of, the mix of the classes and the doubt about one sample.

    Thin lines for runs, thick ones for their mean by settings.
    """
    run = median_run(given, "classifier_score")
    lines, steps = shown_lines(run), run.logs["steps"]["iteration"]
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=[1, 1.75])
    above, below = halves
    for axes, line in zip(above.subplots(1, len(lines)), lines, strict=True):
        show_images(axes, run.arrays["grids"][line].reshape(SIDE, SIDE, 28, 28))
        axes.set_title(number(steps[line]), pad=3)
    panels = below.subplots(1, len(PANELS))
    for index, (title, runs) in enumerate(titled((given, tuned))):
        x, columns = course(runs)
        for axes, series in zip(panels, columns, strict=True):
            colour, dashes = COLOURS[index], LINES[index]
            for values in series:
                axes.plot(x, values, color=colour, linewidth=0.5, alpha=0.35)
            axes.plot(x, series.mean(axis=0), color=colour, linestyle=dashes, linewidth=1.8, label=title)
    for axes, label in zip(panels, PANELS, strict=True):
        axes.set_xlabel("iteration")
        axes.set_title(label)
    if tuned:
        panels[0].legend(loc="lower right", frameon=False, fontsize=8)
    return figure


def alt_progress(given: Runs, tuned: Runs = ()) -> str:
    """Where score, mix and doubt begin, turn and end."""
    said = []
    for title, runs in titled((given, tuned)):
        x, columns = course(runs)
        score, mix, doubt = (series.mean(axis=0) for series in columns)
        turn = int(score.argmax())
        places = f"{x[0]:.0f}, {x[turn]:.0f}, its best, and {x[-1]:.0f}"
        scores, mixes, doubts = (
            f"{series[0]:.2f}, {series[turn]:.2f} and {series[-1]:.2f}" for series in (score, mix, doubt)
        )
        said.append(
            f"{title}, {len(runs)} run{'s' if len(runs) > 1 else ''}: at iterations {places}, the mean score "
            f"is {scores}, the classes are worth {mixes} equally frequent ones, and the doubt about one "
            f"sample is {doubts} nats"
        )
    return (
        f"{'. '.join(said)}. Above, {len(shown_lines(given[0]))} grids of sixteen generated white digits on "
        "black, from noise to digits; below, three line charts over the iterations, a thin line for each run "
        "and a thick one for their mean."
    )


def live_progress(given: Runs, tuned: Runs = ()) -> Frames:
    """Samples of each line of the log at which the score was measured, with that score; the typical run."""
    run = median_run(given, "classifier_score")
    quality = run.tables["quality"]
    scores = dict(zip(quality["iteration"], quality["classifier_score"], strict=True))
    shown = {t: k for k, t in enumerate(run.logs["steps"]["iteration"]) if t in scores}
    grids = run.arrays["grids"][list(shown.values())].reshape(-1, SIDE, SIDE, 28, 28)
    return Frames(grids, [f"Iteration {t:,}: classifier score {scores[t]:.2f} of at most 10" for t in shown])


def course(runs: Runs) -> tuple[Array, list[Array]]:
    """Iterations [T]; score, classes worth (so many equally frequent ones) and doubt of all runs, [S, T]."""
    tables = [run.tables["quality"] for run in runs]
    score, mix, doubt = (
        series_over_runs(tables, column)
        for column in ("classifier_score", "class_entropy", "reading_entropy")
    )
    x = np.asarray(tables[0]["iteration"][: score.shape[1]], dtype=float)
    return x, [score, np.exp(mix), doubt]


def lines(runs: Runs) -> Figure:
    """The 16 samples of every line of the log, a row each."""
    (run,) = runs
    labels = [number(t) for t in run.logs["steps"]["iteration"]]
    return image_grid(run.arrays["grids"], row_labels=labels, scale=0.8)


def alt_lines(runs: Runs) -> str:
    """How many rows there are, and how the score goes."""
    (run,) = runs
    iterations, scores = run.logs["steps"]["iteration"], run.tables["quality"]["classifier_score"]
    return (
        f"Noise becomes digits: the classifier score of this run goes from {scores[0]:.2f} to "
        f"{scores[-1]:.2f}, at most {max(scores):.2f}. Grid of {len(iterations)} rows of sixteen generated "
        f"white digits on black, a row for each line of the log from iteration {iterations[0]} to "
        f"{iterations[-1]}."
    )


def neighbours(*settings: Runs) -> Figure:
    """Samples and their nearest training images, by settings."""
    shown = {title: runs[0].arrays["neighbours"] for title, runs in titled(settings)}
    labels = [label for title in shown for label in (title, "nearest real")]
    return image_grid(np.concatenate(list(shown.values())), row_labels=labels, scale=0.8)


def alt_neighbours(*settings: Runs) -> str:
    """How far samples are from what was trained on."""
    said = []
    for title, runs in titled(settings):
        made, nearest = runs[0].arrays["neighbours"].astype(float) / 255
        apart = np.sqrt(((made - nearest) ** 2).sum(axis=(1, 2)))
        said.append(f"{title}: {apart.min():.2f} to {apart.max():.2f}, on average {apart.mean():.2f}")
    return (
        "The nearest training images are like the samples and no copies of them: their distances, 0 for a "
        f"copy, are {'; '.join(said)}. Rows of ten white digits on black: samples, and below each the "
        "training image nearest to it."
    )


def number(t: Any) -> str:
    """An iteration with thin spaces between thousands."""
    return f"{t:,}".replace(",", r"$\,$")
