"""Yelp: sentences of restaurant reviews, positive or negative; the sentiment task of the class's homework 2.

They come from the corpus of Shen, Lei, Barzilay and Jaakkola (2017, arXiv:1705.09655): of each class its
first 20,000 training, 5,000 development and 5,000 test sentences of five or more tokens, class 0 before
class 1. Read from train.txt, dev.txt and test.txt, in yelp/ or in the folder itself, or put together by that
rule from the corpus's own six files. Both ways give the same rows in the same order, of one digest.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from writeup.data.archives import Damaged, read, read_folder
from writeup.data.fetch import Remote
from writeup.data.find import Source, obtain


@dataclass(frozen=True, eq=False)
class Yelp:
    """Lower case, one space between tokens; label 1: positive. Sorted by label, within it in source order."""

    train_texts: list[str]  # 40,000
    train_labels: NDArray[np.int8]
    dev_texts: list[str]  # 10,000
    dev_labels: NDArray[np.int8]
    test_texts: list[str]  # 10,000
    test_labels: NDArray[np.int8]


def load(data_dir: Path | None = None) -> Yelp:
    """The real data, verified: from `data_dir`, else the cache, else downloaded. Raises UserError."""
    return obtain(SOURCE, data_dir)[0]


SHA256 = "b3c774b8cc249e60ffebdcef68f655387680d55d5e528d802bcc1be13b636574"  # the digest of the real data


def digest(data: Yelp) -> str:
    """sha256 of the rows "label text<LF>" of the training, the development and the test sentences."""
    sets = (
        (data.train_texts, data.train_labels),
        (data.dev_texts, data.dev_labels),
        (data.test_texts, data.test_labels),
    )
    return hashlib.sha256(b"".join(_rows(texts, labels.tolist()) for texts, labels in sets)).hexdigest()


def _rows(texts: Sequence[str], labels: Iterable[int]) -> bytes:
    return "".join(f"{label} {text}\n" for text, label in zip(texts, labels, strict=True)).encode()


def describe(data: Yelp) -> str:
    """How much there is of it."""
    sizes = len(data.train_labels), len(data.dev_labels), len(data.test_labels)
    return f"{' + '.join(map(str, sizes))} sentences"


class Class(NamedTuple):
    """What is known of the sentences of one label in one of the three sets."""

    sentences: int
    sha256: str  # of the rows "label text<LF>"


CLASSES = {  # in the order of Yelp; "train.0" is taken of the corpus's sentiment.train.0
    "train.0": Class(20_000, "09e99e49f689708dd53146d73820eda11c0d572b1057e164e2dd10cdc430e7e6"),
    "train.1": Class(20_000, "f97deee562bf748eff919cd5353902d0f5f3cf68f53ad3a56ccc12a995c39ce8"),
    "dev.0": Class(5_000, "70673bcce7d403fb3c40224897a923fdaa2b8da4813c7cc53a98327b1587aafd"),
    "dev.1": Class(5_000, "95a8a5ebd0105512405b90b2c5e3d2abb1d308b123c3f46590a7c4d32e3031b6"),
    "test.0": Class(5_000, "571995f150a219be6988253a63c44f378e58a4d252301150f7b83588ac0bae73"),
    "test.1": Class(5_000, "b28db11e1ddd25f249b8c2280b7ef98c593c9378db3249b38de81f95d8cab7a9"),
}
SETS = "train", "dev", "test"
LEAST_TOKENS = 5  # of a sentence that is taken


def _find(root: Path) -> Yelp | None:
    given = [f"{name}.txt" for name in SETS]
    for folder, enough in ((root / "yelp", any), (root, all)):  # elsewhere a test.txt may be anything
        if enough((folder / name).is_file() for name in given):
            return _parse(read_folder(folder, given), str(folder))
    public = [f"sentiment.{name}" for name in CLASSES]
    for folder in (root / "yelp", root):
        if any((folder / name).is_file() for name in public):
            return _put_together(read_folder(folder, public), str(folder))
    return None


def _parse(files: Mapping[str, bytes], where: str) -> Yelp:
    """From the class's own three files, each sorted by label."""
    texts: dict[str, list[str]] = {name: [] for name in CLASSES}
    for name in SETS:
        lines = _lines(files[f"{name}.txt"])
        expected = [label for label in (0, 1) for _ in range(CLASSES[f"{name}.{label}"].sentences)]
        if len(lines) != len(expected):
            raise Damaged(f"{where}/{name}.txt: expected {len(expected):,} rows, found {len(lines):,}")
        for number, (line, label) in enumerate(zip(lines, expected, strict=True), start=1):
            found, _, text = line.partition(" ")
            if found != str(label) or not text:
                raise Damaged(
                    f"{where}/{name}.txt: expected label {label} and a text in row {number:,}, "
                    f"found {line[:40]!r}"
                )
            texts[f"{name}.{label}"].append(text)
    return _checked(texts, {name: f"{where}/{name.partition('.')[0]}.txt" for name in CLASSES})


