"""What each figure shows, in words and recorded numbers, for who cannot see it: the texts to figures.py.

A text says the kind of figure, its axes, and what a sighted reader takes from it. Numbers are means over the
runs that the figure draws.
"""

from collections.abc import Sequence

import numpy as np

from assignment3.page.claims import RIVALS
from assignment3.page.figures import GROWN, gan_grids, over_folds, shares_and_diversity, variants
from assignment3.page.words import INVENTED, POOLING
from writeup.page.figures import Array, series_over_runs
from writeup.results.store import Result

Runs = Sequence[Result]
SETTINGS = "assignment's settings", "tuned settings"
DIGITS = "ten rows of ten handwritten digits, white on black, a row for each class from 0 to 9"


def text_cnn_loss(runs: Runs) -> str:
    """Where the loss and the validation accuracy of every variant begin, turn and end."""
    said = []
    for name, log in variants(runs[0]):
        logs = [run.logs[name] for run in runs]
        loss = series_over_runs(logs, "train_loss").mean(axis=0)
        accuracy = series_over_runs(logs, "validation_accuracy").mean(axis=0)
        pooling, kernel = name.rsplit("_", 1)
        best = int(accuracy.argmax())
        end = f"{accuracy[-1]:.1f} percent in epoch {log['epoch'][-1]}"
        turn = f"{accuracy[best]:.1f} in epoch {log['epoch'][best]}, its highest, and to "
        said.append(
            f"{POOLING[pooling]} with kernel size {kernel}: the training loss goes from {loss[0]:.2f} to "
            f"{loss[-1]:.2f} nats, the validation accuracy from {accuracy[0]:.1f} to "
            f"{turn if best + 1 < len(accuracy) else ''}{end}"
        )
    return (
        "Two line charts over the epochs, training loss and validation accuracy, each with a curve "
        f"for each network: {'; '.join(said)}."
    )


def siamese_loss(runs: Runs) -> str:
    """Where the contrastive loss begins and ends, and the areas by what is invented."""
    logs = [run.logs["loss"] for run in runs]
    loss = np.array([over_folds(log, "train_loss") for log in logs]).mean(axis=0)
    epochs = np.unique(logs[0]["epoch"])
    validation = [run.logs["validation"] for run in runs]
    kinds = list(dict.fromkeys(validation[0]["invented"]))
    areas = {
        kind: np.array([over_folds(log, "validation_auc", invented=kind) for log in validation]).mean(axis=0)
        for kind in kinds
    }
    said = "; ".join(f"{INVENTED[kind]} from {area[0]:.3f} to {area[-1]:.3f}" for kind, area in areas.items())
    return (
        "Two line charts over the epochs. Left, logarithmic: the contrastive loss goes from "
        f"{loss[0]:.3f} in epoch {epochs[0]} "
        f"to {loss[len(loss) // 2]:.4f} in epoch {epochs[len(loss) // 2]} and {loss[-1]:.4f} in "
        f"epoch {epochs[-1]}. "
        "Right: the validation area under the ROC by the kind of invented subjects, first to last "
        f"look: {said}."
    )


def siamese_distances(runs: Runs) -> str:
    """Where both histograms peak, and how much of each lies beyond the threshold."""
    arrays = runs[0].arrays
    edges = arrays["distance_bins"]
    centres = (edges[1:] + edges[:-1]) / 2
    same, different = (
        arrays[f"distances_{kind}"] / arrays[f"distances_{kind}"].sum() for kind in ("same", "different")
    )
    rejected, accepted = (
        100 * share[side].sum() for share, side in ((same, centres > 1), (different, centres < 1))
    )
    return (
        "Two histograms over one axis, the distance in units of the threshold. Pairs of the same "
        "person peak at "
        f"{centres[same.argmax()]:.2f}, different ones at {centres[different.argmax()]:.2f}; by these bins "
        f"{rejected:.1f} percent of the pairs of the same person lie above the threshold and "
        f"{accepted:.1f} percent "
        "of the different ones below it."
    )


def siamese_roc(runs: Runs) -> str:
    """The true accepts of each metric at three rates of false accepts."""
    rates = runs[0].arrays["roc_false_accept"]
    said = []
    for name, label in RIVALS.items():
        curve = np.array([run.arrays[f"roc_{name}_mean"] for run in runs]).mean(axis=0)
        at = ", ".join(f"{100 * np.interp(rate, rates, curve):.1f}" for rate in (0.001, 0.01, 0.1))
        said.append(f"{label} {at}")
    return (
        "Line chart of true accepts over false accepts on a logarithmic axis, a curve a metric. "
        "True accepts in percent "
        f"at 0.1, 1 and 10 percent of false accepts: {'; '.join(said)}."
    )


