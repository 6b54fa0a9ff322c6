"""A training that is cut off and taken up again ends as one that nothing disturbed, to the last bit."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests import small
from tests.assignment3.text_cnn.small import ONE, sentences

from assignment3.text_cnn import model
from writeup.runs import checkpoints
from writeup.runs.record import Trained


class Killed(Exception):
    """What stands for the end of a process."""


def heard(stop_at: float = math.inf) -> tuple[Trained | None, int]:
    """What a training leaves, and the number of losses that it told; None where it was cut off."""
    told = 0

    def observe(loss: float) -> None:
        nonlocal told
        told += 1
        if told >= stop_at:
            raise Killed

    with small.each_loss(observe):
        try:
            return model.train(ONE, sentences(), seed=1), told
        except Killed:
            return None, told


def said(trained: Trained | None) -> dict[str, Any]:
    """All that a training leaves but its timings, and the random state after it."""
    assert trained is not None
    return {
        "weights": {name: array.tobytes() for name, array in trained.weights.items()},
        "scalars": {name: value for name, value in trained.scalars.items() if "seconds" not in name},
        "logs": trained.logs,
        "torch": torch.get_rng_state().numpy().tobytes(),
    }


@pytest.mark.parametrize("share", [0.4, 0.6, 0.95])
def test_what_was_cut_off_goes_on_and_ends_the_same(share: float, tmp_path: Path) -> None:
    whole, steps = heard()
    expected = said(whole)
    place = tmp_path / "kept"
    with pytest.raises(Killed), checkpoints.kept_in(place, {}, first=0.0, share=math.inf):
        if heard(stop_at=share * steps)[0] is None:
            raise Killed
    assert list(place.iterdir())
    torch.manual_seed(99)  # another process has other random states
    np.random.seed(99)
    with checkpoints.kept_in(place, {}, first=0.0, share=math.inf) as going:
        again, repeated = heard()
        assert going is not None and going.resumed
    assert said(again) == expected
    assert repeated < steps, "it began anew"
    assert not place.exists()
