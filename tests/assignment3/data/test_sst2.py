"""SST-2 on small synthetic files in every layout, damaged ones, and a mirror.

The real data are checked where the environment variable DATA_DIR names a folder that holds them.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import sst2
from writeup.data import archives
from writeup.data.fetch import Remote
from writeup.data.find import obtain

TRAIN = [("a fine film", 1), ("dull , dull", 0), ("büttner 's best", 1), ("fine", 1), ("fine", 0)]
DEV = [("not a fine film", 0), ("it works", 1)]


def tsv(rows: list[tuple[str, int]]) -> bytes:
    # GLUE's files end each text with a space; the canonical content has none.
    return ("sentence\tlabel\n" + "".join(f"{text} \t{label}\n" for text, label in rows)).encode()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, cache: Path, zipped) -> dict[str, bytes]:
    """File name -> content of a tiny SST-2, in files and zipped; what is expected matches it."""
    files: dict[str, bytes] = {}
    digest = hashlib.sha256()
    for name, rows in (("train.tsv", TRAIN), ("dev.tsv", DEV)):
        files[name] = tsv(rows)
        canonical = "".join(f"{text}\t{label}\n" for text, label in sorted(rows)).encode()
        monkeypatch.setitem(sst2.FILES, name, sst2.Tsv(len(rows), hashlib.sha256(canonical).hexdigest()))
        digest.update(canonical)
    monkeypatch.setattr(sst2, "SHA256", digest.hexdigest())
    files["SST-2.zip"] = zipped({f"SST-2/{name}": data for name, data in files.items()})
    return files


@pytest.mark.parametrize("layout", ["folder", "flat", "zip", "shuffled", "crlf"])
def test_it_is_the_same_from_each_layout(small, put, layout: str) -> None:
    prefix = "" if layout == "flat" else "SST-2/"
    files = {prefix + name: data for name, data in small.items() if name.endswith(".tsv")}
    if layout == "zip":
        files = {"SST-2.zip": small["SST-2.zip"]}
    if layout == "shuffled":
        files["SST-2/train.tsv"] = tsv(TRAIN[::-1])
    if layout == "crlf":
        files["SST-2/train.tsv"] = small["train.tsv"].replace(b"\n", b"\r\n")
    data = sst2.load(put(files))
    assert list(zip(data.train_phrases, data.train_labels, strict=True)) == sorted(TRAIN)
    assert list(zip(data.dev_sentences, data.dev_labels, strict=True)) == sorted(DEV)
    assert data.train_labels.dtype == np.int8
    assert sst2.digest(data) == sst2.SHA256


def test_the_digest_follows_every_text_label_and_place(small, put) -> None:
    data = sst2.load(put({"SST-2.zip": small["SST-2.zip"]}))
    texts, labels = data.train_phrases, data.train_labels
    swapped = [1, 0, *range(2, len(texts))]
    for altered in (
        replace(data, train_phrases=[*texts[:-1], "finer"]),
        replace(data, train_labels=1 - labels),
        replace(data, dev_labels=1 - data.dev_labels),
        replace(data, train_phrases=[texts[i] for i in swapped], train_labels=labels[swapped]),
    ):
        assert sst2.digest(altered) != sst2.SHA256
    assert sst2.describe(data) == "5 phrases + 2 sentences"


def test_the_content_must_have_the_digest_that_enters_fingerprints(
    small, put, complaint, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(small)
    sst2.load(folder)
    monkeypatch.setattr(sst2, "SHA256", "0" * 64)
    assert f"expected sha256 {'0' * 64}" in complaint(lambda: sst2.load(folder))


DAMAGE: dict[str, Callable[[bytes], bytes] | None] = {
    "train.tsv: expected 5 rows, found 4": lambda d: d[: d.rindex(b"fine")],
    "train.tsv: expected text<TAB>0 or 1 in row 5": lambda d: d[:-3],
    "train.tsv: expected sha256": lambda d: d.replace(b"dull ,", b"dill ,"),
    "train.tsv: expected the header": lambda d: b"<html>" + d,
    "missing train.tsv": None,
}


@pytest.mark.parametrize("expected", DAMAGE)
@pytest.mark.parametrize("packed", [False, True])
def test_damage_names_the_file(small, put, zipped, complaint, expected: str, packed: bool) -> None:
    files = {"SST-2/dev.tsv": small["dev.tsv"]}
    if damage := DAMAGE[expected]:
        files["SST-2/train.tsv"] = damage(small["train.tsv"])
    if packed:
        files = {"SST-2.zip": zipped(files)}
    assert expected in complaint(lambda: sst2.load(put(files)))


def test_an_altered_dev_file_is_named(small, put, complaint) -> None:
    files = {"SST-2/train.tsv": small["train.tsv"], "SST-2/dev.tsv": tsv([DEV[0], ("it works", 0)])}
    assert "SST-2/dev.tsv: expected sha256" in complaint(lambda: sst2.load(put(files)))


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-40], lambda d: b"", lambda d: d[:60] + b"\xff" * 40 + d[100:]]
)
def test_a_damaged_zip_is_named(small, put, complaint, damage: Callable[[bytes], bytes]) -> None:
    folder = put({"SST-2.zip": damage(small["SST-2.zip"])})
    assert "SST-2.zip: not a complete zip archive" in complaint(lambda: sst2.load(folder))


def test_no_more_than_the_cap_is_read_of_a_member(small, put, zipped, monkeypatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILE", 1000)
    bomb = zipped(
        {"SST-2/train.tsv": small["train.tsv"] + b"x\t1\n" * 10**6, "SST-2/dev.tsv": small["dev.tsv"]}
    )
    path = put({"SST-2.zip": bomb}) / "SST-2.zip"
    contents = archives.read_zip(path, "bomb", "SST-2", ["train.tsv"])
    assert len(contents["train.tsv"]) == 1000


def test_a_download_is_verified_and_kept(small, put, cache: Path, mirror) -> None:
    put({"SST-2.zip": small["SST-2.zip"]}, mirror.folder)
    source = replace(sst2.SOURCE, remotes=(Remote("SST-2.zip", (mirror.url + "SST-2.zip",)),))
    for _ in range(2):
        data, place = obtain(source)
        assert len(data.train_phrases) == len(TRAIN) and place == cache
    assert mirror.requests == ["SST-2.zip"]  # the second time it came from the cache
    assert [path.name for path in cache.rglob("*")] == ["SST-2.zip"]


def test_a_download_of_other_content_is_refused(small, put, zipped, complaint, cache: Path, mirror) -> None:
    files = {"SST-2/train.tsv": tsv([*TRAIN[:-1], ("fine", 1)]), "SST-2/dev.tsv": tsv(DEV)}
    put({"SST-2.zip": zipped(files)}, mirror.folder)
    source = replace(sst2.SOURCE, remotes=(Remote("SST-2.zip", (mirror.url + "SST-2.zip",)),))
    message = complaint(lambda: obtain(source))
    assert "expected sha256" in message and f"{mirror.url}SST-2.zip/train.tsv" in message
    assert str(cache / "SST-2.zip") in message and "--data-dir" in message  # what to do
    assert list(cache.rglob("*")) == []


def test_the_official_source_is_where_it_is_looked_for() -> None:
    (remote,) = sst2.SOURCE.remotes
    assert remote.file == "SST-2.zip" and remote.urls


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_real_data() -> None:
    data = sst2.load(Path(os.environ["DATA_DIR"]))
    assert (len(data.train_phrases), int(data.train_labels.sum())) == (67_349, 37_569)
    assert (len(data.dev_sentences), int(data.dev_labels.sum())) == (872, 444)
    assert "it 's a charming and often affecting journey ." in data.dev_sentences
    assert sst2.digest(data) == sst2.SHA256
