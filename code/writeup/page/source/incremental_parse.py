"""Reading a source in pieces, where one version is read after another: few pieces of the next are new.

A piece begins with a section and is whole: what begins in it ends in it. Each is read behind the preamble, so
nothing but the body may define a command; such a source is read whole, and so is one in which a title occurs
twice, for pandoc makes identifiers of titles.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from writeup.page.source.latex import Document

_SECTION = re.compile(r"^\\section\b", re.MULTILINE)
_DEFINES = re.compile(
    r"\\((re)?new(command|environment|theorem|counter)|providecommand|def|let|input|include)(?![A-Za-z])"
)
_BRACE = re.compile(r"\\.|([{}])", re.DOTALL)
_BEGIN, _END = r"\begin{document}", r"\end{document}"
_KNOWN: ContextVar[dict[Any, str] | None] = ContextVar("known", default=None)
_MOST = 2000  # trees of pieces, and formulas in words, that are known at once


@contextmanager
def remembered() -> Iterator[None]:
    """Within, nothing is read twice."""
    token = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(token)


def recalled(keys: Sequence[Any], reading: Callable[[list[Any]], Iterable[str | None]]) -> list[str | None]:
    """What was read for each key, None if nothing was; `reading` is asked for the keys that are not known."""
    known = _KNOWN.get()
    known = {} if known is None else known
    new = [key for key in dict.fromkeys(keys) if key not in known]
    for key, text in zip(new, reading(new) if new else (), strict=True):
        if text is not None:
            known[key] = text
    found = [known.get(key) for key in keys]
    for key in dict.fromkeys(keys).keys() & known.keys():
        known[key] = known.pop(key)  # the oldest go first
    for key in list(known)[:-_MOST]:
        del known[key]
    return found


def read(document: Document, source: str, reading: Callable[[str], str | None]) -> str | None:
    """The document's tree as JSON, put together of its pieces; None if it has to be read whole.

    reading: of a piece, its tree as JSON; None if pandoc complains.
    """
    if _KNOWN.get() is None:
        return None
    with ThreadPoolExecutor() as pool:
        found = recalled(cut(Document(document.path, source)), lambda new: pool.map(reading, new))
    trees = [json.loads(tree) for tree in found if tree is not None]
    blocks = [block for tree in trees for block in tree["blocks"]]
    titles = Counter(block["c"][1][0] for block in blocks if block["t"] == "Header")
    if not trees or len(trees) < len(found) or any(times > 1 for name, times in titles.items() if name):
        return None
    meta = {name: value for tree in trees for name, value in tree["meta"].items()}
    return json.dumps({**trees[0], "meta": meta, "blocks": blocks})


def cut(source: Document) -> list[str]:
    """The pieces, each with the preamble; none where the source cannot be cut."""
    text, bare = source.text, source.bare
    begin, end = bare.find(_BEGIN), bare.rfind(_END)
    if begin < 0 or end < 0 or _DEFINES.search(bare, begin) or r"\newtheorem" in bare[:begin]:
        return []
    begin += len(_BEGIN)
    places = [begin, *(found.start() for found in _SECTION.finditer(bare, begin)), end]
    pieces, first = [], begin
    for place in places[1:]:
        if _whole(bare[first:place]):
            pieces.append(f"{text[:begin]}{text[first:place].strip()}\n{_END}")
            first = place
    return pieces if first == end else []


def _whole(bare: str) -> bool:
    braces = Counter(found[1] for found in _BRACE.finditer(bare))
    return braces["{"] == braces["}"] and bare.count(r"\begin{") == bare.count(r"\end{")
