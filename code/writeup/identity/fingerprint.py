"""The identity of a result: one digest over everything that can change it, and the record that says what."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any


def digest(value: Any) -> str:
    """The sha256 (hex) of `value` as canonical JSON (sorted keys, no blanks)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def of_record(known: Mapping[str, Any]) -> str:
    """The fingerprint that follows from the inputs that a record names."""
    train = {"train": digest(known["train"])} if "train" in known else {}
    return digest(known["evaluate"] | train)


def changes(before: Mapping[str, Any], now: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """What differs between two records of inputs, a line each: `config.epochs: 14 -> 140`.

    Digests are not printed: of them it is enough to know that they differ.
    """
    for key in sorted({*before, *now}):
        label = f"{name}.{key}" if name else key
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from changes(old, new, label)
        elif key not in before or old is None:
            yield f"{label}: new"
        elif key not in now or new is None:
            yield f"{label}: gone"
        elif all(isinstance(value, str) and len(value) in (16, 32, 64) for value in (old, new)):
            yield f"{label}: changed"
        else:
            yield f"{label}: {old} -> {new}"
