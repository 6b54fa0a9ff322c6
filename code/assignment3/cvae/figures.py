"""The figures of problem 3, and what each shows in words and recorded numbers, for who cannot see it.

A figure is drawn from the runs that the declaration gives it. An alternative text says the kind of figure,
its axes, and what a sighted reader takes from it.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from assignment3.cvae.words import TITLES
from assignment3.shared.quoted import stated
from writeup.page.figures import (
    COLOURS,
    Array,
    curve,
    image_grid,
    image_grids,
    panel,
    series_over_runs,
    spread_labels,
)
from writeup.results.store import Result

Runs = Sequence[Result]
DIGITS = [str(y) for y in range(10)]


def titled(settings: Sequence[Runs]) -> list[tuple[str, Runs]]:
    """The runs of each setting that ran, under a word for it."""
    return [(TITLES[runs[0].part], runs) for runs in settings if runs]


def one_per_class(*settings: Runs) -> Figure:
    """Ten samples, one a class, each from a z of its own: a row of these for each setting that ran."""
    rows = {title: runs[0].arrays["one_per_class"] for title, runs in titled(settings)}
    return image_grid(np.stack(list(rows.values())), row_labels=list(rows), column_labels=DIGITS)


def alt_one_per_class(*settings: Runs) -> str:
    """How often the samples of each setting are read as asked for, and how much they vary."""
    said = [
        f"{title}: of this run's samples {runs[0].scalars['conditional_accuracy']:.1f} percent were read "
        f"as the class asked for, and within a class a pixel deviates by "
        f"{runs[0].scalars['sample_spread']:.3f} of full white."
        for title, runs in titled(settings)
    ]
    return (
        f"Grid of digits from 0 to 9 in ten columns, white on black, a row for each of {len(said)} settings. "
        f"{' '.join(said)} Test images of a class deviate by {settings[0][0].scalars['test_spread']:.3f}."
    )


def samples(*settings: Runs) -> Figure:
    """Ten samples of each class, by the given settings and, where these ran, by the tuned ones."""
    grids = {title: runs[0].arrays["samples"] for title, runs in titled(settings)}
    return image_grids(grids, row_labels=DIGITS)


def alt_samples(*settings: Runs) -> str:
    """How often the samples show their class, and how much of each image is ink."""
    said = [
        f"By the {title} settings: {_brightness(runs[0].arrays['samples'])} Of the samples that this run was "
        f"tested on, {runs[0].scalars['conditional_accuracy']:.1f} percent were read as the class asked for."
        for title, runs in titled(settings)
    ]
    return (
        f"{len(said)} grids of samples side by side, each of ten rows of digits, a class from 0 to 9 a row, "
        f"and ten columns. {' '.join(said)}"
    )


def read(*settings: Runs) -> Figure:
    """Of a hundred samples of the class in the row, how many are read as that in the column, all runs."""
    shown = {title: shares_read(runs) for title, runs in titled(settings)}
    figure, panels = panel(columns=len(shown), height=2.9, width=3.0 * len(shown))
    for axes, (title, shares) in zip(np.ravel(panels), shown.items(), strict=True):
        axes.imshow(np.sqrt(shares), cmap="Greys", vmin=0, vmax=10)  # roots: a percent can be seen
        for asked, found in np.ndindex(shares.shape):
            if (share := shares[asked, found]) >= 0.5:
                colour = "white" if share > 30 else "black"
                axes.text(found, asked, f"{share:.0f}", ha="center", va="center", fontsize=6, color=colour)
        axes.set_title(title)
        axes.set_xticks(range(10))
        axes.set_yticks(range(10))
        axes.set_xlabel("read as")
        axes.set_ylabel("asked for")
    return figure


def alt_read(*settings: Runs) -> str:
    """The class that is read as asked for least often, and the commonest mistakes."""
    said = []
    for title, runs in titled(settings):
        shares = shares_read(runs)
        hardest = int(shares.diagonal().argmin())
        wrong = shares - np.diag(shares.diagonal())
        mistakes = [divmod(int(place), 10) for place in wrong.ravel().argsort()[::-1][:3]]
        told = [f"{asked} read as {found} in {wrong[asked, found]:.1f}" for asked, found in mistakes]
        said.append(
            f"With the {title} settings the class {hardest} is read as asked for least often, in "
            f"{shares[hardest, hardest]:.1f} percent; the commonest mistakes are {_series(told)} percent."
        )
    return (
        f"{len(said)} matrices of ten rows, the classes asked for, and ten columns, the classes read, with "
        f"shares of each row in percent. {' '.join(said)}"
    )


def loss(runs: Runs) -> Figure:
    """Training loss by logged line, with its reconstruction (left), and the divergence (right)."""
    figure, (left, right) = panel(columns=2)
    logs = [run.logs["steps"] for run in runs]
    x = np.asarray(logs[0]["epoch"]) - 1 + np.asarray(logs[0]["examples"]) / runs[0].scalars["train_examples"]
    curve(left, x, series_over_runs(logs, "loss"), r"$-$ELBO", 0)
    curve(left, x, series_over_runs(logs, "reconstruction"), "reconstruction", 1)
    curve(right, x, series_over_runs(logs, "kl"), "KL", 2)
    settled = series_over_runs(logs, "reconstruction")[:, 1:]
    left.set_ylim(settled.min() * 0.9, settled.max() * 1.2)  # the first line lies far above
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.set_ylabel("nats an image")
    spread_labels(left)
    return figure


def alt_loss(runs: Runs) -> str:
    """Where the loss and both its parts begin and end."""
    logs = [run.logs["steps"] for run in runs]
    loss, reconstruction, kl = (
        series_over_runs(logs, name).mean(axis=0) for name in ("loss", "reconstruction", "kl")
    )
    return (
        f"Two line charts over {logs[0]['epoch'][-1]} epochs, in nats an image. Left: the negative "
        f"ELBO goes from {loss[0]:.0f} at the first line of the log to {loss[1]:.1f} "
        f"at the second and {loss[-1]:.1f} at the last, its reconstruction part from "
        f"{reconstruction[0]:.0f} to {reconstruction[1]:.1f} and "
        f"{reconstruction[-1]:.1f}. Right: the KL part goes from {kl[0]:.1f} to {kl[-1]:.1f}."
    )


def reference_log(runs: Runs) -> Figure:
    """The reference's lines over ours with the loss that explains them; the first line has its own panel."""
    figure, (left, right) = panel(columns=2, height=2.0, width_ratios=[1, 4])
    log = runs[0].logs["steps"]
    x = np.asarray(log["epoch"]) - 1 + np.asarray(log["examples"]) / runs[0].scalars["train_examples"]
    ours = series_over_runs([run.logs["steps"] for run in runs], "loss")
    theirs = reference_lines()
    draws = np.concatenate([run.arrays["first_lines"] for run in runs])
    left.plot(np.linspace(-0.3, 0.3, len(draws)), draws, ".", color=COLOURS[0], markersize=1.5)
    left.plot([0], theirs[:1, 1], "D", color=COLOURS[1], markersize=4)
    left.set_xticks([0], ["first line"])
    left.set_xlim(-0.6, 0.6)
    left.set_ylim(bottom=0)
    left.set_ylabel("loss as printed")
    curve(right, x[1:], ours[:, 1:], "ours", 0, at_end=False)
    right.plot(theirs[1:, 0], theirs[1:, 1], "D", color=COLOURS[1], markersize=3, label="reference")
    right.set_xlabel("epoch")
    right.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def alt_reference_log(runs: Runs) -> str:
    """The range of both, first lines apart."""
    ours = series_over_runs([run.logs["steps"] for run in runs], "loss")[:, 1:]
    theirs = reference_lines()
    draws = np.concatenate([run.arrays["first_lines"] for run in runs])
    return (
        f"Two panels. Left: {len(draws)} first lines of untrained models from {draws.min():.4f} to "
        f"{draws.max():.4f}, the reference's at {theirs[0, 1]:.4f}. Right: the loss as printed over the "
        f"epochs, our runs as a band from {ours.min():.5f} to {ours.max():.5f}, the reference as dots "
        f"from {theirs[1:, 1].min():.5f} to {theirs[1:, 1].max():.5f}."
    )


