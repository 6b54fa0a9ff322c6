"""Where a data set is looked for, in which order, and what a person is told to do where it cannot be had."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from writeup.data.archives import Damaged, first_file, read
from writeup.data.fetch import Remote
from writeup.data.find import Source, obtain, obtain_all

NAMES = "first.txt", "second.txt"  # a data set of two files, each of which says "good"


def check(path: Path, where: str) -> str:
    if (text := read(path, where).decode()) != "good":
        raise Damaged(f"{where}: expected good, found {text}")
    return text


def find(root: Path) -> list[str] | None:
    paths = [first_file(root / "words" / name, root / name) or root / name for name in NAMES]
    return [check(path, str(path)) for path in paths] if any(path.is_file() for path in paths) else None


def digest(data: list[str]) -> str:
    return hashlib.sha256("".join(data).encode()).hexdigest()


WORDS = Source("words", (), find, check, digest, describe=lambda data: f"{len(data)} words")


def put(folder: Path, *texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(NAMES, texts, strict=False):
        (folder / name).write_text(text)
    return folder


def from_server(url: str) -> Source[list[str]]:
    return replace(WORDS, remotes=tuple(Remote(f"words/{name}", (url + name,)) for name in NAMES))


def test_the_folder_given_comes_before_the_cache(cache: Path, tmp_path: Path) -> None:
    put(cache, "good", "good")
    data = put(tmp_path / "data", "good", "good")
    assert obtain(WORDS, data) == (["good", "good"], data)
    assert obtain(WORDS) == (["good", "good"], cache)


def test_the_cache_serves_what_the_data_folder_lacks(cache: Path, tmp_path: Path) -> None:
    put(cache, "good", "good")
    assert obtain(WORDS, put(tmp_path / "data"))[1] == cache


def test_damage_in_the_folder_given_is_an_error_even_if_the_cache_is_whole(
    cache: Path, tmp_path: Path, complaint
) -> None:
    put(cache, "good", "good")
    data = put(tmp_path / "data", "good", "bad")
    message = complaint(lambda: obtain(WORDS, data))
    assert f"{data / 'second.txt'}: expected good, found bad" in message
    assert "--data-dir" in message and "make data" in message


def test_a_data_folder_that_does_not_exist_is_an_error(cache: Path, tmp_path: Path, complaint) -> None:
    assert "no such folder" in complaint(lambda: obtain(WORDS, tmp_path / "nowhere"))


def test_only_what_the_cache_lacks_is_downloaded(cache: Path, server) -> None:
    put(cache / "words", "good")
    for name in NAMES:
        server.behaviours[name] = server.sending(b"good")
    assert obtain(from_server(server.url)) == (["good", "good"], cache)
    assert server.requests == ["second.txt"]
    obtain(from_server(server.url))
    assert server.requests == ["second.txt"]  # now it is kept


def test_a_damaged_file_in_the_cache_is_replaced(cache: Path, server) -> None:
    put(cache / "words", "good", "bad")
    server.behaviours["second.txt"] = server.sending(b"good")
    assert obtain(from_server(server.url))[0] == ["good", "good"]
    assert server.requests == ["second.txt"]


def test_damage_that_hides_the_download_is_named(cache: Path, tmp_path: Path, server, complaint) -> None:
    # As where a person put files beside the download, in a layout that is looked at first.
    source = replace(from_server(server.url), remotes=(Remote("first.txt", (server.url + "first.txt",)),))
    put(cache / "words", "bad", "good")
    server.behaviours["first.txt"] = server.sending(b"good")
    message = complaint(lambda: obtain(source))
    assert (
        str(cache / "words/first.txt") in message and "delete it, the download beside it is whole" in message
    )


def test_an_unreachable_host_is_one_line(cache: Path, tmp_path: Path, complaint) -> None:
    data = put(tmp_path / "data")
    source = from_server("http://127.0.0.1:9/")  # port 9, discard: nobody listens
    message = complaint(lambda: obtain(source, data))
    assert "127.0.0.1:9 could not be reached" in message and f"words is not in {data}" in message
    assert f"not in {data}" not in complaint(lambda: obtain(source))


def test_a_source_whose_download_it_does_not_find_is_a_mistake_in_the_code(cache: Path) -> None:
    with pytest.raises(AssertionError, match="not where they are looked for"):
        obtain(WORDS)


def test_obtain_all_says_what_it_found_and_where(cache: Path, tmp_path: Path) -> None:
    put(cache, "good", "good")
    data = put(tmp_path / "data", "good", "good")
    longer = replace(WORDS, name="more_words", find=lambda root: (found := find(root)) and found * 5)
    one, other = obtain_all([WORDS, longer], data)
    assert one == f"words       2 words   sha256 {digest(['good'] * 2)}  from {data}"
    assert other == f"more_words  10 words  sha256 {digest(['good'] * 10)}  from {data}"
    assert obtain_all([]) == []


def test_what_needs_no_download_imports_nothing_for_it() -> None:
    code = "import sys, writeup.data.find; sys.exit(bool({'pooch', 'requests', 'torch'} & {*sys.modules}))"
    code_folder = Path(__file__).parents[3] / "code"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(code_folder)}).returncode == 0
