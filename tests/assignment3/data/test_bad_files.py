"""Files of data that are not what they should be: each is told in one line, by its data set."""

import gzip
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from assignment3.data import faces, mnist, yelp
from assignment3.report import REPORT
from writeup.declare import resolve
from writeup.errors import UserError

PAGE = b"<html><body>Please log in to this network</body></html>"
LABELS = "MNIST/raw/t10k-labels-idx1-ubyte"


def images(content: bytes) -> dict[str, bytes]:
    return {"MNIST/raw/train-images-idx3-ubyte": content}


def gz(raw: dict[str, bytes], content: bytes) -> dict[str, bytes]:
    return {f"{name}.gz": content for name in raw}


def sentences(count: int) -> bytes:
    """So many rows, half of them negative, as the class's own files have them."""
    return b"".join(b"%d it was a fine meal\n" % (2 * i >= count) for i in range(count))


def texts(content: bytes) -> dict[str, bytes]:
    return {f"yelp/{name}.txt": content for name in yelp.SETS}


def corpus(content: bytes) -> dict[str, bytes]:
    return {f"yelp/sentiment.{name}": content for name in yelp.CLASSES}


def climbing() -> bytes:
    """A zip archive whose members would lie outside of the folder that it is unpacked in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("../../s1/1.pgm", "/tmp/s1/2.pgm"):
            archive.writestr(name, "P5 92 112 255\n")
    return buffer.getvalue()


RAW = {f"MNIST/raw/{name}": b"" for name in mnist.FILES}
ROWS, MANY = sentences(5), sentences(40_000)
BAD = [
    (mnist, "images that are missing", "missing", {LABELS: bytes(8 + 10_000)}),
    (mnist, "empty files", "expected 47,040,016 bytes, found 0", RAW),
    (mnist, "a file that is cut", r"expected [\d,]+ bytes, found 7", RAW | images(bytes(7))),
    (mnist, "images altered", "expected md5 6bbc9ace", RAW | images(bytes(16 + 60_000 * 784))),
    (mnist, "half an archive", "not a complete gzip file", gz(RAW, gzip.compress(bytes(99))[:20])),
    (mnist, "a page in place of an archive", "not a complete gzip file", gz(RAW, PAGE)),
    (yelp, "sentences without labels", "expected label 0", texts(MANY.replace(b"0 ", b""))),
    (yelp, "too few sentences", "expected 40,000 rows, found 5", texts(ROWS)),
    (yelp, "sentences that are not UTF-8", "found 1", texts(b"0 \xff\xfe\x00s")),
    (yelp, "other sentences", "expected 10,000 rows, found 40,000", texts(MANY)),
    (yelp, "no development set", "missing dev.txt", {"yelp/train.txt": MANY}),
    (yelp, "half of the corpus", "missing .*and 2 more", {"yelp/sentiment.test.0": ROWS}),
    (yelp, "a page in place of the corpus", "5 or more tokens, found 1", corpus(PAGE)),
    (faces, "one face", "missing", {"att_faces/s1/1.pgm": b"P5 92 112 255\n"}),
    (faces, "an archive that is none", "not a complete zip archive", {"att_faces.zip": PAGE}),
    (faces, "faces in half an archive", "not a complete zip", {"att_faces.zip": climbing()[:40]}),
    (faces, "an archive that climbs out", r"missing s1/1\.pgm", {"att_faces.zip": climbing()}),
]


@pytest.mark.parametrize(
    ("source", "says", "files"), [one[:1] + one[2:] for one in BAD], ids=[one[1] for one in BAD]
)
def test_a_bad_file_is_told(
    source: ModuleType, says: str, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        source.load(tmp_path)
    assert re.search(says, str(error.value)) and "\n" not in str(error.value)


def test_every_data_set_is_tried() -> None:
    assert {one[0].load for one in BAD} == {resolve(part.data.load) for part in REPORT.parts}
