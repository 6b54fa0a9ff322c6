"""Read files that may be missing, truncated or altered: each fault is a Damaged of one line.

`where` is the name under which a file appears in messages: its path, or the address it was downloaded from.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

MAX_FILE = 64 << 20  # bytes read of one file, after decompression: whatever it claims, it fills no memory


class Damaged(Exception):
    """A file is not what it should be: where it lies, what was expected, what was found."""


def first_file(*paths: Path) -> Path | None:
    """The first of the paths that is a file."""
    return next((path for path in paths if path.is_file()), None)


def read(path: Path, where: str) -> bytes:
    """The file's content; decompressed if its name ends in .gz."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE)
    except FileNotFoundError:
        raise Damaged(f"{where}: missing") from None
    except OSError as error:
        raise Damaged(f"{where}: cannot be read, {error.strerror}") from None
    if path.suffix != ".gz":
        return data
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_FILE)
    except (OSError, EOFError, zlib.error):
        raise Damaged(f"{where}: not a complete gzip file, {len(data):,} bytes") from None


def read_folder(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The named files below `folder`."""
    _complain_of([name for name in names if not (folder / name).is_file()], str(folder))
    return {name: read(folder / name, str(folder / name)) for name in names}


def read_zip(path: Path, where: str, folder: str, names: Sequence[str]) -> dict[str, bytes]:
    """The members `name` or `folder/name` of a zip, in memory: nothing is extracted, no path escapes."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.removeprefix(f"{folder}/"): member for member in archive.namelist()}
            _complain_of([name for name in names if name not in members], where)
            contents = {}
            for name in names:
                with archive.open(members[name]) as member:
                    contents[name] = member.read(MAX_FILE)  # whatever size its header claims
            return contents
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise Damaged(f"{where}: not a complete zip archive, {path.stat().st_size:,} bytes") from None


def _complain_of(missing: Sequence[str], where: str) -> None:
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise Damaged(f"{where}: missing {', '.join(missing[:3])}{more}")
