"""Checkpoints of a training: what is kept, when it counts, and that a killed training ends the same."""

import math
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from writeup import training
from writeup.runs import checkpoints, progress
from writeup.training import resuming

DRIVER = """
import hashlib, math, sys
from pathlib import Path
import torch
from torch import nn
from writeup.training import resuming
from writeup.runs import checkpoints

torch.set_num_threads(1)
torch.manual_seed(0)
order = torch.Generator().manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.Dropout(0.5), nn.Linear(32, 1))
adam = torch.optim.Adam(model.parameters(), fused=True)
x = torch.randn(64, 8)
state = {"model": model, "adam": adam, "order": order}
with checkpoints.kept_in(Path(sys.argv[1]), {"machine": "this"}, first=0.0, share=math.inf):
    print("begun", flush=True)
    for number in resuming.rounds("one", range(300), state):
        print(number, flush=True)
        chosen = torch.randperm(64, generator=order)[:16]
        adam.zero_grad()
        (model(x[chosen]) - x[chosen].sum(1, keepdim=True)).square().mean().backward()
        adam.step()
weights = b"".join(one.detach().numpy().tobytes() for one in model.parameters())
print(hashlib.sha256(weights).hexdigest(), flush=True)
"""


def started(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", DRIVER, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    return process


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said


@pytest.mark.long
def test_killed_again_and_again_it_ends_bit_for_bit_the_same(tmp_path: Path) -> None:
    whole = ended(started(tmp_path / "whole"))
    draw = random.Random(3)
    reached = []
    for _ in range(3):
        process = started(tmp_path / "cut")
        assert process.stdout is not None
        for _ in range(draw.randint(3, 9)):
            process.stdout.readline()
        time.sleep(draw.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with pytest.raises(KeyError), checkpoints.kept_in(tmp_path / "cut", {"machine": "this"}):
            found = checkpoints.read("one")
            reached.append(found.number if found else 0)
            raise KeyError  # so that what it left stays
    assert 0 < reached[0] < reached[1] < reached[2] < 300, reached
    assert ended(started(tmp_path / "cut")).split()[-1] == whole.split()[-1]
    assert not (tmp_path / "cut").exists()


def keep(folder: Path, circumstances: dict[str, Any], value: float) -> None:
    """Leave a checkpoint of unit "a" before round 5 behind."""
    with pytest.raises(KeyError), checkpoints.kept_in(folder, circumstances):
        checkpoints.write("a", resuming.captured(5, {"log": [value]}))
        raise KeyError


def found(folder: Path, circumstances: dict[str, Any]) -> int | None:
    with checkpoints.kept_in(folder, circumstances):
        one = checkpoints.read("a")
    return one.number if one else None


@pytest.mark.parametrize(
    "other", [{"machine": "that"}, {"threads": 1}, {"versions": {"torch": "2"}}, {"executed": {"p": "fp32"}}]
)
def test_it_counts_only_where_it_was_written(tmp_path: Path, other: dict[str, Any]) -> None:
    here = {"machine": "this", "threads": 2, "versions": {"torch": "1"}, "executed": {"p": "bf16"}}
    keep(tmp_path / "a", here, 1.0)
    assert found(tmp_path / "a", here | other) is None
    keep(tmp_path / "b", here | {"date": "yesterday"}, 1.0)
    assert found(tmp_path / "b", here | {"date": "today"}) == 5


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "directory"])
def test_what_is_damaged_is_named_and_done_again(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, {}, 1.0)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    if damage == "directory":
        file.mkdir()
    else:
        file.write_bytes({"flip": bytes(data), "cut": bytes(data[:50]), "empty": b""}[damage])
    assert found(tmp_path, {}) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert str(file) in line and "done again" in line


def test_anew_goes_on_from_nothing(tmp_path: Path) -> None:
    keep(tmp_path, {}, 1.0)
    with checkpoints.kept_in(tmp_path, {}, anew=True):
        assert checkpoints.read("a") is None


def test_they_take_no_more_than_their_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: clock)

    def slow(*written: object) -> None:
        nonlocal clock
        clock += 0.3

    monkeypatch.setattr(checkpoints.weights, "write", slow)
    times = []
    with checkpoints.kept_in(tmp_path, {}):
        while clock < 1000:
            if checkpoints.is_due():
                times.append(clock)
                checkpoints.write("a", resuming.captured(1, {}))
            clock += 0.5  # a round
    assert times[0] == pytest.approx(checkpoints.FIRST, abs=0.5)
    assert 0.3 * len(times) <= checkpoints.SHARE * 1000
    assert len(times) >= 0.9 * checkpoints.SHARE * 1000 / 0.3


def test_a_training_can_be_cut_off_and_tells_what_it_took_in_all(tmp_path: Path) -> None:
    done: list[int] = []

    def train(limit: float) -> dict[str, Any]:
        with checkpoints.kept_in(tmp_path, {}, first=0.0, share=math.inf, limit=limit) as place:
            for number in resuming.rounds("a", range(5), {"done": done}):
                done.append(number)
                busy = time.process_time()
                while time.process_time() < busy + 0.05:
                    pass
            return checkpoints.told(place)

    with pytest.raises(checkpoints.CutOff):
        train(2)
    assert done == [0, 1]
    told = train(math.inf)
    assert done == [0, 1, 2, 3, 4] and told["resumed"] == 1
    assert told["processor_seconds"] >= 0.2 and told["seconds"] >= 0.2  # of both together


def test_the_steps_of_an_ended_process_are_told(tmp_path: Path) -> None:
    keep(tmp_path, {}, 1.0)
    heard: list[progress.Event] = []
    with (
        progress.heard_by(lambda run, event: heard.append(event)),
        checkpoints.kept_in(tmp_path, {}),
        training.progress("one", 20) as tick,
    ):
        for _ in training.rounds("a", range(10), {"log": []}, steps=2):
            tick(0.5, steps_done=2)
    done = [(event.done, event.loss) for event in heard if isinstance(event, progress.Step)]
    assert done == [(10, None), (12, 0.5), (14, 0.5), (16, 0.5), (18, 0.5), (20, 0.5)]


def test_without_a_place_nothing_is_kept() -> None:
    assert list(resuming.rounds("a", range(3), {})) == [0, 1, 2]
    assert not checkpoints.is_due() and checkpoints.read("a") is None


def test_a_full_disk_stops_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*written: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.weights, "write", full)
    with checkpoints.kept_in(tmp_path, {}, first=0.0, share=math.inf):
        assert list(resuming.rounds("a", range(3), {})) == [0, 1, 2]


def test_every_kind_of_state_comes_back_as_it_was() -> None:
    conv = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    value = {
        1: [1.5, math.nan, -math.inf, None, True, "é", 2**60],
        "tuple": (1, (2.0,), np.arange(3, dtype=np.uint32)),
        "nothing": [{}, [], ()],
        "scalar": torch.tensor(3.25),
        "weight": conv.weight,
    }
    arrays: checkpoints.Arrays = {}
    again = resuming.unpacked(resuming.packed(value, arrays), arrays)
    assert again[1][0] == 1.5 and math.isnan(again[1][1]) and again[1][2:] == value[1][2:]  # type: ignore[index]
    assert again["tuple"][:2] == (1, (2.0,)) and again["tuple"][2].dtype == np.uint32
    assert again["nothing"] == value["nothing"] and again["scalar"].shape == ()
    assert torch.equal(again["weight"], conv.weight) and again["weight"].stride() == conv.weight.stride()
    with pytest.raises(TypeError, match="cannot hold object"):
        resuming.packed(object(), {})
