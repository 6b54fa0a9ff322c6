"""Arrays with what is told of them, in a safetensors file of the user's cache. No torch, no pickle.

Weights lie there by the fingerprint of their training, and checkpoints. Plain JSON stands in the header,
whole and unrounded, with a digest over all: a file that was altered is named and thrown away.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from writeup import files
from writeup.data.fetch import cache_dir
from writeup.files import write_atomically

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


def folder() -> Path:
    """The folder that trainings are kept in."""
    return cache_dir() / "weights"


def place(part: str, seed: int, fingerprint: str, cache: Path | None = None) -> Path:
    """Where a training is kept; cache: in which folder, the user's if None."""
    return (cache or folder()) / f"{part}-{seed}-{fingerprint[:16]}.safetensors"


def write(path: Path, arrays: Arrays, told: Mapping[str, Any]) -> None:
    """Write arrays, and what is told of them."""
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    record = json.dumps(told)
    sha256 = _digest(tensors, record)
    write_atomically(path, save(tensors, {"record": record, "sha256": sha256}))


def read(
    path: Path, again: str = "the training is done again"
) -> tuple[dict[str, "np.ndarray[Any, Any]"], dict[str, Any]] | None:
    """Arrays, and what is told of them; None if the file is missing or damaged.

    again: what follows from damage, for the line that says so.
    """
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            header = file.metadata()
        if header["sha256"] != _digest(arrays, header["record"]):
            raise ValueError("its content is not what was written")
        return arrays, json.loads(header["record"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        files.throw_away(path, " ".join(str(error).split()), again)
        return None


def _digest(arrays: Arrays, record: str) -> str:
    found = hashlib.sha256(record.encode())
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return found.hexdigest()
