"""A training that is cut off and taken up again ends as one that nothing disturbed, to the last bit."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.small import CVAE, DIGITS, FACES, GAN, JUDGE, TEXT, faces, images, phrases

from assignment3.parts import cvae, gan, siamese, text_cnn
from assignment3.shared import digits
from writeup import training
from writeup.results.store import Trained
from writeup.runs import checkpoints

Train = Callable[[], Trained]

TRAININGS: dict[str, Train] = {
    "digits": lambda: digits.train(replace(DIGITS, epochs=3), images(), seed=1),
    "text_cnn": lambda: text_cnn.train(
        replace(TEXT, epochs=3, kernel_sizes=(3,), schedule="linear"), phrases(), seed=1
    ),
    "siamese": lambda: siamese.train(FACES, faces(), seed=1),
    "cvae": lambda: cvae.train(replace(CVAE, epochs=3), images(), seed=1),
    "cvae in bf16": lambda: cvae.train(replace(CVAE, epochs=3, precision="bf16"), images(), seed=1),
    "gan": lambda: gan.train(
        replace(GAN, iterations=12, watch_every=5, schedule="linear"), images(), seed=1, judge=JUDGE
    ),
}


class Killed(Exception):
    """What stands for the end of a process."""


def heard(train: Train, stop_at: float = math.inf) -> tuple[Trained | None, int]:
    """What a training leaves, and the number of losses that it told; None where it was cut off."""
    told = 0

    def observe(loss: float) -> None:
        nonlocal told
        told += 1
        if told >= stop_at:
            raise Killed

    training.observers.append(observe)
    try:
        return train(), told
    except Killed:
        return None, told
    finally:
        training.observers.remove(observe)


def said(trained: Trained | None) -> dict[str, Any]:
    """All that a training leaves but its timings, and the random state after it."""
    assert trained is not None
    arrays = {**trained.weights, **{f"array {name}": array for name, array in trained.arrays.items()}}
    return {
        "arrays": {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()},
        "scalars": {name: value for name, value in trained.scalars.items() if "seconds" not in name},
        "logs": trained.logs,
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": np.random.rand(),
    }


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint before every round; and less to look at than a real GAN has."""
    for name, value in {"CALIBRATION": 40, "WATCHED": 20, "CURVE_EVERY": 5}.items():
        monkeypatch.setattr(gan, name, value)
    monkeypatch.setattr(checkpoints, "FIRST", 0.0)
    monkeypatch.setattr(checkpoints, "SHARE", math.inf)


@pytest.mark.parametrize("name", TRAININGS)
def test_what_was_cut_off_goes_on_and_ends_the_same(name: str, tmp_path: Path) -> None:
    train = TRAININGS[name]
    whole, steps = heard(train)
    expected = said(whole)
    for share in (0.6,) if name == "gan" else (0.4, 0.6, 0.95):
        place = tmp_path / str(share)
        with pytest.raises(Killed), checkpoints.kept_in(place, {}):
            if heard(train, stop_at=share * steps)[0] is None:
                raise Killed
        assert list(place.iterdir())
        torch.manual_seed(99)  # another process has other random states
        np.random.seed(99)
        with checkpoints.kept_in(place, {}) as going:
            again, repeated = heard(train)
            assert going is not None and going.resumed
        assert said(again) == expected, share
        assert repeated < steps, "it began anew"
        assert not place.exists()


def test_a_part_of_the_state_that_is_forgotten_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: without Adam's averages, or the schedule, or the order, the end is another."""
    train = TRAININGS["gan"]
    expected = said(heard(train)[0])
    for name in ("Adam of G", "ahead"):
        real = gan.rounds
        monkeypatch.setattr(
            gan,
            "rounds",
            lambda unit, numbers, state, left_out=name, real=real: real(
                unit, numbers, {key: part for key, part in state.items() if key != left_out}
            ),
        )
        place = tmp_path / name
        with pytest.raises(Killed), checkpoints.kept_in(place, {}):
            if heard(train, stop_at=8)[0] is None:
                raise Killed
        with checkpoints.kept_in(place, {}):
            assert said(heard(train)[0]) != expected, name
        monkeypatch.setattr(gan, "rounds", real)
