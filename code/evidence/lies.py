"""What a hand may do to a report and its code, planted in fresh copies: how much of it is refused or noticed.

These are tests of tests/lies and of those marked like them; pytest runs them, and its report is counted. A
test is one lie or one change, unless it says of how many it is.
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from evidence.homework import report
from evidence.settings import Lies, train
from writeup.errors import UserError
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"


def evaluate(config: Lies, data: None, trained: Trained, *, seed: int) -> Findings:
    """Plant all of a kind. Of lies: how many there are, how many are refused by one line that names the
    place, and how many more no list of words knows. Of changes that alter a number: how many go unnoticed.
    """
    found = counted(_tested(config.marked))
    if config.marked == "lie":
        return Findings(found)
    return Findings({"changed": found["planted"], "unnoticed": found["planted"] - found["refused"]})


def _tested(marker: str) -> str:
    """pytest's report (JUnit's XML) of the tests with a marker."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", marker, "-o", "junit_family=xunit1"]
        command += [f"--junitxml={told}", "tests"]
        done = subprocess.run(command, cwd=report().root, capture_output=True, text=True)
        if not told.is_file():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise UserError(f"the tests cannot be run: {' '.join(last) or 'pytest did not start'}")
        return told.read_text(encoding="utf-8")


def counted(report: str) -> dict[str, float]:
    """The sums over the tests of a report."""
    planted = refused = missed = 0
    for case in ElementTree.fromstring(report).iter("testcase"):
        said = {one.get("name"): int(str(one.get("value"))) for one in case.iter("property")}
        failed = any(case.find(what) is not None for what in ("failure", "error", "skipped"))
        planted += said.get("planted", 1)
        refused += said.get("refused", 0 if failed else said.get("planted", 1))
        missed += said.get("missed", 0)
    return {"planted": float(planted), "refused": float(refused), "missed": float(missed)}
