"""A cache of the test's own, and a server on the loopback address that behaves as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from writeup.errors import UserError

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers GET /NAME by the behaviour set for NAME; counts the requests."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
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

    @staticmethod
    def sending(
        data: bytes, announced: int | None = None, piece: int = 1 << 20, pause: float = 0.0
    ) -> Behaviour:
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


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.http.shutdown()
    running.http.server_close()
    thread.join()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WRITEUP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


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
