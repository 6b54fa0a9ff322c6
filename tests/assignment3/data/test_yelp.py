"""The Yelp sentences on small synthetic files in every layout, damaged ones, and a mirror.

The real data are checked where the environment variable DATA_DIR names a folder that holds them.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import yelp
from writeup.data.fetch import Remote
from writeup.data.find import obtain

TAKEN = {  # of each class of each set
    "train.0": [
        "the food was cold and bland .",
        "we waited an hour for nothing .",
        "never again , not ever .",
    ],
    "train.1": ["the best pho in town !", "great büttner style and service .", "i love this place ."],
    "dev.0": ["do not go there , ever .", "a total waste of money ."],
    "dev.1": ["what a lovely little place !", "they were nice and quick ."],
    "test.0": ["worst service i ever had .", "the rice was dry again ."],
    "test.1": ["we will be back soon !", "the owner is very kind ."],
}
SHORT = ["so bad .", "not good at all", "ok", ""]  # fewer than five tokens: the rule passes over them
BEYOND = ["this line lies beyond those taken ."]


def given(taken: dict[str, list[str]] = TAKEN) -> dict[str, bytes]:
    """The class's own three files."""
    files = {}
    for name in ("train", "dev", "test"):
        rows = [f"{label} {text}" for label in (0, 1) for text in taken[f"{name}.{label}"]]
        files[f"{name}.txt"] = "".join(f"{row}\n" for row in rows).encode()
    return files


def public() -> dict[str, bytes]:
    """The corpus's six files: what is taken among short lines, and more behind it."""
    files = {}
    for name, texts in TAKEN.items():
        lines = [SHORT[0], texts[0], *SHORT[1:], *texts[1:], *BEYOND]
        files[f"sentiment.{name}"] = "".join(f"{line}\n" for line in lines).encode()
    return files


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """What is expected matches the tiny files."""
    whole = hashlib.sha256()
    for name, texts in TAKEN.items():
        rows = "".join(f"{name[-1]} {text}\n" for text in texts).encode()
        monkeypatch.setitem(yelp.CLASSES, name, yelp.Class(len(texts), hashlib.sha256(rows).hexdigest()))
        whole.update(rows)
    monkeypatch.setattr(yelp, "SHA256", whole.hexdigest())


def below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


LAYOUTS = {
    "folder": below("yelp", given()),
    "flat": given(),
    "crlf": below("yelp", {name: data.replace(b"\n", b"\r\n") for name, data in given().items()}),
    "no newline at the end": below("yelp", {name: data.rstrip(b"\n") for name, data in given().items()}),
    "public": below("yelp", public()),
    "public, flat": public(),
    "other files beside": {"test.txt": b"another test", **below("yelp", given())},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_the_same_from_each_layout(small, put, layout: str) -> None:
    data = yelp.load(put(LAYOUTS[layout]))
    for name in ("train", "dev", "test"):
        texts, labels = getattr(data, f"{name}_texts"), getattr(data, f"{name}_labels")
        assert texts == TAKEN[f"{name}.0"] + TAKEN[f"{name}.1"]
        assert labels.dtype == np.int8
        assert labels.tolist() == [0] * len(TAKEN[f"{name}.0"]) + [1] * len(TAKEN[f"{name}.1"])
    assert yelp.digest(data) == yelp.SHA256
    assert yelp.describe(data) == "6 + 4 + 4 sentences"


def test_the_digest_is_that_of_the_three_files_one_after_the_other(small, put) -> None:
    joined = b"".join(given().values())
    assert yelp.digest(yelp.load(put(given()))) == hashlib.sha256(joined).hexdigest()


def test_the_digest_follows_every_text_label_and_place(small, put) -> None:
    data = yelp.load(put(given()))
    for altered in (
        replace(data, train_texts=[*data.train_texts[:-1], "i love that place ."]),
        replace(data, train_texts=[data.train_texts[1], data.train_texts[0], *data.train_texts[2:]]),
        replace(data, dev_labels=1 - data.dev_labels),
        replace(data, test_texts=data.dev_texts, dev_texts=data.test_texts),
    ):
        assert yelp.digest(altered) != yelp.SHA256


def test_the_content_must_have_the_digest_that_enters_fingerprints(
    small, put, complaint, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(given())
    yelp.load(folder)
    monkeypatch.setattr(yelp, "SHA256", "0" * 64)
    assert f"expected sha256 {'0' * 64}" in complaint(lambda: yelp.load(folder))


DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes] | None]] = {
    "train.txt: expected 6 rows, found 5": ("train.txt", lambda d: d[: d.index(b"1 i love")]),
    "train.txt: expected label 0 and a text in row 1": ("train.txt", lambda d: d.replace(b"0 the", b"the")),
    "dev.txt: expected label 1 and a text in row 3": ("dev.txt", lambda d: d.replace(b"1 what", b"0 what")),
    "dev.txt: expected sha256": ("dev.txt", lambda d: d.replace(b"lovely", b"lonely")),
    "expected 6 rows, found 1": ("train.txt", lambda d: b"<html>not found</html>"),
    "missing test.txt": ("test.txt", None),
}


