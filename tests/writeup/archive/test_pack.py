"""A zip from somebody else: what is wrong with it is one line, and nothing of it is written or executed."""

import io
import random
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup.archive import pack
from writeup.errors import UserError

FILES = {"a.txt": b"first", "code/b.py": b"print()", "report/umlaut-ä.md": "ä".encode()}


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        pack.unpacked(path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def test_what_is_packed_is_unpacked_and_other_programs_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(pack.packed(FILES))
    assert pack.unpacked(tmp_path / "a.zip") == FILES
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None and archive.namelist() == sorted(FILES)


def test_the_bytes_follow_from_the_files_alone() -> None:
    assert pack.packed(FILES) == pack.packed(dict(reversed(FILES.items())))
    assert pack.packed(FILES) != pack.packed(FILES | {"a.txt": b"First"})


def test_every_flipped_bit_is_refused_in_one_line(tmp_path: Path) -> None:
    data = pack.packed(FILES)
    for bit in random.Random(0).sample(range(8 * len(data)), 600):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(tmp_path / "a.zip", bytes(flipped))


def test_a_flipped_bit_names_its_file(tmp_path: Path) -> None:
    data = pack.packed(FILES).replace(b"print()", b"print(9")
    assert refused(tmp_path / "a.zip", data).startswith("code/b.py is damaged")


@pytest.mark.parametrize(
    "name", ["../up", "/etc/x", "a/../../up", "C:\\x", "\\\\host\\x", "c:x", "a//b", "./a"]
)
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    said = refused(tmp_path / "a.zip", pack.packed({name: b""}))
    assert said == f"the name {name!r} leads out of the archive, or is no file's"


@pytest.mark.parametrize("name", ["a/" * 2000 + "b", "a" * 300, "/".join("abcdefghijklmnopqrs")])
def test_a_name_has_a_bound(name: str, tmp_path: Path) -> None:
    assert refused(tmp_path / "a.zip", pack.packed({name: b""})).startswith("a name of ")


def written(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        change(archive)
    return buffer.getvalue()


def link(archive: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo("link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, "/etc/passwd")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (link, "altered in byte"),
        (lambda a: a.mkdir("folder"), "the name 'folder/' leads out of the archive, or is no file's"),
        (
            lambda a: a.writestr("bomb", bytes(50 << 20), zipfile.ZIP_DEFLATED),
            "bomb: compressed (52,428,800 bytes",
        ),
        (lambda a: [a.writestr(name, "") for name in ("a", "A")], "A: there twice, or in another case"),
        (lambda a: a.writestr("a", "of another program"), "altered in byte"),
    ],
)
def test_what_this_program_does_not_write_is_refused(
    change: Callable[[zipfile.ZipFile], None], said: str, tmp_path: Path
) -> None:
    assert refused(tmp_path / "a.zip", written(change)).startswith(said)


def test_files_that_overlap_declare_more_than_there_is(tmp_path: Path) -> None:
    """The bomb that needs no compression: many entries of the index that mean the same bytes."""
    data = pack.packed({"a": bytes(1000), "b": bytes(1000), "c": bytes(1000)})
    start = data.index(b"PK\x01\x02")
    index = bytearray(data[start:])
    first = data.index(b"b", data.index(b"PK\x03\x04", 4)) - 30
    for place in range(0, 3 * 47, 47):
        index[place + 42 : place + 46] = bytes(4)
    shrunk = data[:first] + bytes(index)
    end = shrunk.rindex(b"PK\x05\x06")
    whole = shrunk[: end + 16] + first.to_bytes(4, "little") + shrunk[end + 20 :]
    assert refused(tmp_path / "a.zip", whole) == f"3,000 bytes declared in a file of {len(whole):,}"


@pytest.mark.parametrize("data", [b"", b"no zip", pack.packed(FILES)[:-9], b"x" + pack.packed(FILES)])
def test_what_is_no_whole_zip_is_refused(data: bytes, tmp_path: Path) -> None:
    refused(tmp_path / "a.zip", data)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        pack.unpacked(tmp_path / "none.zip")
