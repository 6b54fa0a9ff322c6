"""What the Siamese figures and tables show: the network alone, subjects by their names, the typical run."""

from types import SimpleNamespace

import numpy as np
import pytest

from assignment3.page import figures
from assignment3.page.tables import siamese
from assignment3.page.words import SIAMESE_HEADLINE
from assignment3.report import REPORT
from writeup.results.store import Result
from writeup.results.typical import typical

SUBJECTS = {  # s15 is misjudged most often, but the fold is easier without s4
    "fold": [1, 1, 1],
    "subject": ["s4", "s15", "s20"],
    "false_rejects": [1, 9, 0],
    "false_accepts": [2, 9, 0],
    "fold_errors": [21, 21, 21],
    "own_distance": [0.5, 0.6, 0.7],
    "nearest": ["s15", "s4", "s4"],
    "nearest_distance": [1.1, 1.2, 1.3],
    "fold_auc_without": [0.99, 0.95, 0.96],
}


def run(seed, area):
    """A run that bears its number wherever one run is shown."""
    images = np.zeros((3, 2, 4, 4), np.uint8)
    arrays = {
        "embedding_2d": np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 3.0]]),
        "embedding_subject": np.array([3, 14, 19]),
        "pairs_images": images,
        "pairs_distance": np.array([0.5, 0.25, 0.1 + seed]),
        "pairs_scaled": np.array([2.0, 1.0, 0.4 + 4 * seed]),
        "pairs_same": np.array([True, True, True]),
        "pairs_decision": np.array([False, True, True]),
    }
    parts = {
        "folds": {"fold": [1], "cnn_auc": [area], "auc": [0.5]},
        "subjects": SUBJECTS,
        "failures": {
            "verdict": ["false reject"], "first": [f"s{seed}/1"], "second": ["s1/2"], "distance": [0.5],
            "scaled": [2.0], "pixels": [50.0],
        },
        "choice": {
            "fold": [1, 1], "invented": ["none", "warped"], "validation_auc": [0.9, 0.8 + seed / 10],
            "chosen": [1 - seed, seed],
        },
    }  # fmt: skip
    return Result("siamese", seed, {"cnn/auc": area}, parts, {}, arrays, {})


RUNS = [run(0, 0.99), run(1, 0.97)] + [
    Result("siamese", seed, {"cnn/auc": area}, {}, {}, {}, {}) for seed, area in ((2, 0.96),)
]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def cells(table):
    return [[str(cell) for cell in row] for row in table.rows]


MEDIAN = typical(RUNS, SIAMESE_HEADLINE)
ASKED = [*REPORT.figures, *REPORT.tables]


@pytest.mark.parametrize(
    "name", ["siamese_distances", "siamese_pairs", "siamese_embedding", "siamese_hardest"]
)
def test_what_shows_one_run_is_declared_to_show_the_one_nearest_to_the_median(name):
    (shown,) = [one for one in ASKED if one.name == name]
    assert shown.typical == "cnn/auc"


def test_subjects_in_the_figure_have_the_names_of_the_tables():
    """The arrays count from 0: subject s4 is number 3 there."""
    assert texts(figures.siamese_embedding([MEDIAN])) == ["4", "15", "20"]


def test_pairs_bear_both_distances_of_the_run_nearest_to_the_median():
    titles = [axes.get_title() for axes in figures.siamese_pairs([MEDIAN]).axes]
    assert [title for title in titles if title] == [
        "0.25 (1.00), same", "1.10 (4.40), same", "0.50 (2.00), same"
    ]  # fmt: skip


def test_the_hardest_subject_is_the_one_without_which_the_fold_is_easiest():
    row = cells(siamese.siamese_hardest(SimpleNamespace(typical={"siamese": MEDIAN})))[0]
    assert row[:6] == ["1", "s4", "0.9700", "0.9900", "1", "2"]  # of the run nearest to the median


def test_failures_are_of_the_run_nearest_to_the_median():
    row = cells(siamese.siamese_failures(SimpleNamespace(typical={"siamese": MEDIAN})))[0]
    assert row == ["false reject", "s1/1", "s1/2", "0.500", "2.00", "50"]


def test_the_choice_table_counts_the_runs():
    table = siamese.siamese_choice(SimpleNamespace(results={"siamese": RUNS[:2]}))
    assert cells(table) == [["1", "0.9000 (1)", "0.8500 (1)"]]


def test_a_log_is_averaged_over_folds():
    log = {
        "fold": [1, 1, 2, 2],
        "invented": ["none", "warped", "none", "warped"],
        "epoch": [5, 5, 5, 5],
        "validation_auc": [0.5, 0.9, 0.7, 0.8],
    }
    assert figures.over_folds(log, "validation_auc", invented="none") == pytest.approx([0.6])
