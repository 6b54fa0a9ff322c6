"""The figures of problem 2, and what each shows in words and recorded numbers, for who cannot see it.

People are subjects, by the number of their folder; the arrays count them from 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from assignment3.shared import diagrams
from assignment3.siamese import record
from assignment3.siamese.verification import roc_at
from assignment3.siamese.words import LINEAR
from writeup.page.figures import COLOURS, LINES, Array, curve, label_at, panel
from writeup.page.live import Threshold
from writeup.results.store import Result
from writeup.results.tables import frame

Runs = Sequence[Result]
RATES: NDArray[np.float64] = np.geomspace(1e-3, 1, 121)  # false accepts
BINS = 60
MODES = {"network": "evaluation mode", "training_mode": "training mode, one image a batch"}


# --- the network ---


def model(runs: Runs) -> Figure:
    """Two images through one network to two points, their distance, and what the loss does with it."""
    (run,) = runs
    images, (first, other), different = _drawn_pair(run)
    figure, axes = diagrams.sheet(1.5)
    layers = (
        "3 times: convolution,\nmaximum pooling,\nReLU, batch norm",
        "linear, ReLU,\nlinear, ReLU,\nlinear",
    )
    for y, image, name, point in ((1.12, images[0], first, "$f(x_1)$"), (0.38, images[1], other, "$f(x_2)$")):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0.45, 0.99, y - 0.3, y + 0.3))
        diagrams.label(axes, 0.4, y, name, at="right")
        diagrams.arrow(axes, (1.04, y), (1.3, y))
        for x, width, text in ((1.3, 1.3, layers[0]), (2.8, 0.85, layers[1])):
            diagrams.box(axes, x, y - 0.27, width, 0.54, text)
        diagrams.arrow(axes, (2.6, y), (2.8, y))
        diagrams.arrow(axes, (3.65, y), (3.85, y))
        diagrams.label(axes, 4.02, y, point)
        diagrams.arrow(axes, (4.22, y), (4.52, 0.75))
    diagrams.label(axes, 2.47, 0.75, "the same weights")
    diagrams.box(axes, 4.52, 0.6, 0.62, 0.3, f"$d = {different:.2f}$")
    margin = run.provenance["train"]["config"]["margin"]
    diagrams.label(axes, 5.2, 0.75, f"one person: pull\ntwo: push to $m = {margin:g}$", at="left")
    axes.set_xlim(0, 6.0)
    axes.set_ylim(0, 1.5)
    return figure


def alt_model(runs: Runs) -> str:
    """What goes in, what comes out, and what the loss wants."""
    (run,) = runs
    _, (first, other), distance = _drawn_pair(run)
    margin = run.provenance["train"]["config"]["margin"]
    return (
        f"Diagram: images of {first} and {other} go through one network with the same weights, three "
        "blocks of convolution, pooling, ReLU and batch norm and three linear layers, to a point each. "
        f"Their distance, {distance:.2f} here, is pulled to 0 for one person and beyond {margin:.2f} for two."
    )


def _drawn_pair(run: Result) -> tuple[Array, tuple[str, str], float]:
    """The first test anchor and its first partner of somebody else: images [2, 50, 50], people, distance."""
    _, found = anchors(run, "test")[0]
    place = int(found["different"].to_numpy().argmax())
    row = found.iloc[place]
    people = row["anchor"].partition("/")[0], row["partner"].partition("/")[0]
    return run.arrays["pairs_images"][1, 0, [0, 1 + place]], people, float(row["dissimilarity"])


# --- the learning curve ---


def of_heldout(run: Result, column: str) -> Array:
    """A column of the log of the training that holds s5 to s7 out, by epoch."""
    log = run.logs["loss"]
    return np.array([x for x, name in zip(log[column], log["training"], strict=True) if name == "heldout"])


def loss(runs: Runs) -> Figure:
    """The loss of the first batch of each epoch, as the hand-out notes it: a run, and the range of all."""
    figure, axes = panel(height=1.5)
    first = np.array([of_heldout(run, "first_batch") for run in runs])
    epochs = of_heldout(runs[0], "epoch")
    curve(axes, epochs, first, "all runs", 0, at_end=False)
    if len(runs) > 1:
        axes.plot(epochs, first[0], color=COLOURS[1], linewidth=0.7, linestyle=LINES[1], label="one run")
        axes.legend(frameon=False, fontsize=8)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("contrastive loss")
    return figure


def alt_loss(runs: Runs) -> str:
    """Where the curve begins, and how far it has fallen by a quarter and at the end of the way."""
    first = np.array([of_heldout(run, "first_batch") for run in runs])
    epochs = of_heldout(runs[0], "epoch")
    mean, quarter = first.mean(axis=0), (len(epochs) - 1) // 4
    several = ", a mean over the runs in the band of their range, and one run" if len(runs) > 1 else ""
    ends = f", where the runs lie between {first[:, -1].min():.4f} and {first[:, -1].max():.4f}" * bool(
        several
    )
    return (
        "Line chart on a logarithmic axis: the contrastive loss of the first batch of each epoch"
        f"{several}. It goes from {mean[0]:.3f} in epoch {epochs[0]} to {mean[quarter]:.4f} in epoch "
        f"{epochs[quarter]} and {mean[-1]:.4f} in epoch {epochs[-1]}{ends}."
    )


# --- pairs ---


def anchors(run: Result, name: str) -> list[tuple[str, Any]]:
    """Each anchor of the "training" or the "test" people, and the rows of its pairs."""
    pairs = frame(run, "pairs")
    return list(pairs[pairs["set"] == name].groupby("anchor", sort=False))


def pairs(runs: Runs) -> Figure:
    """Two anchors with ten partners each, of people in training and in the test, with their dissimilarity.

    The partners of the same person come first; a gap divides them from the others.
    """
    (run,) = runs
    images = run.arrays["pairs_images"]
    half = images.shape[2] // 2
    widths = [1.0, 0.25, *[1.0] * half, 0.25, *[1.0] * half]
    figure, grid = panel(columns=len(widths), rows=4, height=0.6, gridspec_kw={"width_ratios": widths})
    for axes in grid.flat:
        axes.set_axis_off()
    places = [0, *range(2, 2 + half), *range(3 + half, 3 + 2 * half)]
    for row, (which, name, anchor) in enumerate(
        (which, name, anchor) for which, name in enumerate(("training", "test")) for anchor in (0, 1)
    ):
        person, found = anchors(run, name)[anchor]
        titles = [f"{name} {person.partition('/')[0]}"]
        titles += [f"{distance:.2f}" for distance in found["dissimilarity"]]
        for image, place, title in zip(images[which, anchor], places, titles, strict=True):
            axes = grid[row, place]
            axes.imshow(image, cmap="gray", vmin=0, vmax=255)
            axes.set_title(title, fontsize=7, pad=2)
    return figure


def alt_pairs(runs: Runs) -> str:
    """The range of the dissimilarities, for each anchor apart for one person and for two."""
    (run,) = runs
    said = []
    for name in ("training", "test"):
        for anchor, found in anchors(run, name):
            same, different = (kind for _, kind in found.groupby("different")["dissimilarity"])
            said.append(
                f"{name} anchor {anchor}: {min(same):.2f} to {max(same):.2f} beside images of "
                f"the same person, {min(different):.2f} to {max(different):.2f} beside others"
            )
    return (
        "Four rows of grey portraits. Each begins with an anchor, followed by five more images of the person "
        f"and five of other people, under the dissimilarity of each pair. {'; '.join(said)}."
    )


def live_pairs(runs: Runs) -> Threshold:
    """The pairs of the people that are held out, and those of their anchors that the figure shows."""
    (run,) = runs
    images = run.arrays["pairs_images"][1]
    examples = {
        f"Test anchor {person.partition('/')[0]}, five more images of the person, then five of others": (
            images[anchor][1:],
            found["dissimilarity"].to_numpy(),
        )
        for anchor, (person, found) in enumerate(anchors(run, "test"))
    }
    return _against(*record.distances(run.arrays, "heldout", record.NETWORK), examples)


def _against(d: Array, same: Array, examples: Mapping[str, tuple[Array, Array]]) -> Threshold:
    return Threshold(
        "dissimilarity", {"pairs of one person": d[same], "pairs of two people": d[~same]}, examples
    )


# --- distances ---


def pooled(run: Result, measure: str) -> tuple[Array, Array]:
    """(distance, same) of the test pairs of all folds."""
    found = [record.distances(run.arrays, group, measure) for group in record.groups(run.arrays)]
    return np.concatenate([d for d, _ in found]), np.concatenate([same for _, same in found])


def distances(runs: Runs) -> Figure:
    """How far apart the test pairs of all folds are, in evaluation mode and in training mode (one run)."""
    (run,) = runs
    figure, both = panel(columns=2, height=2.0)
    for axes, (measure, title) in zip(both, MODES.items(), strict=True):
        d, same = pooled(run, measure)
        _histograms(axes, d, same)
        axes.set_title(title)
        axes.set_xlabel("dissimilarity")
    both[0].set_ylabel("share of the pairs in percent")
    return figure


def live_distances(runs: Runs) -> Threshold:
    """The test pairs of all folds, one threshold for all."""
    (run,) = runs
    return _against(*pooled(run, record.NETWORK), {})


def _histograms(axes: Axes, d: Array, same: Array) -> None:
    edges = np.linspace(0, np.quantile(d, 0.999), BINS + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    for index, (which, label) in enumerate(((same, "one person"), (~same, "two people"))):
        share = 100 * np.histogram(d[which], edges)[0] / which.sum()
        axes.fill_between(centres, share, step="mid", color=COLOURS[index], alpha=0.35, linewidth=0)
        axes.step(centres, share, where="mid", color=COLOURS[index], linestyle=LINES[index])
        top = int(share.argmax())
        label_at(axes, label, (centres[top], share[top]), COLOURS[index])
    axes.set_ylim(0, axes.get_ylim()[1] * 1.1)


def alt_distances(runs: Runs) -> str:
    """Medians of both kinds of pairs, and how much they overlap."""
    (run,) = runs
    said = []
    for measure, title in MODES.items():
        d, same = pooled(run, measure)
        over = 100 * float((d[same] > np.median(d[~same])).mean())
        said.append(
            f"{title}: pairs of one person have a median of {np.median(d[same]):.2f}, pairs of two people of "
            f"{np.median(d[~same]):.2f}, and {over:.1f} percent of the former lie above the latter's median"
        )
    return f"Two histograms of dissimilarities over the test pairs of all folds. {'; '.join(said)}."


# --- ROC ---


def curves(given: Runs, tuned: Runs) -> dict[str, Array]:
    """By name the true accepts at `RATES`, means over the folds: [runs, rates]."""
    found = {"given network": _curves(given, "network")}
    if tuned:
        found["tuned network"] = _curves(tuned, "network")
    for measure in ("fisher", "pixels"):
        found[LINEAR[measure]] = _curves(given[:1], measure)  # they do not depend on the seed
    return found


def _curves(runs: Runs, measure: str) -> Array:
    return np.array(
        [
            np.mean(
                [
                    roc_at(*record.distances(run.arrays, group, measure), RATES)
                    for group in record.groups(run.arrays)
                ],
                axis=0,
            )
            for run in runs
        ]
    )


def roc(given: Runs, tuned: Runs = ()) -> Figure:
    """True accepts over false accepts of the test pairs, means over the folds."""
    figure, axes = panel(height=2.1, width=4.8)
    for index, (label, found) in enumerate(curves(given, tuned).items()):
        curve(axes, 100 * RATES, 100 * found, label, index, at_end=False)
    axes.set_xscale("log")
    axes.set_xlabel("false accepts in percent")
    axes.set_ylabel("true accepts in percent")
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return figure


def alt_roc(given: Runs, tuned: Runs = ()) -> str:
    """The true accepts of each at three rates of false accepts."""
    said = []
    for label, found in curves(given, tuned).items():
        at = ", ".join(
            f"{100 * np.interp(rate, RATES, found.mean(axis=0)):.1f}" for rate in (0.001, 0.01, 0.1)
        )
        said.append(f"{label} {at}")
    return (
        "Line chart of true accepts over false accepts on a logarithmic axis, a curve for each way to "
        "measure a distance. True accepts in percent at 0.1, 1 and 10 percent of false accepts: "
        f"{'; '.join(said)}."
    )


# --- people ---


NAMED = 3  # people with the smallest areas, by name


def in_plane(embeddings: Array) -> Array:
    """The first two principal components [N, 2] of embeddings [N, D], the largest entry of each above 0."""
    left, singular, _ = np.linalg.svd(embeddings - embeddings.mean(0), full_matrices=False)
    plane: Array = left[:, :2] * singular[:2]
    return plane * np.sign(plane[np.abs(plane).argmax(0), [0, 1]])


def areas(runs: Runs) -> dict[int, float]:
    """By person, the smallest first: the area under the ROC of the pairs in which the person is."""
    found = record.subject_areas(runs[0].arrays)
    return dict(sorted(found.items(), key=lambda item: item[1]))


def map_of(run: Result, person: int) -> dict[int, Array]:
    """The people of the fold that tests `person`: each one's images in the plane of their embeddings."""
    fold = next(one for one in record.groups(run.arrays) if person in run.arrays[f"{one}/subjects"])
    subjects = run.arrays[f"{fold}/subjects"].astype(int)
    images = record.faces_of(len(run.arrays[f"{fold}/network"])) // len(subjects)
    rows = np.add.outer(subjects * images, np.arange(images)).ravel()
    points = in_plane(run.arrays["embeddings"].astype(float)[rows]).reshape(len(subjects), images, 2)
    return {int(subject): some for subject, some in zip(subjects, points, strict=True)}