@pytest.mark.parametrize("expected", DAMAGE)
def test_damage_names_the_file(small, put, complaint, expected: str) -> None:
    name, damage = DAMAGE[expected]
    files = given()
    data = files.pop(name)
    if damage:
        files[name] = damage(data)
    assert expected in complaint(lambda: yelp.load(put(below("yelp", files))))


PUBLIC_DAMAGE: dict[str, Callable[[bytes], bytes] | None] = {
    "sentiment.train.1: expected 3 lines of 5 or more tokens, found 2": lambda d: d[: d.index(b"i love")],
    "sentiment.train.1: expected sha256": lambda d: d.replace(b"best", b"beast"),
    "missing sentiment.train.1": None,
}


@pytest.mark.parametrize("expected", PUBLIC_DAMAGE)
def test_damage_of_the_corpus_names_the_file(small, put, complaint, expected: str) -> None:
    files = public()
    data = files.pop("sentiment.train.1")
    if damage := PUBLIC_DAMAGE[expected]:
        files["sentiment.train.1"] = damage(data)
    assert expected in complaint(lambda: yelp.load(put(files)))


def from_mirror(mirror) -> yelp.Source[yelp.Yelp]:
    remotes = [replace(remote, urls=(mirror.url + Path(remote.file).name,)) for remote in yelp.SOURCE.remotes]
    return replace(yelp.SOURCE, remotes=remotes)


def test_a_download_is_verified_and_kept(small, put, cache: Path, mirror) -> None:
    put(public(), mirror.folder)
    for _ in range(2):
        data, place = obtain(from_mirror(mirror))
        assert data.test_texts == TAKEN["test.0"] + TAKEN["test.1"] and place == cache
    assert mirror.requests == list(public())  # the second time they came from the cache
    assert sorted(path.name for path in (cache / "yelp").iterdir()) == sorted(public())


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda d: d.replace(b"soon", b"later"), "expected sha256"),
        (lambda d: d[:40], "expected 2 lines of 5 or more tokens, found"),
    ],
)
def test_a_download_of_other_content_is_refused(
    small, put, complaint, cache: Path, mirror, damage: Callable[[bytes], bytes], expected: str
) -> None:
    files = public()
    put(files | {"sentiment.test.1": damage(files["sentiment.test.1"])}, mirror.folder)
    message = complaint(lambda: obtain(from_mirror(mirror)))
    assert expected in message and f"{mirror.url}sentiment.test.1" in message
    assert str(cache / "yelp" / "sentiment.test.1") in message and "--data-dir" in message  # what to do
    assert not (cache / "yelp" / "sentiment.test.1").exists()


def test_the_official_source_is_pinned_to_a_commit() -> None:
    assert [remote.file for remote in yelp.SOURCE.remotes] == [
        f"yelp/sentiment.{name}" for name in yelp.CLASSES
    ]
    for remote in yelp.SOURCE.remotes:
        assert isinstance(remote, Remote)
        (url,) = remote.urls
        assert "/f078a9d342705ea62b04dd3ac5926d3467c2ac63/data/yelp/sentiment." in url
        assert url.endswith(Path(remote.file).name)


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_real_data() -> None:
    folder = Path(os.environ["DATA_DIR"])
    data = yelp.load(folder)
    assert yelp.digest(data) == yelp.SHA256
    assert [len(texts) for texts in (data.train_texts, data.dev_texts, data.test_texts)] == [
        40000,
        10000,
        10000,
    ]
    for labels in (data.train_labels, data.dev_labels, data.test_labels):
        assert labels.mean() == 0.5 and (np.diff(labels) >= 0).all()
    lengths = {len(text.split()) for text in data.train_texts + data.dev_texts + data.test_texts}
    assert lengths == set(range(5, 16))
    digests = {  # as ../shared/data/README.md states them
        "train": "67e1f9cc963e9377b082708667a237223c43f5890544d6427eb59f021d1ba163",
        "dev": "894b625e55e7cf6b7a3d99ad9a2818fab607673793adc432c33a35a09ef356fc",
        "test": "9c96043e99d84f69091ca3dfd66660472cbbd0fe096f4b56b8777ca6652efd9c",
    }
    for name, expected in digests.items():
        rows = zip(getattr(data, f"{name}_labels").tolist(), getattr(data, f"{name}_texts"), strict=True)
        text = "".join(f"{label} {text}\n" for label, text in rows)
        assert hashlib.sha256(text.encode()).hexdigest() == expected


@pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")
def test_the_repeats_of_the_real_data() -> None:
    data = yelp.load(Path(os.environ["DATA_DIR"]))
    train, dev, test = data.train_texts, data.dev_texts, data.test_texts
    known = set(train)
    assert (sum(text in known for text in test), sum(text in known for text in dev)) == (343, 390)
    assert (len(test) - len(set(test)), len(train) - len(known)) == (188, 1108)
    labels: dict[str, set[int]] = {}
    for texts, found in ((train, data.train_labels), (dev, data.dev_labels), (test, data.test_labels)):
        for text, label in zip(texts, found.tolist(), strict=True):
            labels.setdefault(text, set()).add(label)
    assert all(len(found) == 1 for found in labels.values())  # no text bears both
    for texts in (dev, test):  # so a thousand of them are always padded to the same length
        assert all(max(len(t.split()) for t in texts[i : i + 1000]) == 15 for i in range(0, 10000, 1000))
