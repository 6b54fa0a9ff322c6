"""Write a zip whose bytes follow from its files alone, and read one that somebody else sent.

Files stand in the order of their names, uncompressed, with one date and one permission: the same files give
the same bytes, whatever the version of zlib. A reader writes again what it has read, and so notices any bit
that differs, in a file or in the zip's own records; and nothing in such a zip is larger than the zip.
"""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from writeup.errors import UserError
from writeup.files import read_plain

LARGEST = 128 << 20  # bytes of an archive, which is read into memory
MOST, LONGEST, DEEPEST = 20_000, 240, 16  # files; characters and folders of a name
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
MODE = stat.S_IFREG | 0o644
BROKEN = zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, struct.error


def packed(files: Mapping[str, bytes]) -> bytes:
    """The zip of `files`, by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, DATE)
            member.external_attr, member.create_system = MODE << 16, 3
            archive.writestr(member, files[name])
    return buffer.getvalue()


def unpacked(path: Path) -> dict[str, bytes]:
    """The files of a zip that `packed` made; raises UserError if it is another zip or was altered.

    Nothing is written, and no member with a suspicious name or size is read.
    """
    return opened(read_plain(path, LARGEST), path)


def opened(data: bytes, path: Path) -> dict[str, bytes]:
    """The files of a zip whose bytes were read from `path`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            for problem in _problems(members, len(data)):
                raise UserError(f"{path}: {problem}")
            files = {member.filename: _read(archive, member, path) for member in members}
    except BROKEN as error:
        raise UserError(f"{path}: not a whole zip ({' '.join(str(error).split())})") from None
    if (again := packed(files)) != data:
        raise UserError(f"{path}: altered in {_where(again, data, members)}")
    return files


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    try:
        return archive.read(member)
    except zipfile.BadZipFile as error:
        raise UserError(f"{path}: {member.filename} is damaged ({error})") from None


def _problems(members: list[zipfile.ZipInfo], size: int) -> Iterator[str]:
    """Reasons not to read a zip of `size` bytes; links and the like are altered in the end, see `opened`."""
    seen: set[str] = set()
    if len(members) > MOST:
        yield f"{len(members):,} files, and at most {MOST:,} are read"
    for member in members:
        name = member.orig_filename
        if len(name) > LONGEST or name.count("/") >= DEEPEST:
            yield f"a name of {len(name):,} characters in {name.count('/'):,} folders: {name[:40]!r}..."
        if not contained(name):
            yield f"the name {name!r} leads out of the archive, or is no file's"
        if name.casefold() in seen:
            yield f"{name}: there twice, or in another case"
        if member.compress_type != zipfile.ZIP_STORED:
            yield f"{name}: compressed ({member.file_size:,} bytes declared), which this program never does"
        seen.add(name.casefold())
    if (declared := sum(member.file_size for member in members)) > size:
        yield f"{declared:,} bytes declared in a file of {size:,}"


def contained(name: str) -> bool:
    """Whether a name stays below its folder on every system."""
    parts = PurePosixPath(name).parts
    foreign = PureWindowsPath(name)
    plain = not (foreign.drive or foreign.root or "\\" in name or "\0" in name or ":" in name)
    return bool(parts) and plain and ".." not in parts and str(PurePosixPath(*parts)) == name


def _where(again: bytes, data: bytes, members: list[zipfile.ZipInfo]) -> str:
    """The first byte that differs, and the file whose record it stands in."""
    ends = min(len(again), len(data))
    offset = next((k for k in range(ends) if again[k] != data[k]), ends)
    before = [one for one in members if one.header_offset <= offset]
    near = max(before, key=lambda one: one.header_offset).filename if before else "its beginning"
    return f"byte {offset} (the record of {near}, or the index)"
