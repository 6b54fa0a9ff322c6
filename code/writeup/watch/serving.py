"""The report on 127.0.0.1 while it is watched: its HTML with a script that reloads it, and its other files.

Only this machine is served, and only under its own names: a page elsewhere whose host name is made to lead
here (DNS rebinding) is refused. Nothing outside the report's folder is served, nor what begins with a dot.
"""

import hashlib
import json
import mimetypes
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from writeup.errors import UserError
from writeup.files import beside, read_text

PORT = 8765  # the first that is tried; the next ones where it is taken
TRIED = 20
EVENTS = "/.events"
PATIENCE = 10  # s that a request may take to come
MOST = 64  # connections at once
BEAT = 15  # s between signs of life, by which a page that is gone is noticed
_SCRIPT = beside(__file__, "reload.js")
_EMPTY = b'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Report</title><body><main></main>'


@dataclass
class Told:
    """What pages are told: the version that there is, and the error that keeps the next from being made."""

    folder: Path
    stem: str
    error: str = ""
    ended: bool = False
    times: int = 0  # that pages were told something
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def page(self) -> Path:
        return self.folder / f"{self.stem}.html"

    def tell(self, error: str = "", *, ended: bool = False) -> None:
        """Wake every page: a new version may be there, an error (none clears the last), or the end."""
        with self.changed:
            self.error, self.ended = error, ended
            self.times += 1
            self.changed.notify_all()

    def message(self) -> str:
        version = _version(self.page.read_bytes()) if self.page.is_file() else ""
        return json.dumps({"version": version, "error": self.error})


def start(told: Told, port: int | None = None) -> ThreadingHTTPServer:
    """Serve in the background; UserError where no port is free. port: this one and no other."""
    handler = type("Handler", (_Handler,), {"told": told})
    for number in range(PORT, PORT + TRIED) if port is None else (port,):
        try:
            server = _Server(("127.0.0.1", number), handler)
        except (OSError, OverflowError):
            continue
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        return server
    where = f"{PORT} to {PORT + TRIED - 1}" if port is None else str(port)
    raise UserError(f"watch: port {where} of 127.0.0.1 cannot be had; choose another: --port N")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.free = threading.BoundedSemaphore(MOST)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a page early is no event."""


class _Handler(BaseHTTPRequestHandler):
    told: Told
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def do_GET(self) -> None:
        if not self._for_us():
            return self.send_error(HTTPStatus.FORBIDDEN, "This host name is not served")
        path = unquote(urlsplit(self.path).path)
        if path == EVENTS:
            return self._events()
        if path in ("/", f"/{self.told.page.name}"):
            page = self.told.page.read_bytes() if self.told.page.is_file() else b""
            return self._send(_watched(page), "text/html; charset=utf-8")
        file = _below(self.told.folder, path)
        if file is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        kind = mimetypes.guess_type(file.name)[0] or "text/plain; charset=utf-8"
        return self._send(file.read_bytes(), kind)

    do_HEAD = do_GET

    def _for_us(self) -> bool:
        _, port = self.connection.getsockname()
        return self.headers.get("Host", "") in (f"127.0.0.1:{port}", f"localhost:{port}")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _events(self) -> None:
        """A message now and at each change, until the page is closed."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        last = ""
        while self.command != "HEAD" and not self.told.ended:
            times, message = self.told.times, self.told.message()
            self.wfile.write(b": \n\n" if message == last else f"data: {message}\n\n".encode())
            self.wfile.flush()
            last = message
            with self.told.changed:
                self.told.changed.wait_for(lambda: self.told.times != times, BEAT)  # noqa: B023

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are no news."""


def _below(folder: Path, path: str) -> Path | None:
    """The file of the report that a path names; None for any other."""
    parts = path.removeprefix("/").split("/")
    if not all(part and not part.startswith(".") and "\\" not in part and "\0" not in part for part in parts):
        return None
    file = folder.joinpath(*parts).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def _watched(page: bytes) -> bytes:
    """The page with the script behind it."""
    script = read_text(_SCRIPT).replace("VERSION", _version(page) if page else "").replace("EVENTS", EVENTS)
    return (page or _EMPTY) + f"\n<script>{script}</script>\n".encode()


def _version(page: bytes) -> str:
    return hashlib.sha256(page).hexdigest()[:16]
