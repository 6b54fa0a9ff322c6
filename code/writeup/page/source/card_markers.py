"""Which card a printed number opens: a mark in front of the number, from its format to the finished page.

While marks are kept, a format puts the name of what it prints in front of the text. `taken` takes the marks
out of the page again and says where each stood, so that the LaTeX source is the same as without them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from markupsafe import Markup

BEGIN, END = "\ue000", "\ue001"  # of Unicode's private use: `templating.escape` lets neither through
_MARK = re.compile(f"{BEGIN}([^{END}]*){END}")
_KEPT: ContextVar[bool] = ContextVar("kept", default=False)
Marks = list[tuple[int, str]]  # offset in the page, card


@contextmanager
def kept() -> Iterator[None]:
    """Formats mark what they print within."""
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)


def marked(text: str, card: str) -> Markup:
    """The LaTeX with a mark in front, behind the $ of a formula, so that it still begins with it."""
    if not _KEPT.get() or not card:
        return Markup(text)
    dollar, rest = ("$", text[1:]) if text.startswith("$") else ("", text)
    return Markup(f"{dollar}{BEGIN}{card}{END}{rest}")


def bare(text: str) -> str:
    """The text without marks."""
    return _MARK.sub("", text)


def taken(text: str) -> tuple[str, Marks]:
    """The text without marks, and where each of them stood in it."""
    marks: Marks = []
    removed = 0
    for match in _MARK.finditer(text):
        marks.append((match.start() - removed, match[1]))
        removed += len(match[0])
    return bare(text), marks
