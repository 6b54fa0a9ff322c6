"""Figures, tables and listings by their captions: kind, number, words."""

import re
from dataclasses import dataclass

from writeup.grade.words import squeeze
from writeup.page.elements import CAPTIONS

Span = tuple[int, int]

CAPTION = re.compile(rf"^({CAPTIONS})\s+(\d+)\s*[:.]\s", re.MULTILINE)
LONGEST = 1500  # characters of a caption


@dataclass(frozen=True)
class Captioned:
    """A figure or table by its caption: kind, number, text, and where the caption begins and ends."""

    kind: str
    number: str
    text: str
    span: Span


def captions(text: str) -> list[Captioned]:
    """All captions of a text, in order; each ends where the flow of the text goes on."""
    found = []
    starts = list(CAPTION.finditer(text))
    for k, start in enumerate(starts):
        end = starts[k + 1].start() if k + 1 < len(starts) else len(text)
        stop = re.compile(r"\f").search(text, start.end(), end)
        span = start.start(), min(stop.start() if stop else end, start.start() + LONGEST)
        found.append(Captioned(start[1], start[2], text[slice(*span)], span))
    return found


def with_words(some: list[Captioned], kind: str, words: str) -> Captioned | None:
    """The first caption of that kind with these words."""
    sought = squeeze(words)
    return next((one for one in some if one.kind == kind and sought in squeeze(one.text)), None)
