"""What becomes of the work of a command line: an exit status, and one line for whatever goes wrong.

Exit status: 0 done; 1 or 2 not, said in one line; 3 a package for training is missing; 130 interrupted.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from writeup import trouble

INTERRUPTED = "interrupted; the last good report and results are untouched"


def status(work: Callable[[], None], *, traceback: bool = False) -> int:
    """Do the work; the exit status. traceback: print the one of an error, before the line."""
    heard: list[int] = []
    with _listening(heard), _plain_output():
        try:
            work()
            sys.stdout.flush()
        except KeyboardInterrupt:
            return _told(INTERRUPTED, 130)
        except BrokenPipeError:  # whoever read the output has seen enough
            _no_more_output()
        except Exception as error:
            if heard:  # a library turned the interrupt into another error
                return _told(INTERRUPTED, 130)
            if sys.stdout is not None and trouble.of_output(error):
                _no_more_output()
            if traceback:
                _told(trouble.full(error), 0)
            return _told(f"error: {trouble.line(error)}", getattr(error, "status", 1))
    return 0


@contextlib.contextmanager
def _listening(heard: list[int]) -> Iterator[None]:
    """Note interrupts in `heard`, besides raising them."""

    def note(number: int, frame: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _plain_output() -> Iterator[None]:
    """Characters that a terminal's encoding lacks are written as code points; a closed stream takes all."""
    with contextlib.ExitStack() as stack:
        for stream, redirect in (
            (sys.stdout, contextlib.redirect_stdout),
            (sys.stderr, contextlib.redirect_stderr),
        ):
            if stream is None:
                stack.enter_context(redirect(stack.enter_context(open(os.devnull, "w", encoding="utf-8"))))
            elif (stream.encoding or "").lower().replace("-", "") != "utf8":
                with contextlib.suppress(AttributeError):
                    stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        yield


def _told(text: str, status: int) -> int:
    print(text, file=sys.stderr)
    return status


def _no_more_output() -> None:
    """Otherwise Python would try to write the rest once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
