"""What the server of `watch` gives to whom."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.watch import serving


@pytest.fixture
def told(tmp_path: Path) -> Iterator[serving.Told]:
    folder = tmp_path / "report"
    (folder / "figures").mkdir(parents=True)
    (folder / "report.html").write_text("<!DOCTYPE html><body><main><p>Words</p></main></body>")
    (folder / "figures" / "one.svg").write_text("<svg/>")
    (folder / ".report.state.json").write_text("state")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    yield serving.Told(folder, "report")


@pytest.fixture
def port(told: serving.Told) -> Iterator[int]:
    server = serving.start(told, 0)
    assert server.server_address[0] == "127.0.0.1"
    yield server.server_address[1]
    told.tell(ended=True)
    server.shutdown()
    server.server_close()


def got(port: int, path: str, host: str = "", method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_the_page_bears_the_script_and_files_beside_it_are_as_they_are(port: int) -> None:
    status, page = got(port, "/")
    assert status == 200 and b"<p>Words</p>" in page and b"EventSource" in page
    assert got(port, "/report.html?x=1") == (200, page) and got(port, "/figures/one.svg") == (200, b"<svg/>")
    assert got(port, "/figures/one.svg", method="HEAD") == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/figures/../../secret",
        "/link",
        "/.report.state.json",
        "//secret",
        "/figures",
        "/figures/",
        "/nothing",
        "/..%5csecret",
        "/%00",
        "/report.html/",
    ],
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    status, answer = got(port, path)
    assert status == 404 and b"secret\n" not in answer and answer != b"secret"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1"])
def test_a_page_under_another_name_is_refused(port: int, host: str) -> None:
    for path in ("/", "/.events", "/figures/one.svg"):
        assert got(port, path, host.format(port=port))[0] == 403
    assert got(port, "/", f"localhost:{port}")[0] == 200


def test_a_page_hears_of_errors_and_of_new_versions(port: int, told: serving.Told) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/.events")
    answer = connection.getresponse()

    def heard() -> dict[str, str]:
        line = answer.readline()
        assert answer.readline() == b"\n"
        message: dict[str, str] = json.loads(line.removeprefix(b"data: "))
        return message

    first = heard()
    assert first["version"].encode() in got(port, "/")[1] and first["error"] == ""
    told.tell("wrong")
    assert heard() == first | {"error": "wrong"}
    told.page.write_text("<p>Other words</p>")
    told.tell()
    last = heard()
    assert last["error"] == "" and last["version"] != first["version"]
    answer.close()
    connection.close()


def test_a_port_that_is_taken_is_one_line(port: int, told: serving.Told) -> None:
    with pytest.raises(UserError, match=f"port {port} .*--port N"):
        serving.start(told, port)
    with pytest.raises(UserError, match="99999"):
        serving.start(told, 99999)


def test_half_a_request_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving._Handler, "timeout", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as half:
        half.sendall(b"GET / HTTP/1.1\r\n")
        assert half.recv(1) == b""


def test_more_connections_than_there_may_be_are_closed(port: int) -> None:
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            for _ in range(serving.MOST)
        ]
        one_more = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        assert one_more.recv(1) == b"" and len(held) == serving.MOST
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if got(port, "/figures/one.svg")[0] == 200:
                return
    raise AssertionError("no connection is free again")
