"""`writeup doctor`: what this machine lacks for a report, and what to do about it. It needs no library."""

import importlib.metadata
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from writeup.errors import UserError

NEEDED = {
    "make": "the verbs of a Makefile",
    "git": "commits of records, diff, adopt",
    "sh": "parts by Command",
}
OPTIONAL = {
    "latexmk": "--engine latexmk and document classes of your own: install TeX Live",
    "pdflatex": "the same",
}


def doctor() -> None:
    """Print a line for each thing that is looked at; UserError if every report needs one that is missing."""
    missing = []
    for what, there, cure in _looked_at():
        state = "ok      " if there else "without " if what in OPTIONAL else "MISSING "
        print(f"{state}{what}" + ("" if there else f": {cure}"))
        if not there and what not in OPTIONAL:
            missing.append(f"{what}: {cure}")
    if missing:
        raise UserError(f"{len(missing)} missing, the first: {missing[0]}")


def _looked_at() -> Iterator[tuple[str, bool, str]]:
    """Each thing, whether it is there, and what to do where it is missing."""
    for wanted in importlib.metadata.requires("writeup") or ():
        if "extra ==" not in wanted:
            yield _package(wanted)
    for program, what in (NEEDED | OPTIONAL).items():
        yield program, bool(shutil.which(program)), f"needed for {what}"
    cache = Path(
        os.environ.get("WRITEUP_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    )
    above = next(path for path in (cache, *cache.parents) if path.exists())
    yield f"a cache in {cache}", os.access(above, os.W_OK), "set WRITEUP_CACHE to a folder of yours"


def _package(wanted: str) -> tuple[str, bool, str]:
    """One of the engine's requirements, such as "jinja2>=3.1"."""
    name, _, least = wanted.partition(">=")
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return name, False, f"pip install '{wanted}'"
    numbers = ([int(number) for number in re.findall(r"\d+", one)[:3]] for one in (version, least))
    return f"{name} {version}", next(numbers) >= next(numbers), f"pip install -U '{wanted}'"
