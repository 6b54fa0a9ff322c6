"""One build at a time in a clone: a lock that names its holder and is free when the holder is killed."""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

NAME = ".lock"


@contextlib.contextmanager
def held(folder: Path, what: str) -> Iterator[None]:
    """Hold the lock of `folder` inside; where another process has it, print who that is and wait.

    what: the holder in words, for whoever finds the lock taken. The system frees the lock of a process that
    ends, however it ends; the words left in the file show that it ended early.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for {_said(descriptor) or 'another build'}", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if left := _said(descriptor):
            print(f"{left} ended early; what it finished is used", file=sys.stderr, flush=True)
        _say(descriptor, f"{what} (process {os.getpid()}, since {time.strftime('%H:%M:%S')})")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # a full disk, perhaps
                _say(descriptor, "")
    finally:
        os.close(descriptor)


def _said(descriptor: int) -> str:
    """The words in the lock file, printable, in one line."""
    text = os.pread(descriptor, 200, 0).decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _say(descriptor: int, words: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, words.encode("utf-8", errors="replace"), 0)
