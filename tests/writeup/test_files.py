"""Files are written whole or not at all, however many write."""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from writeup import steps, trouble
from writeup.files import write_atomically
from writeup.request import Request
from writeup.runs import weights


def test_two_who_write_one_file_at_once_leave_it_whole(tmp_path: Path) -> None:
    """As threads of a Dask worker do, or machines that share a folder, that were given the same run twice."""
    path = tmp_path / "weights"
    contents = [bytes([n]) * 300_000 for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_atomically(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OSError) as error:
            write_atomically(tmp_path / "weights", bytes(11))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert trouble.line(error.value).startswith(f"{tmp_path / 'weights'}: File too large; make room")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_aside_is_taken_away(
    request_of: Callable[..., Request], toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (toy / "report" / "results", weights.folder()):
        folder.mkdir(parents=True)
        for name in (".old.1a.tmp", ".new.1b.tmp", "old.txt"):
            (folder / name).touch()
            if "old" in name:
                os.utime(folder / name, (time.time() - 2 * steps.HOUR,) * 2)
    monkeypatch.setattr(steps, "Build", lambda request: pytest.skip("far enough"))
    with pytest.raises(pytest.skip.Exception, match="far enough"):
        steps.report(request_of("report"))
    for folder in (toy / "report" / "results", weights.folder()):
        assert sorted(path.name for path in folder.iterdir()) == [".new.1b.tmp", "old.txt"]