def _put_together(files: Mapping[str, bytes], where: str) -> Yelp:
    """From the corpus's six files, by the rule."""
    paths = {name: f"{where}/sentiment.{name}" for name in CLASSES}
    return _checked({name: _taken(files[f"sentiment.{name}"], name, paths[name]) for name in CLASSES}, paths)


def _taken(data: bytes, name: str, where: str) -> list[str]:
    """The sentences that the rule takes of a file of the corpus."""
    sentences = CLASSES[name].sentences
    long = (line for line in _lines(data) if line.count(" ") + 1 >= LEAST_TOKENS)
    taken = list(islice(long, sentences))
    if len(taken) < sentences:
        raise Damaged(
            f"{where}: expected {sentences:,} lines of {LEAST_TOKENS} or more tokens, found {len(taken):,}"
        )
    return taken


def _lines(data: bytes) -> list[str]:
    """Lines that hold something, with one space between tokens."""
    lines = (" ".join(line.split()) for line in data.decode("utf-8-sig", errors="replace").split("\n"))
    return [line for line in lines if line]


def _checked(texts: Mapping[str, list[str]], where: Mapping[str, str]) -> Yelp:
    for name in CLASSES:
        _check(texts[name], name, where[name])
    sets = []
    for name in SETS:
        negative, positive = texts[f"{name}.0"], texts[f"{name}.1"]
        labels = np.repeat(np.array([0, 1], np.int8), [len(negative), len(positive)])
        sets.append((negative + positive, labels))
    (train, train_labels), (dev, dev_labels), (test, test_labels) = sets
    data = Yelp(train, train_labels, dev, dev_labels, test, test_labels)
    if (found := digest(data)) != SHA256:
        raise Damaged(f"{where['train.0']} and the others: expected sha256 {SHA256}, found {found}")
    return data


def _check(texts: Sequence[str], name: str, where: str) -> None:
    label = int(name.partition(".")[2])
    found = hashlib.sha256(_rows(texts, [label] * len(texts))).hexdigest()
    if found != CLASSES[name].sha256:
        raise Damaged(
            f"{where}: expected sha256 {CLASSES[name].sha256} of the rows of label {label}, found {found}"
        )


def _check_download(path: Path, where: str) -> None:
    name = path.name.removeprefix("sentiment.")
    _check(_taken(read(path, where), name, where), name, where)


COMMIT = "f078a9d342705ea62b04dd3ac5926d3467c2ac63"
CORPUS = f"https://raw.githubusercontent.com/shentianxiao/language-style-transfer/{COMMIT}/data/yelp/"
SOURCE = Source(
    name="yelp",
    remotes=[Remote(f"yelp/sentiment.{name}", (f"{CORPUS}sentiment.{name}",)) for name in CLASSES],
    find=_find,
    check=_check_download,
    digest=digest,
    describe=describe,
)
