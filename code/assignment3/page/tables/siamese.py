"""Problem 2: verification of unseen faces, by method, by fold and by subject."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from assignment3.page.claims import AREAS, RIVALS
from assignment3.page.words import INVENTED
from assignment3.shared.cells import best
from writeup.page.context import Recorded
from writeup.page.templating import Table, Tex, bold, by_columns, fixed, integer
from writeup.results.rows import rows as rows_of


def siamese(recorded: Recorded) -> Table:
    """Verification figures of the network and its rivals, means over the folds."""
    v = recorded.v
    return by_columns(
        {
            "method": ("l", [RIVALS[name] for name in AREAS]),
            "AUC": ("r", best([v[f"siamese/{area}"] for area in AREAS.values()], 4)),
            Tex(r"EER, \%"): (
                "r",
                best([v[f"siamese/{area.replace('auc', 'eer')}"] for area in AREAS.values()], 2, least=True),
            ),
        }
    )


def siamese_folds(recorded: Recorded) -> Table:
    """The AUC by fold, mean over the runs; the largest of a fold is bold."""
    folds = [run.tables["folds"] for run in recorded.results["siamese"]]
    areas = {
        name: [
            fmean(column) for column in zip(*(fold[area.replace("/", "_")] for fold in folds), strict=True)
        ]
        for name, area in AREAS.items()
    }
    largest = [max(row) for row in zip(*areas.values(), strict=True)]
    return by_columns(
        {
            "fold": ("l", [str(fold) for fold in folds[0]["fold"]]),
            **{
                RIVALS[name]: (
                    "r",
                    [
                        bold(fixed(area, 4)) if area == top else fixed(area, 4)
                        for area, top in zip(column, largest, strict=True)
                    ],
                )
                for name, column in areas.items()
            },
        }
    )


def siamese_choice(recorded: Recorded) -> Table:
    """By fold the validation AUC of each candidate, mean over the runs, and in how many it was chosen."""
    choices = [rows_of(run.tables["choice"]) for run in recorded.results["siamese"]]
    folds = list(dict.fromkeys(row["fold"] for row in choices[0]))

    def cells(kind: str) -> tuple[str, list[object]]:
        of_fold = [
            [row for rows in choices for row in rows if (row["fold"], row["invented"]) == (fold, kind)]
            for fold in folds
        ]
        return "r", [
            f"{fixed(fmean(row['validation_auc'] for row in some), 4)} ({sum(row['chosen'] for row in some)})"
            for some in of_fold
        ]

    kinds = dict.fromkeys(row["invented"] for row in choices[0])
    return by_columns(
        {"fold": ("l", [str(fold) for fold in folds]), **{INVENTED[kind]: cells(kind) for kind in kinds}}
    )


def siamese_hardest(recorded: Recorded) -> Table:
    """Of each fold the subject without which its AUC rises most, hardest fold first; of one run."""
    run = recorded.typical["siamese"]
    subjects = run.tables["subjects"]
    folds = sorted(rows_of(run.tables["folds"]), key=lambda fold: fold["cnn_auc"])
    found = [rows_of(subjects)[hardest(subjects, fold["fold"])] for fold in folds]

    def share(row: Mapping[str, Any]) -> Tex:
        return integer(100 * (row["false_rejects"] + row["false_accepts"]) / max(1, row["fold_errors"]))

    return by_columns(
        {
            "fold": ("l", [str(fold["fold"]) for fold in folds]),
            "subject": ("l", [row["subject"] for row in found]),
            "AUC with": ("r", [fixed(fold["cnn_auc"], 4) for fold in folds]),
            "without": ("r", [fixed(row["fold_auc_without"], 4) for row in found]),
            "rejects": ("r", [integer(row["false_rejects"]) for row in found]),
            "accepts": ("r", [integer(row["false_accepts"]) for row in found]),
            Tex(r"of errors, \%"): ("r", [share(row) for row in found]),
            "own": ("r", [fixed(row["own_distance"], 2) for row in found]),
            "nearest": ("l", [f"{row['nearest']} ({fixed(row['nearest_distance'], 2)})" for row in found]),
        }
    )


def hardest(subjects: Mapping[str, Sequence[Any]], fold: int) -> int:
    """The row of the subject whose absence raises the fold's AUC most, or lowers it least."""
    mine = [i for i, k in enumerate(subjects["fold"]) if k == fold]
    return max(mine, key=lambda i: subjects["fold_auc_without"][i])


def siamese_failures(recorded: Recorded) -> Table:
    """The worst pairs of one run."""
    found = rows_of(recorded.typical["siamese"].tables["failures"])
    return by_columns(
        {
            "verdict": ("l", [row["verdict"] for row in found]),
            "first": ("l", [row["first"] for row in found]),
            "second": ("l", [row["second"] for row in found]),
            "distance": ("r", [fixed(row["distance"], 3) for row in found]),
            "in thresholds": ("r", [fixed(row["scaled"], 2) for row in found]),
            Tex(r"more alike, \%"): ("r", [integer(row["pixels"]) for row in found]),
        }
    )
