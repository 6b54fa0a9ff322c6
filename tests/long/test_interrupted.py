"""Kills within a training, as `make faults` tries them: they are stood, and what is not stood is told."""

from pathlib import Path

import pytest

from evidence import homework
from evidence.faults import interrupted


def test_a_killed_training_ends_as_one_left_alone(tmp_path: Path) -> None:
    (trial,) = interrupted.tried(tmp_path, 1, 0)
    assert trial.name.endswith(homework.kinds()[0].name) and trial.wrong == ""


def test_another_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter((["aa", "0"], ["ab", "1"]))

    class Process:
        def send_signal(self, number: int) -> None: ...
        def communicate(self) -> None: ...

    monkeypatch.setattr(interrupted, "_started", lambda part, place: Process())
    monkeypatch.setattr(interrupted, "_said", lambda process: next(said))
    (trial,) = interrupted.tried(tmp_path, 1, 0)
    assert trial.wrong == "taken up again, it ends otherwise" and trial.phase == "within a training"
