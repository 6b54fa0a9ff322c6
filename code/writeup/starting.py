"""`python -m writeup init FOLDER`: a small complete report to start from, in a new or empty folder; and
`python -m writeup verify FILE`, of an archive.
"""

import contextlib
import json
import os
import shlex
import shutil
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from writeup.errors import UserError
from writeup.files import beside

STARTER = beside(__file__, "starter")
LAID_DOWN = "*", ".github/workflows/*", "code/study/*.py", "templates/*", "tests/*.py"
UNKNOWN = "WRITEUP ?= assignment3-report"  # the Makefile's line that says what pip installs as the engine


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
