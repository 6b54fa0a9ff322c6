import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.graph import Step, make


class Line:
    """source -> middle -> target, noting which steps run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs, self.fails = folder, [], ""
        (folder / "source").write_text("1")

    def steps(self, option: str = "a") -> Iterator[Step]:
        def step(name: str, source: Path, target: Path) -> None:
            if self.fails == name:
                raise UserError(f"{name} went wrong")
            self.runs.append(name)
            target.write_text(source.read_text(encoding="utf-8") + name, encoding="utf-8")

        source, middle, target = (self.folder / name for name in ("source", "middle", "target"))
        yield Step("middle", partial(step, "middle", source, middle), [source], [middle])
        yield Step("target", partial(step, "target", middle, target), [middle], [target], {"option": option})

    def build(self, option: str = "a", *, explain: bool = False) -> list[str]:
        self.runs.clear()
        make(self.steps(option), self.folder / ".state.json", explain=explain)
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
    assert capsys.readouterr().out == "  middle\n  target\n"
    line.build()
    assert capsys.readouterr() == ("", "")


def test_it_says_why_a_step_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(tmp_path)
    line.build(explain=True)
    said = capsys.readouterr().out
    assert said == "  middle\n      middle: missing\n  target\n      target: missing\n"
    (tmp_path / "source").write_text("2")
    (tmp_path / "target").write_text("by hand")
    line.build(option="b", explain=True)
    why = ["target: altered since it was made", "option: a -> b", "file middle: changed"]
    said = capsys.readouterr().out
    assert said == "\n      ".join(["  middle", "file source: changed\n  target", *why]) + "\n"


def test_a_record_may_decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs: list[str] = []
    steps = [
        Step("held", partial(runs.append, "held"), current=True),
        Step("gone", partial(runs.append, "gone"), current=False, note="the record is damaged"),
    ]
    for _ in range(2):
        make(steps, tmp_path / "state")
    assert runs == ["gone", "gone"]
    assert capsys.readouterr().out == 2 * "  gone\n      the record is damaged\n"


def test_the_first_error_is_raised_as_it_is_and_what_follows_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(tmp_path)
    line.fails = "target"
    with pytest.raises(UserError, match=r"^target went wrong$"):
        line.build()
    assert not (tmp_path / "target").exists()
    line.fails = "middle"
    (tmp_path / "source").write_text("2")
    with pytest.raises(UserError, match=r"^middle went wrong$"):
        line.build()
    assert "Traceback" not in "".join(capsys.readouterr())
    (tmp_path / "source").write_text("1")
    line.fails = ""
    assert line.build() == ["target"]  # the first was finished before the second failed


def test_a_damaged_state_is_thrown_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(tmp_path)
    line.build()
    state = tmp_path / ".state.json"
    state.write_text(json.dumps({"middle": {}}))
    assert line.build() == ["middle", "target"] and line.build() == []
    assert capsys.readouterr().err.count("everything is built anew") == 1


def test_steps_that_run_elsewhere_run_side_by_side(tmp_path: Path) -> None:
    meet = threading.Barrier(2, timeout=20)  # both are under way at once, or this breaks
    paths = [tmp_path / name for name in "ab"]

    def write(path: Path) -> None:
        meet.wait()
        path.touch()

    steps = [Step(path.name, partial(write, path), makes=[path]) for path in paths]
    with ThreadPoolExecutor(2) as pool:
        make(steps, tmp_path / "state", submit=pool.submit)
    make(steps, tmp_path / "state")  # nothing is left to do: the barrier would break
    assert all(path.is_file() for path in paths)
