"""What is said of the CVAE follows from its runs, with and without the variants."""

import numpy as np
import pytest
from tests.assignment3.cvae.made_up import FIRST_DRAWS, PROJECT, recorded, section

from assignment3.cvae import figures, network, tables
from assignment3.cvae.declared import FIGURES
from assignment3.shared.quoted import stated
from writeup.declare import resolve
from writeup.page.source import wording
from writeup.results import compare

VARIANTS = {"cvae_reference": 1, "cvae_binarised": 2, "cvae_larger": -1, "cvae_guided": 5, "cvae_tuned": -2}
ALL = {"cvae": 0, **VARIANTS}


def test_the_table_has_a_column_for_each_setting_that_ran() -> None:
    table = tables.settings(recorded(cvae=0, cvae_larger=-1, cvae_guided=5, cvae_tuned=-2))
    assert table.head == ["", "given", "larger", "guided", "tuned"]
    rows = {str(row[0]): [str(cell) for cell in row[1:]] for row in table.rows}
    means = [cell.split()[0].strip("$") for cell in rows[r"$-\mathrm{ELBO}$"]]
    assert means == ["10.00", "9.00", "15.00", "8.00"]
    assert rows[r"class read as asked for, \%"][3].startswith("$68.00 ")
    assert tables.settings(recorded(cvae=0)).head == ["", "given"]


def test_log_lines_are_the_references_to_the_letter() -> None:
    log = {"epoch": [1, 1, 10], "examples": [0.0, 16000, 48000], "loss": [0.0451960001, 0.00664, 0.007721]}
    assert tables.log_lines(log, 60000) == [
        "Train Epoch: 1 [0/60000 (0%)] Loss: 0.045196",
        "Train Epoch: 1 [16000/60000 (27%)] Loss: 0.006640",
        "Train Epoch: 10 [48000/60000 (80%)] Loss: 0.007721",
    ]


def test_the_excerpt_is_the_ends_of_the_log() -> None:
    ends = tables.log_excerpt(recorded(cvae=0))
    assert len(ends) == 5 and ends[3] == "..." and ends[0].endswith("Loss: 540.000000")
    assert ends[-1] == "Train Epoch: 10 [48000/60000 (80%)] Loss: 100.000000"


def test_the_whole_log_has_each_known_line_of_the_reference_below_the_same_lines_of_ours() -> None:
    table = tables.log(recorded(cvae=0))
    assert table.head == ["log", "images", *map(str, range(1, 11))] and len(table.rows) == 8
    by_place = {(e, n): f"{1000 * loss:.3f}" for e, n, loss in stated()["cvae"]["loss_log"]}
    shown = {
        (epoch, 16_000 * k): str(table.rows[4 + k][1 + epoch]) for epoch in range(1, 11) for k in range(4)
    }
    assert {place: cell for place, cell in shown.items() if cell} == by_place
    assert str(table.rows[0][2]) == "540.0"


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
        runs = [found.results[part.name] for part in figure.of]
        for some in (runs, [runs[0], *([] for _ in runs[1:])]):
            resolve(figure.draw)(*some)
            assert len(resolve(figure.alt)(*some).split()) > 20


def test_the_model_is_drawn_with_the_sizes_of_the_runs_and_of_the_network() -> None:
    runs = recorded(cvae=0).results["cvae"]
    built = network.CVAE(runs[0].provenance["train"]["config"]["hidden"], 20)
    sizes = [[layer.in_features for layer in net[::2]] for net in (built.recognition, built.generation)]
    words = " ".join(text.get_text() for text in figures.model(runs).axes[0].texts).replace(r" $\to$ ", ", ")
    for (inputs, hidden), outputs in zip((sizes[0], sizes[1][:2]), ("20 each", "784 pixels"), strict=True):
        assert f"{inputs}, {hidden}, {hidden}" in words and outputs in words


def test_a_row_of_the_digits_is_named_after_its_part() -> None:
    found = recorded(**ALL)
    drawn = figures.digits(found.results["cvae"], [], found.results["cvae_reference"])
    names = [label.get_text().strip() for label in drawn.axes[0].get_yticklabels()]
    assert names == ["given", "reference's loss", "one $z$, given", "test digits", "reconstructed"]


def test_the_first_lines_drawn_are_those_that_the_text_counts() -> None:
    found = recorded(**ALL)
    left, right = figures.reference_log(found.results["cvae_reference"]).axes
    counts = tables.reference_counts(found)
    dots, diamond = (np.asarray(line.get_ydata()) for line in left.lines)
    assert len(dots) == counts["draws"] and diamond[0] == counts["first"]
    assert (dots.min(), dots.max()) == pytest.approx((counts["least"], counts["greatest"]))
    assert np.asarray(right.lines[1].get_ydata()).mean() == pytest.approx(counts["reference_level"])


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
    assert "Its first line, 0.0452, lies among those of 300 untrained models of ours" in said
    assert "Had it averaged the divergence too, that line would be 0.0217" in said
    assert "is at most -8.0" in said.replace("$", "") and "86.76 for a VAE without classes" in said
    assert "With the given settings 10.0\\,\\% of the samples asked for as 0 are read as 3" in said


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
    assert not list(wording.found(source))
