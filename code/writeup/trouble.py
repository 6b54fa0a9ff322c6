"""What went wrong, as the one line that a person reads.

A `UserError` is that line already. Refusals of the system and code that does not parse are put into words
here. Of any other error, in the report's code or in the engine, the line names a file with the traceback.
"""

import bdb
import contextlib
import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from writeup.errors import UserError
from writeup.files import write_atomically

ADVICE = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): "make room and say it again: what was finished is kept",
    (errno.EACCES, errno.EPERM, errno.EROFS): "give yourself the permission, or work in a copy",
    (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP): "take away what stands in its place",
}


def line(error: Exception) -> str:
    """What, where, and what to do."""
    if isinstance(error, UserError):
        return one_line(str(error) + (_kept(error.traceback) if error.traceback else ""))
    if isinstance(error, SyntaxError) and error.filename:
        return one_line(f"{error.filename}:{error.lineno}: {error.msg}")
    if isinstance(error, OSError):
        return one_line(of_system(error))
    if isinstance(error, MemoryError):
        return "memory is short; --jobs 1 takes less of it, or choose smaller settings"
    return one_line(f"unexpected: {described(error)}{_kept(full(error))}")


def full(error: Exception) -> str:
    """The traceback, with those of the errors that led to it; of a UserError, the one of what it is about."""
    return getattr(error, "traceback", "") or "".join(traceback.format_exception(error))


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Whatever code of the report raises inside becomes a UserError: what cannot be done, why and where."""
    try:
        yield
    except (UserError, SyntaxError, MemoryError):
        raise
    except Exception as error:
        why = of_system(error) if isinstance(error, OSError) else described(error)
        failed = UserError(f"{what}: {why}")
        failed.traceback = full(error)  # text, which survives the way from another process
        raise failed from error


def of_system(error: OSError) -> str:
    """What the system refused, of which file, and what to do about it."""
    where = f"{error.filename2 or error.filename}: " if error.filename or error.filename2 else ""
    why = error.strerror or str(error) or type(error).__name__
    advice = next((f"; {text}" for numbers, text in ADVICE.items() if error.errno in numbers), "")
    return f"{where}{why}{advice}"


def of_output(error: Exception) -> bool:
    """Whether standard output itself cannot be written: a full disk, a closed device."""
    if not isinstance(error, OSError) or error.filename:
        return False
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


def described(error: BaseException) -> str:
    """`ValueError: text (module.py:12)`: the innermost line outside of installed packages."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if "site-packages" not in one.filename and one.filename[:1] != "<"]
    place = next((f" ({Path(one.filename).name}:{one.lineno})" for one in reversed(own or frames)), "")
    text = str(error)
    if isinstance(error, bdb.BdbQuit):
        text = "breakpoint() needs --jobs 0, which computes in this process"
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def one_line(text: str) -> str:
    """`text` in one line without what a terminal would obey, which is written as code points."""
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in joined)


def _kept(text: str) -> str:
    """Write a traceback to a file; the words that name it."""
    path = Path(tempfile.gettempdir()) / f"writeup-{os.getpid()}.traceback.txt"
    with contextlib.suppress(OSError):
        write_atomically(path, text.encode(errors="backslashreplace"))
        return f"; the traceback is in {path}"
    return ""
