"""The figures of problem 3, and what each shows in words and recorded numbers, for who cannot see it.

A figure is drawn from the runs that the declaration gives it. An alternative text says first what a sighted
reader takes from the figure, then what kind of figure it is.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from assignment3.cvae.words import TITLES
from assignment3.shared.diagrams import Node, diagram, settings_of
from assignment3.shared.quoted import stated
from writeup.page.figures import COLOURS, Array, curve, image_grid, image_grids, panel, series_over_runs
from writeup.page.live import Frames
from writeup.results.store import Result

Runs = Sequence[Result]
CLASSES = 10
PIXELS = 28 * 28
DIGITS = [str(y) for y in range(CLASSES)]


def titled(settings: Sequence[Runs]) -> list[tuple[str, Runs]]:
    """The runs of each setting that ran, under a word for it."""
    return [(TITLES[runs[0].part], runs) for runs in settings if runs]


# --- the model ---


def model(runs: Runs) -> Figure:
    """Both networks, with the sizes of the runs, and where the two terms of the loss are taken."""
    hidden, latent = (settings_of(runs)[name] for name in ("hidden", "latent"))

    def network(x: float, name: str, inputs: int) -> Node:
        return Node(x, 0.7, f"{name}\n{inputs} $\\to$ {hidden} $\\to$ {hidden}", 1.25, framed=True)

    nodes = {
        "x": Node(0.3, 0.7, "image $x$", 0.55),
        "y": Node(1.35, 1.25, "class $y$"),
        "recognition": network(1.35, "recognition", PIXELS + CLASSES),
        "q": Node(2.5, 0.7, f"$\\mu$, $\\log \\sigma^2$\n{latent} each", 0.7),
        "noise": Node(3.4, 1.25, r"$\varepsilon \sim \mathcal{N}(0, I)$", 0.9),
        "z": Node(3.4, 0.7, r"$z = \mu + \sigma \varepsilon$", 0.8),
        "again": Node(4.6, 1.25, "class $y$"),
        "generation": network(4.6, "generation", latent + CLASSES),
        "logits": Node(5.7, 0.7, f"logits of\n{PIXELS} pixels", 0.65),
        "divergence": Node(2.5, 0.15, r"divergence from $\mathcal{N}(0, I)$", 1.5),
        "reconstruction": Node(5.2, 0.15, "cross entropy with $x$", 1.5),
    }
    through = "x", "recognition", "q", "z", "generation", "logits", "reconstruction"
    inputs = ("y", "recognition"), ("noise", "z"), ("again", "generation")
    return diagram(nodes, [through, *inputs, ("q", "divergence")], 1.4)


def alt_model(runs: Runs) -> str:
    """The way from an image to its reconstruction."""
    hidden, latent = (settings_of(runs)[name] for name in ("hidden", "latent"))
    return (
        f"The class enters both networks. Diagram: an image of {PIXELS} pixels and its class pass the "
        f"recognition model, two layers of {hidden} units, which gives mean and log variance of {latent} "
        "latent numbers; these and standard normal noise make z; z and the class pass the generation model, "
        f"two layers of {hidden} units, to {PIXELS} logits. The loss is the divergence of z's distribution "
        "from the standard normal and the cross entropy of the pixels."
    )


# --- samples ---


def digits(given: Runs, tuned: Runs = (), reference: Runs = ()) -> Figure:
    """Samples by the class asked for: a row for each setting, a row that shares one z, and real digits."""
    rows = {title: runs[0].arrays["one_per_class"] for title, runs in titled((given, tuned, reference))}
    best = (tuned or given)[0].arrays
    rows[f"one $z$, {TITLES[(tuned or given)[0].part]}"] = best["style"][0]
    rows |= dict(zip(("test digits", "reconstructed"), best["reconstructions"], strict=True))
    return image_grid(np.stack(list(rows.values())), row_labels=list(rows), column_labels=DIGITS, scale=0.75)


def alt_digits(given: Runs, tuned: Runs = (), reference: Runs = ()) -> str:
    """How often the samples of each setting are read as asked for, and how much they vary."""
    said = [
        f"{title}: {runs[0].scalars['conditional_accuracy']:.1f} percent of this run's samples were read "
        "as the class asked for, and within a class a pixel deviates by "
        f"{runs[0].scalars['sample_spread']:.3f} of full white"
        for title, runs in titled((given, tuned, reference))
    ]
    originals, made = (tuned or given)[0].arrays["reconstructions"].astype(float)
    off = np.abs(originals - made).mean() / 2.55
    return (
        f"{'; '.join(said)}. Test images of a class deviate by {given[0].scalars['test_spread']:.3f}. Grid "
        "of white digits on black: a row of samples for each of these settings, a column for each class from "
        "0 to 9; below, a row of one z, which shares slant and width; last ten test digits and their "
        f"reconstructions, whose pixels differ by {off:.1f} percent of full white."
    )


def samples(*settings: Runs) -> Figure:
    """Ten samples of each class, by the given settings and, where these ran, by the tuned ones."""
    grids = {title: runs[0].arrays["samples"] for title, runs in titled(settings)}
    return image_grids(grids, row_labels=DIGITS)


def alt_samples(*settings: Runs) -> str:
    """How often the samples show their class."""
    said = [
        f"with the {title} settings {runs[0].scalars['conditional_accuracy']:.1f} percent of this run's "
        "samples were read as the class asked for"
        for title, runs in titled(settings)
    ]
    return (
        f"A row holds one digit in ten hands: {'; '.join(said)}. {len(said)} grids of white digits on black, "
        "each of ten rows, a class from 0 to 9 a row, and ten columns, a z a sample."
    )


def vary(runs: Runs) -> Figure:
    """One class, the two most active latent dimensions from -2 to 2."""
    return image_grid(runs[0].arrays["vary_z"], scale=0.6)


def alt_vary(runs: Runs) -> str:
    """What changes along the rows and down the columns."""
    images = runs[0].arrays["vary_z"].astype(float)
    across, down = (np.abs(np.diff(images, axis=axis)).mean() / 2.55 for axis in (1, 0))
    return (
        f"A digit of one class changes step by step: neighbours in a row differ by {across:.1f} percent of "
        f"full white a pixel, neighbours in a column by {down:.1f} percent. Grid of {images.shape[0]} by "
        f"{images.shape[1]} white digits on black."
    )


def live_vary(runs: Runs) -> Frames:
    """A row of the grid at a time: a walk along the most active dimension."""
    rows = runs[0].arrays["vary_z"]
    places = np.linspace(-2, 2, len(rows))
    said = (f"Most active dimension at {z:.1f}; along the row the second goes from -2 to 2" for z in places)
    return Frames(rows[:, None], [one.replace("-", "−") for one in said])


def live_samples(*settings: Runs) -> Frames:
    """A latent at a time, in each of the ten classes, by the last settings that ran."""
    title, runs = titled(settings)[-1]
    styles = runs[0].arrays["style"]
    said = [
        f"Latent {k} of {len(styles)}, as each class from 0 to 9 ({title})" for k in range(1, len(styles) + 1)
    ]
    return Frames(styles.reshape(-1, 2, CLASSES // 2, *styles.shape[2:]), said)


# --- how samples are read ---


def read(*settings: Runs) -> Figure:
    """Of a hundred samples of the class in the row, how many are read as that in the column, all runs."""
    shown = {title: shares_read(runs) for title, runs in titled(settings)}
    figure, panels = panel(columns=len(shown), height=2.1, width=2.1 * len(shown))
    for axes, (title, shares) in zip(np.ravel(panels), shown.items(), strict=True):
        axes.imshow(np.sqrt(shares), cmap="Greys", vmin=0, vmax=10)  # roots: a percent can be seen
        for asked, found in np.ndindex(shares.shape):
            if (share := shares[asked, found]) >= 0.5:
                colour = "white" if share > 30 else "black"
                axes.text(found, asked, f"{share:.0f}", ha="center", va="center", fontsize=6, color=colour)
        axes.set_title(title)
        axes.set_xticks(range(CLASSES))
        axes.set_yticks(range(CLASSES))
        axes.set_xlabel("read as")
    np.ravel(panels)[0].set_ylabel("asked for")
    return figure


def alt_read(*settings: Runs) -> str:
    """The class that is read as asked for least often, and the commonest mistakes."""
    said = []
    for title, runs in titled(settings):
        shares = shares_read(runs)
        hardest = int(shares.diagonal().argmin())
        wrong = shares - np.diag(shares.diagonal())
        mistakes = [divmod(int(place), CLASSES) for place in wrong.ravel().argsort()[::-1][:3]]
        told = ", ".join(f"{asked} read as {found} in {wrong[asked, found]:.1f}" for asked, found in mistakes)
        said.append(
            f"With the {title} settings the class {hardest} is read as asked for least often, in "
            f"{shares[hardest, hardest]:.1f} percent; the commonest mistakes are {told} percent."
        )
    return (
        f"{' '.join(said)} {len(said)} matrices of ten rows, the classes asked for, and ten columns, the "
        "classes read, with shares of each row in percent."
    )


def shares_read(runs: Runs) -> Array:
    """[10, 10]: of the samples asked for as the row's class, percent read as the column's, over all runs."""
    tables = [run.tables["read"] for run in runs]
    counts = np.sum([[table[y] for y in DIGITS] for table in tables], axis=0).T.astype(float)
    shares: Array = 100 * counts / counts.sum(axis=1, keepdims=True)
    return shares


# --- the reference's log ---


def reference_log(runs: Runs) -> Figure:
    """The reference's lines over ours with the loss that explains them; the first line has its own panel."""
    figure, (left, right) = panel(columns=2, height=1.2, width_ratios=[1, 4])
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
    curve(right, x[1:], ours[:, 1:], "ours with that loss", 0, at_end=False)
    right.plot(theirs[1:, 0], theirs[1:, 1], "D", color=COLOURS[1], markersize=3, label="reference")
    right.set_xlabel("epoch")
    right.legend(loc="lower left", bbox_to_anchor=(0, 0.95), ncols=2, frameon=False, fontsize=8)
    return figure


def alt_reference_log(runs: Runs) -> str:
    """The range of both, first lines apart."""
    ours = series_over_runs([run.logs["steps"] for run in runs], "loss")[:, 1:]
    theirs = reference_lines()
    draws = np.concatenate([run.arrays["first_lines"] for run in runs])
    return (
        "The reference's log lies where ours lies with that loss. Left, dots for "
        f"{len(draws)} first lines of untrained models from {draws.min():.4f} to {draws.max():.4f}, a "
        f"diamond for the reference's at {theirs[0, 1]:.4f}. Right, a line chart of the loss as printed over "
        f"the epochs: our runs as a band from {ours.min():.5f} to {ours.max():.5f}, the reference as "
        f"diamonds from {theirs[1:, 1].min():.5f} to {theirs[1:, 1].max():.5f}."
    )


def reference_lines() -> Array:
    """[17, 2]: epochs since the start and loss of each line of the reference's log that is known."""
    found = stated()["cvae"]
    lines = [(e - 1 + seen / found["train_examples"], value) for e, seen, value in found["loss_log"]]
    return np.array(lines)
