"""The loss of the text networks at single points, for the comparison with its proved expression."""

from collections.abc import Sequence

import torch

from assignment3.text_cnn import model


def text_loss(points: Sequence[tuple[float, ...]]) -> list[float]:
    """(logit, label) -> the loss of one sentence."""
    rows = torch.tensor(list(points), dtype=torch.float64)
    return [model.loss(row[:1], row[1:]).item() for row in rows]
