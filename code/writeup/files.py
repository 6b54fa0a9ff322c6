"""The places on disk, and the one way to write to them."""

import os
import tomllib
from pathlib import Path
from typing import Any

from writeup.errors import UserError


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
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
