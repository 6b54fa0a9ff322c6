"""A tiny run of the benchmark: all four problems, small, on generated data."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from assignment3.data import standins
from assignment3.report import PROBLEMS
from evidence import homework, speed
from evidence.homework import Homework
from evidence.report import SMOKE
from evidence.settings import Bench
from writeup.results.store import Result
from writeup.runs.record import Trained

SMALL = (  # by problem
    {"epochs": 1, "embedding_dim": 8, "feature_maps": 6},
    {"batch_size": 6, "held_out": (1, 2), "folds": 2},
    {"hidden": 16, "latent": 3},
    {"batch_size": 4, "images": 100},
)


@pytest.fixture(scope="session")
def small() -> Homework:
    configs = homework.standin().configs
    names = [problem.PARTS[0].name for problem in PROBLEMS]
    return Homework(
        {name: replace(configs[name], **changes) for name, changes in zip(names, SMALL, strict=True)},
        {
            "yelp": standins.yelp(train=200, dev=20, test=20),
            "mnist": standins.mnist(train=150, test=10),
            "att_faces": SimpleNamespace(images=standins.att_faces().images[:6, :3]),
        },
    )


@pytest.fixture(scope="session")
def recorded(small: Homework) -> Result:
    work = Bench(**{**SMOKE["bench"], "rounds": 3})
    found = speed.evaluate(work, small, Trained({}), seed=0)
    made = {"commit": "c0ffee123456", "date": "2026-01-01 10:00 UTC"}
    known = {"fingerprint": "f", "machine": "a machine", "evaluated": made}
    return Result("bench", 0, found.scalars, found.tables, provenance=known)
