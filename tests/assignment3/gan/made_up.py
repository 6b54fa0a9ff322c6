"""Recorded runs of problem 4 with made-up numbers, for what the page makes of them."""

import numpy as np

from assignment3.gan.declared import PARTS
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.results import values
from writeup.results.store import Result

CONFIGS = {part.name: part.config for part in PARTS}
REAL = {"real_classifier_score": 9.75, "frechet_floor": 0.25, "real_diversity": 0.99}
NUMBERS = "classifier_score", "frechet_distance", "diversity", "classes_present"
REFERENCE = np.array(stated()["gan"]["loss_log"])
ONES, NINES = [10, 50, 2, 8, 5, 5, 5, 5, 5, 5], [10, 10, 10, 2, 8, 8, 8, 8, 8, 28]


def run(part: str, seed: int, *, first: float = 1.0, off: float = 0.0, counts: list[int] = ONES) -> Result:
    """A run whose own numbers are first, first + 1, ..., its mean's ten more; losses `off` from theirs."""
    own = {name: first + i for i, name in enumerate(NUMBERS)}
    mean = {name: value + 10 for name, value in own.items()}
    averaged = CONFIGS[part].averaged
    reported, other = (mean, own) if averaged else (own, mean)
    prefix = "own/" if averaged else "averaged/"
    course = {
        "iteration": [500, 1000, 2000, 8000],
        "classifier_score": [6.0, 7.0, 8.0 + seed, 7.0],
        "frechet_distance": [13.0, 9.0, 6.0, 14.0],
        "reading_entropy": [0.4, 0.2, 0.2, 0.1],
        "class_entropy": [np.log(9.0), np.log(9.0), np.log(9.0), np.log(8.0)],
        "classes_present": [9, 10, 10, 10],
    }
    scalars = {
        **reported,
        **{prefix + name: value for name, value in other.items()},
        **{f"quarter/{name}": column[2] for name, column in course.items()},
        **{f"end/{name}": column[3] for name, column in course.items()},
        **REAL,
        "first_d_loss": REFERENCE[0, 1] + off,
        "first_g_loss": REFERENCE[0, 2] + off,
    }
    digit = list(range(10))
    tables = {
        "quality": course,
        "class_histogram": {"digit": digit, "samples": counts},
        "within_classes": {"digit": digit, "samples": [2.0 * y for y in digit], "real": digit},
    }
    steps = {
        "iteration": [round(t) for t in REFERENCE[:, 0]],
        "d_loss": (REFERENCE[:, 1] + off).tolist(),
        "g_loss": (REFERENCE[:, 2] + off).tolist(),
    }
    grids = np.zeros((32, 16, 28, 28), np.uint8)
    grids[:] = np.arange(32, dtype=np.uint8)[:, None, None, None]
    arrays = {
        "grids": grids,
        "samples": np.full((80, 28, 28), 200, np.uint8),
        "neighbours": np.stack([np.full((10, 28, 28), level, np.uint8) for level in (0, 255)]),
        "first_losses": np.array([[1.5, 0.5], [1.7, 0.05]], np.float32),
    }
    provenance = {"fingerprint": part, "train": {"config": vars(CONFIGS[part])}}
    return Result(part, seed, scalars, tables, {"steps": steps}, arrays, provenance)


def recorded(*runs: Result) -> Recorded:
    """What tables and notes get of these runs, the first of a part as its typical one."""
    by_part = {name: [one for one in runs if one.part == name] for name in CONFIGS}
    found = {name: some for name, some in by_part.items() if some}
    first = {name: some[0] for name, some in found.items()}
    return Recorded(found, values.of(runs), configs=CONFIGS, typical=first)
