"""Find a data set: in the folder given (`--data-dir`), else in the cache, else downloaded to it.

What a data set's files look like, and how they are verified, its own module says in a `Source`.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from writeup.data.archives import Damaged
from writeup.data.fetch import Remote, cache_dir, fetch
from writeup.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Source(Generic[T]):
    """Where a data set comes from and what it must be. `find` and `check` raise Damaged, of one line."""

    name: str
    remotes: Sequence[Remote]  # the files that `find` needs, as they are placed in the cache
    find: Callable[[Path], T | None]  # reads and verifies what lies in a folder; None if nothing does
    check: Callable[[Path, str], object]  # verifies one downloaded file; the text names it in messages
    digest: Callable[[T], str]  # sha256 of the content
    describe: Callable[[T], str]  # how much there is of it, in a few words


def obtain(source: Source[T], data_dir: Path | None = None) -> tuple[T, Path]:
    """The data set, verified, and the folder it was found in.

    Raises UserError naming the file that is missing, truncated, altered or cannot be downloaded.
    """
    if data_dir is not None and not data_dir.is_dir():
        raise UserError(f"--data-dir {data_dir}: no such folder")
    try:
        if data_dir is not None and (found := source.find(data_dir)) is not None:
            return found, data_dir
    except Damaged as error:
        hint = "replace it, or leave --data-dir DIR out: `make data` then downloads the file"
        raise UserError(f"{error}; {hint}") from None
    cache = cache_dir()
    with contextlib.suppress(Damaged):  # a damaged file in our own cache is fetched again
        if (found := source.find(cache)) is not None:
            return found, cache
    try:
        for remote in source.remotes:
            fetch(remote, cache, source.check)
        found = source.find(cache)
    except UserError as error:
        raise UserError(f"{source.name} is not in {data_dir}; {error}" if data_dir else str(error)) from None
    except Damaged as error:  # placed there by hand beside the download, and looked at before it
        raise UserError(f"{error}; delete it, the download beside it is whole") from None
    assert found is not None, f"{cache}: the downloads are not where they are looked for"
    return found, cache


def obtain_all(sources: Sequence[Source[Any]], data_dir: Path | None = None) -> list[str]:
    """Make sure that all are there and verified; a line for each says what, its sha256 and where."""
    found = [(source, *obtain(source, data_dir)) for source in sources]
    rows = [(one.name, one.describe(data), one.digest(data), place) for one, data, place in found]
    name_width = max((len(name) for name, *_ in rows), default=0)
    what_width = max((len(what) for _, what, *_ in rows), default=0)
    return [
        f"{name:<{name_width}}  {what:<{what_width}}  sha256 {digest}  from {place}"
        for name, what, digest, place in rows
    ]
