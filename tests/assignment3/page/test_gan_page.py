"""What the page shows of the GAN: which numbers stand where, in its table, figures and text."""

import numpy as np
import pytest

from assignment3.page import figures, notes
from assignment3.page.tables import gan
from assignment3.report import REPORT, gans
from writeup.page.context import Recorded
from writeup.results import values
from writeup.results.store import Result

CONFIGS = {part.name: part.config for part in REPORT.parts}
NUMBERS = "classifier_score", "frechet_distance", "diversity", "raw/classifier_score", "raw/frechet_distance"
REAL = {"real_classifier_score": 9.75, "frechet_floor": 0.25, "real_diversity": 0.99}


def run(part: str, seed: int, *, counts: list[int], first: float = 1.0) -> Result:
    """A run whose numbers are first, first + 1, ...; samples of each class are twice as far apart as real."""
    scalars = {name: first + i for i, name in enumerate(NUMBERS)} | REAL
    digit = list(range(10))
    all_classes = {
        "class_histogram": {"digit": digit, "samples": counts, "raw": counts},
        "within_classes": {"digit": digit, "samples": [2.0 * y for y in digit], "real": digit},
    }
    grids = {f"grid_{t}": np.full((8, 10, 28, 28), t, np.uint8) for t in (0, 20)}
    grids["grid_final"] = np.full((8, 10, 28, 28), 40, np.uint8)
    logs = {"watch": {"iteration": [0, 20, 40]}}
    return Result(part, seed, scalars, all_classes, logs, grids, {"fingerprint": part})


def recorded(*runs: Result) -> Recorded:
    by_part = {name: [run for run in runs if run.part == name] for name in CONFIGS}
    found = {name: some for name, some in by_part.items() if some}
    return Recorded(found, values.of(runs), configs=CONFIGS)


ONES, NINES = [10, 50, 2, 8, 5, 5, 5, 5, 5, 5], [10, 10, 10, 2, 8, 8, 8, 8, 8, 28]


def test_a_row_of_the_table_says_what_was_changed_and_the_best_are_bold() -> None:
    runs = [run(part.name, 0, counts=ONES, first=float(i)) for i, part in enumerate(gans)]
    table = gan.gan(recorded(*runs))
    assert [row[:3] for row in table.rows] == [
        ["assignment's", "constant", "0"],
        ["penalty alone", "constant", "0.2"],
        ["falling rates alone", "falling", "0"],
        ["tuned", "falling", "0.2"],
        ["real images", "", ""],
    ]
    assert table.rows[1][3:] == ["1.00", "2.00", "3.00", "4.00", "5.00"]
    assert table.rows[4][3:] == ["9.75", "0.25", "0.99", "", ""]
    bold = [[i for i, row in enumerate(table.rows) if "textbf" in str(row[column])] for column in range(3, 8)]
    assert bold == [[3], [0], [], [3], [0]]  # a high score, a short distance


def test_the_shares_in_the_text_are_those_of_the_rarest_and_the_commonest_class_of_all_runs() -> None:
    runs = [run("gan", seed, counts=counts) for seed, counts in enumerate((ONES, ONES, NINES))]
    found = notes.gan_shares(recorded(*runs, run("gan_tuned", 0, counts=NINES)))
    assert [(digit, value.mean) for digit, value in found["gan"]] == [("2", 14 / 3), ("1", 110 / 3)]
    assert found["gan"][0][1].std == pytest.approx(np.std([2, 2, 10], ddof=1))
    assert [(digit, value.mean) for digit, value in found["gan_tuned"]] == [("3", 2), ("9", 28)]


def test_the_bars_are_shares_and_ratios_of_both_settings() -> None:
    runs = [run("gan", 0, counts=ONES), run("gan", 1, counts=NINES)]
    shares, diversity = figures.gan_classes(runs, [run("gan_tuned", 0, counts=NINES)]).axes
    heights = [bar.get_height() for bar in shares.patches]
    assert heights == pytest.approx([*np.mean([ONES, NINES], axis=0), *NINES])
    ratios = [bar.get_height() for bar in diversity.patches]
    assert ratios == pytest.approx([0, *[2] * 9] * 2)  # no two real zeros differ
    both = [text.get_text() for text in shares.get_legend().get_texts()]
    assert both == ["assignment's settings", "tuned settings"]


def test_the_progress_ends_with_the_last_iteration() -> None:
    (axes,) = figures.gan_progress([run("gan", 0, counts=ONES)]).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "20", "40"]
    image = axes.images[0].get_array()
    assert image is not None and [int(image[i * 29, 0]) for i in range(3)] == [0, 20, 40]
