"""`writeup doctor`: what this machine lacks for a report, and what to do about it. It needs no library."""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from writeup.errors import UserError

LEAST_PYTHON = 3, 11
PROGRAMS = {
    "make": "the verbs of a Makefile",
    "git": "commits of records, diff, adopt",
    "sh": "parts by Command",
}
OPTIONAL = {
    "latexmk": "--engine latexmk and document classes of your own: install TeX Live",
    "pdflatex": "the same",
}


@dataclass(frozen=True)
class Finding:
    """Something that a report needs. cure: what to do where it is missing. needed: by every report."""

    what: str
    there: bool
    cure: str
    needed: bool = True

    def line(self) -> str:
        """What a person reads of it."""
        state = "ok      " if self.there else "MISSING " if self.needed else "without "
        return state + self.what + ("" if self.there else f": {self.cure}")


def findings() -> Iterator[Finding]:
    """All that is looked at."""
    least = ".".join(map(str, LEAST_PYTHON))
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(f"Python {python}", sys.version_info >= LEAST_PYTHON, f"take {least} or later")
    for wanted in importlib.metadata.requires("writeup") or ():
        if "extra ==" not in wanted:
            yield _package(wanted)
    for program, cure in (PROGRAMS | OPTIONAL).items():
        yield Finding(program, bool(shutil.which(program)), f"needed for {cure}", program in PROGRAMS)
    cache = Path(
        os.environ.get("WRITEUP_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    )
    above = next(path for path in (cache, *cache.parents) if path.exists())
    yield Finding(f"a cache in {cache}", os.access(above, os.W_OK), "set WRITEUP_CACHE to a folder of yours")


def _package(wanted: str) -> Finding:
    """One of the engine's requirements, such as "jinja2>=3.1"."""
    name, _, least = wanted.partition(">=")
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, f"pip install '{wanted}'")
    return Finding(f"{name} {version}", _numbers(version) >= _numbers(least), f"pip install -U '{wanted}'")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def doctor() -> None:
    """Print a line for each; UserError if a report needs what is missing."""
    found = list(findings())
    for one in found:
        print(one.line())
    if missing := [one for one in found if one.needed and not one.there]:
        raise UserError(f"{len(missing)} missing, the first: {missing[0].what}: {missing[0].cure}")
