"""The faults that `evidence.faults` tries, and bad inputs of this report: its settings and its data."""

import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assignment3.data import mnist, yelp
from evidence.faults import interrupted
from evidence.faults import measure as faults
from evidence.faults.bad import Bad
from evidence.faults.builds import Way, program
from writeup.bench.setting import Setting
from writeup.runs.record import Findings

PLACE = "assignment"  # this report's folder within the project on which faults are tried
PAGE = b"<html><body>Please log in to this network</body></html>"
CODE = "report/.cache/code.json"
LABELS = "t10k-labels-idx1-ubyte"


def measure(setting: Setting) -> Findings:
    """See `evidence.faults.measure`."""

    def within(folder: Path, seed: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
        return interrupted.tried(folder, setting.config.trainings, seed, say)

    return faults.measure(setting, [*settings(), *data()], within)


def _main(words: Sequence[str]) -> int:
    return program()(replace(interrupted.declared(), root=Path.cwd() / PLACE), words)


def _lay_down(root: Path) -> Path:
    """This report without its results."""
    folder = root / PLACE
    folder.mkdir()
    for name in ("code", "templates"):
        (folder / name).symlink_to(interrupted.declared().root / name)
    if (analysed := interrupted.declared().root / CODE).is_file():  # seconds saved in each build
        (folder / CODE).parent.mkdir(parents=True)
        shutil.copyfile(analysed, folder / CODE)
    return folder


SETTINGS = {  # by assignment, what the one line says of it
    "text_cnn.kernel_sizes=1000": r"text_cnn\.kernel_sizes: \(1000,\) cannot be; allowed: at most \d+ words",
    "text_cnn.kernel_sizes=": "give at least one value",
    "text_cnn.kernel_sizes=0": "not allowed",
    "text_cnn.poolings=median": "not allowed; allowed: avg, max",
    "text_cnn.windows=some": "not allowed; allowed: all, own",
    "text_cnn.batch_size=100000000": "the number of sentences to train on",
    "text_cnn.embedding_dim=1000000000": r"embedding_dim.*GiB of memory",
    "siamese.held_out=5": r"siamese\.held_out: \(5,\) cannot be; allowed: at least 2 subjects",
    "siamese.held_out=5,41": "numbers of subjects, 1 to 40",
    "siamese.folds=1": "not allowed; allowed: numbers from 2",
    "siamese.folds=21": "folds: 21 cannot be; allowed: 2 to 13",
    "siamese.baseline_dim=1000": "the number of images that a fold does not test",
    "siamese.batch_size=100000000": "its activations alone would fill the memory",
    "cvae.latent=1": "latent: 1 cannot be; allowed: at least 2",
    "cvae.loss=mse": "not allowed; allowed: bound, reference",
    "cvae.hidden=1000000000": "GiB of memory",
    "cvae.importance_images=100000000": "the number of images that are tested",
    "cvae.validation_images=100000000": "less than the",
    "gan.images=100000000": "the number of training images",
    "gan.batch_size=15": "as many samples as a log line shows",
    "gan.iterations=1": "at least 2",
    "gan.samples=1": "at least 2, for a covariance",
    "digits.batch_size=100000000": "the number of images to train on",
}


def settings() -> list[Bad]:
    """Values that no run can have, on generated data."""
    found = []
    for text, says in SETTINGS.items():
        words = "report", "--preset", "smoke", "--only", text.partition(".")[0], "--set", text
        found.append(Bad(f"--set {text}", says, Way(words=words, main=_main), _lay_down))
    return found


def data() -> list[Bad]:
    """Files of data that are not what they should be."""
    raw = {f"MNIST/raw/{name}": b"" for name in mnist.FILES}
    labels, size = f"MNIST/raw/{LABELS}", 8 + 10_000
    rows, many = _sentences(5), _sentences(40_000)
    return [
        _data("digits", "images that are missing", "missing", {labels: bytes(size)}),
        _data("digits", "empty files", "expected 47,040,016 bytes, found 0", raw),
        _data("digits", "a file that is cut", r"expected [\d,]+ bytes, found 7", raw | _images(bytes(7))),
        _data("digits", "images altered", "expected md5 6bbc9ace", raw | _images(bytes(16 + 60_000 * 784))),
        _data(
            "digits", "half an archive", "not a complete gzip file", _gz(raw, gzip.compress(bytes(99))[:20])
        ),
        _data("digits", "a page in place of an archive", "not a complete gzip file", _gz(raw, PAGE)),
        _data("text_cnn", "sentences without labels", "expected label 0", _texts(many.replace(b"0 ", b""))),
        _data("text_cnn", "too few sentences", "expected 40,000 rows, found 5", _texts(rows)),
        _data("text_cnn", "sentences that are not UTF-8", "found 1", _texts(b"0 \xff\xfe\x00s")),
        _data("text_cnn", "other sentences", "expected 10,000 rows, found 40,000", _texts(many)),
        _data("text_cnn", "no development set", "missing dev.txt", {"yelp/train.txt": many}),
        _data("text_cnn", "half of the corpus", "missing .*and 2 more", {"yelp/sentiment.test.0": rows}),
        _data("text_cnn", "a page in place of the corpus", "5 or more tokens, found 1", _corpus(PAGE)),
        _data("siamese", "one face", "missing", {"att_faces/s1/1.pgm": b"P5 92 112 255\n"}),
        _data("siamese", "an archive that is none", "not a complete zip archive", {"att_faces.zip": PAGE}),
        _data(
            "siamese", "faces in half an archive", "not a complete zip", {"att_faces.zip": _climbing()[:40]}
        ),
        _data("siamese", "an archive that climbs out", r"missing s1/1\.pgm", {"att_faces.zip": _climbing()}),
    ]


def _data(part: str, name: str, says: str, files: dict[str, bytes]) -> Bad:
    def change(root: Path) -> None:
        folder = _lay_down(root) / "data"
        folder.mkdir()
        for file, content in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)

    return Bad(
        name, says, Way(words=("data", "--only", part, "--data-dir", f"{PLACE}/data"), main=_main), change
    )


def _images(content: bytes) -> dict[str, bytes]:
    return {"MNIST/raw/train-images-idx3-ubyte": content}


def _gz(raw: dict[str, bytes], content: bytes) -> dict[str, bytes]:
    return {f"{name}.gz": content for name in raw}


def _sentences(count: int) -> bytes:
    """So many rows, half of them negative, as the class's own files have them."""
    return b"".join(b"%d it was a fine meal\n" % (2 * i >= count) for i in range(count))


def _texts(content: bytes) -> dict[str, bytes]:
    return {f"yelp/{name}.txt": content for name in yelp.SETS}


def _corpus(content: bytes) -> dict[str, bytes]:
    return {f"yelp/sentiment.{name}": content for name in yelp.CLASSES}


def _climbing() -> bytes:
    """A zip archive whose members would lie outside of the folder that it is unpacked in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("../../s1/1.pgm", "/tmp/s1/2.pgm"):
            archive.writestr(name, "P5 92 112 255\n")
    return buffer.getvalue()
