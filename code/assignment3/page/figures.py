"""The figures: a function draws one from the runs that the declaration gives it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from assignment3.page.claims import RIVALS
from assignment3.page.words import INVENTED, POOLING
from assignment3.shared.quoted import stated
from writeup.page.figures import (
    COLOURS,
    LINES,
    Array,
    curve,
    image_grid,
    image_grids,
    label_at,
    panel,
    series_over_runs,
    spread_labels,
)
from writeup.results.store import Result

Runs = Sequence[Result]
GROWN = {"text_cnn": "text CNN", "siamese": "Siamese", "cvae": "CVAE", "gan": "DC-GAN"}


def text_cnn_loss(runs: Runs) -> Figure:
    """Training loss and validation accuracy of every variant over the epochs."""
    figure, (left, right) = panel(columns=2, height=2.4)
    for index, (name, log) in enumerate(variants(runs[0])):
        logs = [run.logs[name] for run in runs]
        x = np.asarray(log["epoch"])
        curve(left, x, series_over_runs(logs, "train_loss"), _variant(name), index)
        curve(right, x, series_over_runs(logs, "validation_accuracy"), _variant(name), index)
    left.set_ylabel("training loss in nats")
    right.set_ylabel("validation accuracy in percent")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        spread_labels(axes)
    return figure


def siamese_loss(runs: Runs) -> Figure:
    """Training loss from epoch 0 on (left), and validation AUC by what is invented (right)."""
    figure, (left, right) = panel(columns=2)
    logs = [run.logs["loss"] for run in runs]
    epochs = np.unique(logs[0]["epoch"])
    curve(left, epochs, np.array([over_folds(log, "train_loss") for log in logs]), "", 0)
    left.set_yscale("log")
    left.set_ylabel("contrastive loss")
    logs = [run.logs["validation"] for run in runs]
    epochs = np.unique(logs[0]["epoch"])
    for index, kind in enumerate(dict.fromkeys(logs[0]["invented"])):
        areas = np.array([over_folds(log, "validation_auc", invented=kind) for log in logs])
        curve(right, epochs, areas, INVENTED[kind], index)
    right.set_ylabel("validation AUC")
    for axes in (left, right):
        axes.set_xlabel("epoch")
    spread_labels(right)
    return figure


def siamese_distances(runs: Runs) -> Figure:
    """Histogram of the distances of same and different pairs, in units of the threshold (one run)."""
    figure, axes = panel(height=2.0)
    arrays = runs[0].arrays
    edges = arrays["distance_bins"]
    centres = (edges[1:] + edges[:-1]) / 2
    for index, (name, label) in enumerate(
        (("distances_same", "same person"), ("distances_different", "different"))
    ):
        share = 100 * arrays[name] / arrays[name].sum()
        axes.fill_between(centres, share, step="mid", color=COLOURS[index], alpha=0.35, linewidth=0)
        axes.step(centres, share, where="mid", color=COLOURS[index], linestyle=LINES[index])
        top = int(share.argmax())
        label_at(axes, label, (centres[top], share[top]), COLOURS[index])
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle=":")
    axes.set_xlabel("distance / threshold")
    axes.set_ylabel("share of the pairs in percent")
    axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
    return figure


def siamese_roc(runs: Runs) -> Figure:
    """ROC over the test pairs, mean over the folds: the network and its rivals."""
    figure, axes = panel(height=1.9, width=4.8)
    rates = runs[0].arrays["roc_false_accept"]
    for index, (name, label) in enumerate(RIVALS.items()):
        curves = np.array([run.arrays[f"roc_{name}_mean"] for run in runs])
        curve(axes, 100 * rates[1:], 100 * curves[:, 1:], label, index, at_end=False)
    axes.set_xscale("log")
    axes.set_xlabel("false accepts in percent")
    axes.set_ylabel("true accepts in percent")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=8)
    return figure


def siamese_pairs(runs: Runs) -> Figure:
    """Test pairs with their distance as measured and in units of the threshold; right verdicts come first."""
    arrays = runs[0].arrays
    images, distances, scaled = (arrays[f"pairs_{name}"] for name in ("images", "distance", "scaled"))
    same, decision = arrays["pairs_same"].astype(bool), arrays["pairs_decision"].astype(bool)
    order = np.argsort(same != decision, kind="stable")
    columns = 4
    rows = -(-len(order) // columns)
    figure, grid = panel(columns=columns, rows=rows, height=1.05)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, pair in zip(grid.flat, order, strict=False):
        gap = np.full((images.shape[2], 2), 255, dtype=np.uint8)
        axes.imshow(np.hstack([images[pair, 0], gap, images[pair, 1]]), cmap="gray", vmin=0, vmax=255)
        right = same[pair] == decision[pair]
        truth = "same" if same[pair] else "different"
        axes.set_title(
            f"{distances[pair]:.2f} ({scaled[pair]:.2f}), {truth}",
            fontsize=8,
            color="black" if right else COLOURS[1],
            pad=3,
        )
    return figure


def siamese_embedding(runs: Runs) -> Figure:
    """The first fold's unseen subjects in the plane of the two main components, a number per subject.

    They are numbered as in the data set and in the tables, from 1; the arrays count from 0.
    """
    figure, axes = panel(height=3.2, width=4.2)
    arrays = runs[0].arrays
    points, subjects = arrays["embedding_2d"], arrays["embedding_subject"]
    for index, subject in enumerate(np.unique(subjects)):
        for x, y in points[subjects == subject]:
            axes.text(
                x,
                y,
                str(int(subject) + 1),
                color=COLOURS[index % len(COLOURS)],
                fontsize=7,
                ha="center",
                va="center",
            )
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.05 * (high - low)
    axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes.set_ylim(low[1] - margin[1], high[1] + margin[1])
    axes.set_xlabel("first component")
    axes.set_ylabel("second component")
    return figure


def cvae_loss(runs: Runs) -> Figure:
    """Training loss by logged step, split into reconstruction and KL."""
    figure, (left, right) = panel(columns=2)
    logs = [run.logs["steps"] for run in runs]
    x = np.asarray(logs[0]["epoch"]) - 1 + np.asarray(logs[0]["examples"]) / runs[0].scalars["train_examples"]
    curve(left, x, series_over_runs(logs, "loss"), r"$-$ELBO", 0)
    curve(left, x, series_over_runs(logs, "reconstruction"), "reconstruction", 1)
    curve(right, x, series_over_runs(logs, "kl"), "KL", 2)
    settled = series_over_runs(logs, "reconstruction")[:, 1:]
    left.set_ylim(settled.min() * 0.9, settled.max() * 1.2)  # the first step lies far above
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.set_ylabel("nats per image")
    spread_labels(left)
    return figure


def cvae_samples(*settings: Runs) -> Figure:
    """Ten samples of each class, by the basic settings and, where these ran, by the tuned ones."""
    titles = "basic settings", "guidance and longer training"
    grids = {title: runs[0].arrays["samples"] for title, runs in zip(titles, settings, strict=False)}
    return image_grids(grids, row_labels=[str(y) for y in range(10)])


def cvae_vary(runs: Runs) -> Figure:
    """One class, the two most active latent dimensions from -2 to 2."""
    return image_grid(runs[0].arrays["vary_z"], scale=0.6)


def cvae_reconstructions(runs: Runs) -> Figure:
    """Test images and their reconstructions."""
    return image_grid(
        runs[0].arrays["reconstructions"], row_labels=["test image", "reconstruction"], scale=0.8
    )


def cvae_styles(runs: Runs) -> Figure:
    """Rows: one latent each; columns: one class each."""
    return image_grid(runs[0].arrays["style"], column_labels=[str(y) for y in range(10)], scale=0.8)


def gan_loss(runs: Runs) -> Figure:
    """Losses of both networks, ours over all runs and the reference's."""
    figure, (left, right) = panel(columns=2)
    logs = [run.logs["curves"] for run in runs]
    x = np.asarray(logs[0]["iteration"])
    reference = np.array(stated()["gan"]["loss_log"])
    reference = reference[reference[:, 0] <= x[-1]]
    for axes, column, index, label in (
        (left, "d_loss", 1, "discriminator loss"),
        (right, "g_loss", 2, "generator loss"),
    ):
        curve(axes, x, series_over_runs(logs, column), "ours", 0, at_end=False)
        axes.plot(
            reference[:, 0], reference[:, index], ".", color=COLOURS[1], markersize=4, label="reference"
        )
        axes.set_xlabel("iteration")
        axes.set_ylabel(label)
    left.axhline(2 * np.log(2), color="black", linewidth=0.8, linestyle=":")
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def gan_progress(runs: Runs) -> Figure:
    """The same noise through the generator at several iterations, the last among them: one row each."""
    grids = gan_grids(runs[0])
    steps = sorted(grids)
    rows = np.stack([grids[step] for step in steps])
    labels = [f"{step:,}".replace(",", r"$\,$") for step in steps]
    return image_grid(rows, row_labels=labels, scale=0.7)


