"""The table of all claims and the picture of their intervals, on made-up runs."""

import numpy as np
import pytest
from tests.assignment3.text_cnn.test_page import BASELINES, NETWORKS, run

from assignment3.shared import claims
from assignment3.text_cnn.declared import CLAIMS
from writeup.page.context import Recorded
from writeup.page.source.claims import statements
from writeup.results import values

RUNS = [run("text_cnn", seed, NETWORKS | BASELINES) for seed in range(6)]
KNOWN = Recorded({"text_cnn": RUNS}, values.of(RUNS))
MADE = statements(CLAIMS, lambda claim: KNOWN if claim.a[0].name == "text_cnn" else None)


def test_the_table_has_every_claim_in_words() -> None:
    table = claims.table(Recorded({}, KNOWN.v, MADE))
    rows = [dict(zip(map(str, table.head), map(str, row), strict=True)) for row in table.rows]
    assert len(rows) == len(MADE["text_cnn"]) == 8
    assert (rows[0]["measure"], rows[0]["$A$"], rows[0]["$B$"]) == ("accuracy", "maximum*", "average")
    assert rows[0]["$A$ is"] == "better" and rows[1]["measure"] == ""
    assert rows[2]["$A$"] == "maximum 5" and rows[6]["$B$"] == "bag of words"
    assert "_" not in "".join("".join(row.values()) for row in rows)


def test_the_picture_is_in_relevant_differences_and_shows_what_is_decided() -> None:
    axes = claims.forest(RUNS).axes[0]
    made = claims.compared(RUNS)
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_ydata()[0] != 0]
    assert len(axes.get_yticklabels()) == len(made) == 8
    first = made[0].comparison
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots[0].get_xdata()[0] == pytest.approx(first.difference / 0.5)
    filled = [dot.get_markerfacecolor() != "white" for dot in dots]
    assert filled == [one.comparison.verdict in claims.DECIDED for one in made]
    assert lines and f"Of 8 claims {sum(filled)} are decided" in claims.alt_forest(RUNS)


def test_to_the_right_a_is_better_where_less_is_better_too() -> None:
    from assignment3.cvae.declared import CLAIMS as CVAE

    (claim,) = (one for one in CVAE if one.name == "cvae/test_negative_elbo")
    assert claim.measure.better == "lower"
    made = statements([claim], lambda one: recorded(one.a[0].name, one.b[0].name))
    middle, low, high = claims.in_margins(made["cvae"]["test_negative_elbo"])
    assert 0 < low < middle < high and middle == pytest.approx(8 / 0.5, abs=1)


def recorded(a: str, b: str) -> Recorded:
    """Runs of two parts, the first 8 nats lower."""
    from writeup.results.store import Result

    random = np.random.default_rng(0)
    runs = {
        name: [Result(name, k, {"test_negative_elbo": level + random.normal() / 9}) for k in range(6)]
        for name, level in ((a, 92.0), (b, 100.0))
    }
    return Recorded(runs, KNOWN.v)
