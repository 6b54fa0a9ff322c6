"""Files that are no report cost one line."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from writeup.errors import UserError
from writeup.grade import grading
from writeup.grade import pages as reading


def pages(count: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(count):
        document.new_page(595, 842)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def scanned() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (300, 400), 200).save(buffer, "PDF")
    return buffer.getvalue()


# RC4, 40 bit, with a user password: the smallest file that pdfium takes for encrypted.
ENCRYPTED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\n%%EOF\n"
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "no PDF"),
        (b"%PDF-1.7\nnothing follows", "damaged"),
        (pages(1), "empty"),
        (pages(reading.LARGEST + 1), f"{reading.LARGEST + 1} pages"),
        (scanned(), "no text"),
        (ENCRYPTED, "encrypted"),
    ],
)
def test_what_is_no_report_is_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        reading.read(path)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        reading.read(tmp_path / "none.pdf")


def test_a_paper_that_breaks_its_reader_costs_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read in a process of its own; and what is no file is not opened at all."""
    os.mkfifo(tmp_path / "pipe.pdf")
    desk: Any = SimpleNamespace(engine=lambda *_, **__: os._exit(9))
    with pytest.raises(UserError, match="no plain file"):
        grading._marked(desk, tmp_path / "pipe.pdf", "p", tmp_path, ours=False)
    monkeypatch.setattr(reading, "read", lambda path: None)
    with pytest.raises(UserError, match=r"^a\.pdf: its process ended by status 9: "):
        grading._marked(desk, Path("a.pdf"), "a", tmp_path, ours=False)
