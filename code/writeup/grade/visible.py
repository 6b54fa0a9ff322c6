"""What a file's text says has to be seen on its pages: nothing lies over it, and it is not drawn in white."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2

from writeup.grade.paper import Paper

Span = tuple[int, int]
Grey = np.ndarray[Any, np.dtype[np.uint8]]

SCALE = 1.5  # pixels a point
CONTRAST = 40  # grey levels between ink and ground, at least
WORD = re.compile(r"[^\W_]{2,}|\d")


def unseen(paper: Paper) -> Iterator[Span]:
    """The words and numbers of whose letters no ink is on the page."""
    document = pypdfium2.PdfDocument(paper.data)
    try:
        pages = [_grey(page) for page in document]
    finally:
        document.close()
    for found in WORD.finditer(paper.text):
        page, (left, low, right, high) = paper.pages[found.start()], paper.boxes[found.start()]
        west, north, grey = pages[page - 1]
        rows = slice(max(int((north - high) * SCALE), 0), int((north - low) * SCALE) + 2)
        columns = slice(max(int((left - west) * SCALE), 0), int((right - west) * SCALE) + 2)
        piece = grey[rows, columns]
        if piece.size and high > low and int(piece.max()) - int(piece.min()) < CONTRAST:
            yield found.span()


def _grey(page: Any) -> tuple[float, float, Grey]:
    """Left and top of a page, and its grey levels."""
    west, _, _, north = page.get_cropbox()
    image = page.render(scale=SCALE, grayscale=True, may_draw_forms=False).to_numpy()
    return west, north, image.reshape(image.shape[0], image.shape[1], -1)[:, :, 0]
