"""Reading files and the one way to write them.

Caches and the state of a build are files that can be made again: JSON behind its sha256. A damaged one is
never used but named in one line and removed, so that nobody has to remove it by hand.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys
import time
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

from writeup.errors import UserError

ASIDE = ".tmp"  # ends the name of a file that is still being written


def beside(file: str, name: str) -> Path:
    """The path of `name`, seen from the module `file`: `beside(__file__, "../../data/reference.toml")`.

    The tracer of identities knows this call: the content of the file counts where a constant made of it does.
    It refuses any other use of `__file__`.
    """
    return Path(file).parent / name


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, whatever the locale is; raises UserError if it is something else."""
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin with a byte-order mark
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a file, at most so many; UserError, before anything is opened, if it is no plain file."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise UserError(f"{path}: no plain file but a folder, a link, a pipe or a device")
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > most:
        raise UserError(f"{path}: more than {most:,} bytes, which is as much as is read")
    return data


def refuse_links(root: Path, folder: Path) -> None:
    """UserError names a link below `folder`, or one that leads there from `root`: what is written to it would
    lie elsewhere.
    """
    way = [one for one in (folder, *folder.parents) if root in one.parents]
    below = (Path(place, name) for place, *names in os.walk(folder) for name in chain(*names))
    for path in (*way, *below):
        if path.is_symlink():
            raise UserError(f"{path}: a link, and what is made goes to files; put the folder in its place")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary; raises UserError with line and reason if it cannot be read."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {error}") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part of it.

    The file and its name are on the disk when this returns. An empty folder of that name is removed. Raises
    OSError if there is no room or no permission; the old file then stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # random, because threads, and machines that share a folder, may have the same process id
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{ASIDE}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            path.rmdir()
        os.replace(temporary, path)
        with contextlib.suppress(OSError):  # a folder holds the name; some cannot be flushed
            descriptor = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:  # may name the temporary file, which means nothing to a reader
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path, older: float) -> None:
    """Remove temporary files below `folder` that killed processes left, if they are `older` (seconds).

    If other processes write there at the same time, `older` must be longer than a write takes.
    """
    for path in folder.rglob(f".*{ASIDE}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime >= older:
                path.unlink()


def discard(path: Path) -> None:
    """Remove a file of ours that can be made again, or whatever stands in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_checked(path: Path, content: Any) -> None:
    """Write plain JSON behind a line with its sha256; raises OSError if it cannot be written."""
    data = json.dumps(content).encode()
    write_atomically(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def read_checked(path: Path, again: str) -> Any:
    """What `write_checked` wrote; None if the file is missing or damaged.

    again: what follows from damage, for the line that says so: "everything is built anew".
    """
    try:
        seal, _, data = path.read_bytes().partition(b"\n")
        if seal == hashlib.sha256(data).hexdigest().encode():
            return json.loads(data)
        why = "its content is not what was written"
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or str(error)
    throw_away(path, why, again)
    return None


def throw_away(path: Path, why: str, again: str) -> None:
    """Remove a damaged file of ours, or what stands in its place; print what is wrong and what follows."""
    print(f"{path}: damaged ({why}) and thrown away; {again}", file=sys.stderr, flush=True)
    try:
        discard(path)
    except OSError as error:
        print(f"{path}: cannot be removed: {error.strerror or error}", file=sys.stderr, flush=True)
