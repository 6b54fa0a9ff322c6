"""The three data sets, found or fetched, and verified. No torch.

Looked for in the folder given (`--data-dir`, DATA_DIR), then in the cache, then downloaded. Whatever its
layout, a source is reduced to one canonical content whose sha256 stands in DIGESTS. Fingerprints use these
constants, so a machine without data can still judge whether a recorded result is fresh.

Sources: MNIST, LeCun et al. 1998; SST-2, Socher et al. 2013, as distributed by GLUE (Wang et al. 2019);
AT&T Database of Faces, Samaria and Harter 1994.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from writeup.data.archives import Damaged, first_file, parse_pgm, read, read_folder, read_zip
from writeup.data.fetch import Remote, cache_dir, fetch
from writeup.errors import UserError

__all__ = ["DIGESTS", "AttFaces", "Mnist", "Sst2", "att_faces", "cache_dir", "fetch_all", "mnist", "sst2"]


@dataclass(frozen=True, eq=False)
class Mnist:
    """Handwritten digits, grey levels from 0 (paper) to 255 (ink); N = 60,000 and 10,000."""

    train_images: NDArray[np.uint8]  # N 28 28
    train_labels: NDArray[np.uint8]  # N, the digits 0 to 9
    test_images: NDArray[np.uint8]  # N 28 28
    test_labels: NDArray[np.uint8]  # N


@dataclass(frozen=True, eq=False)
class Sst2:
    """From film reviews: lower case, one space between tokens; label 1: positive. Sorted by (text, label)."""

    train_phrases: list[str]  # 67,349 phrases: sentences and parts of sentences
    train_labels: NDArray[np.int8]
    dev_sentences: list[str]  # 872 whole sentences
    dev_labels: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class AttFaces:
    """Ten grey portraits of each of 40 subjects."""

    images: NDArray[np.uint8]  # 40 10 112 92: subject s1 to s40, image 1 to 10, row, column


class Idx(NamedTuple):
    """What is known of an MNIST file."""

    shape: tuple[int, ...]
    md5: str  # of the uncompressed file, as published
    gz_md5: str  # of the compressed file, as in torchvision.datasets.MNIST


class Tsv(NamedTuple):
    """What is known of an SST-2 file."""

    rows: int
    sha256: str  # of its sorted rows "text<TAB>label<LF>"


# sha256 of the canonical content. mnist: the four arrays in the order of IDX_FILES. sst2: the sorted rows
# "text<TAB>label<LF>" of train, then of dev. att_faces: the pixels of s1/1, s1/2, ... s40/10.
DIGESTS = {
    "mnist": "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
    "sst2": "36b589657a7e8d7267224f4b656f5a83102dcfcabc49e3e15baca8af7c36c0a6",
    "att_faces": "2e4844a9f4fa4397058f69d6208047170f2e9d399cda18b55c1e8d28f0a83431",
}
IDX_FILES = {
    "train-images-idx3-ubyte": Idx(
        (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb", "f68b3c2dcbeaaa9fbdd348bbdeb94873"
    ),
    "train-labels-idx1-ubyte": Idx(
        (60_000,), "a25bea736e30d166cdddb491f175f624", "d53e105ee54ea40749a09fcbcd1e9432"
    ),
    "t10k-images-idx3-ubyte": Idx(
        (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea", "9fb629c4189551a2d022fa330f9573f3"
    ),
    "t10k-labels-idx1-ubyte": Idx(
        (10_000,), "27ae3e4e09519cfbb04c329615203637", "ec29112dd5afa0611ce80d1b7f02629c"
    ),
}
TSV_FILES = {
    "train.tsv": Tsv(67_349, "adb8570598d5dcf40f2d4578863f4ba9166b657af4709f50be171e78fc814ede"),
    "dev.tsv": Tsv(872, "e37d768b7ab085086d3c1ae22f056b2e3e2caac7d8aaa1ef21cdb3d4e45c6f6d"),
}
FACE_SHAPE = 112, 92  # rows, columns
FACE_FILES = [f"s{subject}/{image}.pgm" for subject in range(1, 41) for image in range(1, 11)]
# crc32 over the ten images of s1, s2, ... s40; only there to name the subject whose image is altered.
FACE_CRCS = (
    "f2ba477e d449d581 ca177685 81f43b39 c4e5c9c4 64557201 cfe72b8b 3626131b 39f6ae8b b0439e94 "
    "6ad1faa9 7985c7e3 4f8ac4cf fc439d3a cf6a1a3c 52f71b2d 3450c675 65d9a097 2ba810b8 37a36498 "
    "f4466f00 ac52ae2d 006ba2cb 6fbe0694 202a1b17 f426f907 28c5b9a4 7e56680e e5d9580c 3e77ef31 "
    "63c192f2 9349731d 55545a7d 79f6758f c2084579 c54ef070 d50015e2 2775d3a7 1b7f16fe f47432ea"
)

# The official places first. The zips carry no digest of their own: their content is verified, so that an
# archive packed anew still serves.
Sources = Mapping[str, Sequence[Remote]]
MNIST_URLS = "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"
SST2_URLS = ("https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",)
FACE_URLS = (
    "https://www.cl.cam.ac.uk/research/dtg/attarchive/pub/data/att_faces.zip",
    "http://www.idiap.ch/software/bob/data/bob/att_faces.zip",
)
SOURCES: Sources = {
    "mnist": [
        Remote(f"MNIST/raw/{name}.gz", tuple(f"{url}{name}.gz" for url in MNIST_URLS), idx.gz_md5)
        for name, idx in IDX_FILES.items()
    ],
    "sst2": [Remote("SST-2.zip", SST2_URLS)],
    "att_faces": [Remote("att_faces.zip", FACE_URLS)],
}


def mnist(data_dir: Path | None = None, *, sources: Sources = SOURCES) -> Mnist:
    """MNIST. Raises UserError naming the file that is missing, truncated, altered or cannot be downloaded."""
    return _load("mnist", data_dir, sources, _find_mnist, _read_idx)[0]


def sst2(data_dir: Path | None = None, *, sources: Sources = SOURCES) -> Sst2:
    """SST-2 in canonical order. Raises UserError as `mnist` does."""
    return _load("sst2", data_dir, sources, _find_sst2, _unzip_sst2)[0]


def att_faces(data_dir: Path | None = None, *, sources: Sources = SOURCES) -> AttFaces:
    """The AT&T faces. Raises UserError as `mnist` does."""
    return _load("att_faces", data_dir, sources, _find_faces, _unzip_faces)[0]


def fetch_all(data_dir: Path | None = None, *, sources: Sources = SOURCES) -> list[str]:
    """Make sure that all three are there and verified; a line for each says what and where."""
    digits, at_digits = _load("mnist", data_dir, sources, _find_mnist, _read_idx)
    texts, at_texts = _load("sst2", data_dir, sources, _find_sst2, _unzip_sst2)
    faces, at_faces = _load("att_faces", data_dir, sources, _find_faces, _unzip_faces)
    rows = [
        ("mnist", f"{len(digits.train_labels)} + {len(digits.test_labels)} images", at_digits),
        ("sst2", f"{len(texts.train_labels)} phrases + {len(texts.dev_labels)} sentences", at_texts),
        ("att_faces", f"{faces.images.shape[0]} subjects x {faces.images.shape[1]} images", at_faces),
    ]
    return [f"{name:<9}  {what:<29}  sha256 {DIGESTS[name][:8]}…  from {place}" for name, what, place in rows]


T = TypeVar("T")


def _load(
    name: str,
    data_dir: Path | None,
    sources: Sources,
    find: Callable[[Path], T | None],
    check: Callable[[Path, str], object],
) -> tuple[T, Path]:
    """The data set and the folder it was found in: `data_dir`, else the cache, downloaded to it if need be.

    `find` reads and verifies what lies in a folder, None if nothing does; `check` verifies a downloaded file.
    """
    if data_dir is not None:
        if not data_dir.is_dir():
            raise UserError(f"--data-dir {data_dir}: no such folder")
        try:
            found = find(data_dir)
        except Damaged as error:
            hint = "replace it, or leave --data-dir DIR out: `make data` then downloads the file"
            raise UserError(f"{error}; {hint}") from None
        if found is not None:
            return found, data_dir
    cache = cache_dir()
    try:
        found = find(cache)
    except Damaged:  # the cache is ours: what is incomplete or damaged there is fetched anew
        found = None
    if found is not None:
        return found, cache
    try:
        for remote in sources[name]:
            fetch(remote, cache, check)
        found = find(cache)
    except UserError as error:
        raise UserError(f"{name} is not in {data_dir}; {error}" if data_dir else str(error)) from None
    except Damaged as error:  # placed there by hand beside the download, and looked at before it
        raise UserError(f"{error}; delete it, the download beside it is whole") from None
    assert found is not None, f"{cache}: the downloads are not where they are looked for"
    return found, cache


def _verify(name: str, chunks: Iterable[bytes], where: str) -> None:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    if (found := digest.hexdigest()) != DIGESTS[name]:
        raise Damaged(f"{where}: expected sha256 {DIGESTS[name]} of the content, found {found}")


def _find_mnist(root: Path) -> Mnist | None:
    for folder in (root / "MNIST" / "raw", root / "mnist", root):
        paths = [first_file(folder / name, folder / f"{name}.gz") for name in IDX_FILES]
        if any(paths):
            either = [path or folder / name for name, path in zip(IDX_FILES, paths, strict=True)]
            arrays = [_read_idx(path, str(path)) for path in either]
            _verify("mnist", (array.tobytes() for array in arrays), str(folder))
            return Mnist(*arrays)
    return None


def _read_idx(path: Path, where: str) -> NDArray[np.uint8]:
    """The array in an idx file, plain or gzipped: a header of 4 bytes and 4 per dimension, then the data."""
    data = read(path, where)
    expected = IDX_FILES[path.name.removesuffix(".gz")]
    header = 4 + 4 * len(expected.shape)
    size = header + int(np.prod(expected.shape))
    if len(data) != size:
        raise Damaged(f"{where}: expected {size:,} bytes, found {len(data):,}")
    if (found := hashlib.md5(data, usedforsecurity=False).hexdigest()) != expected.md5:
        raise Damaged(f"{where}: expected md5 {expected.md5}, found {found}")
    # A copy, because torch.from_numpy wants memory that can be written.
    return np.frombuffer(data, np.uint8, offset=header).reshape(expected.shape).copy()


def _find_sst2(root: Path) -> Sst2 | None:
    for folder in (root / "SST-2", root):
        if any((folder / name).is_file() for name in TSV_FILES):
            return _parse_sst2(read_folder(folder, list(TSV_FILES)), str(folder))
    archive = first_file(root / "SST-2.zip", root / "SST-2" / "SST-2.zip")
    return _unzip_sst2(archive, str(archive)) if archive else None


def _unzip_sst2(path: Path, where: str) -> Sst2:
    return _parse_sst2(read_zip(path, where, "SST-2", list(TSV_FILES)), where)


def _parse_sst2(files: Mapping[str, bytes], where: str) -> Sst2:
    train, dev = (_parse_tsv(files[name], name, f"{where}/{name}") for name in TSV_FILES)
    _verify("sst2", (f"{text}\t{label}\n".encode() for text, label in train + dev), where)
    return Sst2(
        [text for text, _ in train],
        np.array([label for _, label in train], np.int8),
        [text for text, _ in dev],
        np.array([label for _, label in dev], np.int8),
    )


def _parse_tsv(data: bytes, name: str, where: str) -> list[tuple[str, int]]:
    """The sorted (text, label) pairs of a GLUE file: a header, then lines text<TAB>label in any order."""
    header, *lines = data.decode("utf-8-sig", errors="replace").split("\n")
    if header.split() != ["sentence", "label"]:
        raise Damaged(f"{where}: expected the header sentence<TAB>label, found {header[:40]!r}")
    expected = TSV_FILES[name]
    lines = [line for line in lines if line.strip()]
    if len(lines) != expected.rows:
        raise Damaged(f"{where}: expected {expected.rows:,} rows, found {len(lines):,}")
    rows = []
    for number, line in enumerate(lines, start=1):
        text, _, label = line.rpartition("\t")
        if label.strip() not in ("0", "1") or not text.strip():
            raise Damaged(f"{where}: expected text<TAB>0 or 1 in row {number:,}, found {line[-40:]!r}")
        rows.append((" ".join(text.split()), int(label)))
    rows.sort()
    found = hashlib.sha256("".join(f"{text}\t{label}\n" for text, label in rows).encode()).hexdigest()
    if found != expected.sha256:
        raise Damaged(f"{where}: expected sha256 {expected.sha256} of the sorted rows, found {found}")
    return rows


def _find_faces(root: Path) -> AttFaces | None:
    for folder in (root / "att_faces", root):
        if any((folder / name).is_file() for name in FACE_FILES):
            return _parse_faces(read_folder(folder, FACE_FILES), str(folder))
    archive = first_file(root / "att_faces.zip", root / "att_faces" / "att_faces.zip")
    return _unzip_faces(archive, str(archive)) if archive else None


def _unzip_faces(path: Path, where: str) -> AttFaces:
    return _parse_faces(read_zip(path, where, "att_faces", FACE_FILES), where)


def _parse_faces(files: Mapping[str, bytes], where: str) -> AttFaces:
    flat = np.stack([parse_pgm(files[name], FACE_SHAPE, f"{where}/{name}") for name in FACE_FILES])
    images = flat.reshape(-1, 10, *FACE_SHAPE)
    for number, (ten, expected) in enumerate(zip(images, FACE_CRCS.split(), strict=True), start=1):
        if (found := f"{zlib.crc32(ten.tobytes()):08x}") != expected:
            raise Damaged(f"{where}/s{number}: an image is altered: expected crc32 {expected}, found {found}")
    _verify("att_faces", [images.tobytes()], where)
    return AttFaces(images)
