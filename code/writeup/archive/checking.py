"""Check that the files of an archive belong together, and lay them out. Runs no code of the archive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from writeup.archive import contents, crate, pack
from writeup.errors import UserError
from writeup.results import integrity, store


@dataclass(frozen=True)
class Laid:
    """An archive that was checked: its files lie in `folder`, PDF, HTML and Markdown (`forms`) apart from the
    rest. results: the folders of its results.
    """

    path: Path
    folder: Path
    about: crate.About
    forms: tuple[str, ...]
    results: tuple[str, ...]

    @property
    def project(self) -> Path:
        return self.folder / "project"


def checked(path: Path, folder: Path) -> tuple[Laid, list[str]]:
    """Check an archive and lay it out in an empty folder; with a line on each check that it passes.

    Raises UserError with the first that it fails: a file that is altered, missing, extra or in no place for
    one, a result that is not sealed, whole, under its own name, or a copy of another, a report that is not
    there as PDF, HTML and Markdown.
    """
    files = pack.unpacked(path)
    about = _about(path, files)
    results = tuple(name.rpartition("/")[0] for name in files if name.rpartition("/")[2] == store.FILE)
    project = folder / "project"
    places = [project / one for one in results]
    for name, data in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(data)
    try:
        integrity.load_checked(places, {})
    except UserError as error:
        raise UserError(f"{path}: {str(error).replace(f'{project}/', '')}") from None
    own = {file for place in places for file in contents.result_files(place / store.FILE)}
    forms = _forms(path, files, {file.relative_to(project).as_posix() for file in own})
    for name in forms:
        target = folder / "made" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (project / name).rename(target)
    size = f"{len(files):,} files, {sum(map(len, files.values())) / 1e6:.1f} MB"
    within = any(name.startswith(contents.ENGINE) for name in files)
    same = (contents.engine(files) if within else about.engine) == contents.engine()
    return Laid(path, folder, about, forms, results), [
        f"{path}: {size}, each with its checksum; none is missing, none is extra",
        f"{len(results)} recorded results, sealed and whole",
        f"of commit {about.commit}; the engine {'in it' if within else 'it asks for'} is "
        f"{'the one' if same else 'another than'} here",
    ]


def _about(path: Path, files: Mapping[str, bytes]) -> crate.About:
    """What the crate says, once each file has its checksum."""
    for name in (contents.SUMS, crate.FILE):
        if name not in files:
            raise UserError(f"{path}: {name} is missing; `build.py archive` makes such files")
    listed = _listed(path, files[contents.SUMS])
    for name in sorted(files.keys() - {contents.SUMS}):
        if name not in listed:
            raise UserError(f"{path}: {name} is there and {contents.SUMS} does not list it")
        if (found := contents.digest(files[name])) != listed[name]:
            raise UserError(f"{path}: {name} is altered (sha256 {found[:12]}, listed {listed[name][:12]})")
    if missing := sorted(listed.keys() - files.keys()):
        raise UserError(f"{path}: {missing[0]} is missing, which {contents.SUMS} lists")
    try:
        return crate.read(files[crate.FILE])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _listed(path: Path, data: bytes) -> dict[str, str]:
    """The checksums by name."""
    found = {}
    for number, line in enumerate(data.decode(errors="replace").split("\n")[:-1], 1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64 or name in found:
            raise UserError(f"{path}: {contents.SUMS}:{number}: no checksum and name of a file")
        found[name] = digest
    return found


def _forms(path: Path, files: Iterable[str], own: set[str]) -> tuple[str, ...]:
    """The report in its forms. own: the files of results. Whatever else could pass for a page is refused."""
    plain = {*contents.ROOT_FILES, contents.SUMS, contents.VERSIONS, crate.FILE} | own
    rest = [one for one in files if one not in plain and one.partition("/")[0] not in contents.FOLDERS]
    for name in rest:
        if "results" in name.split("/"):
            raise UserError(f"{path}: {name} belongs to no recorded result")
        if name.startswith(".") or "/." in name:
            raise UserError(f"{path}: {name} is hidden, and no file of a project")
    pages = sorted(one for one in rest if Path(one).suffix.lower() in contents.MADE)
    named = [pages[0].rpartition(".")[0] + suffix for suffix in contents.MADE] if pages else []
    forms = tuple(name for name in named if name in pages)  # those that its declaration says: see `again`
    if not pages or set(forms) != set(pages):
        made = ", ".join(contents.MADE)
        raise UserError(
            f"{path}: holds {', '.join(pages) or 'no page'}, and should hold one report as {made}"
        )
    return forms
