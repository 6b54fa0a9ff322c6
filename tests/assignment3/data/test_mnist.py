"""MNIST on small synthetic files in every layout, damaged ones, and a mirror.

The real data are checked where the environment variable DATA_DIR names a folder that holds them.
"""

import gzip
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import mnist
from writeup.data.fetch import Remote
from writeup.data.find import obtain

SHAPES = {
    "train-images-idx3-ubyte": (6, 3, 2),
    "train-labels-idx1-ubyte": (6,),
    "t10k-images-idx3-ubyte": (4, 3, 2),
    "t10k-labels-idx1-ubyte": (4,),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, cache: Path) -> dict[str, bytes]:
    """File name -> content of a tiny MNIST, plain and gzipped; what is expected matches it."""
    random = np.random.RandomState(0)
    files: dict[str, bytes] = {}
    digest = hashlib.sha256()
    for name, shape in SHAPES.items():
        values = random.randint(0, 10, shape).astype(np.uint8).tobytes()
        header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
        files[name] = header + values
        files[f"{name}.gz"] = gzip.compress(files[name])
        md5s = (hashlib.md5(files[n]).hexdigest() for n in (name, f"{name}.gz"))
        monkeypatch.setitem(mnist.FILES, name, mnist.Idx(shape, *md5s))
        digest.update(values)
    monkeypatch.setattr(mnist, "SHA256", digest.hexdigest())
    return files


def ending(files: dict[str, bytes], suffix: str, prefix: str = "") -> dict[str, bytes]:
    return {prefix + name: data for name, data in files.items() if name.endswith(suffix)}


@pytest.mark.parametrize("prefix", ["MNIST/raw/", "mnist/", ""])
@pytest.mark.parametrize("suffix", ["ubyte", "ubyte.gz"])
def test_it_is_read_from_each_layout(small, put, prefix: str, suffix: str) -> None:
    data = mnist.load(put(ending(small, suffix, prefix)))
    assert data.train_images.shape == (6, 3, 2) and data.test_images.shape == (4, 3, 2)
    assert data.train_images.tobytes() == small["train-images-idx3-ubyte"][16:]
    assert data.test_labels.tobytes() == small["t10k-labels-idx1-ubyte"][8:]
    assert data.train_images.flags.writeable  # torch.from_numpy warns otherwise


def test_the_digest_is_of_the_content_and_follows_it(small, put) -> None:
    data = mnist.load(put(ending(small, "ubyte")))
    assert mnist.digest(data) == mnist.SHA256
    for part in ("train_images", "train_labels", "test_images", "test_labels"):
        altered = getattr(data, part).copy()
        altered.flat[-1] ^= 1
        assert mnist.digest(replace(data, **{part: altered})) != mnist.SHA256
    assert mnist.describe(data) == "6 + 4 images"


def test_the_content_must_have_the_digest_that_enters_fingerprints(
    small, put, complaint, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(ending(small, "ubyte"))
    mnist.load(folder)
    monkeypatch.setattr(mnist, "SHA256", "0" * 64)
    assert f"expected sha256 {'0' * 64}" in complaint(lambda: mnist.load(folder))


def flipped(data: bytes) -> bytes:
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


DAMAGE = {
    "train-images-idx3-ubyte: expected 52 bytes, found 42": ("train-images-idx3-ubyte", lambda d: d[:-10]),
    "t10k-labels-idx1-ubyte: missing": ("t10k-labels-idx1-ubyte", None),
    "t10k-images-idx3-ubyte: expected md5": ("t10k-images-idx3-ubyte", flipped),
}


@pytest.mark.parametrize("expected", DAMAGE)
def test_damage_names_the_file(small, put, complaint, expected: str) -> None:
    name, damage = DAMAGE[expected]
    files = ending(small, "ubyte", "MNIST/raw/")
    data = files.pop(f"MNIST/raw/{name}")
    if damage:
        files[f"MNIST/raw/{name}"] = damage(data)
    message = complaint(lambda: mnist.load(put(files)))
    assert f"MNIST/raw/{expected}" in message and "--data-dir" in message and "make data" in message


def test_truncated_gz_names_the_file(small, put, complaint) -> None:
    files = ending(small, "ubyte.gz")
    files["train-labels-idx1-ubyte.gz"] = files["train-labels-idx1-ubyte.gz"][:-9]
    message = complaint(lambda: mnist.load(put(files)))
    assert "train-labels-idx1-ubyte.gz: not a complete gzip file" in message


def test_a_folder_that_does_not_exist_is_an_error(small, tmp_path: Path, complaint) -> None:
    assert "no such folder" in complaint(lambda: mnist.load(tmp_path / "nowhere"))


def test_only_the_missing_files_are_downloaded(small, put, cache: Path, mirror) -> None:
    archives = ending(small, "ubyte.gz")
    put(archives, mirror.folder)
    put(dict(list(archives.items())[:3]), cache / "MNIST/raw")
    remotes = tuple(Remote(f"MNIST/raw/{name}", (mirror.url + name,)) for name in archives)
    for _ in range(2):
        data, place = obtain(replace(mnist.SOURCE, remotes=remotes))
        assert len(data.test_labels) == 4 and place == cache
    assert mirror.requests == ["t10k-labels-idx1-ubyte.gz"]


def test_the_official_source_is_complete() -> None:
    assert [Path(remote.file).stem for remote in mnist.SOURCE.remotes] == list(mnist.FILES)
    assert all(remote.urls and remote.md5 for remote in mnist.SOURCE.remotes)


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_real_data() -> None:
    data = mnist.load(Path(os.environ["DATA_DIR"]))
    assert data.train_images.shape == (60_000, 28, 28) and data.test_images.shape == (10_000, 28, 28)
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert abs(data.train_images.mean() / 255 - 0.1307) < 1e-4  # the mean that torchvision's examples use
    assert mnist.digest(data) == mnist.SHA256
