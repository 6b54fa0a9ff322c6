"""What the train stage left, kept in the user's cache: a safetensors file per training. No torch, no pickle.

The file holds the weights and the logged arrays as tensors; scalars and logs stand in its header, whole and
unrounded. Its name is the fingerprint of the training; the digest of its content is checked when it is read.
A file that does not fit is named and thrown away: the training is done again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from writeup import files
from writeup.data.fetch import cache_dir
from writeup.files import discard, write_atomically
from writeup.identity.fingerprint import digest

if TYPE_CHECKING:
    from writeup.runs.record import Trained, Weights

WEIGHT, ARRAY = "weight/", "array/"


def weights_digest(weights: "Weights") -> str:
    """sha256 (hex) of names, types, shapes and values: equal weights, equal digest, whatever their order."""
    found = hashlib.sha256()
    for name, array in sorted(weights.items()):
        whole = np.ascontiguousarray(array)
        found.update(f"{name}:{whole.dtype.str}:{whole.shape}\n".encode() + whole.tobytes())
    return found.hexdigest()


def folder() -> Path:
    """The folder that trainings are kept in."""
    return cache_dir() / "weights"


def place(part: str, seed: int, fingerprint: str) -> Path:
    """Where a training is kept."""
    return folder() / f"{part}-{seed}-{fingerprint[:16]}.safetensors"


def trained_digest(trained: "Trained") -> str:
    """sha256 (hex) of all that a training left."""
    plain = {"scalars": dict(trained.scalars), "logs": {k: dict(v) for k, v in trained.logs.items()}}
    return digest([weights_digest(trained.weights), weights_digest(trained.arrays), plain])


def keep(trained: "Trained", path: Path, circumstances: Mapping[str, Any]) -> None:
    """Write a training to the cache, with the circumstances under which it was made."""
    from safetensors.numpy import save

    tensors = {f"{WEIGHT}{name}": np.ascontiguousarray(array) for name, array in trained.weights.items()}
    tensors |= {f"{ARRAY}{name}": np.ascontiguousarray(array) for name, array in trained.arrays.items()}
    record = {
        "scalars": dict(trained.scalars),
        "logs": {name: dict(columns) for name, columns in trained.logs.items()},
        "order": [list(trained.weights), list(trained.arrays)],
        "circumstances": dict(circumstances),
        "sha256": trained_digest(trained),
    }
    write_atomically(path, save(tensors, {"record": json.dumps(record)}))


@dataclass(frozen=True)
class Kept:
    """A training as read from the cache; `sha256` is what `trained_digest` gave when it was written."""

    trained: "Trained"
    circumstances: dict[str, Any]
    sha256: str


def kept(path: Path) -> Kept | None:
    """A training from the cache; None where there is none, or none that is what was written: that is said in
    one line and thrown away.
    """
    from safetensors import SafetensorError, safe_open

    from writeup.runs.record import Trained

    if not path.exists():
        return None
    try:
        if _seal(path).exists() and _seal(path).read_bytes() != _bytes_digest(path):
            raise ValueError("its content is not what was written")
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            record = json.loads(file.metadata()["record"])
        weights, arrays = (
            {name: tensors[prefix + name] for name in names}
            for prefix, names in zip((WEIGHT, ARRAY), record["order"], strict=True)
        )
        trained = Trained(weights, record["scalars"], record["logs"], arrays)
        if trained_digest(trained) != record["sha256"]:
            raise ValueError("its content is not what was written")
        return Kept(trained, record["circumstances"], record["sha256"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        unseal(path)
        files.throw_away(path, " ".join(str(error).split()), "the training is done again")
        return None


def seal(path: Path) -> None:
    """Keep the digest of a whole training in the cache beside it: that inside covers no circumstances."""
    if path.is_file():
        write_atomically(_seal(path), _bytes_digest(path))


def unseal(path: Path) -> None:
    """Forget that digest, since another training takes the place of this one."""
    discard(_seal(path))


def _seal(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _bytes_digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).hexdigest().encode()