def people(given: Runs, tuned: Runs = ()) -> Figure:
    """Left: the unseen people of the fold with the hardest one, by image. Right: everybody's area."""
    figure, (left, right) = panel(columns=2, height=1.8, gridspec_kw={"width_ratios": [1.35, 1]})
    ours = areas(given)
    hardest = next(iter(ours))
    points = map_of(given[0], hardest)
    for index, (person, some) in enumerate(points.items()):
        frame_of = {"boxstyle": "round,pad=0.15", "facecolor": "none", "linewidth": 0.7}
        for x, y in some:
            left.text(
                x, y, str(person + 1), color=COLOURS[index % len(COLOURS)], fontsize=8, ha="center",
                va="center", bbox=frame_of if person == hardest else None,
            )  # fmt: skip
    every = np.concatenate(list(points.values()))
    margin = 0.06 * np.ptp(every, axis=0)
    (left_edge, bottom), (right_edge, top) = every.min(axis=0) - margin, every.max(axis=0) + margin
    left.set_xlim(left_edge, right_edge)
    left.set_ylim(bottom, top)
    left.set_xlabel("first component")
    left.set_ylabel("second component")
    ranks = np.arange(1, len(ours) + 1)
    right.plot(list(ours.values()), ranks, "o", markersize=3, color=COLOURS[0], label="given network")
    if tuned:
        theirs = areas(tuned)
        right.plot([theirs[one] for one in ours], ranks, "^", markersize=4, markerfacecolor="none",
                   color=COLOURS[1], label="tuned network")  # fmt: skip
    for person, rank in zip(list(ours)[:NAMED], ranks, strict=False):
        right.annotate(record.names([person]), (ours[person], rank), xytext=(5, 0), fontsize=8,
                       textcoords="offset points", va="center")  # fmt: skip
    right.set_xlabel("area under the ROC of one's pairs")
    right.set_ylabel("people, hardest first")
    right.legend(frameon=False, fontsize=8, loc="center left")
    return figure


def alt_people(given: Runs, tuned: Runs = ()) -> str:
    """Who is hardest, how the map shows it, and how many people are hard."""
    ours = areas(given)
    hardest = next(iter(ours))
    points = map_of(given[0], hardest)
    own = points[hardest]
    others = np.concatenate([some for person, some in points.items() if person != hardest])
    among = sum(
        np.linalg.norm(others - point, axis=1).min() < np.sort(np.linalg.norm(own - point, axis=1))[1]
        for point in own
    )
    worst = ", ".join(f"{record.names([person])} {ours[person]:.3f}" for person in list(ours)[:NAMED])
    half = list(ours.values())[len(ours) // 2]
    beside = f"; the tuned network gives all {next(iter(areas(tuned).values())):.3f} or more" if tuned else ""
    return (
        f"Whom the given network fails on. Left, a map of {len(points)} unseen people, a number an image: of "
        f"{len(own)} images of {record.names([hardest])}, framed, {among} have somebody else's image "
        f"nearest. Right, the area under the ROC of each person's pairs: {worst}, and {half:.3f} in the "
        f"middle of {len(ours)} people{beside}."
    )
