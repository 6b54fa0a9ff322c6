"""Tables and notes of problem 2: by method and by fold, who is hardest, and what the shown pairs say."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from assignment3.shared.tables import best
from assignment3.siamese import figures, record
from assignment3.siamese.words import LINEAR
from writeup.page.context import Recorded
from writeup.page.source.formats import Table, Tex, bold, by_columns, fixed
from writeup.results.store import Result
from writeup.results.tables import frame

MAIN = {  # what the table of folds compares: a part, and a measure within its results
    ("siamese", "network"): "given network",
    ("siamese", "training_mode"): "the same in training mode",
    ("siamese_tuned", "network"): "tuned network",
    **{("siamese", name): words for name, words in LINEAR.items()},
}
ROWS = (  # a part, what the names of its scores begin with, and words: from raw pixels to the tuned network
    *(("siamese", record.prefix(name), words) for name, words in LINEAR.items()),
    ("siamese", "", "given network"),
    ("siamese_all_pairs", "", "small network, all pairs, Fisher's metric"),
    ("siamese_augmented", "", "and altered views"),
    ("siamese_untrained", "", "(without training its weights)"),
    ("siamese_tuned", "single/", "and invented people"),
    ("siamese_tuned", "", "and several that vote: tuned"),
    ("siamese_tuned", "trained_layer/", "(with the trained layer)"),
)


def methods(recorded: Recorded) -> Table:
    """Verification of unseen people, means over the folds, a row a method; the best of a column is bold."""
    shown = [row for row in ROWS if recorded.results.get(row[0])]

    def column(score: str, digits: int, *, least: bool = False) -> tuple[str, list[object]]:
        cells = best([recorded.v[f"{part}/{place}{score}"] for part, place, _ in shown], digits, least=least)
        return "r", list(cells)

    return by_columns(
        {
            "method": ("l", [words for *_, words in shown]),
            "AUC": column("auc", 4),
            Tex(r"EER, \%"): column("eer", 2, least=True),
        }
    )


def of_folds(runs: Sequence[Result], measure: str) -> list[float]:
    """The area of each fold, mean over the runs."""
    column = f"{record.prefix(measure)}auc".replace("/", "_")
    return [float(area) for area in frame(runs, "folds").groupby("fold", sort=False)[column].mean()]


def folds(recorded: Recorded) -> Table:
    """The area by fold, mean over the runs; the largest of a fold is bold."""
    shown = {one: words for one, words in MAIN.items() if recorded.results.get(one[0])}
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


def hardest(recorded: Recorded) -> dict[str, Any]:
    """The person whom the given network tells apart worst in the run that stands for all: name and area, and
    the smallest area that the tuned network leaves anybody.
    """
    areas = figures.areas([recorded.typical["siamese"]])
    person, area = next(iter(areas.items()))
    found: dict[str, Any] = {"name": record.names([person]), "area": area}
    if tuned := recorded.typical.get("siamese_tuned"):
        found["tuned"] = next(iter(figures.areas([tuned]).values()))
    return found


def history(recorded: Recorded) -> dict[str, float]:
    """The loss of the first batch of an epoch, mean over the runs: the first, a quarter of the way, the last.

    left: the second in percent of the first.
    """
    first = np.array([figures.of_heldout(run, "first_batch") for run in recorded.results["siamese"]])
    epochs = figures.of_heldout(recorded.results["siamese"][0], "epoch")
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
