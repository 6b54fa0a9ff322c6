"""What earlier versions of the report took for the assignment's data is spoken of nowhere."""

import re
from pathlib import Path

import pytest

from assignment3.report import REPORT

LEFT = re.compile("ss" + r"t[-_ ]?2|stanford" + r" sentiment|treeb" + "ank", re.IGNORECASE)
PLACES = (
    "code",
    "templates",
    "tests",
    "README.md",
    "CONTRIBUTING.md",
    "Makefile",
    "build.py",
    "pyproject.toml",
)


def texts(place: str) -> list[Path]:
    root = REPORT.root / place
    found = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
    return [path for path in found if "__pycache__" not in path.parts and path.parent.suffix != ".egg-info"]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_speaks_of_the_other_data(place: str) -> None:
    found = []
    for path in texts(place):
        name = path.relative_to(REPORT.root).as_posix()
        if LEFT.search(name) or LEFT.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(name)
    assert found == []


@pytest.mark.parametrize("text", ["SS" + "T-2", "ss" + "t2.py", "Stanford" + " Sentiment", "Treeb" + "ank"])
def test_what_is_looked_for_would_be_found(text: str) -> None:
    assert LEFT.search(f"the phrases of {text} are")
