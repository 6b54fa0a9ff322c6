"""The lies that the build must stop, each planted in a fresh copy: how many are refused.

They are the tests of tests/lies; pytest runs them, and its report is counted. A test is one lie, unless it
says of how many it is.
"""

import importlib.util
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from writeup.bench.setting import Setting
from writeup.errors import UserError
from writeup.runs.record import Findings


def measure(setting: Setting) -> Findings:
    """Plant all of them: how many there are, and how many are refused by one line that names the place."""
    spec = importlib.util.find_spec("assignment3")
    assert spec is not None and spec.origin is not None
    root = Path(spec.origin).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "lies.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "lie", "-o", "junit_family=xunit1"]
        command += [f"--junitxml={report}", "tests"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if not report.is_file():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise UserError(f"the lies cannot be planted: {' '.join(last) or 'pytest did not run'}")
        return Findings(counted(report.read_text(encoding="utf-8")))


def counted(report: str) -> dict[str, float]:
    """The sums over the tests of pytest's report (JUnit's XML)."""
    planted = refused = 0
    for case in ElementTree.fromstring(report).iter("testcase"):
        said = {one.get("name"): int(str(one.get("value"))) for one in case.iter("property")}
        failed = any(case.find(what) is not None for what in ("failure", "error", "skipped"))
        planted += said.get("planted", 1)
        refused += said.get("refused", 0 if failed else said.get("planted", 1))
    return {"planted": float(planted), "refused": float(refused)}
