"""What the page shows of problem 4: which numbers stand where, in its tables, notes, figures and words."""

import re

import numpy as np
import pytest
import torch
from tests.assignment3.gan.made_up import NINES, ONES, REFERENCE, recorded, run

from assignment3.gan import figures, model, tables
from assignment3.gan.declared import CLAIMS, FIGURES, PARTS, gan
from assignment3.shared.settings import Changes
from writeup.declare import resolve
from writeup.page.source.claims import over_seeds


def test_a_row_of_the_table_has_the_own_weights_and_their_mean_whichever_is_reported() -> None:
    table = tables.gan(recorded(*(run(part.name, 0, first=float(i)) for i, part in enumerate(PARTS))))
    plain = [[re.sub(r"\\textbf\{(.*)\}", r"\1", str(cell)) for cell in row] for row in table.rows]
    assert [row[0] for row in plain] == [
        "given", "hand-out's size", "its batches, 20 epochs", "penalty alone", "falling rates alone",
        r"$\beta_2$ alone", "tuned",
        "real images",
    ]  # fmt: skip
    for i, row in enumerate(plain[:7]):
        assert row[1:] == [f"{i + k}.00" for k in (0, 1, 10, 11)]
    assert plain[7][1:] == ["9.75", "0.25", "", ""]
    bold = [[i for i, row in enumerate(table.rows) if "textbf" in str(row[k])] for k in range(1, 5)]
    assert bold == [[6], [0], [6], [0]]  # a high score, a short distance


def test_a_table_of_one_setting_has_two_rows_and_nothing_that_is_best() -> None:
    rows = tables.gan(recorded(run("gan", 0))).rows
    assert len(rows) == 2 and not any("textbf" in str(cell) for row in rows for cell in row)


def test_log_lines_are_the_hand_outs_to_the_letter() -> None:
    log = {
        "iteration": [0, 250, 4000],
        "d_loss": [1.6031, 1.3871, 1.1672],
        "g_loss": [0.095461, 0.82432, 1.24],
    }
    assert tables.log_lines(log) == [
        "Iter: 0, D: 1.603, G:0.09546",
        "Iter: 250, D: 1.387, G:0.8243",
        "Iter: 4000, D: 1.167, G:1.24",
    ]


def test_the_excerpt_has_the_ends_of_both_logs_side_by_side() -> None:
    lines = tables.log_excerpt(recorded(run("gan", 0, off=1.0)))
    assert len(lines) == 5 and lines[3] == "..."
    assert lines[0] == f"{'Iter: 0, D: 2.603, G:1.095':<36} reference: D: 1.603, G:0.09546"
    assert lines[-1] == f"{'Iter: 7750, D: 1.637, G:3.623':<36} reference: D: 0.6368, G:2.623"


def test_the_whole_log_stands_in_two_blocks_and_marks_what_lies_outside() -> None:
    runs = [run("gan", seed, off=off) for seed, off in enumerate((0.1, 0.3))]
    table = tables.gan_log(recorded(*runs))
    assert len(table.rows) == 16 and all("textbf" in str(row[k]) for row in table.rows for k in (3, 4, 8, 9))
    assert [str(row[0]) for row in (table.rows[1], table.rows[-1])] == ["250", r"3\,750"]
    assert [str(cell) for cell in table.rows[0][5:8]] == [r"4\,000", "1.267", "1.340"]
    within = tables.gan_log(recorded(*runs, run("gan", 2, off=-0.1)))
    alone = tables.gan_log(recorded(runs[0]))
    assert not any("textbf" in str(cell) for row in [*within.rows, *alone.rows] for cell in row)


def test_d_gets_ahead_if_its_loss_falls_and_g_s_rises_in_every_log() -> None:
    ahead, behind = run("gan", 0), run("gan", 1)
    assert tables.gan_ahead(recorded(ahead))
    behind.logs["steps"]["d_loss"][-1] = 40.0  # type: ignore[index]
    assert not tables.gan_ahead(recorded(ahead, behind))


def test_lines_outside_are_counted_for_the_reference_and_for_each_run_against_the_others() -> None:
    """Four runs at distances 1, 2, 3, 4 above the reference: each line of the outermost two is outside."""
    found = tables.gan_outside(recorded(*(run("gan", seed, off=1.0 + seed) for seed in range(4))))
    assert found["lines"] == 31 and found["reference"] == 31
    assert (found["ours_least"], found["ours"], found["ours_most"]) == (0, 15.5, 31)
    around = tables.gan_outside(recorded(run("gan", 0, off=-1.0), run("gan", 1, off=1.0)))
    assert around["reference"] == 0
    assert tables.gan_outside(recorded(run("gan", 0))) == {}


def test_losses_outside_by_chance_are_as_many_as_expected() -> None:
    """Independent truth: of runs and a reference that are alike, two in n + 1 losses lie outside."""
    random = np.random.RandomState(0)
    away = [tables.outside(random.rand(31, 2), random.rand(10, 31, 2)).mean() for _ in range(2000)]
    assert np.mean(away) == pytest.approx(2 / 11, abs=0.005)


