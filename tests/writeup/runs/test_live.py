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
from writeup.runs import live, parallel

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


def say(word: str) -> str:
    print(word, "said", file=sys.stderr)
    return word


@pytest.mark.parametrize("quiet", [False, True])
def test_without_a_terminal_there_are_lines_or_with_quiet_none(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with live.said(quiet=quiet), live.shown(quiet=quiet, verbose=False):
        print(*parallel.unordered(say, [("a",)], jobs=1))
    found = capsys.readouterr()
    assert (found.err, found.out) == (("", "") if quiet else ("a said\n", "a\n"))


def test_without_a_terminal_a_training_says_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    hear = live._by_tenths()
    lines = ["begins", *(f"[cvae 0] cvae: {step}/200 steps, loss 9" for step in range(1, 201)), "ends"]
    for line in lines:
        hear((), line)
    said = capsys.readouterr().err.splitlines()
    assert said == [lines[0], *lines[20:201:20], lines[-1]]


def test_the_last_line_says_what_was_loaded_and_what_was_computed(request: pytest.FixtureRequest) -> None:
    runs = request.getfixturevalue("build_of")("--seeds", "3").runs
    names = [run.name for run in runs]
    assert live.summary(runs, set(), 1.26) == f"{len(names)} recorded results loaded, 0 computed; 1.3 s"
    some = live.summary(runs, set(names[:5]), 1.0)
    assert some.startswith(f"{len(names) - 5} recorded results loaded, 5 computed ({names[0]}, ")
    assert some.endswith(" and 2 more); 1.0 s")
