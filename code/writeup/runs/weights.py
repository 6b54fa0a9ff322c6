"""What the train stage left, kept in the user's cache: a safetensors file per training. No torch, no pickle.

The file holds the weights and the logged arrays as tensors; scalars and logs stand in its header, whole and
unrounded. Its name is the fingerprint of the training; the digest of its content is checked when it is read.
A file that does not fit is no error: the training is done again.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from writeup.data.fetch import cache_dir
from writeup.files import write_atomically
from writeup.results.store import Trained, Weights

WEIGHT, ARRAY = "weight/", "array/"


def weights_digest(weights: Weights) -> str:
    """sha256 (hex) of names, types, shapes and values: equal weights, equal digest, whatever their order."""
    found = hashlib.sha256()
    for name, array in sorted(weights.items()):
        whole = np.ascontiguousarray(array)
        found.update(f"{name}:{whole.dtype.str}:{whole.shape}\n".encode() + whole.tobytes())
    return found.hexdigest()


def place(part: str, seed: int, fingerprint: str) -> Path:
    """Where a training is kept."""
    return cache_dir() / "weights" / f"{part}-{seed}-{fingerprint[:16]}.safetensors"


def keep(trained: Trained, path: Path, provenance: Mapping[str, Any]) -> None:
    """Write a training to the cache, with the circumstances under which it was made."""
    from safetensors.numpy import save

    tensors = {f"{WEIGHT}{name}": np.ascontiguousarray(array) for name, array in trained.weights.items()}
    tensors |= {f"{ARRAY}{name}": np.ascontiguousarray(array) for name, array in trained.arrays.items()}
    record = {"scalars": dict(trained.scalars), "logs": {k: dict(v) for k, v in trained.logs.items()}}
    record |= {"provenance": dict(provenance), "sha256": weights_digest(tensors)}
    record |= {"order": [list(trained.weights), list(trained.arrays)]}
    write_atomically(path, save(tensors, {"record": json.dumps(record)}))


def kept(path: Path) -> tuple[Trained, dict[str, Any]] | None:
    """A training from the cache and its circumstances; None where there is none that is whole."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            record = json.loads(file.metadata()["record"])
        if weights_digest(tensors) != record["sha256"]:
            return None
        weights, arrays = (
            {name: tensors[prefix + name] for name in names}
            for prefix, names in zip((WEIGHT, ARRAY), record["order"], strict=True)
        )
        return Trained(weights, record["scalars"], record["logs"], arrays), record["provenance"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None
