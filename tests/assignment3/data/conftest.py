"""What the tests of the three data sets share: a cache of their own, files put down, a mirror on loopback."""

import functools
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from writeup.errors import UserError


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def write(files: dict[str, bytes], folder: Path = tmp_path / "data") -> Path:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder

    return write


@pytest.fixture
def zipped() -> Callable[[dict[str, bytes]], bytes]:
    def pack(files: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    return pack


@pytest.fixture
def complaint() -> Callable[[Callable[[], object]], str]:
    """The one line with which an action fails."""

    def message_of(action: Callable[[], object]) -> str:
        with pytest.raises(UserError) as caught:
            action()
        message = str(caught.value)
        assert "\n" not in message
        return message

    return message_of


@dataclass
class Mirror:
    """A folder served over HTTP; counts the requests."""

    folder: Path
    url: str
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    requests: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path.lstrip("/"))
            super().do_GET()

        def log_message(self, *_: object) -> None: ...

    folder = tmp_path / "mirror"
    http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Mirror(folder, f"http://127.0.0.1:{http.server_port}/", requests)
    http.shutdown()
    http.server_close()
    thread.join()
