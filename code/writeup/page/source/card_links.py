"""Marks become links of the LaTeX source, for the HTML alone: what stands behind a mark leads to its card.

A number is linked as it stands; in a formula of running text the whole formula is, for mathematics holds no
links; a link that is marked gets the card as its target.
"""

import re

from writeup.page.source.card_markers import Marks
from writeup.page.source.latex import GROUP, LITERAL, Document

PREFIX = "card:"
_INLINE = re.compile(r"(?<!\\)\$[^$]*(?<!\\)\$(?:\\,\\%)?")
_DISPLAY = re.compile(r"\\begin\{(align|equation)(\*?)\}.*?\\end\{\1\2\}", re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d.]*(?:\\,\d{3})*(?:\.\d+)?(?:\\,\\%)?")
_PICTURE = re.compile(rf"\\includegraphics\s*\[(?:{GROUP}|[^\]{{}}])*\]")
_LINK = re.compile(r"\\hyperlink\{[^}]*\}")


def linked(document: Document, marks: Marks) -> tuple[str, list[str]]:
    """The text with a link `\\hyperlink{card:i}{...}` for each mark, and the cards that these open, by i.

    Left out are those where no link can stand: in listings, logs, displays and the words for a picture.
    """
    literal = [found.span() for kind in (LITERAL, _PICTURE) for found in kind.finditer(document.text)]
    displays = [found.span() for found in _DISPLAY.finditer(document.bare)]
    formulas = [found.span() for found in _INLINE.finditer(document.bare)]
    places: dict[tuple[int, int], list[str]] = {}
    targets: dict[tuple[int, int], str] = {}
    for offset, card in marks:
        if _around(literal, offset):
            continue
        if found := _LINK.match(document.text, offset):
            targets[found.span()] = card
        elif not _around(displays, offset):
            number = _NUMBER.match(document.text, offset)
            if span := _around(formulas, offset) or (number and number.span()):
                places.setdefault(span, []).extend(card.split())
    cards: list[str] = []
    pieces: list[tuple[int, int, str]] = []
    for (begin, end), several in places.items():
        cards.append(" ".join(dict.fromkeys(several)))
        pieces.append((begin, end, rf"\hyperlink{{{PREFIX}{len(cards) - 1}}}{{{document.text[begin:end]}}}"))
    for (begin, end), card in targets.items():
        cards.append(card)
        pieces.append((begin, end, rf"\hyperlink{{{PREFIX}{len(cards) - 1}}}"))
    text = document.text
    for begin, end, piece in sorted(pieces, reverse=True):
        text = text[:begin] + piece + text[end:]
    return text, cards


def _around(spans: list[tuple[int, int]], offset: int) -> tuple[int, int] | None:
    return next((span for span in spans if span[0] <= offset < span[1]), None)
