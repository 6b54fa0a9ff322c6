"""What is said of the CVAE follows from its runs, with and without the variants."""

from typing import Any
from unittest.mock import MagicMock

import numpy as np

from assignment3.page import notes
from assignment3.page.tables.cvae import cvae
from assignment3.report import REPORT
from assignment3.shared.quoted import stated
from writeup.page import templating
from writeup.page.claims import statements
from writeup.page.context import Recorded
from writeup.results import compare, values
from writeup.results.store import Result

NAMES = (
    *("test_negative_elbo", "test_reconstruction", "test_kl", "importance_bound", "active_units"),
    *("importance_negative_elbo", "conditional_accuracy", "frechet_distance"),
    *("start_default_bias", "start_mean_image"),
)
CONFIGS = {part.name: part.config for part in REPORT.parts}
LOG = {"epoch": [1, 1, 1, 2], "examples": [0, 16_000, 20_000, 0], "loss": [208.25, 120.5, 119.0, 110.125]}


def recorded(runs: int = 5, **shift: float) -> Recorded:
    """Runs of each part: 10, 20, ... in the order of NAMES, each more by the shift and a little noise."""
    noise = np.random.RandomState(0).randn(len(shift), runs) / 100
    noise -= noise.mean(1, keepdims=True)
    results = {
        part: [
            Result(
                part,
                seed,
                {name: 10.0 * (i + 1) + by + x for i, name in enumerate(NAMES)}
                | {"train_examples": 60_000.0},
                logs={"steps": LOG},
                provenance={"fingerprint": part},
            )
            for seed, x in enumerate(row)
        ]
        for (part, by), row in zip(shift.items(), noise, strict=True)
    }
    one = {part: runs[0] for part, runs in results.items()}
    return Recorded(
        results, values.of(r for runs in results.values() for r in runs), configs=CONFIGS, typical=one
    )


def test_the_table_has_a_column_for_each_setting_that_ran_and_both_bounds_of_the_same_images() -> None:
    table = cvae(recorded(cvae=0, cvae_longer=1, cvae_guided=2, cvae_tuned=3))
    assert table.head == ["", "basic", "longer", "guided", "both"]
    rows = {str(row[0]): [str(cell) for cell in row[1:]] for row in table.rows}
    means = [cell.split()[0].strip("$") for cell in rows[r"$-\mathrm{ELBO}$"]]
    assert means == ["10.00", "11.00", "12.00", "13.00"]
    assert rows[r"$-\mathrm{ELBO}$ of 1\,000 images"][3].startswith("$63.00 ")
    assert rows["importance-weighted bound of the same"][1].startswith("$41.00 ")
    assert cvae(recorded(cvae=0)).head == ["", "basic"]


def test_the_log_holds_the_steps_that_the_reference_states_with_its_own_numbers_unconverted() -> None:
    theirs = {(epoch, examples): loss for epoch, examples, loss in stated()["cvae"]["loss_log"]}
    lines = notes.cvae_log(recorded(cvae=0))
    assert [" ".join(line.split()) for line in lines] == [
        f"Train Epoch: 1 [0/60000 (0%)] Loss: 208.250000 reference: {theirs[1, 0]:.6f}",
        f"Train Epoch: 1 [16000/60000 (27%)] Loss: 120.500000 reference: {theirs[1, 16_000]:.6f}",
        f"Train Epoch: 2 [0/60000 (0%)] Loss: 110.125000 reference: {theirs[2, 0]:.6f}",
    ]
    assert len({line.index("reference") for line in lines}) == 1  # one column


NAMED = "derivation", "assumptions", "formula", "code_block", "listing", "cite"


def section(found: Recorded) -> str:
    """The section of the report, its derivations and code left out."""
    claims = [claim for claim in REPORT.claims if claim.group == "cvae"]
    accuracy = {"digits/test_accuracy": values.Value("digits/test_accuracy", 99.0, 0.0, 1, "f" * 64)}
    made: dict[str, Any] = {
        "config": CONFIGS,
        "parts": list(found.results),
        "results": found.results,
        "v": {**found.v, **accuracy},
        "claims": statements(claims, lambda claim: found if claim.a[0].name in found.results else None),
        "tables": {"cvae": cvae(found)},
        "cvae_log_excerpt": notes.cvae_log_excerpt(found),
        "meta": MagicMock(),
        "standins": False,
        "alts": MagicMock(),
        "ref": stated(),
        "stale": [],
        "shown": MagicMock(),
        "proofs": MagicMock(),
        "booktabs": templating.booktabs,
        **{name: lambda *_: "" for name in NAMED},
    }
    env = templating.environment(REPORT.root / "templates")
    return " ".join(env.get_template("sections/cvae.tex.j2").render(made).split())


ALL = {"cvae": 0, "cvae_longer": -1, "cvae_guided": 5, "cvae_tuned": -2}


def test_the_section_says_both_starts_and_compares_each_change_with_the_basic_settings() -> None:
    said = section(recorded(**ALL))
    assert "untrained model's $-\\mathrm{ELBO}$ of the test images is $100.0 " in said
    assert "with PyTorch's own $90.0 " in said and "run apart and together" in said
    asked, bound = "points more samples are read as the class asked for than", "of the test images is"
    for sentence in (
        f"With guidance alone, 5.00 {asked} with the basic settings (5 runs a side, adjusted $p < 0.001$).",
        rf"With longer training alone, $-\mathrm{{ELBO}}$ {bound} 1.00 nats lower than with the basic",
        f"With the basic settings, 2.00 {asked} with guidance and longer training (5",
        rf"With guidance and longer training, $-\mathrm{{ELBO}}$ {bound} 2.00 nats lower than with the basic",
    ):
        assert sentence in said


def test_without_variants_nothing_is_said_of_them() -> None:
    said = section(recorded(cvae=0))
    assert "guidance" not in said and "longer" not in said and "adjusted" not in said


def test_too_few_runs_are_described() -> None:
    said = section(recorded(compare.LEAST_RUNS - 1, **ALL))
    assert "too few to compare" in said and "adjusted" not in said