def vary(runs: Runs) -> Figure:
    """One class, the two most active latent dimensions from -2 to 2."""
    return image_grid(runs[0].arrays["vary_z"], scale=0.6)


def alt_vary(runs: Runs) -> str:
    """What changes along the rows and down the columns."""
    images = runs[0].arrays["vary_z"].astype(float)
    across, down = (np.abs(np.diff(images, axis=axis)).mean() / 2.55 for axis in (1, 0))
    ends = np.abs(images[0, 0] - images[-1, -1]).mean() / 2.55
    return (
        f"Grid of {images.shape[0]} by {images.shape[1]} digits of one class that change step by "
        f"step: neighbours in a row differ by {across:.1f} percent of full white "
        f"a pixel, neighbours in a column by {down:.1f} percent, the first and the last image by "
        f"{ends:.1f} percent."
    )


def reconstructions(runs: Runs) -> Figure:
    """Test images and their reconstructions."""
    labels = ["test image", "reconstruction"]
    return image_grid(runs[0].arrays["reconstructions"], row_labels=labels, scale=0.8)


def alt_reconstructions(runs: Runs) -> str:
    """How near the reconstructions come."""
    originals, made = runs[0].arrays["reconstructions"].astype(float)
    off = np.abs(originals - made).mean(axis=(1, 2)) / 2.55
    return (
        f"Two rows of {len(off)} digits: test images above, their reconstructions below. Pixels "
        f"differ by {off.mean():.1f} percent of full white on average, "
        f"from {off.min():.1f} percent in column {off.argmin() + 1} to {off.max():.1f} percent in "
        f"column {off.argmax() + 1}."
    )


def styles(runs: Runs) -> Figure:
    """Rows: one latent each; columns: one class each."""
    return image_grid(runs[0].arrays["style"], column_labels=DIGITS, scale=0.8)


def alt_styles(runs: Runs) -> str:
    """How much a row shares."""
    images = runs[0].arrays["style"]
    return (
        f"Grid of {images.shape[0]} rows and {images.shape[1]} columns of digits: each column a "
        f"class from 0 to 9, each row one latent. {_brightness(images)}"
    )


def shares_read(runs: Runs) -> Array:
    """[10, 10]: of the samples asked for as the row's class, percent read as the column's, over all runs."""
    tables = [run.tables["read"] for run in runs]
    counts = np.sum([[table[y] for y in DIGITS] for table in tables], axis=0).T.astype(float)
    shares: Array = 100 * counts / counts.sum(axis=1, keepdims=True)
    return shares


def reference_lines() -> Array:
    """[17, 2]: epochs since the start and loss of each line of the reference's log that is known."""
    found = stated()["cvae"]
    lines = [(e - 1 + seen / found["train_examples"], value) for e, seen, value in found["loss_log"]]
    return np.array(lines)


def _brightness(images: Array) -> str:
    """Mean brightness by row, from the darkest to the brightest."""
    rows = images.reshape(len(images), -1).mean(axis=1) / 2.55
    return (
        f"The mean brightness of a row goes from {rows.min():.0f} percent (row {rows.argmin() + 1}) to "
        f"{rows.max():.0f} percent (row {rows.argmax() + 1})."
    )


def _series(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
