"""Trainings in the cache: whole, or made again."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from writeup import steps
from writeup.build import Build
from writeup.results import store
from writeup.runs import record, weights
from writeup.runs.record import Trained

TRAINED = Trained(
    {"z": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array(3, dtype=np.int64)},
    {"best": 0.1, "epoch": 3},
    {"loss": {"step": [1, 2], "loss": [1 / 3, 1e-300]}},
    {"grid": np.zeros((2, 2), np.uint8)},
)


def test_a_training_comes_back_whole_and_in_its_order(tmp_path: Path) -> None:
    record.keep(TRAINED, tmp_path / "x", {"seconds": 1.5})
    found = record.kept(tmp_path / "x")
    assert found is not None and found[1] == {"seconds": 1.5}
    kept = found[0]
    assert record.trained_digest(kept) == record.trained_digest(TRAINED)
    assert list(kept.weights) == ["z", "a"]
    assert kept.logs == TRAINED.logs and kept.scalars == TRAINED.scalars
    for name, array in TRAINED.weights.items():
        assert kept.weights[name].dtype == array.dtype
        assert (kept.weights[name] == array).all()


def test_what_comes_back_otherwise_than_it_went_is_not_taken(tmp_path: Path) -> None:
    """Whatever keeps the files: the digest is taken where the training is."""
    record.keep(TRAINED, tmp_path / "x", {})
    arrays, told = weights.read(tmp_path / "x") or ({}, {})
    weights.write(tmp_path / "y", arrays, told)
    assert record.kept(tmp_path / "y") is not None
    weights.write(tmp_path / "y", arrays | {"weight/a": np.array(4, dtype=np.int64)}, told)
    assert record.kept(tmp_path / "y") is None


def test_the_digest_of_weights_knows_names_types_shapes_and_values() -> None:
    base = {"a": np.zeros(4, np.float32)}
    others = [
        {"b": np.zeros(4, np.float32)},
        {"a": np.zeros(4, np.int32)},
        {"a": np.zeros((2, 2), np.float32)},
        {"a": np.array([0, 0, 0, 1e-30], np.float32)},
        {},
    ]
    assert len({record.weights_digest(one) for one in (base, *others)}) == 6
    both = {"a": np.ones(1), "b": np.zeros(1)}
    assert record.weights_digest(both) == record.weights_digest(dict(reversed(both.items())))


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": flip,
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "something else": lambda data: b"<html>",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_training_is_made_again_and_never_used(
    name: str, toy: Path, build_of: Callable[..., Build], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.train(build_of("report", "--jobs", "0"))
    run = build_of().runs[1]
    path = weights.place("study", 0, run.train.fingerprint)
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    document = run.recorded / store.FILE
    before = json.loads(document.read_text())
    document.unlink()
    made = []
    train = record.train
    monkeypatch.setattr(
        record, "train", lambda *args, **roles: made.append(args[0].name) or train(*args, **roles)
    )
    steps.train(build_of("report", "--jobs", "0"))
    assert made == ["study"]
    after = json.loads(document.read_text())
    assert (after["scalars"], after["files"]) == (before["scalars"], before["files"])


def test_an_untrained_network_in_the_judges_place_is_not_taken(
    toy: Path, build_of: Callable[..., Build]
) -> None:
    """Forged with a digest of its own, it still is not the one that the record names: it is trained again."""
    steps.train(build_of("report", "--jobs", "0"))
    judge, study, *_ = build_of().runs
    forged = Trained({"w": np.zeros(3)})
    path = weights.place("judge", 0, judge.train.fingerprint)
    record.keep(forged, path, {"seconds": 0.0})
    before = store.load(study.recorded).scalars
    (study.recorded / store.FILE).unlink()
    with pytest.raises(Exception, match="has other weights"):
        steps.train(build_of("report", "--jobs", "0"))
    steps.train(build_of("report", "--jobs", "0"))  # the forgery was thrown away
    assert store.load(study.recorded).scalars == before


def test_a_letter_changed_in_the_circumstances_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "part-0-x.safetensors"
    record.keep(Trained({"w": np.ones(3)}), path, {"machine": "a fast one"})
    assert record.kept(path) is not None
    path.write_bytes(path.read_bytes().replace(b"a fast one", b"a slow one"))
    assert record.kept(path) is None
    assert str(path) in (said := capsys.readouterr().err) and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
