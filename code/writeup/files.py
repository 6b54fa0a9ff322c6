"""The places on disk, and the one way to write to them."""

import contextlib
import os
import secrets
import shutil
import time
import tomllib
from pathlib import Path
from typing import Any

from writeup.errors import UserError

ASIDE = ".tmp"  # ends the name under which a file is written before it gets its own


def beside(file: str, name: str) -> Path:
    """The path of `name` beside the module `file`: `beside(__file__, "reference.toml")`.

    The tracer of identities knows this call, so that the file's content counts where the constant made of it
    does. Any other use of `__file__` is refused there.
    """
    return Path(file).with_name(name)


def read_text(path: Path) -> str:
    """The text of a file of ours: UTF-8 whatever the locale says. UserError where it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary; UserError with line and reason where it cannot be read."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {error}") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part of it.

    It is on the disk when this returns, its name too. An empty folder of that name gives way. OSError where
    there is no room or no permission; what was there then stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # of this write's own: threads and machines that share a folder may have the same number of process
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{ASIDE}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            path.rmdir()
        os.replace(temporary, path)
        _flush_names(path.parent)
    except OSError as error:  # of a full disk, or of the name aside, which nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)


def _flush_names(folder: Path) -> None:
    """A rename is on the disk when its folder is, where the file system can flush one."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path, older: float) -> None:
    """Remove what writers that were killed left aside below `folder`, if it is `older` than so many seconds.

    In a folder in which others write meanwhile, `older` is longer than a write takes.
    """
    for path in folder.rglob(f".*{ASIDE}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime >= older:
                path.unlink()


def discard(path: Path) -> None:
    """Take away a file of ours that can be made again, or whatever stands in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
