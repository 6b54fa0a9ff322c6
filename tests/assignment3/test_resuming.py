"""A training that is cut off and taken up again ends as one that nothing disturbed, to the last bit."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests import small

from assignment3.report import REPORT
from writeup.declare import Part
from writeup.runs import checkpoints
from writeup.runs.record import Trained
from writeup.training import resuming

Train = Callable[[], Trained]
PARTS = {part.name: part for part in REPORT.parts}
QUICK = "digits", "text_cnn", "cvae"  # the others have millions of weights, all in each checkpoint
UNFELT = {"times"}  # parts of a state without which the end is the same: what is compared has no timings


class Killed(Exception):
    """What stands for the end of a process."""


def training_of(name: str) -> Train:
    return lambda: small.train(PARTS[name])


def heard(train: Train, stop_at: float = math.inf) -> tuple[Trained | None, int]:
    """What a training leaves, and the number of losses that it told; None where it was cut off."""
    told = 0

    def observe(loss: float) -> None:
        nonlocal told
        told += 1
        if told >= stop_at:
            raise Killed

    with small.each_loss(observe):
        try:
            return train(), told
        except Killed:
            return None, told


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


def taken_up(train: Train, stop_at: float, place: Path) -> tuple[dict[str, Any], int]:
    """What a training leaves that was cut off and taken up, and how many losses the second process told."""
    with pytest.raises(Killed), checkpoints.kept_in(place, {}, first=0.0, share=math.inf):
        if heard(train, stop_at)[0] is None:
            raise Killed
    assert list(place.iterdir())
    torch.manual_seed(99)  # another process has other random states
    np.random.seed(99)
    with checkpoints.kept_in(place, {}, first=0.0, share=math.inf) as going:
        again, told = heard(train)
        assert going is not None and going.resumed
    assert not place.exists()
    return said(again), told


@pytest.fixture(autouse=True)
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    small.fewer(monkeypatch)


@pytest.mark.parametrize("part", small.telling(), ids=lambda part: part.name)
def test_what_was_cut_off_goes_on_and_ends_the_same(part: Part, tmp_path: Path) -> None:
    train = training_of(part.name)
    whole, steps = heard(train)
    expected = said(whole)
    for share in (0.4, 0.6, 0.95) if part.name in QUICK else (0.6,):
        found, told = taken_up(train, share * steps, tmp_path / str(share))
        assert found == expected, share
        assert told < steps, "it began anew"


def test_a_training_in_bf16_goes_on_too(tmp_path: Path) -> None:
    part = PARTS["cvae_tuned"]
    train = lambda: small.train(part, small.config_of(part, precision="bf16"))  # noqa: E731
    whole, steps = heard(train)
    expected = said(whole)
    assert expected["logs"] != small.train(part).logs
    assert taken_up(train, 0.6 * steps, tmp_path / "kept")[0] == expected


def without(state: Mapping[str, Any], left_out: str) -> dict[str, Any]:
    return {name: part for name, part in state.items() if name != left_out}


@pytest.mark.parametrize("name", [*QUICK, "siamese_tuned", "cvae_tuned"])
def test_each_part_of_the_state_is_needed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: what the checkpoint lacks, be it the order of batches, makes another end."""
    train, share = training_of(name), 0.6
    names: dict[str, None] = {}
    captured, restore = resuming.captured, resuming.restore

    def noted(number: int, state: Mapping[str, Any]) -> Any:
        names.update(dict.fromkeys(state))
        return captured(number, state)

    monkeypatch.setattr(resuming, "captured", noted)
    with checkpoints.kept_in(tmp_path / "whole", {}, first=0.0, share=math.inf):
        whole, steps = heard(train)
    expected = said(whole)
    assert names
    for lacking in names:
        monkeypatch.setattr(
            resuming, "captured", lambda number, state, out=lacking: captured(number, without(state, out))
        )
        monkeypatch.setattr(
            resuming, "restore", lambda found, state, out=lacking: restore(found, without(state, out))
        )
        try:
            found, _ = taken_up(train, share * steps, tmp_path / lacking)
        except (IndexError, KeyError, ValueError):  # it cannot go on at all
            continue
        assert (found == expected) == (lacking in UNFELT), lacking
