"""What went wrong, as the one line that a person reads.

A `UserError` is that line already. What the system refuses, and code that does not parse, is put into words
here. Anything else is a mistake of the program: its traceback goes to a file, not to the screen.
"""

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

FULL = errno.ENOSPC, errno.EDQUOT, errno.EFBIG
FORBIDDEN = errno.EACCES, errno.EPERM, errno.EROFS
TAKEN = errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP


def line(error: Exception) -> str:
    """What, where, and what to do."""
    if isinstance(error, UserError):
        return one_line(str(error))
    if isinstance(error, SyntaxError) and error.filename:
        return one_line(f"{error.filename}:{error.lineno}: {error.msg}")
    if isinstance(error, OSError):
        return one_line(of_system(error))
    if isinstance(error, MemoryError):
        return "memory is short; --jobs 1 takes less of it, or choose smaller settings"
    return one_line(f"unexpected: {described(error)}{_kept(error)}")


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Whatever code of the report raises inside becomes a UserError: what cannot be done, why and where."""
    try:
        yield
    except (UserError, SyntaxError, OSError, MemoryError):
        raise
    except Exception as error:
        raise UserError(f"{what}: {described(error)}") from error


def of_system(error: OSError) -> str:
    """What the system refused, of which file, and what to do about it."""
    where = f"{error.filename2 or error.filename}: " if error.filename or error.filename2 else ""
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL:
        why += "; make room and say it again: what was finished is kept"
    elif error.errno in FORBIDDEN:
        why += "; give yourself the permission, or work in a copy"
    elif error.errno in TAKEN:
        why += "; take away what stands in its place"
    return where + why


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
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def one_line(text: str) -> str:
    """`text` in one line that can be printed."""
    joined = " ".join(text.split())
    return joined.encode(errors="backslashreplace").decode()


def _kept(error: Exception) -> str:
    path = Path(tempfile.gettempdir()) / f"writeup-{os.getpid()}.traceback.txt"
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError):
        write_atomically(path, text.encode(errors="backslashreplace"))
        return f"; the traceback is in {path}"
    return ""
