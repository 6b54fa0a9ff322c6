"""The page with its links to cards, and the page without: a printed number, or a step of a proof, stands in
`\\hyperlink{card:NAME}{...}` (`formats.linked`), of which the HTML makes a button.

NAME: of one card, or of several with a blank between.
"""

import re
from collections.abc import Callable

from writeup.page.source.latex import GROUP, LITERAL, OPTIONS

PREFIX = "card:"
LINK = re.compile(rf"\\hyperlink\{{{PREFIX}([^{{}}]*)\}}\{{({GROUP[2:-2]})\}}", re.DOTALL)
_STEP = re.compile(rf"(\\hyperlink\{{{PREFIX}[^{{}}]*\}})\{{\\hyperlink\{{[^{{}}]*\}}({GROUP})\}}", re.DOTALL)
_PLACES = re.compile(
    rf"{LITERAL.pattern}|\\includegraphics\s*{OPTIONS}"
    r"|(?P<display>\\begin\{(?P<kind>(?:align|equation)\*?)\}.*?\\end\{(?P=kind)\})"
    r"|(?P<formula>(?<!\\)\$[^$]*(?<!\\)\$(?:\\,\\%)?)",
    re.DOTALL,
)


def linked(text: str, card: str) -> str:
    """LaTeX, linked to its card, or to none."""
    return rf"\hyperlink{{{PREFIX}{card}}}{{{text}}}" if card else text


def bare(text: str) -> str:
    """The text without links to cards."""
    return LINK.sub(lambda link: link[2], text)


def placed(text: str, cards: Callable[[str], str]) -> str:
    """The page with links where a link can stand: a formula of running text is linked as a whole, and nothing
    in listings, logs, displays and the words for a picture is, but for the steps of a proof. What links
    elsewhere besides leads to the card. cards: the cards to link to in place of those written, "" for none.
    """

    def place(found: re.Match[str]) -> str:
        if found["display"]:
            return LINK.sub(lambda link: link[0] if _STEP.fullmatch(link[0]) else link[2], found[0])
        if not found["formula"]:
            return bare(found[0])
        several = dict.fromkeys(card for link in LINK.finditer(found[0]) for card in link[1].split())
        return linked(bare(found[0]), " ".join(several))

    text = LINK.sub(lambda link: linked(link[2], cards(link[1])), text)
    return _STEP.sub(r"\1\2", _PLACES.sub(place, text))
