"""The figure of problem 1, and what it shows in words, for who cannot see it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from assignment3.text_cnn.words import POOLING
from writeup.page.figures import curve, panel, series_over_runs, spread_labels
from writeup.results.store import Result

Runs = Sequence[Result]
LOWEST = 90.0  # percent: below lies the first epoch of some


def loss(runs: Runs) -> Figure:
    """Training loss and accuracy on the development sentences over the epochs, a curve a network."""
    figure, (left, right) = panel(columns=2, height=2.4)
    for index, name in enumerate(networks(runs)):
        logs = [run.logs[name] for run in runs]
        x, label = np.asarray(logs[0]["epoch"]), name.replace("_", ", ")
        curve(left, x, series_over_runs(logs, "train_loss"), label, index)
        curve(right, x, series_over_runs(logs, "dev_accuracy"), label, index)
    left.set_ylabel("training loss in nats")
    right.set_ylabel("development accuracy, percent")
    low, high = right.get_ylim()
    right.set_ylim(max(low, min(LOWEST, high - 1)), high)
    for axes in (left, right):
        axes.set_xlabel("epoch")
        spread_labels(axes)
    return figure


def alt_loss(runs: Runs) -> str:
    """Where the loss and the accuracy of every network begin, turn and end."""
    said = []
    for name in networks(runs):
        logs = [run.logs[name] for run in runs]
        epochs = logs[0]["epoch"]
        loss = series_over_runs(logs, "train_loss").mean(axis=0)
        accuracy = series_over_runs(logs, "dev_accuracy").mean(axis=0)
        pooling, kernel = name.split("_")
        best = int(accuracy.argmax())
        turn = f"{accuracy[best]:.1f} in epoch {epochs[best]}, its highest, and to "
        said.append(
            f"{POOLING[pooling]} with kernel size {kernel}: the training loss goes from {loss[0]:.2f} to "
            f"{loss[-1]:.2f} nats, the accuracy from {accuracy[0]:.1f} to "
            f"{turn if best + 1 < len(accuracy) else ''}{accuracy[-1]:.1f} percent in epoch {epochs[-1]}"
        )
    return (
        "Two line charts over the epochs, training loss and accuracy on the development sentences, each with "
        f"a curve for each network: {'; '.join(said)}."
    )


def networks(runs: Runs) -> list[str]:
    """Those with a convolution: a pooling and a kernel size."""
    return [name for name in runs[0].logs if name.split("_")[0] in POOLING and name.count("_") == 1]
