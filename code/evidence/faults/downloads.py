"""Downloads that go wrong: a server on this machine that sends something else than the file."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from evidence.faults.bad import Bad
from evidence.faults.builds import Way, program
from writeup.data.archives import Damaged, read
from writeup.data.fetch import Remote
from writeup.data.find import Source
from writeup.declare import Data, Part, Report

CONTENT = b"the file, whole"
PAGE = b"<html><body>Please log in to this network</body></html>"


@dataclass(frozen=True)
class Nothing:
    """No settings."""


def _check(path: Path, where: str) -> bytes:
    if (data := read(path, where)) != CONTENT:
        raise Damaged(f"{where}: not the file that it should be")
    return data


def _find(folder: Path) -> bytes | None:
    return _check(folder / "file", str(folder / "file")) if (folder / "file").is_file() else None


REMOTES: list[Remote] = []  # of this process: the server's port is known when it runs
SOURCE = Source("made up", REMOTES, _find, _check, lambda _: "", lambda _: "")


def _answering(status: int, body: bytes, announced: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _main(words: Sequence[str], *, status: int, body: bytes, announced: int) -> int:
    """The verb `data` of a report whose data a server has that answers so."""
    server = HTTPServer(("127.0.0.1", 0), _answering(status, body, announced))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    remote = Remote("file", (f"http://127.0.0.1:{server.server_port}/file",), max_bytes=1000, timeout=5)
    REMOTES[:] = [remote]
    data = Data("made_up", source="evidence.faults.downloads:SOURCE")
    report = Report(Path.cwd(), [Part("part", Nothing(), data, "nothing")])
    return program()(report, words)


def cases() -> list[Bad]:
    """Each by what the server does."""

    def bad(name: str, says: str, status: int, body: bytes, announced: int | None = None) -> Bad:
        length = len(body) if announced is None else announced
        main = partial(_main, status=status, body=body, announced=length)
        environ = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        return Bad(name, says, Way(words=["data"], main=main, environ=environ))

    return [
        bad("a proxy's page in place of the file", "a web page came instead", 200, PAGE),
        bad("a download that is cut off", "cut off after 7 of 15 bytes", 200, CONTENT[:7], len(CONTENT)),
        bad("a server that has no such file", "answered 404", 404, b"no"),
        bad("a download that is too large", "2,000 bytes announced", 200, b"x" * 2000),
        bad("another file than it should be", "not the file", 200, CONTENT[::-1]),
    ]
