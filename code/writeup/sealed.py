"""Files of our own that can be made again: caches and the state of a build, each under its digest.

A damaged one is never used: it is named in one line and thrown away, and nobody has to remove it by hand.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from writeup.files import discard, write_atomically


def write(path: Path, content: Any) -> None:
    """Write plain JSON behind a line with its sha256. OSError where it cannot be written."""
    data = json.dumps(content).encode()
    write_atomically(path, _digest(data) + b"\n" + data)


def read(path: Path, again: str) -> Any:
    """What was written; None where there is nothing or what there is is not what was written.

    again: what then follows, for the line that says so: "everything is built anew".
    """
    try:
        seal, _, data = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        throw_away(path, error.strerror or str(error), again)
        return None
    if seal != _digest(data):
        throw_away(path, "its content is not what was written", again)
        return None
    return json.loads(data)


def throw_away(path: Path, why: str, again: str) -> None:
    """Say in one line what is wrong with a file of ours and what follows, and take it away."""
    print(f"{path}: damaged ({why}) and thrown away; {again}", file=sys.stderr, flush=True)
    try:
        discard(path)
    except OSError as error:
        print(f"{path}: cannot be taken away: {error.strerror or error}", file=sys.stderr, flush=True)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
