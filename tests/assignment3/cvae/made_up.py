"""Runs of every part of problem 3 as they are recorded, their numbers made up."""

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np

from assignment3.cvae import tables
from assignment3.cvae.declared import CLAIMS, NOTES, PARTS
from assignment3.shared.quoted import quoted_numbers, stated
from writeup.page.context import Recorded
from writeup.page.source import formats, templating
from writeup.page.source.claims import statements
from writeup.results import values
from writeup.results.store import Result

NAMES = (
    *("test_negative_elbo", "test_reconstruction", "test_kl", "importance_bound", "active_units"),
    *("importance_negative_elbo", "conditional_accuracy", "frechet_distance"),
    "class_mean_reconstruction",
)
CONFIGS = {part.name: part.config for part in PARTS}
PROJECT = Path(__file__).resolve().parents[3]
FIRST_DRAWS = 60
NAMED = "derivation", "assumptions", "formula", "code_block", "listing", "cite"
EPOCHS, EXAMPLES = zip(*((e, n) for e in range(1, 11) for n in (0, 16_000, 32_000, 48_000)), strict=True)


def read(right: int, wrong: int) -> dict[str, list[int]]:
    """Of every class `right` samples are read as asked for; the others of a 7 as 9, of the rest as 3."""
    table = {"asked": list(range(10))} | {str(y): [0] * 10 for y in range(10)}
    for asked in range(10):
        table[str(asked)][asked] += right
        table["9" if asked == 7 else "3"][asked] += wrong
    return table


def steps(part: str, seed: int) -> dict[str, list[Any]]:
    """A log of ten epochs: the reference's known lines for its loss, else nats from 540 to 100."""
    random = np.random.default_rng(seed)
    n = len(EPOCHS)
    nats = np.r_[540.0, np.linspace(140, 100, n - 1)]
    loss = 0.007 + random.normal(0, 0.0004, n) if part == "cvae_reference" else nats
    terms = {"loss": loss, "reconstruction": nats - 15, "kl": np.full(n, 15.0)}
    columns = {name: [float(x) for x in values] for name, values in terms.items()}
    return {"epoch": list(EPOCHS), "examples": list(EXAMPLES)} | columns


def arrays(part: str, seed: int) -> dict[str, np.ndarray]:
    """Grids of grey images, and first lines from 0.042 to 0.065 with the reference's loss."""
    random = np.random.default_rng(seed)
    grids = {"samples": (10, 10), "reconstructions": (2, 10), "vary_z": (9, 9), "style": (8, 10)}
    shapes = {"one_per_class": (10,)} | grids
    found = {name: random.integers(0, 256, (*shape, 28, 28), np.uint8) for name, shape in shapes.items()}
    if part == "cvae_reference":
        found["first_lines"] = np.linspace(0.042, 0.065, FIRST_DRAWS).astype(np.float32)
    return found


def runs_of(part: str, by: float, noise: np.ndarray) -> list[Result]:
    """10, 20, ... in the order of NAMES, each more by the shift and a little noise."""
    return [
        Result(
            part,
            seed,
            {name: 10.0 * (i + 1) + by + x for i, name in enumerate(NAMES)}
            | {"train_examples": 60_000.0, "sample_spread": 0.125, "test_spread": 0.156},
            {"read": read(90, 10)},
            {"steps": steps(part, seed)},
            arrays(part, seed),
            {"fingerprint": part, "train": {"config": vars(CONFIGS[part])}},
        )
        for seed, x in enumerate(noise)
    ]


def recorded(runs: int = 5, **shift: float) -> Recorded:
    """Runs of each part that is named."""
    noise = np.random.RandomState(0).randn(len(shift), runs) / 100
    noise -= noise.mean(1, keepdims=True)
    results = {part: runs_of(part, by, row) for (part, by), row in zip(shift.items(), noise, strict=True)}
    one = {part: runs[0] for part, runs in results.items()}
    return Recorded(
        results, values.of(r for runs in results.values() for r in runs), configs=CONFIGS, typical=one
    )


def section(found: Recorded, name: str = "cvae/section") -> str:
    """The section of the report, its derivations and code left out."""
    accuracy = {"digits/test_accuracy": values.Value("digits/test_accuracy", 99.0, 0.0, 1, "f" * 64)}
    there = set(found.results)
    made: dict[str, Any] = {
        "config": CONFIGS,
        "parts": list(there),
        "results": found.results,
        "v": values.Values({**found.v, **accuracy}),
        "claims": statements(CLAIMS, lambda claim: found if claim.a[0].name in there else None),
        "tables": {"cvae": tables.settings(found), "cvae_log": tables.log(found)},
        "meta": MagicMock(),
        "standins": False,
        "alts": MagicMock(),
        "ref": stated(),
        "quoted": quoted_numbers() | {"burda2016": {"vae": 86.76, "epochs": 3280}},
        "stale": [],
        "shown": MagicMock(),
        "proofs": MagicMock(),
        "booktabs": formats.booktabs,
        **{name: lambda *_: "" for name in NAMED},
    }
    for note in NOTES:
        if note.of[0].name in there:
            made[note.name] = getattr(tables, note.make.partition(":")[2])(found)
    env = templating.environment(PROJECT / "templates" / "assignment3")
    return " ".join(env.get_template(f"{name}.tex.j2").render(made).split())
