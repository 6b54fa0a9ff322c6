import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from writeup.errors import UserError
from writeup.results import store as results
from writeup.results.store import Result, load
from writeup.runs import record
from writeup.runs.record import save

RESULT = Result(
    part="demo",
    seed=3,
    scalars={"a/accuracy": 92.5, "loss": 0.1 + 0.2},
    tables={
        "mistakes": {"text": ['a "quoted", text', "zwei\nZeilen", "", "001"], "p": [0.5, 1.0, 1e-9, 2.0]}
    },
    logs={"loss": {"epoch": [1, 2], "train": [0.5, 0.25]}},
    arrays={"grid": np.arange(6, dtype=np.uint8).reshape(2, 3), "x/y": np.array([1.5], dtype=np.float32)},
    provenance={"fingerprint": "f" * 64, "seed": 3},
)


def test_round_trip(tmp_path: Path) -> None:
    save(RESULT, tmp_path / "r")
    loaded = load(tmp_path / "r")
    assert loaded.scalars == RESULT.scalars
    assert loaded.tables == RESULT.tables and loaded.logs == RESULT.logs
    assert loaded.provenance == RESULT.provenance and results.fingerprint(loaded) == "f" * 64
    for name, array in RESULT.arrays.items():
        assert loaded.arrays[name].dtype == array.dtype and np.array_equal(loaded.arrays[name], array)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=1))
def test_any_text_survives_a_table(texts: list[str]) -> None:
    assert results._columns(record._csv({"text": texts}), {"text": "str"}) == {"text": texts}


def test_saving_again_replaces_and_leaves_nothing_behind(tmp_path: Path) -> None:
    save(RESULT, tmp_path)
    save(dataclasses.replace(RESULT, arrays={"grid": np.zeros(3)}, tables={}), tmp_path)
    assert sorted(p.name.split("-")[0] for p in tmp_path.iterdir()) == ["arrays", "loss", "result.json"]
    assert load(tmp_path).arrays["grid"].shape == (3,)


def test_a_kill_before_the_last_step_leaves_the_former_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(RESULT, tmp_path)
    write = results.write_atomically

    def killed_at_json(path: Path, data: bytes) -> None:
        if path.name == results.FILE:
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(results, "write_atomically", killed_at_json)
    with pytest.raises(KeyboardInterrupt):
        save(dataclasses.replace(RESULT, logs={"loss": {"epoch": [9], "train": [9.0]}}), tmp_path)
    assert load(tmp_path).logs == RESULT.logs


@pytest.mark.parametrize(("damage", "says"), [("altered", "altered"), ("missing", "No such file")])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str, says: str) -> None:
    save(RESULT, tmp_path)
    file = next(tmp_path.glob("loss-*.csv"))
    if damage == "missing":
        file.unlink()
    else:
        file.write_text(file.read_text().replace("0.25", "0.20"))
    with pytest.raises(UserError, match=rf"{file.name}: {says}"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/x-00000000.csv", "", 7, None])
def test_files_are_named_by_plain_names(tmp_path: Path, name: object) -> None:
    """Sealed or not, a record leads to no file outside its folder."""
    save(RESULT, tmp_path)
    file = tmp_path / results.FILE
    whole = json.loads(file.read_text())
    whole["index"]["logs"]["loss"]["file"] = name
    file.write_text(json.dumps(whole | {"digest": results.seal(whole)}))
    with pytest.raises(UserError, match="plain names"):
        load(tmp_path)
    assert "plain names" in results.peek(tmp_path).trouble


def test_numbers_that_are_not_finite_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="demo/loss: nan"):
        save(dataclasses.replace(RESULT, scalars={"loss": float("nan")}), tmp_path)
    assert not (tmp_path / results.FILE).exists()


def test_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="object dtype"):
        save(dataclasses.replace(RESULT, arrays={"bad": np.array([{}], dtype=object)}), tmp_path)


def test_numpy_numbers_keep_their_kind(tmp_path: Path) -> None:
    log = {"n": [np.int64(3), 4], "x": [np.float32(0.5), float("nan")], "b": [True, False]}
    save(dataclasses.replace(RESULT, logs={"log": log}), tmp_path)
    loaded = load(tmp_path).logs["log"]
    assert loaded["n"] == [3, 4] and loaded["b"] == ["True", "False"]
    assert loaded["x"][0] == 0.5 and np.isnan(loaded["x"][1])


def test_a_peek_gives_the_fingerprint_and_foreign_formats_are_named(tmp_path: Path) -> None:
    assert results.peek(tmp_path) == results.Peek(tmp_path)
    save(RESULT, tmp_path)
    assert results.peek(tmp_path).fingerprint == "f" * 64
    file = tmp_path / results.FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    with pytest.raises(UserError, match="format 99"):
        load(tmp_path)
    assert results.peek(tmp_path).fingerprint is None and "format 99" in results.peek(tmp_path).trouble
    file.write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        load(tmp_path)


def test_a_result_that_was_read_is_written_as_it_was(tmp_path: Path) -> None:
    """Columns keep their order, numbers their digits; another provenance leaves the data alone."""
    save(dataclasses.replace(RESULT, logs={"log": {"z": [1, 2], "a": [0.1, 1e-9 / 3]}}), tmp_path / "first")
    save(load(tmp_path / "first"), tmp_path / "second")
    documents = [json.loads((tmp_path / name / results.FILE).read_text()) for name in ("first", "second")]
    assert documents[0] == documents[1]
    results.stamp({"fingerprint": "other"}, tmp_path / "first")
    assert results.fingerprint(load(tmp_path / "first")) == "other"
    after = json.loads((tmp_path / "first" / results.FILE).read_text())
    assert after["files"] == documents[0]["files"]


def test_a_result_is_sealed_whole(tmp_path: Path) -> None:
    """Scalars and provenance changed by hand are noticed, by a look at `result.json` alone; so is no seal."""
    save(dataclasses.replace(RESULT, provenance={"fingerprint": "f", "by": {1: (2, 3)}}), tmp_path)
    file = tmp_path / results.FILE
    whole = json.loads(file.read_text())
    assert load(tmp_path).provenance == {"fingerprint": "f", "by": {"1": [2, 3]}}
    for lie, says in (
        (whole | {"scalars": whole["scalars"] | {"loss": 0.2}}, "altered since it was recorded"),
        (whole | {"provenance": {"fingerprint": "g"}}, "altered since it was recorded"),
        (whole | {"seed": 4}, "altered since it was recorded"),
        ({name: value for name, value in whole.items() if name != "digest"}, "before results were sealed"),
    ):
        file.write_text(json.dumps(lie))
        with pytest.raises(UserError, match=says):
            load(tmp_path)
        assert says in results.peek(tmp_path).trouble
    file.write_text(json.dumps(whole).replace("0.30000000000000004", "NaN"))
    assert "NaN is no number" in results.peek(tmp_path).trouble


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_log_with_a_number_that_is_none_is_refused(wrong: float) -> None:
    results.refuse_nonfinite(RESULT)
    gone = dataclasses.replace(RESULT, logs={"loss": {"epoch": [1, 2], "train": [0.5, wrong]}})
    with pytest.raises(UserError, match=r"^demo seed 3: loss, column train, row 2: -?(nan|inf) is no finite"):
        results.refuse_nonfinite(gone)
