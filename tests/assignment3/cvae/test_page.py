"""What is said of the CVAE follows from its runs, with and without the variants."""

import numpy as np
import pytest
from tests.assignment3.cvae.made_up import FIRST_DRAWS, PROJECT, recorded, section

from assignment3.cvae import figures, tables
from assignment3.cvae.declared import FIGURES
from assignment3.shared.quoted import stated
from writeup.declare import resolve
from writeup.page.source import wording
from writeup.results import compare

VARIANTS = {"cvae_reference": 1, "cvae_binarised": 2, "cvae_larger": -1, "cvae_guided": 5, "cvae_tuned": -2}
ALL = {"cvae": 0, **VARIANTS}


def test_the_table_has_a_column_for_each_setting_that_ran_and_both_bounds_of_the_same_images() -> None:
    table = tables.settings(recorded(**ALL))
    assert table.head == ["", "given", "larger", "guided", "tuned"]
    rows = {str(row[0]): [str(cell) for cell in row[1:]] for row in table.rows}
    means = [cell.split()[0].strip("$") for cell in rows[r"$-\mathrm{ELBO}$"]]
    assert means == ["10.00", "9.00", "15.00", "8.00"]
    assert rows[r"$-\mathrm{ELBO}$ of 1\,000 images"][3].startswith("$58.00 ")
    assert rows["importance-weighted bound of the same"][1].startswith("$39.00 ")
    assert tables.settings(recorded(cvae=0)).head == ["", "given"]


def test_log_lines_are_the_references_to_the_letter() -> None:
    log = {"epoch": [1, 1, 10], "examples": [0.0, 16000, 48000], "loss": [0.0451960001, 0.00664, 0.007721]}
    assert tables.log_lines(log, 60000) == [
        "Train Epoch: 1 [0/60000 (0%)] Loss: 0.045196",
        "Train Epoch: 1 [16000/60000 (27%)] Loss: 0.006640",
        "Train Epoch: 10 [48000/60000 (80%)] Loss: 0.007721",
    ]


def test_the_excerpt_is_the_ends_of_the_log() -> None:
    found = recorded(cvae=0)
    whole, ends = tables.log(found), tables.log_excerpt(found)
    assert len(whole) == 40 and whole[0].endswith("Loss: 540.000000")
    assert ends == [*whole[:4], "...", *whole[-4:]]


def test_each_known_line_of_the_reference_stands_beside_the_same_line_of_our_runs() -> None:
    found = recorded(**ALL)
    table = tables.reference_log(found)
    theirs = stated()["cvae"]["loss_log"]
    assert [str(row[2]) for row in table.rows] == [f"{loss:.6f}" for _, _, loss in theirs]
    last = [run.logs["steps"]["loss"][-1] for run in found.results["cvae_reference"]]
    assert [str(cell) for cell in table.rows[-1]] == [
        *("10", r"48\,000", "0.007721", f"{np.mean(last):.6f}", f"{min(last):.6f}", f"{max(last):.6f}"),
        "100.0",
    ]


