"""Eight numbers."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Points:
    x: "np.ndarray[Any, Any]"


def load(data_dir: Path | None = None) -> Points:
    return Points(np.arange(8.0))


def digest(points: Points) -> str:
    return hashlib.sha256(points.x.tobytes()).hexdigest()


def made() -> Points:
    return Points(np.arange(4.0))
