"""SST-2: phrases of film reviews, positive or negative. Socher et al. 2013, as in GLUE (Wang et al. 2019).

Read from GLUE's train.tsv and dev.tsv, in SST-2/ or in the folder itself, or from SST-2.zip. GLUE orders the
rows as it pleases; here they are sorted, so that splits and results do not depend on the copy at hand.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from writeup.data.archives import Damaged, first_file, read_folder, read_zip
from writeup.data.fetch import Remote
from writeup.data.find import Source, obtain


@dataclass(frozen=True, eq=False)
class Sst2:
    """Lower case, one space between tokens; label 1: positive. Both parts sorted by (text, label)."""

    train_phrases: list[str]  # 67,349 phrases: sentences and parts of sentences
    train_labels: NDArray[np.int8]
    dev_sentences: list[str]  # 872 whole sentences
    dev_labels: NDArray[np.int8]


def load(data_dir: Path | None = None) -> Sst2:
    """The real data, verified: from `data_dir`, else the cache, else downloaded. Raises UserError."""
    return obtain(SOURCE, data_dir)[0]


SHA256 = "36b589657a7e8d7267224f4b656f5a83102dcfcabc49e3e15baca8af7c36c0a6"  # the digest of the real data


def digest(data: Sst2) -> str:
    """sha256 of the rows "text<TAB>label<LF>" of train, then of dev."""
    train, dev = _rows(data.train_phrases, data.train_labels), _rows(data.dev_sentences, data.dev_labels)
    return hashlib.sha256(train + dev).hexdigest()


def _rows(texts: Sequence[str], labels: NDArray[np.int8]) -> bytes:
    pairs = zip(texts, labels.tolist(), strict=True)
    return "".join(f"{text}\t{label}\n" for text, label in pairs).encode()


def describe(data: Sst2) -> str:
    """How much there is of it."""
    return f"{len(data.train_labels)} phrases + {len(data.dev_labels)} sentences"


class Tsv(NamedTuple):
    """What is known of a file."""

    rows: int
    sha256: str  # of its sorted rows "text<TAB>label<LF>"


FILES = {  # in the order of Sst2
    "train.tsv": Tsv(67_349, "adb8570598d5dcf40f2d4578863f4ba9166b657af4709f50be171e78fc814ede"),
    "dev.tsv": Tsv(872, "e37d768b7ab085086d3c1ae22f056b2e3e2caac7d8aaa1ef21cdb3d4e45c6f6d"),
}


def _find(root: Path) -> Sst2 | None:
    for folder in (root / "SST-2", root):
        if any((folder / name).is_file() for name in FILES):
            return _parse(read_folder(folder, list(FILES)), str(folder))
    archive = first_file(root / "SST-2.zip", root / "SST-2" / "SST-2.zip")
    return _unzip(archive, str(archive)) if archive else None


def _unzip(path: Path, where: str) -> Sst2:
    return _parse(read_zip(path, where, "SST-2", list(FILES)), where)


def _parse(files: Mapping[str, bytes], where: str) -> Sst2:
    train, dev = (_parse_tsv(files[name], FILES[name], f"{where}/{name}") for name in FILES)
    data = Sst2(*train, *dev)
    if (found := digest(data)) != SHA256:
        raise Damaged(f"{where}: expected sha256 {SHA256} of the content, found {found}")
    return data


def _parse_tsv(data: bytes, expected: Tsv, where: str) -> tuple[list[str], NDArray[np.int8]]:
    """Texts and labels of a GLUE file, sorted: a header, then lines text<TAB>label in any order."""
    header, *lines = data.decode("utf-8-sig", errors="replace").split("\n")
    if header.split() != ["sentence", "label"]:
        raise Damaged(f"{where}: expected the header sentence<TAB>label, found {header[:40]!r}")
    lines = [line for line in lines if line.strip()]
    if len(lines) != expected.rows:
        raise Damaged(f"{where}: expected {expected.rows:,} rows, found {len(lines):,}")
    pairs = []
    for number, line in enumerate(lines, start=1):
        text, _, label = line.rpartition("\t")
        if label.strip() not in ("0", "1") or not text.strip():
            raise Damaged(f"{where}: expected text<TAB>0 or 1 in row {number:,}, found {line[-40:]!r}")
        pairs.append((" ".join(text.split()), int(label)))
    pairs.sort()
    texts, labels = [text for text, _ in pairs], np.array([label for _, label in pairs], np.int8)
    if (found := hashlib.sha256(_rows(texts, labels)).hexdigest()) != expected.sha256:
        raise Damaged(f"{where}: expected sha256 {expected.sha256} of the sorted rows, found {found}")
    return texts, labels


SOURCE = Source(
    name="sst2",
    # No digest of the zip: its content is verified, so that an archive packed anew still serves.
    remotes=(Remote("SST-2.zip", ("https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",)),),
    find=_find,
    check=_unzip,
    digest=digest,
    describe=describe,
)