def test_lines_outside_are_counted_for_the_reference_and_for_each_run_against_the_same_others() -> None:
    runs = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]])  # lines, runs
    assert tables.outside(np.array([0.9, 1, 3, 3.1]), runs) == 2
    found = recorded(**ALL)
    counts = tables.reference_counts(found)
    lines = np.array([
        [run.logs["steps"]["loss"][4 * (e - 1) + n // 16_000] for run in found.results["cvae_reference"]]
        for e, n, _ in stated()["cvae"]["loss_log"][1:]
    ])  # fmt: skip
    reference = np.array([loss for _, _, loss in stated()["cvae"]["loss_log"][1:]])
    own, theirs = [], []
    for i in range(5):
        others = np.delete(lines, i, 1)
        for one, counted in ((lines[:, i], own), (reference, theirs)):
            counted.append(sum(not min(row) <= x <= max(row) for x, row in zip(one, others, strict=True)))
    assert counts["own"] == (min(own), max(own)) and counts["theirs"] == (min(theirs), max(theirs))
    assert counts["lines"] == 16 and counts["draws"] == 5 * FIRST_DRAWS
    assert counts["least"] == pytest.approx(0.042) and counts["greatest"] == pytest.approx(0.065)
    assert counts["below"] == 5 * sum(x < 0.045196 for x in np.linspace(0.042, 0.065, FIRST_DRAWS))
    assert counts["averaged"] == pytest.approx(np.log(2) / 32)
    assert "own" not in tables.reference_counts(recorded(2, **ALL))


def test_the_bound_of_all_binarised_images_is_tighter_by_what_it_is_on_a_few() -> None:
    found = tables.binarised(recorded(**ALL))
    assert found["tighter"] == pytest.approx(60 - 40) and found["given_class"] == pytest.approx(12 - 20)
    assert found["without_class"] - found["given_class"] == pytest.approx(np.log(10))


def test_the_commonest_mistake_is_the_largest_share_off_the_diagonal() -> None:
    found = recorded(cvae=0)
    for run in found.results["cvae"]:
        run.tables["read"]["9"][4], run.tables["read"]["4"][4] = 15, 75
    assert tables.commonest_mistake(found)["cvae"] == {"asked": 4, "read": 9, "percent": 15}
    assert figures.shares_read(found.results["cvae"])[4, 9] == 15


def test_every_figure_is_drawn_and_told_also_where_variants_are_missing() -> None:
    found = recorded(**ALL)
    for figure in FIGURES:
        of = [part for part in figure.of if part.name in ALL]
        for some in ([found.results[part.name] for part in of], [found.results[of[0].name]]):
            resolve(figure.draw)(*some)
            assert len(resolve(figure.alt)(*some).split()) > 20


def test_a_row_of_one_per_class_is_named_after_its_part() -> None:
    found = recorded(**ALL)
    drawn = figures.one_per_class(found.results["cvae"], found.results["cvae_reference"])
    assert [label.get_text() for label in drawn.axes[0].get_yticklabels()] == ["given", "reference's loss"]


def test_each_change_is_compared_with_the_given_settings() -> None:
    said = section(recorded(**ALL))
    asked, bound = "points more samples are read as the class asked for than", "of the test images is"
    for sentence in (
        f"With guidance alone, 5.00 {asked} with the given settings (",
        rf"With the larger network alone, $-\mathrm{{ELBO}}$ {bound} 1.00 nats lower than with the given",
        f"With the given settings, 2.00 {asked} with the tuned settings (",
        rf"With the tuned settings, $-\mathrm{{ELBO}}$ {bound} 2.00 nats lower than with the given",
    ):
        assert sentence in said


def test_the_section_says_what_the_references_loss_does_and_what_its_log_says() -> None:
    said = section(recorded(**ALL))
    assert "It counts the divergence 25\\,088 times as heavily" in said
    assert "In 300 draws of an untrained model it lies between 0.0420 and 0.0650" in said
    assert "With an averaged divergence it would be 0.0217" in said
    assert "is at most -8.0" in said.replace("$", "") and "86.76 for a VAE without classes" in said
    assert "With the given settings the commonest mistake is to read" in said


def test_without_variants_nothing_is_said_of_them() -> None:
    said = section(recorded(cvae=0))
    for word in ("explained", "Binary images", "guidance", "larger network", "too few"):
        assert word not in said


def test_too_few_runs_are_described() -> None:
    said = section(recorded(compare.LEAST_RUNS - 1, **ALL))
    assert "too few to compare" in said and "with the given settings (" not in said


@pytest.mark.parametrize("name", ["abstract", "answers", "section", "more", "tuned", "supplement"])
def test_the_templates_type_no_number_and_no_comparison(name: str) -> None:
    folder = PROJECT / "templates" / "assignment3"
    source = (folder / "cvae" / f"{name}.tex.j2").read_text(encoding="utf-8")
    assert not list(wording.found(folder, source))
