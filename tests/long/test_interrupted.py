"""Kills within a training, as `make faults` tries them: they are stood, and what is not stood is told."""

from pathlib import Path

import pytest

from evidence import homework
from evidence.faults import interrupted


def test_a_killed_training_ends_as_one_left_alone(tmp_path: Path) -> None:
    (row,) = interrupted.tried(tmp_path, 1, 0)
    assert row["part"] == homework.kinds()[0].name and row["wrong"] == ""


def test_another_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter((["aa", "0"], ["ab", "1"]))

    class Process:
        def send_signal(self, number: int) -> None: ...
        def communicate(self) -> None: ...

    monkeypatch.setattr(interrupted, "_started", lambda part, place: Process())
    monkeypatch.setattr(interrupted, "_said", lambda process: next(said))
    (row,) = interrupted.tried(tmp_path, 1, 0)
    assert row["wrong"] == "taken up again, it ends otherwise" and row["phase"] == "within a training"
