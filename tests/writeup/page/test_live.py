"""What a reader moves below a figure, as it is recorded: held against the arrays that it was made of."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from writeup.page.live import STEPS, Frames, Threshold

RANDOM = np.random.default_rng(3)


def sheet(told: dict[str, Any]) -> Any:
    """The images of a sheet, [F, H, W]."""
    png = base64.b64decode(told["sheet"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png))).reshape(told["count"], told["height"], told["width"])


def test_each_frame_is_the_grid_that_its_words_name() -> None:
    images = RANDOM.integers(0, 256, (3, 2, 5, 4, 6), dtype=np.uint8)
    told = Frames(images, ["a", "b", "c"]).told()
    frames = sheet(told)
    assert frames.shape == (3, 2 * 4, 5 * 6) and told["said"] == ["a", "b", "c"]
    for frame, row, column in np.ndindex(3, 2, 5):
        there = frames[frame, 4 * row : 4 * row + 4, 6 * column : 6 * column + 6]
        assert np.array_equal(there, images[frame, row, column])
    with pytest.raises(ValueError, match="3 images, but words of 2"):
        Frames(images, ["a", "b"]).told()


def test_at_each_threshold_so_many_are_accepted_as_lie_at_or_below_it() -> None:
    near, far = RANDOM.gamma(2, 0.3, 700), RANDOM.gamma(9, 0.3, 900)
    faces = RANDOM.integers(0, 256, (4, 5, 5), dtype=np.uint8)
    told = Threshold("distance", {"near": near, "far": far}, {"some": (faces, near[:4])}).told()
    assert len(told["places"]) == STEPS + 1
    for some, given in zip(told["sets"], (near, far), strict=True):
        assert some["total"] == len(given)
        for place, accepted in zip(told["places"], some["accepted"], strict=True):
            assert accepted == sum(d <= place for d in given)
    (examples,) = told["examples"]
    assert examples["distances"] == pytest.approx(near[:4], rel=1e-3)
    assert np.array_equal(sheet(examples), faces)
