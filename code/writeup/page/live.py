"""What a reader of the HTML moves below a figure, of recorded arrays: what a figure's `live` returns."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]
STEPS = 200  # places of a threshold


@dataclass(frozen=True, eq=False)
class Frames:
    """images [F, R, C, H, W] (uint8), a grid at a time by a slider. said: of each what it is, its number."""

    images: Array
    said: Sequence[str]

    def told(self) -> dict[str, Any]:
        """As plain data, for frames.js."""
        if len(self.images) != len(self.said):
            raise ValueError(f"{len(self.images)} images, but words of {len(self.said)}")
        count, rows, columns, height, width = self.images.shape
        grids = self.images.swapaxes(2, 3).reshape(count, rows * height, columns * width)
        return {"kind": "frames", "said": list(self.said), **_sheet(grids)}


@dataclass(frozen=True, eq=False)
class Threshold:
    """Sets of distances [N], by name, against a threshold: what is at most as large is accepted.

    examples: by name images [E, H, W] (uint8) and their distances [E], shown as accepted or not.
    """

    measure: str
    sets: Mapping[str, Array]
    examples: Mapping[str, tuple[Array, Array]]

    def told(self) -> dict[str, Any]:
        """As plain data, for threshold.js: how many of each set are accepted at each of STEPS + 1 places."""
        largest = max(float(np.quantile(some, 0.999)) for some in self.sets.values())
        places = [_rounded(place) for place in np.linspace(0, largest, STEPS + 1)]
        return {
            "kind": "threshold",
            "measure": self.measure,
            "places": places,
            "sets": [
                {"name": name, "total": len(some), "accepted": [int((some <= at).sum()) for at in places]}
                for name, some in self.sets.items()
            ],
            "examples": [
                {"name": name, "distances": [_rounded(d) for d in distances], **_sheet(images)}
                for name, (images, distances) in self.examples.items()
            ],
        }


Live = Frames | Threshold


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _sheet(images: Array) -> dict[str, Any]:
    """Images [F, H, W] one below the other, as the address of a PNG."""
    count, height, width = images.shape
    buffer = io.BytesIO()
    Image.fromarray(images.reshape(count * height, width)).save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"sheet": f"data:image/png;base64,{data}", "count": count, "height": height, "width": width}
