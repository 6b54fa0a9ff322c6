"""How far a training is, as a person sees it: on a terminal, without one, and quietly."""

import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.conftest import edit
from tests.writeup.conftest import Project

import writeup
from writeup.runs import progress

pytest.importorskip("torch")
STEPS = "    for _ in range(config.steps):\n        path"
SHOWN = """    with progress("descent", config.steps) as tick:
      for _ in range(config.steps):
        time.sleep(0.002)
        tick(float(np.sum(path[-1] ** 2)))
        path"""
WORDS = [sys.executable, "build.py", "report", "--only", "descent", "--seeds", "2", "--jobs", "2"]
FORMS = ["report/report-descent.pdf", "report/report-descent.html", "report/report-descent.md"]


@pytest.fixture(scope="module")
def project(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Its training says how far it is, and may import torch for that."""
    root = shutil.copytree(built.root, tmp_path_factory.mktemp("live") / "project")
    code = root / "code" / "study" / "experiment.py"
    edit(code, STEPS, SHOWN)
    edit(
        code,
        "from writeup.runs.record",
        "import time\nfrom writeup.training import progress\nfrom writeup.runs.record",
    )
    environ = built.environ | {"PYTHONPATH": str(Path(writeup.__file__).parents[1]), "TERM": "xterm"}
    return Project(root, environ | {"COLUMNS": "120", "OMP_NUM_THREADS": "1"})


def on_terminal(project: Project, words: list[str]) -> str:
    """All that a terminal gets from a command that succeeds."""
    ours, theirs = pty.openpty()
    pieces: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:  # the other end is closed
            pass

    with subprocess.Popen(
        words, cwd=project.root, env=project.environ, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        reader = threading.Thread(target=read)
        reader.start()
    reader.join()
    os.close(ours)
    text = b"".join(pieces).decode()
    assert process.returncode == 0, text
    return text


def test_on_a_terminal_each_run_has_a_line_that_lives(project: Project) -> None:
    text = on_terminal(project, WORDS)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    for seed in (0, 1):
        steps = re.findall(rf"descent seed {seed}: descent.*?step (\d+)/500, loss \d", plain)
        assert len(set(steps)) > 2 and sorted(map(int, steps)) == list(map(int, steps))
    # both lines at once, written over again, with the time that is left
    assert re.search(
        r"seed 0: descent [^\n]*loss \S+ +0:00:\d\d [^\n]*\n[^\n]*seed 1: descent [^\n]*0:0", plain
    )
    assert text.count("\x1b[1A") > 2
    *_, said, pdf, _, _, note = plain.replace("\r", "").strip().split("\n")
    assert re.fullmatch(
        r"0 recorded results loaded, 2 computed \(descent seed 0, descent seed 1\); [\d.]+ s", said
    )
    assert pdf == FORMS[0] and note.startswith("note: templates/assignment.toml still says ")


def step(done: int, loss: float | None = 9.0) -> progress.Step:
    return progress.Step("cvae", done, 200, loss)


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        ({}, ["[run 1] a warning", "[run 1] cvae: 60/200 steps, goes on"]),
        ({"verbose": True}, ["[run 1] a warning", "[run 1] cvae: 60/200 steps, goes on"]),
        ({"quiet": True}, []),
    ],
)
def test_without_a_terminal_there_are_lines_or_with_quiet_none(
    options: dict[str, bool], printed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.shown(**{"quiet": False, "verbose": False, **options}) as hear:
        hear("run 1", progress.BEGUN)
        hear("run 1", "a warning")
        hear("run 1", step(60, None))
        for done in range(61, 201):
            hear("run 1", step(done))
        hear("run 1", None)
    every = 1 if "verbose" in options else 20
    steps = [f"[run 1] cvae: {done}/200 steps, loss 9" for done in range(61, 201) if done % every == 0]
    assert capsys.readouterr().err.splitlines() == printed + (steps if printed else [])


def test_steps_that_follow_each_other_too_fast_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock)
    heard: list[progress.Event] = []
    hear = progress.seldom(lambda run, event: heard.append(event))
    events = [step(0, None), "a line", *map(step, range(1, 201)), None]
    for event in events:
        clock += progress.SECONDS / 50
        hear("run 1", event)
    assert heard[:2] == events[:2] and heard[-2:] == events[-2:]  # what comes once always arrives
    assert 3 <= len(heard[2:-2]) <= 4


def test_what_is_told_inside_is_of_the_inner_run_and_lines_come_whole_from_any_thread() -> None:
    heard: list[tuple[str, progress.Event]] = []
    with progress.heard_by(lambda *what: heard.append(what)), progress.heard_by(run="gan"):
        with progress.lines_told():
            assert not sys.stderr.isatty()
            sys.stderr.write("half a ")
            thread = threading.Thread(
                target=print, args=("line\nrest",), kwargs={"end": "", "file": sys.stderr}
            )
            thread.start()
            thread.join()
        progress.tell(step(1))
    progress.tell(step(2))  # nobody hears it
    assert heard == [("gan", "half a line"), ("gan", "rest"), ("gan", step(1))]


def test_the_last_line_says_what_was_loaded_and_what_was_computed() -> None:
    names = [f"run {number}" for number in range(8)]
    assert progress.summary(names, set(), 1.26) == "8 recorded results loaded, 0 computed; 1.3 s"
    some = progress.summary(names, set(names[:5]), 1.0)
    assert some == "3 recorded results loaded, 5 computed (run 0, run 1, run 2 and 2 more); 1.0 s"
