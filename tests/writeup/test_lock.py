"""One build at a time: the second says for whom it waits, and a killed holder's lock is free."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from writeup import lock

HOLD = """
import sys, time
from pathlib import Path
from writeup import lock
with lock.held(Path(sys.argv[1]), "build.py train"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(folder: Path, seconds: float) -> subprocess.Popen[str]:
    path = os.pathsep.join(map(str, sys.path))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_build_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with holder(tmp_path, 1.0) as process:
        begun = time.monotonic()
        with lock.held(tmp_path, "build.py report"):
            assert time.monotonic() - begun > 0.2
    assert f"waiting for build.py train (process {process.pid}" in capsys.readouterr().err


def test_a_lock_that_a_killed_build_left_is_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with holder(tmp_path, 60) as process:
        process.send_signal(signal.SIGKILL)
    with lock.held(tmp_path, "build.py report"):
        assert f"build.py train (process {process.pid}" in (said := capsys.readouterr().err)
        assert "ended early" in said and said.count("\n") == 1
    with lock.held(tmp_path, "build.py report"):
        assert capsys.readouterr().err == ""


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    for target in (tmp_path / "precious", tmp_path / "nowhere", tmp_path / lock.NAME):
        (tmp_path / "precious").write_text("all that I have", encoding="utf-8")
        (tmp_path / lock.NAME).unlink(missing_ok=True)
        (tmp_path / lock.NAME).symlink_to(target)
        with pytest.raises(OSError), lock.held(tmp_path, "build.py report"):
            pass
        assert (tmp_path / "precious").read_text(encoding="utf-8") == "all that I have"
        assert not (tmp_path / "nowhere").exists()
