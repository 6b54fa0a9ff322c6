"""The archives that mean harm are what they are called, and an answer that is none is told."""

from pathlib import Path

import pytest

from evidence import archives
from evidence.archives import Case


@pytest.mark.parametrize(
    ("status", "out", "err", "wrong"),
    [
        (1, "", "error: a line\n", ""),
        (0, "fine\n", "", "status 0: fine\n"),
        (1, "", "error: a\nerror: b\n", "status 1: error: a error: b"),
        (1, "", "error: unexpected: KeyError\n", "an error that nobody expected"),
        (1, "\x1b[2J\n", "error: a line\n", "control characters were printed"),
    ],
)
def test_an_answer_is_one_line(status: int, out: str, err: str, wrong: str) -> None:
    assert archives._misanswered(Case("a", b""), status, out, err) == wrong
    assert not archives._misanswered(Case("a", b"", harmless=True), 0, "fine", "")


def test_what_is_touched_outside_is_seen(tmp_path: Path) -> None:
    outside = archives.Outside(tmp_path, 0)
    (tmp_path / "secret").write_text("x", encoding="ascii")
    assert not outside.touched()
    (tmp_path / "written").touch()
    assert outside.touched()