def test_the_first_line_is_held_against_all_starts() -> None:
    found = tables.gan_first(recorded(run("gan", 0, off=0.01), run("gan", 1, off=-0.01)))
    assert found["starts"] == 6 and found["d_least"] == 1.5 and found["d_most"] == pytest.approx(1.7)
    assert found["g_least"] == pytest.approx(0.05) and found["g_most"] == 0.5
    assert found["d_above"] == 3  # 1.7 twice, and one run's own


def test_the_levels_of_the_first_lines_are_means_over_lines_and_runs() -> None:
    handout = run("gan_handout", 0, off=0.5)
    steps = {name: column[:8] for name, column in handout.logs["steps"].items()}
    handout.logs["steps"].update(steps)  # type: ignore[attr-defined]
    runs = run("gan", 0, off=-1.0), run("gan", 1, off=-2.0), run("gan_twenty", 0, off=0.25)
    found = tables.gan_levels(recorded(*runs, handout))
    early = np.mean([1.387, 1.291, 1.337, 1.342, 1.501, 1.376, 1.317])
    whole = np.mean(REFERENCE[1:, 1])
    assert found == pytest.approx(
        {
            "early/first": 250, "early/last": 1750, "early/reference": early, "early/gan": early - 1.5,
            "early/gan_handout": early + 0.5, "early/gan_twenty": early + 0.25,
            "all/first": 250, "all/last": 7750, "all/reference": whole, "all/gan": whole - 1.5,
            "all/gan_twenty": whole + 0.25,
        }
    )  # fmt: skip


def test_the_course_has_the_peak_of_the_mean_and_the_end() -> None:
    found = tables.gan_course(recorded(run("gan", 0), run("gan", 1)))
    assert found["best_iteration"] == 2000 and found["best_classifier_score"] == 8.5
    assert found["best_classes"] == pytest.approx(9) and found["end_classes"] == pytest.approx(8)
    assert found["end_reading_entropy"] == 0.1 and found["end_frechet_distance"] == 14
    assert found["ended_below"] == found["runs"] == 2


def test_the_shares_in_the_text_are_those_of_the_rarest_and_the_commonest_class_of_all_runs() -> None:
    runs = [run("gan", seed, counts=counts) for seed, counts in enumerate((ONES, ONES, NINES))]
    found = tables.gan_shares(recorded(*runs, run("gan_tuned", 0, counts=NINES)))
    assert [(digit, value.mean) for digit, value in found] == [("2", 14 / 3), ("1", 110 / 3)]
    assert found[0][1].std == pytest.approx(np.std([2, 2, 10], ddof=1))


def test_the_primary_claim_compares_the_end_with_the_quarter_of_the_same_runs() -> None:
    claim = next(one for one in CLAIMS if one.name == "gan/quarter")
    found = over_seeds(recorded(*(run("gan", seed) for seed in range(4))), claim)
    assert found is not None and found.means == (7.0, 9.5) and found.difference == -2.5
    assert {one.name for one in CLAIMS if one.primary} == {
        "gan/quarter", "gan/classifier_score", "gan/frechet_distance",
    }  # fmt: skip


# --- figures ---


def test_the_layers_drawn_are_those_of_the_networks() -> None:
    nn = torch.nn
    kinds = {nn.Linear: "linear", nn.Conv2d: "convolution", nn.ConvTranspose2d: "transposed conv."}
    networks = model.build_generator(96), model.build_discriminator()
    for network, x, drawn in zip(
        networks,
        (torch.zeros(2, 96), torch.zeros(2, 1, 28, 28)),
        (figures.GENERATOR, figures.DISCRIMINATOR),
        strict=True,
    ):
        passed: list[tuple[str, torch.Size]] = []
        for layer in network:
            x = layer(x)
            if type(layer) in kinds:
                passed.append((kinds[type(layer)], x.shape))
            elif isinstance(layer, nn.MaxPool2d | nn.Unflatten):  # part of the layer before
                passed[-1] = passed[-1][0], x.shape
        assert [(kind, " x ".join(map(str, shape[1:]))) for kind, shape in passed] == list(drawn)
    words = [text.get_text() for text in figures.model([run("gan", 0)]).axes[0].texts]
    assert "noise $z$\n96" in words and "linear\n128 $\\times$ 7 $\\times$ 7" in words


def test_the_grids_are_those_of_the_references_iterations() -> None:
    *axes, _, _, _ = figures.progress([run("gan", 0)], []).axes
    assert [one.get_title().replace(r"$\,$", "") for one in axes] == [
        "0", "250", "750", "1750", "3750", "5750", "7750",
    ]  # fmt: skip
    levels = [int(np.asarray(one.images[0].get_array())[0, 0]) for one in axes]
    assert levels == [0, 1, 3, 7, 15, 23, 31]  # the line of the log


