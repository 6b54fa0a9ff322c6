"""MNIST: 70,000 handwritten digits. LeCun, Bottou, Bengio and Haffner 1998.

Read from its four idx files, plain or gzipped, in a folder laid out as torchvision does (MNIST/raw), in
mnist/ or in the folder itself; every file is verified by the md5 that its publisher states.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from writeup.data.archives import Damaged, first_file, read
from writeup.data.fetch import Remote
from writeup.data.find import Source, obtain


@dataclass(frozen=True, eq=False)
class Mnist:
    """Grey levels from 0 (paper) to 255 (ink); N = 60,000 and 10,000."""

    train_images: NDArray[np.uint8]  # N 28 28
    train_labels: NDArray[np.uint8]  # N, the digits 0 to 9
    test_images: NDArray[np.uint8]  # N 28 28
    test_labels: NDArray[np.uint8]  # N


def load(data_dir: Path | None = None) -> Mnist:
    """The real data, verified: from `data_dir`, else the cache, else downloaded. Raises UserError."""
    return obtain(SOURCE, data_dir)[0]


SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"  # the digest of the real data


def digest(data: Mnist) -> str:
    """sha256 of the bytes of the four arrays, as they stand in Mnist."""
    content = hashlib.sha256()
    for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        content.update(array.tobytes())
    return content.hexdigest()


def describe(data: Mnist) -> str:
    """How much there is of it."""
    return f"{len(data.train_labels)} + {len(data.test_labels)} images"


class Idx(NamedTuple):
    """What is known of a file."""

    shape: tuple[int, ...]
    md5: str  # of the uncompressed file, as published
    gz_md5: str  # of the compressed file, as in torchvision.datasets.MNIST


FILES = {  # in the order of Mnist
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


def _find(root: Path) -> Mnist | None:
    for folder in (root / "MNIST" / "raw", root / "mnist", root):
        paths = [first_file(folder / name, folder / f"{name}.gz") for name in FILES]
        if any(paths):
            either = [path or folder / name for name, path in zip(FILES, paths, strict=True)]
            data = Mnist(*(_read_idx(path, str(path)) for path in either))
            if (found := digest(data)) != SHA256:
                raise Damaged(f"{folder}: expected sha256 {SHA256} of the content, found {found}")
            return data
    return None


def _read_idx(path: Path, where: str) -> NDArray[np.uint8]:
    """The array in an idx file: a header of 4 bytes and 4 per dimension, then the data."""
    data = read(path, where)
    expected = FILES[path.name.removesuffix(".gz")]
    header = 4 + 4 * len(expected.shape)
    size = header + int(np.prod(expected.shape))
    if len(data) != size:
        raise Damaged(f"{where}: expected {size:,} bytes, found {len(data):,}")
    if (found := hashlib.md5(data, usedforsecurity=False).hexdigest()) != expected.md5:
        raise Damaged(f"{where}: expected md5 {expected.md5}, found {found}")
    # A copy, because torch.from_numpy wants memory that can be written.
    return np.frombuffer(data, np.uint8, offset=header).reshape(expected.shape).copy()


URLS = "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"
SOURCE = Source(
    name="mnist",
    remotes=tuple(
        Remote(f"MNIST/raw/{name}.gz", tuple(f"{url}{name}.gz" for url in URLS), file.gz_md5)
        for name, file in FILES.items()
    ),
    find=_find,
    check=_read_idx,
    digest=digest,
    describe=describe,
)
