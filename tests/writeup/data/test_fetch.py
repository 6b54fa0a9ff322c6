"""One file from servers that misbehave: whole and verified in the cache, or not at all, with one line."""

import hashlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from writeup.data.archives import Damaged
from writeup.data.fetch import Remote, cache_dir, fetch

WORDS = b"".join(b"word number %d\n" % i for i in range(50))


def check(path: Path, where: str) -> None:
    if (size := len(path.read_bytes())) != len(WORDS):
        raise Damaged(f"{where}: expected {len(WORDS)} bytes, found {size}")


def words(*urls: str, md5: str | None = None, timeout: float = 5.0) -> Remote:
    return Remote("texts/words.txt", urls, md5, max_bytes=10_000, timeout=timeout)


def cached(cache: Path) -> list[str]:
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def test_a_download_is_verified_and_kept(cache: Path, server) -> None:
    server.behaviours["words.txt"] = server.sending(WORDS)
    remote = words(server.url + "words.txt", md5=hashlib.md5(WORDS).hexdigest())
    for _ in range(2):
        assert fetch(remote, cache, check).read_bytes() == WORDS
    assert server.requests == ["words.txt"]  # the second time it was there
    assert cached(cache) == ["texts/words.txt"]
    assert list((cache / "texts").iterdir()) == [cache / "texts/words.txt"]  # no scratch folder is left


FAILURES: dict[str, Callable] = {
    "expected 740 bytes, found 710": lambda server: server.sending(WORDS[:-30]),
    "a web page came instead": lambda server: server.sending(b"<!DOCTYPE html><title>Moved</title>"),
    "404": lambda server: lambda handler: handler.send_error(404),
    "503": lambda server: lambda handler: handler.send_error(503),
    "sent nothing for 0.4 s": lambda server: server.sending(WORDS, piece=100, pause=1.0),
    "stalled": lambda server: server.sending(WORDS, piece=1, pause=0.02),
    "cut off after 300 of": lambda server: server.sending(WORDS[:300], announced=len(WORDS)),
    "bytes announced, at most 10,000": lambda server: server.sending(WORDS, announced=10**12),
}


@pytest.mark.parametrize("expected", FAILURES)
def test_a_failed_download_is_one_line_and_leaves_nothing(
    cache: Path, server, complaint, expected: str
) -> None:
    server.behaviours["words.txt"] = FAILURES[expected](server)
    message = complaint(lambda: fetch(words(server.url + "words.txt", timeout=0.4), cache, check))
    assert expected in message and "words.txt" in message
    assert str(cache / "texts/words.txt") in message and "--data-dir" in message  # what to do
    assert list((cache / "texts").iterdir()) == []


def test_an_endless_body_is_cut(cache: Path, server, complaint) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(5000))
        except OSError:
            handler.close_connection = True

    server.behaviours["words.txt"] = endless
    message = complaint(lambda: fetch(words(server.url + "words.txt"), cache, check))
    assert "more than the 10,000 bytes" in message and list((cache / "texts").iterdir()) == []


def test_an_md5_that_differs_names_both(cache: Path, server, complaint) -> None:
    server.behaviours["words.txt"] = server.sending(WORDS)
    message = complaint(lambda: fetch(words(server.url + "words.txt", md5="0" * 32), cache, check))
    assert "0" * 32 in message and hashlib.md5(WORDS).hexdigest() in message
    assert list((cache / "texts").iterdir()) == []


def test_a_mirror_steps_in(cache: Path, server) -> None:
    server.behaviours["mirror.txt"] = server.sending(WORDS)
    fetch(words(server.url + "gone.txt", server.url + "mirror.txt"), cache, check)
    assert server.requests == ["gone.txt", "mirror.txt"] and cached(cache) == ["texts/words.txt"]


def test_every_address_that_failed_is_named(cache: Path, server, complaint) -> None:
    server.behaviours["cut.txt"] = server.sending(WORDS[:-30])
    remote = words(server.url + "gone.txt", server.url + "cut.txt")
    message = complaint(lambda: fetch(remote, cache, check))
    assert f"{server.url}gone.txt answered 404" in message and f"{server.url}cut.txt: expected" in message


def test_a_damaged_file_is_replaced(cache: Path, server) -> None:
    (cache / "texts").mkdir(parents=True)
    (cache / "texts/words.txt").write_bytes(b"half")
    server.behaviours["words.txt"] = server.sending(WORDS)
    fetch(words(server.url + "words.txt"), cache, check)
    assert (cache / "texts/words.txt").read_bytes() == WORDS


def test_a_damaged_file_stays_where_its_successor_is_damaged_too(cache: Path, server, complaint) -> None:
    (cache / "texts").mkdir(parents=True)
    (cache / "texts/words.txt").write_bytes(b"half")
    server.behaviours["words.txt"] = server.sending(WORDS[:-30])
    complaint(lambda: fetch(words(server.url + "words.txt"), cache, check))
    assert (cache / "texts/words.txt").read_bytes() == b"half" and cached(cache) == ["texts/words.txt"]


def test_a_cache_that_cannot_be_written_is_one_line(cache: Path, complaint) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    message = complaint(lambda: fetch(words("http://127.0.0.1:9/words.txt"), cache, check))
    assert "WRITEUP_CACHE" in message


def test_the_cache_is_where_the_user_says_else_the_systems(cache: Path, monkeypatch) -> None:
    assert cache_dir() == cache
    monkeypatch.setenv("WRITEUP_CACHE", "")
    assert cache_dir().is_absolute() and "writeup" in cache_dir().parts
