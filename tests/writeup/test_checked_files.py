"""What is kept is read as it was written, or is named and thrown away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from writeup import files
from writeup.files import write_atomically


def _bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)


def _folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


DAMAGES: list[Callable[[Path], object]] = [
    _bit,
    _folder,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:-1]),
    lambda path: path.write_text('{"a": 2}'),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_thrown_away(
    damage: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kept.json"
    assert files.read_checked(path, "") is None
    files.write_checked(path, {"a": [1, "é"]})
    assert files.read_checked(path, "") == {"a": [1, "é"]}
    damage(path)
    assert files.read_checked(path, "all is made anew") is None
    said = capsys.readouterr().err
    assert (
        said.startswith(f"{path}: damaged (")
        and said.endswith("; all is made anew\n")
        and said.count("\n") == 1
    )
    assert not path.exists()


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
