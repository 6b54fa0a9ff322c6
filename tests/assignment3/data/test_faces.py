"""The AT&T faces on small synthetic images in every layout, damaged ones, and a mirror.

The real data are checked where the environment variable DATA_DIR names a folder that holds them.
"""

import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import faces
from writeup.data.archives import read_folder
from writeup.data.fetch import Remote
from writeup.data.find import obtain


def pgm(pixels: np.ndarray) -> bytes:
    return b"P5\n%d %d\n255\n" % pixels.shape[::-1] + pixels.tobytes()


@pytest.fixture
def portraits(monkeypatch: pytest.MonkeyPatch, cache: Path) -> dict[str, bytes]:
    """File name -> content of tiny images of two subjects; what is expected matches them."""
    monkeypatch.setattr(faces, "SHAPE", (4, 3))
    monkeypatch.setattr(faces, "FILES", [f"s{s}/{m}.pgm" for s in (1, 2) for m in range(1, 11)])
    images = np.random.RandomState(0).randint(0, 256, (2, 10, 4, 3)).astype(np.uint8)
    monkeypatch.setattr(faces, "CRCS", " ".join(f"{zlib.crc32(ten.tobytes()):08x}" for ten in images))
    monkeypatch.setattr(faces, "SHA256", hashlib.sha256(images.tobytes()).hexdigest())
    order = (10, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    return {f"s{s}/{m}.pgm": pgm(images[s - 1, m - 1]) for s in (1, 2) for m in order}


@pytest.mark.parametrize("layout", ["folder", "flat", "zip", "zip with folder"])
def test_they_are_in_numeric_order_from_each_layout(portraits, put, zipped, layout: str) -> None:
    nested = {f"att_faces/{name}": data for name, data in portraits.items()}
    files = {
        "folder": nested,
        "flat": portraits,
        "zip": {"att_faces.zip": zipped(portraits | {"README": b"Faces"})},
        "zip with folder": {"att_faces.zip": zipped(nested)},
    }[layout]
    data = faces.load(put(files))
    images = data.images
    assert images.shape == (2, 10, 4, 3)
    assert pgm(images[0, 9]) == portraits["s1/10.pgm"] and pgm(images[1, 1]) == portraits["s2/2.pgm"]
    assert images.flags.writeable  # torch.from_numpy warns otherwise
    assert faces.digest(data) == faces.SHA256
    assert faces.describe(data) == "2 subjects x 10 images"


def test_pgm_comments_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "SHAPE", (1, 2))
    data = b"P5 # made by hand\n2 1\n# grey\n255\n\x07\n"
    assert faces._parse_pgm(data, "x.pgm").tolist() == [[7, 10]]


def test_the_digest_follows_every_pixel(portraits, put) -> None:
    data = faces.load(put(portraits))
    data.images[1, 9, 3, 2] ^= 1
    assert faces.digest(data) != faces.SHA256


def test_the_content_must_have_the_digest_that_enters_fingerprints(
    portraits, put, complaint, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(portraits)
    faces.load(folder)
    monkeypatch.setattr(faces, "SHA256", "0" * 64)
    assert f"expected sha256 {'0' * 64}" in complaint(lambda: faces.load(folder))


def flipped(data: bytes) -> bytes:
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


DAMAGE: dict[str, Callable[[bytes], bytes] | None] = {
    "missing s1/7.pgm": None,
    "s1/7.pgm: expected 12 bytes of pixels, found 9": lambda d: d[:-3],
    "s1/7.pgm: expected 3 x 4 pixels, found 4 x 3": lambda d: d.replace(b"3 4", b"4 3"),
    "s1/7.pgm: not an 8-bit PGM": lambda d: b"<html>" + d,
    "/s1: an image is altered: expected crc32": flipped,
}


@pytest.mark.parametrize("expected", DAMAGE)
def test_damage_names_the_image(portraits, put, complaint, expected: str) -> None:
    files = {f"att_faces/{name}": data for name, data in portraits.items()}
    data = files.pop("att_faces/s1/7.pgm")
    if damage := DAMAGE[expected]:
        files["att_faces/s1/7.pgm"] = damage(data)
    assert expected in complaint(lambda: faces.load(put(files)))


def test_a_download_is_verified_and_kept(portraits, put, zipped, cache: Path, mirror) -> None:
    put({"att_faces.zip": zipped(portraits)}, mirror.folder)
    source = replace(faces.SOURCE, remotes=(Remote("att_faces.zip", (mirror.url + "att_faces.zip",)),))
    for _ in range(2):
        data, place = obtain(source)
        assert data.images.shape == (2, 10, 4, 3) and place == cache
    assert mirror.requests == ["att_faces.zip"]  # the second time it came from the cache


def test_the_official_source_is_complete() -> None:
    (remote,) = faces.SOURCE.remotes
    assert remote.file == "att_faces.zip" and remote.urls
    assert len(faces.FILES) == 400 and len(faces.CRCS.split()) == 40


real = pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")


@real
def test_the_real_data() -> None:
    data = faces.load(Path(os.environ["DATA_DIR"]))
    assert data.images.shape == (40, 10, 112, 92) and data.images.dtype == np.uint8
    assert faces.digest(data) == faces.SHA256


@real
def test_one_altered_byte_of_the_real_data_is_found(put, complaint) -> None:
    files = read_folder(Path(os.environ["DATA_DIR"]) / "att_faces", faces.FILES)
    files["s23/4.pgm"] = flipped(files["s23/4.pgm"])
    folder = put({f"att_faces/{name}": data for name, data in files.items()})
    assert "/s23: an image is altered" in complaint(lambda: faces.load(folder))
