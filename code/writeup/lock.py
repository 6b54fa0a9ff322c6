"""One build at a time in a clone: a lock that names its holder and is free when the holder is killed."""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from writeup.errors import UserError
from writeup.files import discard

NAME = ".lock"


@contextlib.contextmanager
def held(folder: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of `folder` inside. what: the holder in words, for whoever finds the lock taken.

    wait: wait for another holder, and print who it is; otherwise a UserError says so. The system frees the
    lock of a process that ends, however it ends; the words left in the file show that it ended early.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _acquired(folder / NAME, wait)
    try:
        if left := _said(descriptor):
            print(f"{left} ended early; what it finished is used", file=sys.stderr, flush=True)
        _say(descriptor, f"{what} (process {os.getpid()}, since {time.strftime('%H:%M:%S')})")
        yield
        _say(descriptor, "")
    except BaseException:
        with contextlib.suppress(OSError):  # a full disk, perhaps
            _say(descriptor, "")
        raise
    finally:
        os.close(descriptor)


def _acquired(path: Path, wait: bool) -> int:
    """The open lock file, locked."""
    while True:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            discard(path)  # the target of a link is not ours to write to
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            _lock(descriptor, wait)
            if _is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # removed meanwhile: another process would lock a new file


def _lock(descriptor: int, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _said(descriptor) or "another build"
        if not wait:
            raise UserError(f"{holder} is at work here; wait for it, or leave --no-wait out") from None
        print(f"waiting for {holder}", file=sys.stderr, flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there, ours = path.stat(), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _said(descriptor: int) -> str:
    """The words in the lock file, printable, in one line."""
    text = os.pread(descriptor, 200, 0).decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _say(descriptor: int, words: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, words.encode("utf-8", errors="replace"), 0)