def gan_samples(*settings: Runs) -> Figure:
    """Samples after the last iteration, by the assignment's and, where these ran, by the tuned settings."""
    titles = "assignment's settings", "tuned settings"
    return image_grids(
        {title: runs[0].arrays["grid_final"] for title, runs in zip(titles, settings, strict=False)}
    )


def gan_watch(runs: Runs) -> Figure:
    """Classifier score of a few hundred samples during training, over all runs."""
    figure, axes = panel(height=1.8, width=4.2)
    logs = [run.logs["watch"] for run in runs]
    curve(axes, np.asarray(logs[0]["iteration"]), series_over_runs(logs, "classifier_score"), "", 0)
    axes.set_xlabel("iteration")
    axes.set_ylabel("classifier score")
    return figure


def gan_classes(*settings: Runs) -> Figure:
    """Share of each class among the samples and diversity within it, means over the runs with deviations."""
    figure, panels = panel(columns=2, height=1.55, width=5.4)
    labels = "assignment's settings", "tuned settings"
    for i, (runs, label) in enumerate(zip(settings, labels, strict=False)):
        if not runs:
            continue
        for axes, values in zip(panels, shares_and_diversity(runs), strict=True):
            spread = values.std(axis=0, ddof=1) if len(values) > 1 else None
            place = np.arange(10) + 0.4 * (i - 0.5)
            axes.bar(place, values.mean(axis=0), 0.4, yerr=spread, color=COLOURS[4 * i], label=label)
    for axes, even, name in zip(panels, (10.0, 1.0), ("share in percent", "diversity"), strict=True):
        axes.axhline(even, color="black", linewidth=0.8, linestyle=":")
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(10))
        axes.set_xlabel("class")
        axes.set_ylabel(name)
    panels[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def gan_neighbours(runs: Runs) -> Figure:
    """Samples and their nearest training images."""
    return image_grid(runs[0].arrays["neighbours"], row_labels=["sample", "nearest"], scale=0.8)


def growth_cost(runs: Runs) -> Figure:
    """Seconds by epochs and seeds (left) and by the size of a report (right), and what is in proportion."""
    training, reports = (runs[0].tables[name] for name in ("training", "reports"))
    figure, (left, right) = panel(columns=2, height=2.4)
    for index, work in enumerate(dict.fromkeys(training["work"])):
        rows = [i for i, name in enumerate(training["work"]) if name == work]
        factors, seconds = (np.array([training[c][i] for i in rows]) for c in ("factor", "seconds"))
        curve(left, factors, seconds / seconds[0], GROWN.get(work, work), index, at_end=False)
    left.plot([1, 4], [1, 4], color="black", linestyle=":", linewidth=0.8, label="in proportion")
    left.set_xlabel("epochs (iterations, seeds), as multiples")
    left.set_ylabel("time, as multiple")
    left.legend(fontsize=7, frameon=False)
    sizes, seconds = np.array(reports["figures"]), np.array(reports["seconds"])
    curve(right, sizes, seconds, "", 0, at_end=False)
    right.plot(sizes, seconds[0] * sizes / sizes[0], color="black", linestyle=":", linewidth=0.8)
    right.set_xlabel("figures, each with ten numbers")
    right.set_ylabel("time to build, s")
    return figure


def variants(run: Result) -> list[tuple[str, Any]]:
    """The epoch logs of the networks, by name."""
    return [(name, log) for name, log in run.logs.items() if not name.endswith("_steps")]


def _variant(name: str) -> str:
    pooling, kernel = name.rsplit("_", 1)
    return f"{POOLING[pooling].removesuffix(' pooling')}, $H' = {kernel}$"


def over_folds(log: Mapping[str, Sequence[Any]], column: str, **only: str) -> Array:
    """[T]: the column of a log over the epochs, mean over the folds; of the rows that `only` names."""
    rows = np.ones(len(log["epoch"]), bool)
    for name, value in only.items():
        rows &= np.asarray(log[name]) == value
    folds, values = np.asarray(log["fold"])[rows], np.asarray(log[column], dtype=float)[rows]
    mean: Array = np.array([values[folds == fold] for fold in np.unique(folds)]).mean(axis=0)
    return mean


def gan_grids(run: Result) -> dict[int, Array]:
    """The first ten samples of a run's grids [10, 28, 28], by iteration."""
    grids = {int(name.removeprefix("grid_")): a for name, a in run.arrays.items() if _is_step(name)}
    grids[run.logs["watch"]["iteration"][-1]] = run.arrays["grid_final"]
    return {step: grid.reshape(-1, 28, 28)[:10] for step, grid in grids.items()}


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


def _is_step(name: str) -> bool:
    return name.startswith("grid_") and name.removeprefix("grid_").isdigit()