def siamese_pairs(runs: Runs) -> str:
    """How many pairs are shown, how they are judged, and the range of their distances."""
    arrays = runs[0].arrays
    same, decision = arrays["pairs_same"].astype(bool), arrays["pairs_decision"].astype(bool)
    kinds = {
        "correctly judged pairs of the same person": same & decision,
        "correctly judged pairs of different people": ~same & ~decision,
        "false rejects": same & ~decision,
        "false accepts": ~same & decision,
    }
    said = [
        f"{which.sum()} {name}, {_range(arrays['pairs_scaled'][which])} thresholds apart"
        for name, which in kinds.items()
        if which.any()
    ]
    return (
        f"{len(same)} pairs of grey portraits, each pair side by side under its distance. There are "
        f"{_series(said)}."
    )


def siamese_embedding(runs: Runs) -> str:
    """How far the subjects lie apart in the plane, against how far their images scatter."""
    points, subjects = runs[0].arrays["embedding_2d"], runs[0].arrays["embedding_subject"]
    numbers = np.unique(subjects)
    centres = np.array([points[subjects == one].mean(axis=0) for one in numbers])
    scatter = np.sqrt(
        np.mean(
            [
                ((points[subjects == one] - centre) ** 2).sum(axis=1).mean()
                for one, centre in zip(numbers, centres, strict=True)
            ]
        )
    )
    between = np.linalg.norm(centres[:, None] - centres[None], axis=-1) + np.diag(
        np.full(len(numbers), np.inf)
    )
    one, other = sorted(np.unravel_index(between.argmin(), between.shape))
    return (
        f"Scatter plot of {len(points)} images of {len(numbers)} subjects, each image drawn as its "
        "subject's number. The images of one subject "
        f"lie {scatter:.2f} from their centre (root mean square); the nearest other centre is "
        f"{between.min(axis=1).mean():.2f} away on average. "
        f"Subjects {numbers[one] + 1} and {numbers[other] + 1} lie closest together, "
        f"{between.min():.2f} apart."
    )


def cvae_loss(runs: Runs) -> str:
    """Where the loss and both its parts begin and end."""
    logs = [run.logs["steps"] for run in runs]
    loss, reconstruction, kl = (
        series_over_runs(logs, name).mean(axis=0) for name in ("loss", "reconstruction", "kl")
    )
    return (
        f"Two line charts over {logs[0]['epoch'][-1]} epochs, in nats an image. Left: the negative "
        f"ELBO goes from {loss[0]:.0f} at the first logged step to {loss[1]:.1f} "
        f"at the second and {loss[-1]:.1f} at the last, its reconstruction part from "
        f"{reconstruction[0]:.0f} to {reconstruction[1]:.1f} and "
        f"{reconstruction[-1]:.1f}. Right: the KL part goes from {kl[0]:.1f} to {kl[-1]:.1f}."
    )


def cvae_samples(*settings: Runs) -> str:
    """How often the samples show their class, and how much of each image is ink."""
    said = [
        f"With the {words}: {_ink(runs[0].arrays['samples'], 'row')} Of the samples that this run was "
        f"tested on, {runs[0].scalars['conditional_accuracy']:.1f} percent were read as the class asked for."
        for words, runs in zip(("basic settings", "tuned settings"), settings, strict=False)
    ]
    return f"{len(said)} grids of samples side by side, each of {DIGITS}. {' '.join(said)}"


def cvae_reconstructions(runs: Runs) -> str:
    """How near the reconstructions come."""
    originals, made = runs[0].arrays["reconstructions"].astype(float)
    off = np.abs(originals - made).mean(axis=(1, 2)) / 2.55
    return (
        f"Two rows of {len(off)} digits: test images above, their reconstructions below. Pixels "
        f"differ by {off.mean():.1f} percent of full white on average, "
        f"from {off.min():.1f} percent in column {off.argmin() + 1} to {off.max():.1f} percent in "
        f"column {off.argmax() + 1}."
    )


def cvae_styles(runs: Runs) -> str:
    """How much a row shares."""
    images = runs[0].arrays["style"]
    return (
        f"Grid of {images.shape[0]} rows and {images.shape[1]} columns of digits: each column a "
        f"class from 0 to 9, each row one latent. {_ink(images, 'row')}"
    )


def cvae_vary(runs: Runs) -> str:
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


