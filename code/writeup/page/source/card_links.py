"""The link from a printed number, or a step of a proof, to its card: `\\hyperlink{card:NAME}{...}`.

It stays one from the format to the page: formats write it, the HTML makes a button of it, and `bare` takes it
out for whatever has no cards. NAME: of one card, or of several with a blank between.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from writeup.page.source.latex import GROUP, LITERAL, OPTIONS

PREFIX = "card:"
LINK = re.compile(rf"\\hyperlink\{{{PREFIX}([^{{}}]*)\}}\{{({GROUP[2:-2]})\}}", re.DOTALL)
_SHOWN: ContextVar[bool] = ContextVar("shown", default=False)
_STEP = re.compile(rf"(\\hyperlink\{{{PREFIX}[^{{}}]*\}})\{{\\hyperlink\{{[^{{}}]*\}}({GROUP})\}}", re.DOTALL)
_PLACES = re.compile(
    rf"{LITERAL.pattern}|\\includegraphics\s*{OPTIONS}"
    r"|(?P<display>\\begin\{(?P<kind>(?:align|equation)\*?)\}.*?\\end\{(?P=kind)\})"
    r"|(?P<formula>(?<!\\)\$[^$]*(?<!\\)\$(?:\\,\\%)?)",
    re.DOTALL,
)


@contextmanager
def shown() -> Iterator[None]:
    """Within, what is printed is linked to its card."""
    token = _SHOWN.set(True)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def linked(text: str, card: str) -> str:
    """LaTeX, linked to its card where cards are shown."""
    return rf"\hyperlink{{{PREFIX}{card}}}{{{text}}}" if card and _SHOWN.get() else text


def bare(text: str) -> str:
    """The text without links to cards."""
    return LINK.sub(lambda link: link[2], text)


def within(text: str, change: Callable[[str], str]) -> str:
    """The text changed; if it is one link, what is linked is."""
    link = LINK.fullmatch(text)
    return rf"\hyperlink{{{PREFIX}{link[1]}}}{{{change(link[2])}}}" if link else change(text)


def renamed(text: str, cards: Callable[[str], str]) -> str:
    """The text with other cards behind its links; a link to none goes."""

    def link(found: re.Match[str]) -> str:
        name = cards(found[1])
        return rf"\hyperlink{{{PREFIX}{name}}}{{{found[2]}}}" if name else found[2]

    return LINK.sub(link, text)


def placed(text: str) -> str:
    """The page with links where a link can stand: a formula of running text is linked as a whole, and nothing
    in listings, logs, displays and the words for a picture is, but for the steps of a proof. What links
    elsewhere besides leads to the card.
    """

    def place(found: re.Match[str]) -> str:
        if found["display"]:
            return LINK.sub(lambda link: link[0] if _STEP.fullmatch(link[0]) else link[2], found[0])
        if not found["formula"]:
            return bare(found[0])
        cards = dict.fromkeys(card for link in LINK.finditer(found[0]) for card in link[1].split())
        name = " ".join(cards)
        return rf"\hyperlink{{{PREFIX}{name}}}{{{bare(found[0])}}}" if cards else found[0]

    return _STEP.sub(r"\1\2", _PLACES.sub(place, text))
