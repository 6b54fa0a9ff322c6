"""The lies that the build must stop, each planted in a fresh copy: how many are refused.

They are the tests of tests/lies; pytest runs them, and its report is counted. A test is one lie, unless it
says of how many it is.
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
    """Plant all of them: how many there are, and how many are refused by one line that names the place."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "lies.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "lie", "-o", "junit_family=xunit1"]
        command += [f"--junitxml={told}", "tests"]
        done = subprocess.run(command, cwd=report().root, capture_output=True, text=True)
        if not told.is_file():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise UserError(f"the lies cannot be planted: {' '.join(last) or 'pytest did not run'}")
        return Findings(counted(told.read_text(encoding="utf-8")))


def counted(report: str) -> dict[str, float]:
    """The sums over the tests of pytest's report (JUnit's XML)."""
    planted = refused = 0
    for case in ElementTree.fromstring(report).iter("testcase"):
        said = {one.get("name"): int(str(one.get("value"))) for one in case.iter("property")}
        failed = any(case.find(what) is not None for what in ("failure", "error", "skipped"))
        planted += said.get("planted", 1)
        refused += said.get("refused", 0 if failed else said.get("planted", 1))
    return {"planted": float(planted), "refused": float(refused)}