def gan_loss(runs: Runs) -> str:
    """Where both losses begin and end, and between what they go."""
    logs = [run.logs["curves"] for run in runs]
    said = []
    for column, name in (("d_loss", "discriminator"), ("g_loss", "generator")):
        loss = series_over_runs(logs, column).mean(axis=0)
        tenth = max(1, len(loss) // 10)
        said.append(
            f"the {name}'s begins at {loss[0]:.2f}, lies between {loss.min():.2f} and "
            f"{loss.max():.2f}, and is {loss[-tenth:].mean():.2f} over the last tenth"
        )
    return (
        f"Two line charts over {logs[0]['iteration'][-1]} iterations, our loss as a line and the "
        f"reference's as dots. Our losses: {_series(said)}."
    )


def gan_progress(runs: Runs) -> str:
    """How much a row differs from the last one."""
    grids = gan_grids(runs[0])
    steps = sorted(grids)
    last = grids[steps[-1]].astype(float)
    apart = [
        f"{np.abs(grids[step] - last).mean() / 2.55:.0f} percent at iteration {step}" for step in steps[:-1]
    ]
    return (
        "Grid with a row of ten samples from the same noise for each of the iterations "
        f"{_series([str(step) for step in steps])}. "
        f"Mean difference of a pixel from the last row, in percent of full white: {_series(apart)}."
    )


def gan_samples(*settings: Runs) -> str:
    """How much of an image is ink, and what the classifier makes of such samples."""
    said = []
    for words, (run, *_) in zip(SETTINGS, settings, strict=False):
        images, scalars = run.arrays["grid_final"], run.scalars
        said.append(
            f"With the {words}, {images.shape[0]} rows of {images.shape[1]} images. {_ink(images, 'row')} "
            f"For all samples of this run the classifier score is {scalars['classifier_score']:.2f} of "
            f"at most 10, and {scalars['classes_present']:.0f} of ten classes are present."
        )
    return (
        f"{len(said)} grids of generated digits side by side, white on black, of mixed classes. "
        f"{' '.join(said)}"
    )


def gan_watch(runs: Runs) -> str:
    """Where the score begins and ends, and when it comes near its end."""
    logs = [run.logs["watch"] for run in runs]
    score = series_over_runs(logs, "classifier_score").mean(axis=0)
    iterations = np.asarray(logs[0]["iteration"])
    near = int(np.argmax(score >= 0.9 * score[-1]))
    return (
        f"Line chart of the classifier score over the iterations: {score[0]:.2f} at iteration "
        f"{iterations[0]}, nine tenths of its last value first "
        f"at iteration {iterations[near]}, and {score[-1]:.2f} at iteration {iterations[-1]}."
    )


def gan_classes(*settings: Runs) -> str:
    """Share of each class and diversity within it, by settings."""
    said = []
    for runs, label in zip(settings, SETTINGS, strict=False):
        shares, diversity = (
            (values.mean(axis=0) for values in shares_and_diversity(runs)) if runs else ((), ())
        )
        if runs:
            said.append(
                f"With the {label}, shares in percent {_by_digit(shares, 1)}; diversity "
                f"{_by_digit(diversity, 2)}."
            )
    return (
        "Two bar charts by class, with bars for the settings side by side: share of the samples "
        "(even would be 10 percent) and diversity within the class (of test images 1). "
        f"{' '.join(said)}"
    )


def gan_neighbours(runs: Runs) -> str:
    """How far samples are from what was trained on."""
    samples, nearest = runs[0].arrays["neighbours"].astype(float) / 255
    apart = np.sqrt(((samples - nearest) ** 2).sum(axis=(1, 2)))
    return (
        f"Two rows of {len(apart)} digits: samples above, below each the training image nearest to "
        "it. The distances of "
        f"these pairs go from {apart.min():.2f} to {apart.max():.2f}, on average "
        f"{apart.mean():.2f}, where 0 would be a copy."
    )


def growth_cost(runs: Runs) -> str:
    """How much longer more work takes."""
    training, reports = (runs[0].tables[name] for name in ("training", "reports"))
    said = []
    for work in dict.fromkeys(training["work"]):
        rows = [i for i, name in enumerate(training["work"]) if name == work]
        factor, times = (
            training["factor"][rows[-1]],
            training["seconds"][rows[-1]] / training["seconds"][rows[0]],
        )
        said.append(f"{GROWN.get(work, work)} {times:.1f}")
    sizes, seconds = reports["figures"], reports["seconds"]
    return (
        f"Two line charts beside a dotted line of proportion. Left: time at {factor:.0f} times the "
        f"epochs, iterations or seeds, as a multiple of the first: {_series(said)}. "
        f"Right: building a report takes {seconds[0]:.1f} s with {sizes[0]} figures and "
        f"{seconds[-1]:.1f} s with {sizes[-1]}."
    )


def _series(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _range(values: Array) -> str:
    low, high = f"{values.min():.2f}", f"{values.max():.2f}"
    return low if low == high else f"{low} to {high}"


def _by_digit(values: Sequence[float] | Array, digits: int) -> str:
    return _series([f"{value:.{digits}f} for {digit}" for digit, value in enumerate(values)])


def _ink(images: Array, along: str) -> str:
    """How bright the images are, by row."""
    rows = images.reshape(len(images), -1).mean(axis=1) / 2.55
    return (
        f"The mean brightness of a {along} goes from {rows.min():.0f} percent (the "
        f"{_ordinal(int(rows.argmin()))}) to {rows.max():.0f} percent (the "
        f"{_ordinal(int(rows.argmax()))})."
    )


def _ordinal(index: int) -> str:
    return ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")[
        index
    ]
