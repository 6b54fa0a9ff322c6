"""What the figures, tables and notes of problem 2 show, on made-up runs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from assignment3.siamese import figures, record, tables
from assignment3.siamese.declared import CLAIMS, FIGURES, NOTES, PARTS, TABLES, siamese, siamese_tuned
from assignment3.siamese.verification import roc_at
from writeup.results import values
from writeup.results.store import Result

IMAGES, SUBJECTS = 3, {"heldout": [4, 5], "fold1": [3, 14, 19, 22], "fold2": [0, 1, 2, 7]}


def run(seed, gap, part="siamese"):
    """Faces on a line by subject, with noise: people `gap` apart; more of it, fewer errors."""
    random = np.random.default_rng(seed)
    given = part == "siamese"
    arrays = {"thresholds": np.array([0.5, 0.5]), "embeddings": np.zeros((30 * IMAGES, 8), np.float16)}
    for group, subjects in SUBJECTS.items():
        if group == "heldout" and not given:
            continue
        x = gap * np.repeat(np.arange(len(subjects)), IMAGES) + random.normal(size=len(subjects) * IMAGES)
        i, j = record.pair_indices(len(x))
        arrays[f"{group}/subjects"] = np.array(subjects, np.uint8)
        arrays[f"{group}/network"] = np.abs(x[i] - x[j]).astype(np.float16)
        if given:
            for k, name in enumerate(("training_mode", "pixels", "pca", "fisher")):
                arrays[f"{group}/{name}"] = (np.abs(x[i] - x[j]) + 0.1 * k * (i % 3)).astype(np.float16)
        else:
            for name in ("single", "trained_layer", "single_trained_layer"):
                arrays[f"{group}/{name}"] = arrays[f"{group}/network"]
        rows = np.add.outer(np.array(subjects) * IMAGES, np.arange(IMAGES)).ravel()
        arrays["embeddings"][rows, 0], arrays["embeddings"][rows, 1] = x, random.normal(size=len(x)) / 9
    pairs = {
        "set": ["training"] * 4 + ["test"] * 4,
        "anchor": ["s1/2", "s1/2", "s2/1", "s2/1", "s5/1", "s5/1", "s6/3", "s6/3"],
        "partner": ["s1/1", "s9/1"] * 2 + ["s5/2", "s6/1"] * 2,
        "different": [0, 1] * 4,
        "dissimilarity": [0.125, 2.0, 0.25, 3.0 + seed, 0.5, 1.5, 0.75, 2.5],
        "training_mode": [0.3] * 8,
    }
    arrays["pairs_images"] = np.zeros((2, 2, 3, 50, 50), np.uint8)
    log = {
        "training": ["heldout"] * 5 + ["fold1"] * 5,
        "epoch": [*range(1, 6)] * 2,
        "first_batch": [2.0, 0.5 + seed, 0.25, 0.125, 0.0625, *[9.0] * 5],
        "mean": [1.0] * 10,
    }
    tables = {"folds": record.table(arrays)} | ({"pairs": pairs} if given else {})
    scalars = record.scalars(arrays) | {"parameters": 1.0}
    return Result(part, seed, scalars, tables, {"loss": log}, arrays, {"fingerprint": f"{part}{seed}"})


GIVEN = [run(seed, 2.0) for seed in range(2)]
TUNED = [run(seed, 9.0, "siamese_tuned") for seed in range(2)]


def recorded(*runs):
    results = {}
    for one in runs:
        results.setdefault(one.part, []).append(one)
    return SimpleNamespace(
        results=results, v=values.of(runs), typical={part: some[0] for part, some in results.items()}
    )


BOTH = recorded(*GIVEN, *TUNED)
ALONE = recorded(*GIVEN)


def cells(table):
    return [[str(cell) for cell in row] for row in table.rows]


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


# Figures


def test_the_learning_curve_is_that_of_the_first_batches_of_the_held_out_training():
    mean, one = figures.loss(GIVEN).axes[0].get_lines()
    assert mean.get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert mean.get_ydata().tolist() == [2.0, 1.0, 0.25, 0.125, 0.0625]
    assert one.get_ydata()[1] == 0.5
    said = "from 2.000 in epoch 1 to {} in epoch 2 and 0.0625 in epoch 5"
    assert f"{said.format('1.0000')}, where the runs lie between" in figures.alt_loss(GIVEN)
    assert figures.alt_loss(GIVEN[:1]).endswith(f"{said.format('0.5000')}.")
    assert len(figures.loss(GIVEN[:1]).axes[0].get_lines()) == 1


def test_a_row_of_pairs_begins_with_its_anchor_and_ends_with_other_people():
    assert titles(figures.pairs(GIVEN[:1])) == [
        "training s1", "0.12", "2.00", "training s2", "0.25", "3.00",
        "test s5", "0.50", "1.50", "test s6", "0.75", "2.50"
    ]  # fmt: skip
    text = figures.alt_pairs(GIVEN[:1])
    assert "test anchor s6/3: 0.75 to 0.75 beside images of the same person, 2.50 to 2.50" in text


def test_distances_are_those_of_all_folds_by_kind():
    d, same = figures.pooled(GIVEN[0], "network")
    assert len(d) == 2 * 66 and same.sum() == 2 * 4 * 3
    assert titles(figures.distances(GIVEN[:1])) == ["evaluation mode", "training mode, one image a batch"]
    over = 100 * (d[same] > np.median(d[~same])).mean()
    assert f"median of {np.median(d[same]):.2f}" in figures.alt_distances(GIVEN[:1])
    assert f"{over:.1f} percent of the former" in figures.alt_distances(GIVEN[:1])


def test_curves_are_means_over_the_folds_and_the_tuned_one_is_drawn_where_it_ran():
    found = figures.curves(GIVEN, TUNED)
    assert list(found) == ["given network", "tuned network", "Fisher's metric", "raw pixels"]
    assert list(figures.curves(GIVEN, ())) == ["given network", "Fisher's metric", "raw pixels"]
    expected = [
        roc_at(*record.distances(GIVEN[1].arrays, fold, "network"), figures.RATES)
        for fold in ("fold1", "fold2")
    ]
    assert found["given network"][1] == pytest.approx((expected[0] + expected[1]) / 2)
    assert found["tuned network"].mean() > found["given network"].mean()
    assert len(figures.roc(GIVEN).axes[0].get_lines()) == 3
    assert figures.alt_roc(GIVEN, TUNED).count(";") == 3


def test_the_diagram_shows_the_pair_that_is_recorded():
    said = figures.alt_model([replace(GIVEN[0], provenance={"train": {"config": {"margin": 2.0}}})])
    assert "images of s5 and s6" in said and "1.50 here" in said and "beyond 2.00" in said


def test_the_map_is_of_the_fold_that_tests_the_hardest_person():
    """Arrays count from 0: s4 is number 3 there."""
    areas = figures.areas(GIVEN[:1])
    hardest = min(areas, key=areas.get)
    fold = next(name for name, people in SUBJECTS.items() if name != "heldout" and hardest in people)
    left, right = figures.people(GIVEN[:1], TUNED[:1]).axes
    drawn = [text.get_text() for text in left.texts]
    assert sorted(set(drawn), key=int) == [str(person + 1) for person in SUBJECTS[fold]]
    framed = {text.get_text() for text in left.texts if text.get_bbox_patch()}
    assert framed == {str(hardest + 1)} and drawn.count(str(hardest + 1)) == IMAGES
    given, tuned = (line.get_xdata() for line in right.lines)
    assert list(given) == sorted(areas.values()) and len(tuned) == len(given)
    assert len(figures.people(GIVEN[:1]).axes[1].lines) == 1
    said = figures.alt_people(GIVEN[:1], TUNED[:1])
    assert f"s{hardest + 1} {areas[hardest]:.3f}" in said and f"s{hardest + 1}, framed" in said


def test_the_plane_holds_the_most_of_the_variance_that_a_plane_can():
    x = np.random.default_rng(0).normal(size=(40, 5)) * [3, 2, 0.1, 0.1, 0.1]
    flat = figures.in_plane(x)
    largest = np.sort(np.linalg.eigvalsh(np.cov(x.T)))[-2:].sum()
    assert flat.var(axis=0, ddof=1).sum() == pytest.approx(largest)


# Tables and notes


def test_methods_go_from_raw_pixels_to_the_tuned_network():
    rows = cells(tables.methods(BOTH))
    assert [row[0] for row in rows] == [
        "raw pixels", "whitened PCA", "Fisher's metric", "given network", "and invented people",
        "and several that vote: tuned", "(with the trained layer)",
    ]  # fmt: skip
    areas = [run.scalars["auc"] for run in GIVEN]
    assert rows[3][1] == rf"${np.mean(areas):.4f} \pm {np.std(areas, ddof=1):.4f}$"
    best = max(row for row in rows if "bf" in row[1])
    assert best[0] in ("and invented people", "and several that vote: tuned")
    assert [row[0] for row in cells(tables.methods(ALONE))][-1] == "given network"


def test_the_finer_tables_compare_network_fisher_and_pixels():
    table = tables.folds(BOTH)
    assert [str(name) for name in table.head] == [
        "fold",
        "given network",
        "the same in training mode",
        "tuned network",
        "raw pixels",
        "whitened PCA",
        "Fisher's metric",
    ]
    assert cells(table)[0][3].startswith(r"\textbf")
    assert len(cells(tables.folds(ALONE))[0]) == 6


def test_the_hardest_person_is_the_one_with_the_smallest_area():
    areas = record.subject_areas(GIVEN[0].arrays)
    found = tables.hardest(BOTH)
    person = min(areas, key=areas.get)
    assert (found["name"], found["area"]) == (f"s{person + 1}", areas[person])
    assert found["tuned"] == min(record.subject_areas(TUNED[0].arrays).values())
    assert "tuned" not in tables.hardest(ALONE)


def test_the_history_is_a_mean_over_the_runs():
    found = tables.history(ALONE)
    assert found == {
        "first": 2.0, "quarter": 1.0, "quarter_epoch": 2.0, "left": 50.0, "last": 0.0625
    }  # fmt: skip


def test_the_shown_pairs_are_summed_up_by_their_extremes():
    assert tables.shown_pairs(ALONE) == {
        "training": {"same_most": 0.25, "different_least": 2.0},
        "test": {"same_most": 0.75, "different_least": 1.5},
    }


# The declaration


def test_what_shows_one_run_is_declared_to_show_the_one_nearest_to_the_median():
    typical = {one.name for one in (*FIGURES, *TABLES, *NOTES) if one.typical}
    assert typical == {
        "siamese_model", "siamese_pairs", "siamese_people", "siamese_distances", "siamese_hardest",
        "siamese_shown",
    }  # fmt: skip


def test_the_assignment_s_part_comes_first_and_the_primary_claims_are_the_fixed_ones():
    assert PARTS[:2] == [siamese, siamese_tuned]
    assert [claim.name for claim in CLAIMS if claim.primary] == [
        "siamese/network/pixels", "siamese/tuned/fisher"
    ]  # fmt: skip
