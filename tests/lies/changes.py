"""Changes that alter a number, of `changes.toml`: each as the files of a project, with ONE for 1 or 2."""

import tomllib
from pathlib import Path

Files = dict[str, str]
PACKAGE = "code/watched/"
HEADER = """
from watched.settings import Settings
from writeup.runs.record import Findings, Trained
import numpy as np

def train(config, data, *, seed):
    return Trained({"w": np.array([float(value(config, data))])})

def evaluate(config, data, trained, *, seed):
    return Findings({"value": float(trained.weights["w"][0])})

"""
FILES = {
    "build.py": "",
    "code/watched/__init__.py": "",
    "code/watched/settings.py": """
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    size: int = 3
""",
    "code/watched/data.py": """
class Numbers:
    def __init__(self, x):
        self.x = x

def made() -> Numbers:
    return Numbers(5)
""",
    "code/watched/report.py": """
from pathlib import Path
from watched.settings import Settings
from writeup.declare import Data, Part, Report

PART = Part("part", Settings(), Data("numbers", standin="watched.data:made"), "watched.part")
REPORT = Report(root=Path(__file__).resolve().parents[2], parts=[PART])
""",
}
# A module `other` that acts when it is imported, on what the part's value is made of.
ACTED_ON = {
    "before": "import watched.other\nfrom watched import base\nfrom watched.registry import KNOWN",
    "value": "sum(f() if isinstance(f(), int) else f().go() for f in KNOWN.values())"
    " + base.weight() + base.Way().go()",
    "base": """
FACTOR = 10

def weight(x=7):
    return FACTOR

class Way:
    w = 10
    def go(self):
        return self.w
""",
    "registry": """
KNOWN = {}

def register(f):
    KNOWN[f.__name__] = f
    return f

class Base:
    def __init_subclass__(cls, **given):
        KNOWN[cls.__name__] = cls
""",
}
ACTING = "from watched import base\nfrom watched.registry import KNOWN, Base, register\n"


def files(told: Files) -> Files:
    """The files of a case."""
    if "acts" in told:
        told = {**ACTED_ON, "other": ACTING + told["acts"]}
    found = dict(FILES)
    for name, text in told.items():
        if name == "value":
            before = told.get("before", "")
            text = f"{before}\n\ndef value(config, data):\n    return {text}\n"
        if name in ("value", "part"):
            found[f"{PACKAGE}part.py"] = HEADER + text
        elif name[0] == "+":  # is added to a file
            found[name[1:]] += text
        elif name not in ("before", "acts"):
            found[name if "/" in name else f"{PACKAGE}{name}.py"] = text
    return found


_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TABLE = {name: files(told) for cases in _TOLD.values() for name, told in cases.items()}
PLAIN = frozenset(_TOLD["plain"])  # which are followed and not refused
