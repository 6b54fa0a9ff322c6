"""Words of the rubric, filled with what was recorded, and where a paper says them.

`{value:2}` is a recorded number with so many decimals, `{value:2±}` with its spread; `{formula/derivation/4}`
a step as it was proved; `{page/words}` the page on which these words begin a line; `{Figure/words}` or
`{Table/words}` the number of the caption with these words. A * in the names of a text stands for any name,
the same throughout. What stands in `[[…]]` is left out where one of its numbers is not recorded.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from writeup.errors import UserError
from writeup.grade.captions import with_words
from writeup.grade.rubric import Item
from writeup.grade.words import maths, plain, squeeze
from writeup.page.source.derivations import formula
from writeup.page.source.formats import fixed, spread
from writeup.results.values import Value

if TYPE_CHECKING:
    from writeup.grade.binding import Binding

Span = tuple[int, int]

FIELD = re.compile(r"\{([^{}:]+)(?::(\d+)(±?))?\}")
WORDY = 3  # letters: a number with fewer beside it says nothing of what it is
OPTIONAL = re.compile(r"\[\[(.*?)\]\]")


def texts(item: Item) -> list[str]:
    """What an item of the kind `says` looks for, in its own words."""
    return [item.target] if isinstance(item.target, str) else list(item.target)


def filled(binding: "Binding", item: Item, words: str) -> list[str]:
    """The words with what their fields name, once for each name that a * in them stands for; none where that
    is no part of this report.

    UserError where a field names nothing.
    """
    return [one for way in _ways(binding, words) if (one := _filled(binding, item, way)) is not None]


def _ways(binding: "Binding", words: str) -> list[str]:
    """The words with the same name in place of every * of their fields, for each that there is."""
    starred = [found[1] for found in FIELD.finditer(words) if "*" in found[1]]
    if not starred:
        return [words]
    front, _, back = starred[0].partition("*")
    names = [name for name in binding.truth.numbers if name.startswith(front) and name.endswith(back)]
    stars = dict.fromkeys(name[len(front) : len(name) - len(back)] for name in names)
    return [
        FIELD.sub(lambda found, star=star: found[0].replace("*", star), words)  # type: ignore[misc]
        for star in stars
    ]


def _filled(binding: "Binding", item: Item, words: str) -> str | None:
    def chosen(found: re.Match[str]) -> str:
        return found[1] if all(_has(binding, item, one[1]) for one in FIELD.finditer(found[1])) else ""

    left = OPTIONAL.sub(chosen, words)
    if not all(_has(binding, item, one[1]) for one in FIELD.finditer(left)):
        return None
    return FIELD.sub(lambda found: _put(binding, found), left)


def _has(binding: "Binding", item: Item, name: str) -> bool:
    kind, _, rest = name.partition("/")
    if kind in ("page", "Figure", "Table"):
        return True
    if kind == "formula":
        derivation, _, number = rest.partition("/")
        steps = binding.truth.proofs.get(derivation, {"steps": ()})["steps"]
        if not number.isdigit() or not 1 <= int(number) <= len(steps):
            raise UserError(f"{binding.rubric.path.name}: item {item.id}: no step {rest!r}")
    elif name not in binding.truth.numbers:
        if kind not in {one.name for one in binding.truth.build.request.report.parts}:
            raise UserError(f"{binding.rubric.path.name}: item {item.id}: no number {name!r}")
        return False
    return True


def _put(binding: "Binding", found: re.Match[str]) -> str:
    kind, _, rest = found[1].partition("/")
    if kind == "page":
        at = next(begins(binding, rest), None)
        return f"{binding.paper.page(at[0])}" if at else "?"
    if kind in ("Figure", "Table"):
        caption = with_words(binding.captions, kind, rest)
        return caption.number if caption else "?"
    if kind == "formula":
        derivation, _, number = rest.partition("/")
        return plain(formula(binding.truth.proofs[derivation], int(number)))
    number, digits = binding.truth.numbers[found[1]], int(found[2] or 0)
    shown = spread(number, digits) if found[3] and isinstance(number, Value) else fixed(number, digits)
    return plain(shown)


def found(binding: "Binding", words: str) -> list[Span]:
    """Where a paper says filled words, as whole numbers."""
    text = binding.paper.text
    way, squeezed = (
        (maths, binding.maths) if re.search(r"[=≥≤∥]", words) else (squeeze, binding.paper.squeezed)
    )
    sought = way(words)
    whole = []
    for begin, end in squeezed.all(sought):
        before, behind = text[begin - 1 : begin], text[end : end + 2]
        if sought[0].isdigit() and before and (before.isdigit() or before in ".−"):
            continue
        if sought[-1].isdigit() and re.match(r"\d|\.\d", behind):
            continue
        whole.append((begin, end))
    return whole


def begins(binding: "Binding", words: str) -> Iterator[Span]:
    """Where words stand at the beginning of a line."""
    text = binding.paper.text
    for begin, end in binding.paper.squeezed.all(squeeze(words)):
        if begin and not text[text.rfind("\n", 0, begin) + 1 : begin].strip():
            yield begin, end


def pieces(binding: "Binding") -> Iterator[tuple[Span, str]]:
    """Where the rubric's own words stand, with their numbers: what items say, and where they begin."""
    starts: set[str] = set()
    for item in binding.rubric.items:
        starts.update(item.within)
        for words in texts(item) if item.kind == "says" else ():
            starts.update(one[1][5:] for one in FIELD.finditer(words) if one[1].startswith("page/"))
            said = filled(binding, item, words)
            if len(re.sub(r"[^a-z]", "", FIELD.sub("", words))) >= WORDY:
                yield from ((span, f"item {item.id}") for one in said for span in found(binding, one))
    for words in sorted(one for one in starts if re.search(r"\d", one)):
        yield from ((span, f"where {words} begins") for span in begins(binding, words))
