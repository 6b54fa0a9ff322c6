from pathlib import Path

import pytest
from doit.tools import config_changed

from writeup.errors import UserError
from writeup.graph import build


class Line:
    """source -> middle -> target, counting the runs of each task."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs, self.fails = folder, [], False
        (folder / "source").write_text("1")

    def tasks(self, option: str = "a"):  # type: ignore[no-untyped-def]
        def step(name: str, source: Path, target: Path) -> None:
            if self.fails:
                raise UserError(f"{name} went wrong")
            self.runs.append(name)
            target.write_text(source.read_text(encoding="utf-8") + name, encoding="utf-8")

        def task_middle():  # type: ignore[no-untyped-def]
            source, target = self.folder / "source", self.folder / "middle"
            return {
                "actions": [(step, ["middle", source, target])],
                "file_dep": [source],
                "targets": [target],
            }

        def task_target():  # type: ignore[no-untyped-def]
            source, target = self.folder / "middle", self.folder / "target"
            yield {
                "name": "x",
                "actions": [(step, ["target", source, target])],
                "file_dep": [source],
                "targets": [target],
                "uptodate": [config_changed(option)],
            }

        return {"task_middle": task_middle, "task_target": task_target}

    def build(self, option: str = "a") -> list[str]:
        self.runs.clear()
        build(self.tasks(option), ["target"], self.folder / ".state.json")
        return list(self.runs)


def test_only_what_changed_runs(tmp_path: Path) -> None:
    line = Line(tmp_path)
    assert line.build() == ["middle", "target"]
    assert line.build() == []
    assert line.build(option="b") == ["target"]
    (tmp_path / "source").write_text("2")
    assert line.build(option="b") == ["middle", "target"]
    (tmp_path / "target").unlink()
    assert line.build(option="b") == ["target"]


def test_a_target_that_was_altered_is_made_again(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.build()
    (tmp_path / "target").write_text("by hand")
    assert line.build() == ["target"]
    (tmp_path / "middle").write_text("by hand")
    assert line.build() == ["middle"]  # what is made of it is what it was
    assert line.build() == []


def test_quiet_when_nothing_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(tmp_path)
    line.build()
    assert capsys.readouterr().out == "  middle\n  target:x\n"
    line.build()
    assert capsys.readouterr() == ("", "")


def test_the_first_error_is_raised_as_it_is_and_what_follows_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(tmp_path)
    line.fails = True
    with pytest.raises(UserError, match=r"^middle went wrong$"):
        line.build()
    assert not (tmp_path / "target").exists()
    assert "Traceback" not in "".join(capsys.readouterr())
    line.fails = False
    assert line.build() == ["middle", "target"]
