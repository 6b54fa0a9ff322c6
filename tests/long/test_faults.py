"""A few faults of each kind, as `make faults` tries them by the hundred; and what is not stood is told."""

import random
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.faults import builds, corruptions, disks, inputs, kills, project
from evidence.faults.builds import Way
from writeup.page.pdf.typeset import typeset

Projects = tuple[Path, Path, Path]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Projects]:
    """Where faults are tried, a project with an older report, and one whose report is current."""
    folder = tmp_path_factory.mktemp("faults")
    yield folder / "project", *project.prepared(folder / "project")
    shutil.rmtree(folder)


def test_a_killed_build_said_again_ends_as_one_left_alone(projects: Projects) -> None:
    root, old, whole = projects
    way = Way(kill=1.0, signal=signal.SIGKILL)
    trial = kills.killed("one", old, root, way, project.whole(old), project.whole(whole))
    assert trial and trial.wrong == "", trial


def test_builds_go_on_after_the_caller_has_typeset(projects: Projects, tmp_path: Path) -> None:
    """A fork of the caller would wait for typst's threads, which it lacks."""
    root, _, whole = projects
    source = tmp_path / "t.tex"
    source.write_text(
        "\\documentclass{article}\\title{T}\n\\begin{document}x\\end{document}", encoding="utf-8"
    )
    typeset(source, tmp_path / "t.pdf", engine="embedded")
    with project.copy(whole, root):
        (root / "report" / "report.pdf").unlink()
        built = builds.run(root)
    assert (built.status, "typeset" in built.out) == (0, True), built.said


def test_ctrl_c_is_one_line(projects: Projects) -> None:
    root, old, _ = projects
    with project.copy(old, root):
        ended = builds.run(root, Way(kill=0.4, signal=signal.SIGINT))
    assert (ended.status, ended.left) == (130, False)
    assert ended.err == "interrupted; the last good report and results are untouched\n"


DAMAGES = [
    ("a result", "flip"),
    ("weights in the cache", "cut"),
    ("the build's state", "folder"),
    ("report.md", "empty"),
]


@pytest.mark.parametrize(("kind", "way"), DAMAGES)
def test_damage_is_named_and_mended(kind: str, way: str, projects: Projects) -> None:
    root, _, whole = projects
    (damaged,) = (one for one in corruptions.KINDS if one.name == kind)
    with project.copy(whole, root):
        ways = getattr(corruptions, way), random.Random(0), project.whole(whole)
        wrong = corruptions.damaged(root, damaged, *ways)
    assert wrong == ""


def test_bad_inputs_are_answered_in_one_line(projects: Projects) -> None:
    root, _, whole = projects
    names = {
        "an unknown key",
        "a table in the title page",
        "a division by zero",
        "a value without a format",
        "a reference to nothing",
        "a declaration that raises",
        "a full standard output",
    }
    some = [one for one in inputs.cases() if one.name in names]
    assert len(some) == len(names)
    assert [one for one in inputs.tried(whole, root, some) if one.wrong] == []


def test_a_full_disk_leaves_the_last_good_report(projects: Projects) -> None:
    root, _, whole = projects
    (html,) = (
        one for one in disks.cases(whole, whole) if one.name.startswith("convert") and one.largest < 20_000
    )
    with project.copy(whole, root):
        assert disks.filled(root, html, project.whole(whole)) == ""


def test_what_is_not_stood_is_told(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    root, _, whole = projects
    unknown = next(one for one in inputs.COMMANDS if one.name == "an unknown preset")
    silent, other = replace(unknown, way=Way(words=["status"])), replace(unknown, says="something else")
    told = [one.wrong for one in inputs.tried(whole, root, [silent, other])]
    assert told[0].startswith("status 0")
    assert told[1].startswith('it says "error: unknown preset')
    run = builds.run

    def touching(root: Path, way: Way) -> builds.Outcome:
        (root / "report" / "report.pdf").write_bytes(b"worse")
        return run(root, way)

    monkeypatch.setattr(builds, "run", touching)
    assert [one.wrong for one in inputs.tried(whole, root, [unknown])] == ["results or report were touched"]
    before = project.whole(whole)
    assert kills._not_whole(whole, before, before) == ""
    assert kills._not_whole(whole, {**before, "report/report.pdf": "0"}, {}) != ""
