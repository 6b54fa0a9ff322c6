"""Check that the files of an archive belong together: checksums and results. Runs no code of the archive."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from writeup.archive import contents, crate, pack
from writeup.errors import UserError
from writeup.results import integrity, store


@dataclass(frozen=True)
class Archive:
    """The files of an archive, and what its metadata say."""

    path: Path
    files: Mapping[str, bytes]
    about: crate.About

    @property
    def results(self) -> list[str]:
        return [name for name in self.files if name.rpartition("/")[2] == store.FILE]


def read(path: Path) -> Archive:
    """The archive, each file verified by its checksum; a UserError names the first that fails."""
    files = pack.unpacked(path)
    for name in (contents.SUMS, crate.FILE):
        if name not in files:
            raise UserError(f"{path}: {name} is missing; `build.py archive` makes such files")
    listed = _listed(path, files[contents.SUMS])
    for name, data in files.items():
        if name != contents.SUMS and name not in listed:
            raise UserError(f"{path}: {name} is there and {contents.SUMS} does not list it")
        if name != contents.SUMS and contents.digest(data) != listed[name]:
            raise UserError(
                f"{path}: {name} is altered (sha256 {contents.digest(data)[:12]}, listed {listed[name][:12]})"
            )
    if missing := sorted(listed.keys() - files.keys()):
        raise UserError(f"{path}: {missing[0]} is missing, which {contents.SUMS} lists")
    try:
        about = crate.read(files[crate.FILE])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    _as_described(path, listed, about.files)
    return Archive(path, files, about)


def _listed(path: Path, data: bytes) -> dict[str, str]:
    """The checksums by name."""
    found = {}
    for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64 or name in found:
            raise UserError(f"{path}: {contents.SUMS}:{number}: no checksum and name of a file")
        found[name] = digest
    return found


def _as_described(path: Path, listed: Mapping[str, str], described: Mapping[str, str]) -> None:
    """Raise UserError unless the crate describes the same files as the checksums."""
    expected = {name: digest for name, digest in listed.items() if name != crate.FILE}
    for name in sorted(expected.keys() | described.keys()):
        if expected.get(name) != described.get(name):
            raise UserError(f"{path}: {crate.FILE} and {contents.SUMS} do not agree on {name}")


def results(archive: Archive) -> int:
    """The number of recorded results, each sealed, whole, under its own name, and no copy of another.

    Raises UserError if one is not, or if a file among them belongs to no result.
    """
    with laid_out(archive, made=False) as folder:
        places = [folder / Path(name).parent for name in archive.results]
        try:
            integrity.load_checked(places, {})
        except UserError as error:
            raise UserError(f"{archive.path}: {str(error).replace(f'{folder}/', '')}") from None
        own = {path for place in places for path in contents.result_files(place / store.FILE)}
        for name in archive.files:
            if "/results/" in f"/{name}" and name.startswith("report/") and folder / name not in own:
                raise UserError(f"{archive.path}: {name} belongs to no recorded result")
    return len(places)


@contextlib.contextmanager
def laid_out(archive: Archive, *, made: bool) -> Iterator[Path]:
    """The files in a temporary folder; PDF, HTML and Markdown only if `made`."""
    with tempfile.TemporaryDirectory(prefix="writeup-verify-") as name:
        folder = Path(name).resolve()
        for name, data in archive.files.items():
            if made or name not in archive.about.made:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
        yield folder
