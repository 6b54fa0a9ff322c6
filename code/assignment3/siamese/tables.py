"""Tables and notes of problem 2: by method, by fold and by subject, and what the shown pairs say."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from assignment3.shared.tables import best
from assignment3.siamese import record
from assignment3.siamese.figures import of_heldout
from assignment3.siamese.words import LINEAR
from writeup.page.context import Recorded
from writeup.page.source.formats import Table, Tex, bold, by_columns, fixed
from writeup.results.store import Result
from writeup.results.tables import frame
from writeup.results.values import Value

Measured = tuple[str, str]  # a part, and a measure within its results
METHODS: dict[Measured, str] = {
    ("siamese", "network"): "given network",
    ("siamese", "training_mode"): "the same in training mode",
    ("siamese_tuned", "network"): "tuned network",
    **{("siamese", name): words for name, words in LINEAR.items()},
}
MAIN = "network", "fisher", "pixels"  # the measures of the finer tables
HARDEST = 5  # subjects of a table
# A part, words for its network, and what the names of its scores begin with by the layer that the loss trains
# and by Fisher's, "" where it has none.
GAINS = (
    ("siamese", "given network", "siamese/", ""),
    (
        "siamese_untrained",
        "small network, not trained",
        "",
        "siamese_untrained/",
    ),
    (
        "siamese_all_pairs",
        "small network, all pairs",
        "siamese_all_pairs/trained_layer/",
        "siamese_all_pairs/",
    ),
    (
        "siamese_augmented",
        "and augmented views",
        "siamese_augmented/trained_layer/",
        "siamese_augmented/",
    ),
    (
        "siamese_tuned",
        "and invented people",
        "siamese_tuned/single_trained_layer/",
        "siamese_tuned/single/",
    ),
    ("siamese_tuned", "and an ensemble: tuned", "siamese_tuned/trained_layer/", "siamese_tuned/"),
)


def ran(recorded: Recorded, measures: Sequence[str] = ()) -> dict[Measured, str]:
    """The methods whose part ran, of these measures or of all."""
    return {
        one: words
        for one, words in METHODS.items()
        if recorded.results.get(one[0]) and (not measures or one[1] in measures)
    }


def value(recorded: Recorded, one: Measured, score: str) -> Value:
    part, measure = one
    return recorded.v[f"{part}/{record.prefix(measure)}{score}"]


def methods(recorded: Recorded) -> Table:
    """Verification of unseen subjects by method, means over the folds, and the folds' range."""
    shown = ran(recorded)
    folds = {one: of_folds(recorded.results[one[0]], one[1]) for one in shown}
    return by_columns(
        {
            "method": ("l", list(shown.values())),
            "AUC": ("r", best([value(recorded, one, "auc") for one in shown], 4)),
            "of the folds": ("r", [f"{fixed(min(x), 3)} to {fixed(max(x), 3)}" for x in folds.values()]),
            Tex(r"EER, \%"): ("r", best([value(recorded, one, "eer") for one in shown], 2, least=True)),
        }
    )


def of_folds(runs: Sequence[Result], measure: str) -> list[float]:
    """The area of each fold, mean over the runs."""
    column = f"{record.prefix(measure)}auc".replace("/", "_")
    return [float(area) for area in frame(runs, "folds").groupby("fold", sort=False)[column].mean()]


def folds(recorded: Recorded) -> Table:
    """The area by fold, mean over the runs; the largest of a fold is bold."""
    shown = ran(recorded, MAIN)
    areas = [of_folds(recorded.results[part], measure) for part, measure in shown]
    largest = [max(row) for row in zip(*areas, strict=True)]
    columns: dict[str, tuple[str, list[object]]] = {
        words: (
            "r",
            [
                bold(fixed(area, 4)) if area == top else fixed(area, 4)
                for area, top in zip(column, largest, strict=True)
            ],
        )
        for words, column in zip(shown.values(), areas, strict=True)
    }
    return by_columns({"fold": ("l", [str(k) for k in range(1, len(largest) + 1)]), **columns})


def subjects(recorded: Recorded) -> Table:
    """The subjects that the given network knows worst: the area of their own pairs, by method."""
    shown = ran(recorded, MAIN)
    areas = {one: of_subjects(recorded.results[one[0]], one[1]) for one in shown}
    worst = hardest(recorded.results["siamese"])
    columns: dict[str, tuple[str, list[object]]] = {
        words: ("r", [fixed(areas[one][subject], 3) for subject in worst]) for one, words in shown.items()
    }
    return by_columns({"person": ("l", [record.names([one]) for one in worst]), **columns})


def of_subjects(runs: Sequence[Result], measure: str) -> dict[int, float]:
    """The area of each subject's own pairs, mean over the runs."""
    found = [record.subject_areas(run.arrays, measure) for run in runs]
    return {subject: fmean(areas[subject] for areas in found) for subject in found[0]}


def hardest(runs: Sequence[Result]) -> list[int]:
    """The subjects with the smallest areas by the network of these runs, the smallest first."""
    areas = of_subjects(runs, record.NETWORK)
    return sorted(areas, key=lambda subject: areas[subject])[:HARDEST]


def gains(recorded: Recorded) -> Table:
    """From the given network to the tuned one: areas and error rates, by the last layer."""
    lines = [(words, *sides) for part, words, *sides in GAINS if recorded.results.get(part)]
    columns: dict[str, tuple[str, list[object]]] = {"network": ("l", [words for words, *_ in lines])}
    for k, layer in enumerate(("trained", "Fisher"), 1):
        for score, digits in (("auc", 4), ("eer", 2)):
            numbers = [recorded.v[side[k] + score] if side[k] else None for side in lines]
            cells = best(numbers, digits, least=score == "eer")
            columns[f"{score.upper()}, {layer}"] = ("r", list(cells))
    return by_columns(columns)


def history(recorded: Recorded) -> dict[str, float]:
    """The loss of the first batch of an epoch, mean over the runs: the first, a quarter of the way, the last.

    left: the second in percent of the first.
    """
    first = np.array([of_heldout(run, "first_batch") for run in recorded.results["siamese"]])
    epochs = of_heldout(recorded.results["siamese"][0], "epoch")
    quarter = (len(epochs) - 1) // 4
    mean = first.mean(axis=0)
    return {
        "first": float(mean[0]),
        "quarter": float(mean[quarter]),
        "left": 100 * float(mean[quarter] / mean[0]),
        "quarter_epoch": float(epochs[quarter]),
        "last": float(mean[-1]),
    }


def shown_pairs(recorded: Recorded) -> dict[str, dict[str, float]]:
    """Of the pairs that are shown, by set: the largest dissimilarity of one person's images and the smallest
    of two people's.
    """
    pairs = frame(recorded.typical["siamese"], "pairs").groupby(["set", "different"])["dissimilarity"]
    most, least = pairs.max(), pairs.min()
    return {
        name: {"same_most": float(most[name, 0]), "different_least": float(least[name, 1])}
        for name in ("training", "test")
    }
