"""`python -m writeup init FOLDER`: a small complete report to start from, in a new or empty folder; and
`python -m writeup verify FILE`, of an archive.
"""

import contextlib
import json
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from writeup import trouble
from writeup.cli import Parser
from writeup.errors import UsageError, UserError
from writeup.files import beside

USAGE = """usage: python -m writeup init FOLDER
       python -m writeup verify FILE [--render] [PART/SEED ...] [--data-dir FOLDER]

init lays down a small complete report in FOLDER, which is new or empty: an experiment with its settings and
seeds, a curve, a table, a claim, a proof, and their tests. `make report` in it builds it.

verify says whether what lies in FILE, of `build.py archive`, belongs together. It runs no code of the archive
unless it is asked to: --render renders the report again and compares it, and a run that is named, or all of a
PART, is computed again, in full."""

STARTER = beside(__file__, "starter")
LAID_DOWN = "*", ".github/workflows/*", "code/study/*.py", "templates/*", "tests/*.py"
UNKNOWN = "WRITEUP ?= assignment3-report"  # the Makefile's line that says what pip installs as the engine


def main(words: Sequence[str]) -> int:
    """Carry out the words of a command line; the exit status."""
    try:
        if not words or {"-h", "--help"} & set(words):
            print(USAGE)
            return 0
        if words[0] == "verify":
            _verify(words[1:])
            return 0
        if words[0] != "init" or len(words) != 2 or words[1].startswith("-"):
            raise UsageError(f"{shlex.join(words)}: not understood; see: python -m writeup --help")
        names = init(Path(words[1]))
        print(_told(words[1], names))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        said = str(error) if isinstance(error, UserError) else trouble.line(error)
        print(f"error: {_printable(said)}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0


def _verify(words: Sequence[str]) -> None:
    from writeup.archive import verifying

    parser = Parser(prog="python -m writeup verify", add_help=False, allow_abbrev=False)
    parser.add_argument("file", type=Path)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--data-dir")
    asked = parser.parse_intermixed_args(words)
    verifying.verify(asked.file, asked.runs, render=asked.render, data_dir=asked.data_dir)


def init(folder: Path) -> list[str]:
    """Lay down the starter in `folder` and return the names of its files. UserError where something is there.

    What cannot be finished is taken away again.
    """
    files = sorted(path for pattern in LAID_DOWN for path in STARTER.glob(pattern) if path.is_file())
    contents = {str(path.relative_to(STARTER)): path.read_bytes() for path in files}
    line = f"WRITEUP ?= {_for_make(engine())}"
    contents["Makefile"] = contents["Makefile"].replace(UNKNOWN.encode(), os.fsencode(line))
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{folder}: not empty; name a new folder or an empty one")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, content in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        except OSError:
            _empty(folder)
            raise
    except OSError as error:
        raise UserError(f"{error.filename or folder}: {error.strerror or error}") from None
    return list(contents)


def _empty(folder: Path) -> None:
    for path in list(folder.iterdir()):
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def engine() -> str:
    """What pip installs to have this engine, as words of a shell: the place it came from, or its version."""
    names = metadata.packages_distributions().get("writeup")
    if not names:  # run from its sources, not installed
        return f"--editable {shlex.quote(str(Path(__file__).resolve().parents[2]))}"
    found = list(metadata.distributions(name=names[0]))
    origin = next((text for one in found if (text := one.read_text("direct_url.json"))), None)
    return _origin(names[0], json.loads(origin)) if origin else f"{names[0]}=={found[0].version}"


def _origin(name: str, origin: dict[str, object]) -> str:
    """The words for a `direct_url.json` (PEP 610): a folder, a repository at a commit, or an archive."""
    url, vcs = str(origin["url"]), origin.get("vcs_info")
    if isinstance(vcs, dict):
        return shlex.quote(f"{name} @ {vcs['vcs']}+{url}@{vcs['commit_id']}")
    place = shlex.quote(unquote(urlsplit(url).path) if url.startswith("file:") else url)
    folder = origin.get("dir_info")
    return f"--editable {place}" if isinstance(folder, dict) and folder.get("editable") else place


def _for_make(text: str) -> str:
    return text.replace("$", "$$").replace("#", "\\#")


def _told(folder: str, names: Sequence[str]) -> str:
    """What was written, and what to type next."""
    listed = textwrap.wrap("  ".join(names), 100, break_long_words=False, break_on_hyphens=False)
    enter = [] if Path(folder) == Path() else [f"cd {shlex.quote(_printable(folder))}"]
    lines = [
        f"{_printable(folder)}: a report of its own",
        *(f"  {line}" for line in listed),
        "next:",
        *(f"  {line}" for line in enter),
        f"  make report        # once it makes .venv; or now: make report PY={shlex.quote(sys.executable)}",
        "  make test",
    ]
    return "\n".join(lines)


def _printable(text: str) -> str:
    """A name as a terminal takes it, whatever bytes it is made of."""
    return text.encode(errors="replace").decode()
