"""A source cut into pieces that pandoc reads one by one, for `watch`: of the next version few are new.

Reading all of them takes longer than the whole at once, so a source of which no piece is known is read whole,
and its pieces when there is time.

A piece begins with a section and is whole: what begins in it ends in it. Each is read behind the preamble, so
nothing but the body may define a command; such a source is read whole, and so is one in which a title occurs
twice, for pandoc makes identifiers of titles.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from writeup.page.source.latex import Document

_SECTION = re.compile(r"^\\section\b", re.MULTILINE)
_DEFINES = re.compile(
    r"\\((re)?new(command|environment|theorem|counter)|providecommand|def|let|input|include)(?![A-Za-z])"
)
_BRACE = re.compile(r"\\.|([{}])", re.DOTALL)
_BEGIN, _END = r"\begin{document}", r"\end{document}"


MOST = 300  # pieces that are kept
Reading = Callable[[str], str | None]  # of a piece, its tree as JSON; None where pandoc has a complaint


@dataclass
class Kept:
    """What was read: trees by pieces, and the pieces that wait until there is time; captions and the like."""

    trees: dict[str, str] = field(default_factory=dict)
    later: dict[str, Reading] = field(default_factory=dict)
    snippets: dict[tuple[str, str], str] = field(default_factory=dict)  # by preamble and LaTeX

    def tree(self, piece: str, reading: Reading) -> str | None:
        found = self.trees.pop(piece, None) or reading(piece)
        if found is not None:
            self.trees[piece] = found  # the last, for the first goes
            if len(self.trees) > MOST:
                del self.trees[next(iter(self.trees))]
        return found

    def read_later(self, stop: Callable[[], bool]) -> None:
        """Read what waits, until `stop` says that there is something else to do."""
        while self.later and not stop():
            self.tree(*self.later.popitem())


def read(document: Document, source: str, kept: Kept, reading: Reading) -> str | None:
    """The document's tree as JSON, put together of its pieces; None where it has to be read whole."""
    pieces = cut(Document(document.path, source))
    if not any(piece in kept.trees for piece in pieces):
        kept.later |= dict.fromkeys(pieces, reading)
        return None
    trees = []
    for piece in pieces:
        found = kept.tree(piece, reading)
        if found is None:
            return None
        trees.append(json.loads(found))
    blocks = [block for tree in trees for block in tree["blocks"]]
    names = Counter(block["c"][1][0] for block in blocks if block["t"] == "Header")
    if any(times > 1 for name, times in names.items() if name):
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
