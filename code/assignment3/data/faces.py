"""The AT&T Database of Faces: ten portraits of each of 40 people. Samaria and Harter 1994.

Read from the images s1/1.pgm to s40/10.pgm, in att_faces/ or in the folder itself, or from att_faces.zip.
"""

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from writeup.data.archives import Damaged, first_file, read_folder, read_zip
from writeup.data.fetch import Remote
from writeup.data.find import Source, obtain


@dataclass(frozen=True, eq=False)
class AttFaces:
    """Ten grey portraits of each of 40 subjects."""

    images: NDArray[np.uint8]  # 40 10 112 92: subject s1 to s40, image 1 to 10, row, column


def load(data_dir: Path | None = None) -> AttFaces:
    """The real data, verified: from `data_dir`, else the cache, else downloaded. Raises UserError."""
    return obtain(SOURCE, data_dir)[0]


SHA256 = "2e4844a9f4fa4397058f69d6208047170f2e9d399cda18b55c1e8d28f0a83431"  # the digest of the real data


def digest(data: AttFaces) -> str:
    """sha256 of the pixels of s1/1, s1/2, ... s40/10."""
    return hashlib.sha256(data.images.tobytes()).hexdigest()


def describe(data: AttFaces) -> str:
    """How much there is of it."""
    subjects, each = data.images.shape[:2]
    return f"{subjects} subjects x {each} images"


SHAPE = 112, 92  # rows, columns
FILES = [f"s{subject}/{image}.pgm" for subject in range(1, 41) for image in range(1, 11)]
# crc32 over the ten images of s1, s2, ... s40; only there to name the subject whose image is altered.
CRCS = (
    "f2ba477e d449d581 ca177685 81f43b39 c4e5c9c4 64557201 cfe72b8b 3626131b 39f6ae8b b0439e94 "
    "6ad1faa9 7985c7e3 4f8ac4cf fc439d3a cf6a1a3c 52f71b2d 3450c675 65d9a097 2ba810b8 37a36498 "
    "f4466f00 ac52ae2d 006ba2cb 6fbe0694 202a1b17 f426f907 28c5b9a4 7e56680e e5d9580c 3e77ef31 "
    "63c192f2 9349731d 55545a7d 79f6758f c2084579 c54ef070 d50015e2 2775d3a7 1b7f16fe f47432ea"
)


def _find(root: Path) -> AttFaces | None:
    for folder in (root / "att_faces", root):
        if any((folder / name).is_file() for name in FILES):
            return _parse(read_folder(folder, FILES), str(folder))
    archive = first_file(root / "att_faces.zip", root / "att_faces" / "att_faces.zip")
    return _unzip(archive, str(archive)) if archive else None


def _unzip(path: Path, where: str) -> AttFaces:
    return _parse(read_zip(path, where, "att_faces", FILES), where)


def _parse(files: Mapping[str, bytes], where: str) -> AttFaces:
    flat = np.stack([_parse_pgm(files[name], f"{where}/{name}") for name in FILES])
    data = AttFaces(flat.reshape(-1, 10, *SHAPE))
    for number, (ten, expected) in enumerate(zip(data.images, CRCS.split(), strict=True), start=1):
        if (found := f"{zlib.crc32(ten.tobytes()):08x}") != expected:
            raise Damaged(f"{where}/s{number}: an image is altered: expected crc32 {expected}, found {found}")
    if (found := digest(data)) != SHA256:
        raise Damaged(f"{where}: expected sha256 {SHA256} of the content, found {found}")
    return data


def _parse_pgm(data: bytes, where: str) -> NDArray[np.uint8]:
    """The pixels of a binary PGM: P5, width, height, 255, a white space, then a byte per pixel, by rows."""
    gap = rb"(?:\s|#[^\n]*\n)+"  # white space and comments
    header = re.match(gap.join([rb"P5", rb"(\d+)", rb"(\d+)", rb"255\s"]), data)
    if header is None:
        raise Damaged(f"{where}: not an 8-bit PGM, it begins with {data[:12]!r}")
    columns, rows = int(header[1]), int(header[2])
    if (rows, columns) != SHAPE:
        raise Damaged(f"{where}: expected {SHAPE[1]} x {SHAPE[0]} pixels, found {columns} x {rows}")
    if (pixels := len(data) - header.end()) != rows * columns:
        raise Damaged(f"{where}: expected {rows * columns:,} bytes of pixels, found {pixels:,}")
    return np.frombuffer(data, np.uint8, offset=header.end()).reshape(SHAPE)


SOURCE = Source(
    name="att_faces",
    # No digest of the zip: its content is verified, so that an archive packed anew still serves.
    remotes=(
        Remote(
            "att_faces.zip",
            (
                "https://www.cl.cam.ac.uk/research/dtg/attarchive/pub/data/att_faces.zip",
                "http://www.idiap.ch/software/bob/data/bob/att_faces.zip",
            ),
        ),
    ),
    find=_find,
    check=_unzip,
    digest=digest,
    describe=describe,
)
