"""The data layer on small synthetic data sets in every layout, damaged files, and servers that misbehave.

The real data are checked where the environment variable DATA_DIR names a folder that holds them.
"""

import gzip
import hashlib
import io
import os
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from assignment3.data import datasets
from writeup.data import archives
from writeup.data.fetch import Remote
from writeup.errors import UserError

TRAIN = [("a fine film", 1), ("dull , dull", 0), ("büttner 's best", 1), ("fine", 1), ("fine", 0)]
DEV = [("not a fine film", 0), ("it works", 1)]


def tsv(rows: list[tuple[str, int]]) -> bytes:
    # GLUE's files end each text with a space; the canonical content has none.
    return ("sentence\tlabel\n" + "".join(f"{text} \t{label}\n" for text, label in rows)).encode()


def pgm(pixels: np.ndarray) -> bytes:
    return b"P5\n%d %d\n255\n" % pixels.shape[::-1] + pixels.tobytes()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """File name -> content of a tiny data set of each kind; the tables of what is expected match it."""
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    random = np.random.RandomState(0)
    files: dict[str, bytes] = {}

    digest = hashlib.sha256()
    for name, shape in {
        "train-images-idx3-ubyte": (6, 3, 2),
        "train-labels-idx1-ubyte": (6,),
        "t10k-images-idx3-ubyte": (4, 3, 2),
        "t10k-labels-idx1-ubyte": (4,),
    }.items():
        values = random.randint(0, 10, shape).astype(np.uint8).tobytes()
        header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
        files[name] = header + values
        files[f"{name}.gz"] = gzip.compress(files[name])
        md5s = (hashlib.md5(files[n]).hexdigest() for n in (name, f"{name}.gz"))
        monkeypatch.setitem(datasets.IDX_FILES, name, datasets.Idx(shape, *md5s))
        digest.update(values)
    monkeypatch.setitem(datasets.DIGESTS, "mnist", digest.hexdigest())

    digest = hashlib.sha256()
    for name, rows in (("train.tsv", TRAIN), ("dev.tsv", DEV)):
        files[name] = tsv(rows)
        canonical = "".join(f"{text}\t{label}\n" for text, label in sorted(rows)).encode()
        monkeypatch.setitem(
            datasets.TSV_FILES, name, datasets.Tsv(len(rows), hashlib.sha256(canonical).hexdigest())
        )
        digest.update(canonical)
    monkeypatch.setitem(datasets.DIGESTS, "sst2", digest.hexdigest())
    files["SST-2.zip"] = zipped({f"SST-2/{name}": files[name] for name in ("train.tsv", "dev.tsv")})

    monkeypatch.setattr(datasets, "FACE_SHAPE", (4, 3))
    monkeypatch.setattr(datasets, "FACE_FILES", [f"s{s}/{m}.pgm" for s in (1, 2) for m in range(1, 11)])
    faces = random.randint(0, 256, (2, 10, 4, 3)).astype(np.uint8)
    monkeypatch.setattr(datasets, "FACE_CRCS", " ".join(f"{zlib.crc32(ten.tobytes()):08x}" for ten in faces))
    monkeypatch.setitem(datasets.DIGESTS, "att_faces", hashlib.sha256(faces.tobytes()).hexdigest())
    portraits = {
        f"s{s}/{m}.pgm": pgm(faces[s - 1, m - 1]) for s in (1, 2) for m in (10, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    }
    files |= portraits
    files["att_faces.zip"] = zipped(portraits | {"README": b"Faces"})
    return files


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def chosen(files: dict[str, bytes], test: Callable[[str], bool], prefix: str = "") -> dict[str, bytes]:
    return {prefix + name: data for name, data in files.items() if test(name)}


def one_line(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- layouts ---


@pytest.mark.parametrize("prefix", ["MNIST/raw/", "mnist/", ""])
@pytest.mark.parametrize("suffix", ["ubyte", "ubyte.gz"])
def test_mnist_is_read_from_each_layout(small, tmp_path: Path, prefix: str, suffix: str) -> None:
    folder = put(tmp_path / "data", chosen(small, lambda name: name.endswith(suffix), prefix))
    data = datasets.mnist(folder)
    assert data.train_images.shape == (6, 3, 2) and data.test_images.shape == (4, 3, 2)
    assert data.train_images.tobytes() == small["train-images-idx3-ubyte"][16:]
    assert data.test_labels.tobytes() == small["t10k-labels-idx1-ubyte"][8:]
    assert data.train_images.flags.writeable  # torch.from_numpy warns otherwise


@pytest.mark.parametrize("layout", ["folder", "flat", "zip", "shuffled", "crlf"])
def test_sst2_is_the_same_from_each_layout(small, tmp_path: Path, layout: str) -> None:
    tsvs = chosen(small, lambda name: name.endswith(".tsv"), "" if layout == "flat" else "SST-2/")
    if layout == "zip":
        tsvs = {"SST-2.zip": small["SST-2.zip"]}
    if layout == "shuffled":
        tsvs["SST-2/train.tsv"] = tsv(TRAIN[::-1])
    if layout == "crlf":
        tsvs["SST-2/train.tsv"] = small["train.tsv"].replace(b"\n", b"\r\n")
    data = datasets.sst2(put(tmp_path / "data", tsvs))
    assert list(zip(data.train_phrases, data.train_labels, strict=True)) == sorted(TRAIN)
    assert list(zip(data.dev_sentences, data.dev_labels, strict=True)) == sorted(DEV)
    assert data.train_labels.dtype == np.int8


@pytest.mark.parametrize("layout", ["folder", "flat", "zip", "zip with folder"])
def test_faces_are_in_numeric_order_from_each_layout(small, tmp_path: Path, layout: str) -> None:
    portraits = chosen(small, lambda name: name.endswith(".pgm"))
    nested = {f"att_faces/{name}": data for name, data in portraits.items()}
    files = {
        "folder": nested,
        "flat": portraits,
        "zip": {"att_faces.zip": small["att_faces.zip"]},
        "zip with folder": {"att_faces.zip": zipped(nested)},
    }[layout]
    images = datasets.att_faces(put(tmp_path / "data", files)).images
    assert images.shape == (2, 10, 4, 3)
    assert pgm(images[0, 9]) == small["s1/10.pgm"] and pgm(images[1, 1]) == small["s2/2.pgm"]


def test_the_cache_serves_what_the_data_folder_lacks(small, tmp_path: Path) -> None:
    put(tmp_path / "cache", {"SST-2.zip": small["SST-2.zip"]})
    (tmp_path / "data").mkdir()
    assert len(datasets.sst2(tmp_path / "data", sources={}).train_phrases) == len(TRAIN)


def test_pgm_comments_are_skipped() -> None:
    data = b"P5 # made by hand\n2 1\n# grey\n255\n\x07\n"
    assert archives.parse_pgm(data, (1, 2), "x.pgm").tolist() == [[7, 10]]


# --- damage ---


def flipped(data: bytes) -> bytes:
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


MNIST_DAMAGE = {
    "train-images-idx3-ubyte: expected 52 bytes, found 42": ("train-images-idx3-ubyte", lambda d: d[:-10]),
    "t10k-labels-idx1-ubyte: missing": ("t10k-labels-idx1-ubyte", None),
    "t10k-images-idx3-ubyte: expected md5": ("t10k-images-idx3-ubyte", flipped),
}


@pytest.mark.parametrize("expected", MNIST_DAMAGE)
def test_damaged_mnist_names_the_file(small, tmp_path: Path, expected: str) -> None:
    name, damage = MNIST_DAMAGE[expected]
    files = chosen(small, lambda name: name.endswith("ubyte"), "MNIST/raw/")
    data = files.pop(f"MNIST/raw/{name}")
    if damage:
        files[f"MNIST/raw/{name}"] = damage(data)
    message = one_line(lambda: datasets.mnist(put(tmp_path / "data", files)))
    assert f"MNIST/raw/{expected}" in message and "--data-dir" in message and "make data" in message


def test_truncated_gz_names_the_file(small, tmp_path: Path) -> None:
    files = chosen(small, lambda name: name.endswith("ubyte.gz"))
    files["train-labels-idx1-ubyte.gz"] = files["train-labels-idx1-ubyte.gz"][:-9]
    message = one_line(lambda: datasets.mnist(put(tmp_path / "data", files)))
    assert "train-labels-idx1-ubyte.gz: not a complete gzip file" in message


SST2_DAMAGE = {
    "train.tsv: expected 5 rows, found 4": lambda d: d[: d.rindex(b"fine")],
    "train.tsv: expected text<TAB>0 or 1 in row 5": lambda d: d[:-3],
    "train.tsv: expected sha256": lambda d: d.replace(b"dull ,", b"dill ,"),
    "train.tsv: expected the header": lambda d: b"<html>" + d,
    "missing train.tsv": None,
}


@pytest.mark.parametrize("expected", SST2_DAMAGE)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_sst2_names_the_file(small, tmp_path: Path, expected: str, packed: bool) -> None:
    files = {"SST-2/dev.tsv": small["dev.tsv"]}
    if damage := SST2_DAMAGE[expected]:
        files["SST-2/train.tsv"] = damage(small["train.tsv"])
    if packed:
        files = {"SST-2.zip": zipped(files)}
    assert expected in one_line(lambda: datasets.sst2(put(tmp_path / "data", files)))


def test_an_altered_dev_file_is_named(small, tmp_path: Path) -> None:
    files = {"SST-2/train.tsv": small["train.tsv"], "SST-2/dev.tsv": tsv([DEV[0], ("it works", 0)])}
    assert "SST-2/dev.tsv: expected sha256" in one_line(lambda: datasets.sst2(put(tmp_path / "data", files)))


FACES_DAMAGE = {
    "missing s1/7.pgm": None,
    "s1/7.pgm: expected 12 bytes of pixels, found 9": lambda d: d[:-3],
    "s1/7.pgm: expected 3 x 4 pixels, found 4 x 3": lambda d: d.replace(b"3 4", b"4 3"),
    "s1/7.pgm: not an 8-bit PGM": lambda d: b"<html>" + d,
    "/s1: an image is altered: expected crc32": flipped,
}


@pytest.mark.parametrize("expected", FACES_DAMAGE)
def test_damaged_faces_name_the_image(small, tmp_path: Path, expected: str) -> None:
    files = chosen(small, lambda name: name.endswith(".pgm"), "att_faces/")
    data = files.pop("att_faces/s1/7.pgm")
    if damage := FACES_DAMAGE[expected]:
        files["att_faces/s1/7.pgm"] = damage(data)
    assert expected in one_line(lambda: datasets.att_faces(put(tmp_path / "data", files)))


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-40], lambda d: b"", lambda d: d[:60] + b"\xff" * 40 + d[100:]]
)
def test_a_damaged_zip_is_named(small, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    folder = put(tmp_path / "data", {"SST-2.zip": damage(small["SST-2.zip"])})
    assert "SST-2.zip: not a complete zip archive" in one_line(lambda: datasets.sst2(folder))


def test_no_more_than_the_cap_is_read_of_a_member(small, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILE", 1000)
    bomb = zipped(
        {"SST-2/train.tsv": small["train.tsv"] + b"x\t1\n" * 10**6, "SST-2/dev.tsv": small["dev.tsv"]}
    )
    path = put(tmp_path, {"SST-2.zip": bomb}) / "SST-2.zip"
    contents = archives.read_zip(path, "bomb", "SST-2", ["train.tsv"])
    assert len(contents["train.tsv"]) == 1000


@pytest.mark.parametrize("name", ["mnist", "sst2", "att_faces"])
def test_the_content_must_have_the_digest_that_enters_fingerprints(
    small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = put(tmp_path / "data", chosen(small, lambda name: "/" not in name))
    getattr(datasets, name)(folder)
    monkeypatch.setitem(datasets.DIGESTS, name, "0" * 64)
    assert f"expected sha256 {'0' * 64}" in one_line(lambda: getattr(datasets, name)(folder))


def test_a_data_folder_that_does_not_exist_is_an_error(small, tmp_path: Path) -> None:
    assert "no such folder" in one_line(lambda: datasets.mnist(tmp_path / "nowhere"))


# --- downloads, from a server on the loopback address ---


class Server:
    """Answers GET /NAME by the behaviour set for NAME; counts the requests."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                server.requests.append(name)
                server.behaviours.get(name, lambda handler: handler.send_error(404))(self)

            def log_message(self, *_: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.http.shutdown()
    running.http.server_close()
    thread.join()


def serve(data: bytes, announced: int | None = None, piece: int = 1 << 20, pause: float = 0.0):
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) if announced is None else announced))
        handler.end_headers()
        try:
            for start in range(0, len(data), piece):
                handler.wfile.write(data[start : start + piece])
                time.sleep(pause)
        except OSError:  # the client had enough
            handler.close_connection = True

    return behave


def sst2_from(*urls: str, md5: str | None = None, timeout: float = 5.0):
    return {"sst2": [Remote("SST-2.zip", urls, md5, max_bytes=10_000, timeout=timeout)]}


def cached(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path / "cache")) for path in (tmp_path / "cache").rglob("*"))


def test_a_download_is_verified_and_kept(small, tmp_path: Path, server: Server) -> None:
    server.behaviours["SST-2.zip"] = serve(small["SST-2.zip"])
    md5 = hashlib.md5(small["SST-2.zip"]).hexdigest()
    for _ in range(2):
        data = datasets.sst2(sources=sst2_from(server.url + "SST-2.zip", md5=md5))
        assert len(data.train_phrases) == len(TRAIN)
    assert server.requests == ["SST-2.zip"]  # the second time it came from the cache
    assert cached(tmp_path) == ["SST-2.zip"]


FAILURES: dict[str, Callable[[bytes], Callable[[BaseHTTPRequestHandler], None]]] = {
    "not a complete zip archive": lambda good: serve(good[:-30]),
    "expected sha256": lambda good: serve(
        zipped({"SST-2/train.tsv": tsv([*TRAIN[:-1], ("fine", 1)]), "SST-2/dev.tsv": tsv(DEV)})
    ),
    "a web page came instead": lambda good: serve(b"<!DOCTYPE html><title>Moved</title>"),
    "404": lambda good: lambda handler: handler.send_error(404),
    "503": lambda good: lambda handler: handler.send_error(503),
    "sent nothing for 0.4 s": lambda good: serve(good, piece=100, pause=1.0),
    "stalled": lambda good: serve(good, piece=1, pause=0.02),
    "cut off after 300 of": lambda good: serve(good[:300], announced=len(good)),
    "bytes announced, at most 10,000": lambda good: serve(good, announced=10**12),
}


@pytest.mark.parametrize("expected", FAILURES)
def test_a_failed_download_is_one_line_and_leaves_nothing(
    small, tmp_path: Path, server: Server, expected: str
) -> None:
    server.behaviours["SST-2.zip"] = FAILURES[expected](small["SST-2.zip"])
    sources = sst2_from(server.url + "SST-2.zip", timeout=0.4)
    message = one_line(lambda: datasets.sst2(sources=sources))
    assert expected in message and "SST-2.zip" in message
    assert str(tmp_path / "cache" / "SST-2.zip") in message and "--data-dir" in message  # what to do
    assert cached(tmp_path) == []


def test_an_endless_body_is_cut(small, tmp_path: Path, server: Server) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(5000))
        except OSError:
            handler.close_connection = True

    server.behaviours["SST-2.zip"] = endless
    message = one_line(lambda: datasets.sst2(sources=sst2_from(server.url + "SST-2.zip")))
    assert "more than the 10,000 bytes" in message and cached(tmp_path) == []


def test_an_md5_that_differs_names_both(small, tmp_path: Path, server: Server) -> None:
    server.behaviours["SST-2.zip"] = serve(small["SST-2.zip"])
    message = one_line(lambda: datasets.sst2(sources=sst2_from(server.url + "SST-2.zip", md5="0" * 32)))
    assert "0" * 32 in message and hashlib.md5(small["SST-2.zip"]).hexdigest() in message
    assert cached(tmp_path) == []


def test_an_unreachable_host_is_one_line(small, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    sources = sst2_from("http://127.0.0.1:9/SST-2.zip")  # port 9, discard: nobody listens
    message = one_line(lambda: datasets.sst2(tmp_path / "data", sources=sources))
    assert "127.0.0.1:9 could not be reached" in message and f"not in {tmp_path / 'data'}" in message


def test_a_mirror_steps_in(small, server: Server) -> None:
    server.behaviours["mirror.zip"] = serve(small["SST-2.zip"])
    sources = sst2_from(server.url + "gone.zip", server.url + "mirror.zip")
    assert len(datasets.sst2(sources=sources).train_phrases) == len(TRAIN)


def test_a_damaged_file_in_the_cache_is_replaced(small, tmp_path: Path, server: Server) -> None:
    put(tmp_path / "cache", {"SST-2.zip": b"half"})
    server.behaviours["SST-2.zip"] = serve(small["SST-2.zip"])
    datasets.sst2(sources=sst2_from(server.url + "SST-2.zip"))
    assert (tmp_path / "cache" / "SST-2.zip").read_bytes() == small["SST-2.zip"]


def test_only_the_missing_mnist_files_are_downloaded(small, tmp_path: Path, server: Server) -> None:
    archives_ = chosen(small, lambda name: name.endswith("ubyte.gz"))
    put(tmp_path / "cache" / "MNIST/raw", dict(list(archives_.items())[:3]))
    for name, data in archives_.items():
        server.behaviours[name] = serve(data)
    remotes = [Remote(f"MNIST/raw/{name}", (server.url + name,)) for name in archives_]
    assert len(datasets.mnist(sources={"mnist": remotes}).test_labels) == 4
    assert server.requests == ["t10k-labels-idx1-ubyte.gz"]


def test_a_cache_that_cannot_be_written_is_one_line(small, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    message = one_line(lambda: datasets.sst2(sources=sst2_from("http://127.0.0.1:9/SST-2.zip")))
    assert "WRITEUP_CACHE" in message


def test_fetch_all_says_what_it_found_and_where(small, tmp_path: Path) -> None:
    files = chosen(small, lambda name: "/" not in name)
    lines = datasets.fetch_all(put(tmp_path / "data", files))
    assert [line.split("  ")[0].strip() for line in lines] == ["mnist", "sst2", "att_faces"]
    assert all(
        datasets.DIGESTS[line.split()[0]][:8] in line and str(tmp_path / "data") in line for line in lines
    )


def test_the_official_sources_are_complete() -> None:
    assert set(datasets.SOURCES) == set(datasets.DIGESTS)
    assert {Path(remote.file).stem for remote in datasets.SOURCES["mnist"]} == set(datasets.IDX_FILES)
    assert len(datasets.FACE_FILES) == 400 and len(datasets.FACE_CRCS.split()) == 40


# --- the real data ---

real = pytest.mark.skipif("DATA_DIR" not in os.environ, reason="DATA_DIR is not set: no real data to check")


@real
def test_real_mnist() -> None:
    data = datasets.mnist(Path(os.environ["DATA_DIR"]))
    assert data.train_images.shape == (60_000, 28, 28) and data.test_images.shape == (10_000, 28, 28)
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert abs(data.train_images.mean() / 255 - 0.1307) < 1e-4  # the mean that torchvision's examples use


@real
def test_real_sst2() -> None:
    data = datasets.sst2(Path(os.environ["DATA_DIR"]))
    assert (len(data.train_phrases), int(data.train_labels.sum())) == (67_349, 37_569)
    assert (len(data.dev_sentences), int(data.dev_labels.sum())) == (872, 444)
    assert "it 's a charming and often affecting journey ." in data.dev_sentences


@real
def test_real_faces() -> None:
    images = datasets.att_faces(Path(os.environ["DATA_DIR"])).images
    assert images.shape == (40, 10, 112, 92) and images.dtype == np.uint8


@real
def test_one_altered_byte_of_the_real_faces_is_found(tmp_path: Path) -> None:
    files = archives.read_folder(Path(os.environ["DATA_DIR"]) / "att_faces", datasets.FACE_FILES)
    files["s23/4.pgm"] = flipped(files["s23/4.pgm"])
    put(tmp_path / "att_faces", files)
    assert "/s23: an image is altered" in one_line(lambda: datasets.att_faces(tmp_path))
