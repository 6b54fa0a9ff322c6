"""Tables and notes of problem 2: by method, by fold and by subject, and what the shown pairs say."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from assignment3.shared.cells import best
from assignment3.siamese import record
from assignment3.siamese.figures import anchors, of_heldout
from assignment3.siamese.words import LINEAR
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, bold, by_columns, fixed
from writeup.results.store import Result
from writeup.results.values import Value

Measured = tuple[str, str]  # a part, and a measure within its results
METHODS: dict[Measured, str] = {
    ("siamese_tuned", "network"): "tuned network",
    ("siamese", "network"): "given network",
    ("siamese", "training_mode"): "given network, batch norm in training mode",
    **{("siamese", name): words for name, words in LINEAR.items()},
}
HARDEST = 5  # subjects of a table
# A part, words for its network, and what the names of its scores begin with by the layer that the loss trains
# and by Fisher's, "" where it has none.
GAINS = (
    ("siamese", "given network", "siamese/", ""),
    (
        "siamese_untrained",
        "small network, weights as drawn",
        "",
        "siamese_untrained/",
    ),
    (
        "siamese_all_pairs",
        "small network, all pairs of a batch",
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


def ran(recorded: Recorded) -> dict[Measured, str]:
    """The methods whose part ran."""
    return {one: words for one, words in METHODS.items() if recorded.results.get(one[0])}


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
    return [fmean(fold) for fold in zip(*(run.tables["folds"][column] for run in runs), strict=True)]


def folds(recorded: Recorded) -> Table:
    """The area by fold, mean over the runs; the largest of a fold is bold."""
    shown = ran(recorded)
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
    shown = ran(recorded)
    areas = {one: of_subjects(recorded.results[one[0]], one[1]) for one in shown}
    given = areas["siamese", "network"]
    hardest = sorted(given, key=lambda subject: given[subject])[:HARDEST]
    columns: dict[str, tuple[str, list[object]]] = {
        words: ("r", [fixed(areas[one][subject], 3) for subject in hardest]) for one, words in shown.items()
    }
    return by_columns({"subject": ("l", [record.names([one]) for one in hardest]), **columns})


def of_subjects(runs: Sequence[Result], measure: str) -> dict[int, float]:
    """The area of each subject's own pairs, mean over the runs."""
    found = [record.subject_areas(run.arrays, measure) for run in runs]
    return {subject: fmean(areas[subject] for areas in found) for subject in found[0]}


def gains(recorded: Recorded) -> Table:
    """From the given network to the tuned one: areas and error rates, by the last layer."""
    lines = [(words, *sides) for part, words, *sides in GAINS if recorded.results.get(part)]
    columns: dict[str, tuple[str, list[object]]] = {"network": ("l", [words for words, *_ in lines])}
    for k, layer in enumerate(("trained layer", "Fisher's layer"), 1):
        for score, name, digits in (("auc", "AUC", 4), ("eer", r"EER, \%", 2)):
            numbers = [recorded.v[side[k] + score] if side[k] else None for side in lines]
            cells = best(numbers, digits, least=score == "eer")
            columns[Tex(f"{layer}: {name}")] = ("r", list(cells))
    return by_columns(columns)


def history(recorded: Recorded) -> dict[str, float]:
    """The loss of the first batch of an epoch, mean over the runs: at the first, a quarter, the last."""
    first = np.array([of_heldout(run, "first_batch") for run in recorded.results["siamese"]])
    epochs = of_heldout(recorded.results["siamese"][0], "epoch")
    quarter = (len(epochs) - 1) // 4
    mean = first.mean(axis=0)
    return {
        "first": float(mean[0]),
        "quarter": float(mean[quarter]),
        "quarter_epoch": float(epochs[quarter]),
        "last": float(mean[-1]),
    }


def shown_pairs(recorded: Recorded) -> dict[str, dict[str, int]]:
    """Of the pairs that are shown, by set: in how many of how many comparisons of one anchor the image of
    the person has the smaller dissimilarity than that of someone else, in either mode of the network.
    """
    run = recorded.typical["siamese"]
    found: dict[str, dict[str, int]] = {}
    for name in ("training", "test"):
        counts = {"dissimilarity": 0, "training_mode": 0, "of": 0}
        for pairs in anchors(run, name):
            for one in (pair for pair in pairs if not pair["different"]):
                for other in (pair for pair in pairs if pair["different"]):
                    counts["of"] += 1
                    for mode in ("dissimilarity", "training_mode"):
                        counts[mode] += one[mode] < other[mode]
        found[name] = counts
    return found