def test_a_short_log_shows_what_it_has() -> None:
    short = run("gan", 0)
    steps = {name: list(column)[:5] for name, column in short.logs["steps"].items()}
    steps["iteration"] = [0, 10, 20, 30, 40]
    short.logs["steps"].update(steps)  # type: ignore[attr-defined]
    assert figures.shown_lines(short) == [0, 1, 2, 3, 4]


def test_the_losses_are_those_of_the_log_and_the_reference() -> None:
    left, right = figures.loss([run("gan", seed, off=off) for seed, off in enumerate((1.0, 3.0))]).axes
    for axes, index in ((left, 1), (right, 2)):
        ours, theirs = axes.lines[:2]
        np.testing.assert_allclose(np.asarray(ours.get_ydata()) - 2, np.asarray(theirs.get_ydata()))
        assert theirs.get_ydata()[-1] == (0.6368, 2.623)[index - 1]  # type: ignore[index]


def test_a_figure_begins_where_the_text_says_that_training_does() -> None:
    runs = [run("gan", seed, off=off) for seed, off in enumerate((1.0, 3.0))]
    v = recorded(*runs).v
    for axes, name in zip(figures.loss(runs).axes, ("first_d_loss", "first_g_loss"), strict=True):
        x, y = (np.asarray(data) for data in axes.lines[0].get_data())
        assert x[0] == 0 and y[0] == pytest.approx(v[f"gan/{name}"].mean)


def test_score_mix_and_doubt_have_a_thin_line_for_each_run_and_a_thick_one_for_their_mean() -> None:
    drawn = figures.progress([run("gan", 0), run("gan", 1)], [run("gan_tuned", 0)])
    score, mix, doubt = drawn.axes[-3:]
    scores = [np.asarray(line.get_ydata()).tolist() for line in score.lines]
    assert scores == [[6, 7, 8, 7], [6, 7, 9, 7], [6, 7, 8.5, 7], [6, 7, 8, 7], [6, 7, 8, 7]]
    assert np.asarray(mix.lines[2].get_ydata()) == pytest.approx([9, 9, 9, 8])
    assert np.asarray(doubt.lines[2].get_ydata()).tolist() == [0.4, 0.2, 0.2, 0.1]
    found = tables.gan_course(recorded(run("gan", 0), run("gan", 1)))  # what the text says of the curve
    x, mean = (np.asarray(data) for data in score.lines[2].get_data())
    assert (x[mean.argmax()], mean.max()) == (found["best_iteration"], found["best_classifier_score"])


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_is_drawn_and_told_from_the_runs_that_there_are(figure: object) -> None:
    names = [part.name for part in figure.of]  # type: ignore[attr-defined]
    for shown in (names, names[:1]):
        runs = [[run(name, 0)] if name in shown else [] for name in names]
        assert resolve(figure.draw)(*runs).axes  # type: ignore[attr-defined]
        told = resolve(figure.alt)(*runs)  # type: ignore[attr-defined]
        assert len(told.split()) > 15 and "nan" not in told and "$" not in told


def test_the_words_of_the_losses_are_the_numbers_drawn() -> None:
    told = figures.alt_loss([run("gan", seed, off=off) for seed, off in enumerate((1.0, 3.0))])
    assert "The discriminator's loss goes from 3.60 (2.60 to 4.60 over the runs)" in told
    assert "the reference's from 0.10 to 2.62" in told


# --- settings ---


def test_the_sizes_are_the_hand_outs_and_the_references() -> None:
    """8 epochs in batches of 50 print 32 lines up to iteration 7,750, and so would 20 in batches of 128."""
    config = gan.config
    assert config.iterations == 8 * (config.images // config.batch_size) == 8 * 1000
    lines = range(0, config.iterations, config.log_every)
    assert len(lines) == 32 and lines[-1] == 7750
    assert range(0, 20 * (config.images // 128), config.log_every) == lines
    handout = next(part.config for part in PARTS if part.name == "gan_handout")
    assert handout.iterations == 5 * (handout.images // 128) == 1950 and handout.batch_size == 128


def test_a_variant_changes_what_its_name_says() -> None:
    changed: dict[str, Changes] = {
        part.name: {
            name: value for name, value in vars(part.config).items() if value != getattr(gan.config, name)
        }
        for part in PARTS
    }
    assert set(changed["gan_twenty"]) == {"batch_size", "iterations"}
    assert changed["gan"] == {} and set(changed["gan_handout"]) == {"batch_size", "iterations"}
    assert set(changed["gan_penalty"]) == {"penalty"} and set(changed["gan_falling"]) == {"falling"}
    assert set(changed["gan_beta2"]) == {"beta2"}
    alone = {**changed["gan_penalty"], **changed["gan_falling"], **changed["gan_beta2"]}
    assert changed["gan_tuned"] == {**alone, "iterations": 16_000, "averaged": True}
