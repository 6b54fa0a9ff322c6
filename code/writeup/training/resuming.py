"""Rounds of a training that go on where an earlier process was ended, bit for bit (`runs.checkpoints`)."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from writeup.runs import checkpoints
from writeup.runs.checkpoints import Arrays, Checkpoint
from writeup.runs.progress import skip


def rounds(unit: str, numbers: range, state: Mapping[str, Any], steps: int = 1) -> Iterator[int]:
    """`numbers`, without those that a checkpoint of this unit has behind it.

    state: everything that a round changes and a later one reads: modules, optimizers and schedules (whatever
    has `state_dict`), generators, dictionaries and lists; it is restored in place. The global random states
    belong to it unsaid. steps: of `training.progress`, in each round.
    """
    first = numbers.start
    if found := checkpoints.read(unit):
        first = found.number
        restore(found, state)
        skip((first - numbers.start) * steps)
    for number in range(first, numbers.stop):
        yield number
        if checkpoints.is_due():
            checkpoints.write(unit, captured(number + 1, state))


def captured(number: int, state: Mapping[str, Any]) -> Checkpoint:
    """The state before round `number`; no part of it is shared with what goes on."""
    arrays: Arrays = {}
    parts = {name: _of(part) for name, part in state.items()}
    return Checkpoint(number, packed([parts, _random_states()], arrays), arrays)


def restore(checkpoint: Checkpoint, state: Mapping[str, Any]) -> None:
    """Put each part of `state`, and the global random states, back to where they were captured."""
    parts, states = unpacked(checkpoint.tree, checkpoint.arrays)
    for name, part in state.items():
        _put(part, parts[name])
    torch.set_rng_state(states["torch"])
    torch.cuda.set_rng_state_all(states["cuda"]) if states["cuda"] else None
    np.random.set_state(states["numpy"])
    random.setstate(states["python"])


def _random_states() -> dict[str, Any]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    numbers = {"torch": torch.get_rng_state(), "cuda": cuda}
    return numbers | {"numpy": np.random.get_state(), "python": random.getstate()}


def _of(part: Any) -> Any:
    if isinstance(part, torch.Generator):
        return part.get_state()
    return part if isinstance(part, dict | list) else part.state_dict()


def _put(part: Any, found: Any) -> None:
    if isinstance(part, torch.Generator):
        part.set_state(found)
    elif isinstance(part, dict):
        part.clear()
        part.update(found)
    elif isinstance(part, list):
        part[:] = found
    else:
        part.load_state_dict(found)


def packed(value: Any, arrays: Arrays) -> Any:
    """Plain JSON from which `unpacked` makes `value` again, to the last bit; arrays go into `arrays`.

    Of None, numbers, texts, lists, tuples, dictionaries, arrays and tensors. TypeError for anything else.
    """
    if isinstance(value, np.ndarray | Tensor):
        name, kind = f"{len(arrays):06}", "array"
        array = value
        if isinstance(value, Tensor):
            # The optimizer's fused kernels walk through memory: its averages must lie as the weights do.
            kind = "channels_last" if value.dim() == 4 and not value.is_contiguous() else "tensor"
            array = value.numpy(force=True)
        arrays[name] = np.array(array, order="C", ndmin=1)
        return {"kind": kind, "name": name, "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {"pairs": [[packed(one, arrays) for one in pair] for pair in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [packed(one, arrays) for one in value]}
    if isinstance(value, list):
        return [packed(one, arrays) for one in value]
    if value is None or isinstance(value, bool | str | int | float):
        return value
    raise TypeError(f"a checkpoint cannot hold {type(value).__name__}")


def unpacked(tree: Any, arrays: Arrays) -> Any:
    """The inverse of `packed`; tensors come back on the CPU, in the order of memory that they had."""
    if isinstance(tree, list):
        return [unpacked(one, arrays) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if "kind" in tree:
        array = arrays[tree["name"]].reshape(tree["shape"])
        if tree["kind"] == "array":
            return array
        last = tree["kind"] == "channels_last"
        return torch.tensor(array).to(memory_format=torch.channels_last if last else torch.contiguous_format)
    if "tuple" in tree:
        return tuple(unpacked(one, arrays) for one in tree["tuple"])
    return dict(unpacked(pair, arrays) for pair in tree["pairs"])
