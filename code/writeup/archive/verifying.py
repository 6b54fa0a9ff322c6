"""`python -m writeup verify FILE`: check an archive and print what is found, line by line."""

from collections.abc import Sequence
from pathlib import Path

from writeup.archive import again, checking, contents
from writeup.archive.checking import Archive


def verify(path: Path, runs: Sequence[str], *, render: bool, data_dir: str | None) -> None:
    """Print each check that passes; raises UserError for the first that fails.

    Code of the archive runs only if `render` or `runs` ask for it.
    """
    archive = checking.read(path)
    size = f"{len(archive.files)} files, {sum(map(len, archive.files.values())) / 1e6:.1f} MB"
    print(f"{path}: {size}, each with its checksum; none is missing, none is extra")
    print(f"  {checking.results(archive)} recorded results, sealed and whole")
    print(f"  of commit {archive.about.commit}; {_engine(archive)}", flush=True)
    if render or runs:
        print("  now the code in the archive is run", flush=True)
    if render:
        for line in again.render(archive):
            print(f"  {line}", flush=True)
    if runs:
        again.compute(archive, runs, data_dir)
    if not render:
        made = " and ".join(Path(name).name for name in archive.about.made[:2])
        print(f"  not rendered again: {made}; --render does it, and runs the code in the archive")


def _engine(archive: Archive) -> str:
    """Whether the engine that made the archive is the one that runs here."""
    within = any(name.startswith(contents.ENGINE) for name in archive.files)
    there = contents.engine(archive.files) if within else archive.about.engine
    same = there == contents.engine()
    return (
        f"the engine {'in it' if within else 'it asks for'} is {'the one' if same else 'another than'} here"
    )
