"""Fetch one file from its official place or a mirror: bounded, verified, in the cache whole or not at all.

pooch downloads to a temporary name and checks the digest where one is known. What it leaves open is here: a
limit on size and on slowness (a server that sends a byte a minute never trips a read timeout), a check of the
content before the file gets its name, and errors of one line.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from writeup.data.archives import Damaged
from writeup.errors import UserError

CHUNK = 1 << 16  # bytes asked of the socket at once
SLOWEST = 1024  # bytes per second over one timeout; slower than a 1990s modem counts as stalled


@dataclass(frozen=True)
class Remote:
    """One file that can be downloaded."""

    file: str  # its place below the cache folder
    urls: tuple[str, ...]  # the official place first, then mirrors
    md5: str | None = None  # of the file as served, where its publisher states one
    max_bytes: int = 32 << 20  # a server that sends more is cut off
    timeout: float = 30.0  # seconds


def cache_dir() -> Path:
    """The folder that downloads are kept in: $WRITEUP_CACHE, else the system's place for caches."""
    if chosen := os.environ.get("WRITEUP_CACHE"):
        return Path(chosen).expanduser().absolute()
    import pooch  # here and below: what needs no download pays no import

    return Path(pooch.os_cache("writeup"))


def fetch(remote: Remote, folder: Path, check: Callable[[Path, str], object]) -> Path:
    """Make sure that `folder / remote.file` is there and passes `check(path, name for messages)`.

    A file that is there and passes is kept; a damaged one is replaced once its successor has passed.
    Raises UserError with one line that gives the reason for every address tried.
    """
    target = folder / remote.file
    if target.is_file():
        try:
            check(target, str(target))
            return target
        except Damaged:
            pass
    reasons = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for url in remote.urls:
            # Beside the target, so that the last step is a rename within one file system.
            with tempfile.TemporaryDirectory(prefix=".download-", dir=target.parent) as scratch:
                try:
                    part = _retrieve(remote, url, Path(scratch))
                    check(part, url)
                except Damaged as error:
                    reasons.append(str(error))
                    continue
                os.replace(part, target)
                return target
    except OSError as error:  # a full disk, a cache that must not be written
        hint = "set WRITEUP_CACHE to a writable folder with room"
        raise UserError(f"{target}: {error.strerror or error}; {hint}") from None
    raise UserError(
        f"cannot download {target.name}: {'; '.join(reasons)}. "
        f"Get it by other means and place it at {target}, or give a folder that has it: --data-dir DIR"
    )


def _retrieve(remote: Remote, url: str, scratch: Path) -> Path:
    """Download `url` into `scratch`. Raises Damaged for what is the network's or the server's fault."""
    import pooch
    import requests
    import urllib3

    pooch.get_logger().setLevel("WARNING")  # it would announce the temporary path
    host = urlsplit(url).netloc

    def downloader(url: str, output: str, _: Any) -> None:
        _stream(remote, url, output)

    try:
        path = pooch.retrieve(
            url,
            known_hash=remote.md5 and f"md5:{remote.md5}",
            fname=Path(remote.file).name,
            path=scratch,
            downloader=downloader,
        )
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise Damaged(f"{host} sent nothing for {remote.timeout:g} s") from None
    except requests.exceptions.SSLError:
        raise Damaged(f"{host} showed no valid certificate") from None
    except requests.ConnectionError:
        raise Damaged(f"{host} could not be reached") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Damaged(f"{url}: {_one_line(error)}") from None
    except ValueError as error:  # pooch: the digest differs; its first sentence names both
        raise Damaged(f"{url}: {_one_line(error).split('. ')[0]}") from None
    return Path(path)


def _stream(remote: Remote, url: str, output: str) -> None:
    """Copy what `url` sends to the file `output`, with a progress bar. Raises Damaged if cut or slow."""
    import requests
    import urllib3
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    # "identity" and decode_content=False: the bytes on the wire are the file, whose digest is known.
    request = requests.get(url, stream=True, timeout=remote.timeout, headers={"Accept-Encoding": "identity"})
    with (
        request as response,
        open(output, "wb") as file,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        if response.status_code != 200:
            raise Damaged(f"{url} answered {response.status_code} {response.reason}")
        announced = int(response.headers.get("Content-Length", 0))
        if announced > remote.max_bytes:
            raise Damaged(f"{url}: {announced:,} bytes announced, at most {remote.max_bytes:,} expected")
        bar = progress.add_task(Path(remote.file).name, total=announced or None)
        received, window, window_start = 0, 0, time.monotonic()
        try:
            # read1 returns what has arrived, so the clock is looked at even when bytes trickle in.
            while chunk := response.raw.read1(CHUNK, decode_content=False):
                if received == 0 and chunk.lstrip()[:1] == b"<":
                    raise Damaged(f"{url}: a web page came instead of the file")
                file.write(chunk)
                progress.update(bar, advance=len(chunk))
                received, window = received + len(chunk), window + len(chunk)
                if received > remote.max_bytes:
                    raise Damaged(f"{url}: more than the {remote.max_bytes:,} bytes expected at most")
                elapsed = time.monotonic() - window_start
                if elapsed > remote.timeout:
                    if window < SLOWEST * elapsed:
                        raise Damaged(f"{url}: stalled, {window:,} bytes in the last {elapsed:.0f} s")
                    window, window_start = 0, time.monotonic()
        except urllib3.exceptions.ProtocolError:
            raise Damaged(f"{url}: cut off after {received:,} of {announced:,} bytes") from None
        if announced and received != announced:
            raise Damaged(f"{url}: cut off after {received:,} of {announced:,} bytes")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
