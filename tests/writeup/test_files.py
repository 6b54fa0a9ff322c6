"""Files are written whole or not at all, however many write."""

import os
import resource
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from writeup import files, steps, trouble
from writeup.declare import Data, Figure, Part, Preset, Report, Table
from writeup.errors import UserError
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


def test_links_where_a_report_goes_are_refused(request_of: Callable[..., Request], tmp_path: Path) -> None:
    root = request_of("report").report.root
    (elsewhere := tmp_path / "elsewhere").mkdir()
    files.refuse_links(root, root / "report")
    (root / "report" / "figures").mkdir(parents=True)
    files.refuse_links(root, root / "report")
    for name in ("report/results/study", "report/figures", "report"):
        (place := root / name).parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.rmtree(place)
        place.symlink_to(elsewhere)
        with pytest.raises(UserError, match=f"{name}: a link"):
            files.refuse_links(root, root / "report")
        place.unlink()


@pytest.mark.parametrize("name", ["/../../x", "../../x", "a/b", "", ".hidden", "a\nb", "x" * 101])
def test_names_that_could_lead_out_are_refused_where_they_are_declared(name: str) -> None:
    part = Part("part", None, Data("d"), "m")
    for declared in (
        lambda: Part(name, None, Data("d"), "m"),
        lambda: Figure(name, "m:draw", [part], alt="m:alt"),
        lambda: Table(name, "m:make"),
        lambda: Report(Path(), [part], presets={name: Preset()}),
        lambda: Report(Path(), [part], folder=f"../{name}"),
        lambda: Report(Path(), [part], templates=f"/{name}"),
    ):
        with pytest.raises(UserError, match="allowed: a letter, then up to 99 letters"):
            declared()


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbftitle = "a"')
    assert files.read_toml(tmp_path / "a.toml") == {"title": "a"}
