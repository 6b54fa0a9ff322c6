"""What a reader sees beside what the file's text says: pages drawn, and compared as pictures.

Where a page bears the words that it should, it is laid over the page rendered anew: a picture or note over
a number, a figure turned round, cropped or in other hues, a drawing over text are differences of dots.
"""

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as raw

from writeup.grade.glyphs import Box
from writeup.grade.pages import Page, Paper
from writeup.grade.rendered import Difference, matched

Dots = np.ndarray[Any, np.dtype[np.float64]]  # [height, width, 3], 0 black to 1 white

SCALE = 1.25  # dots a point
CELL = 8  # dots: of squares whose mean is compared
APART = 0.05  # of the way from black to white: how much a square's mean may differ
FILLED = 0.5  # of a note's squares that are others: fewer, and it is a frame or a line
CONTRAST = 0.15  # between a word's ink and its ground, at least
SAME = 0.9  # of a page's words that have to be matched before its picture is compared


def differences(paper: Paper, should: Paper) -> Iterator[Difference]:
    """Where pages do not look as they should, though they say the same."""
    shifts, elsewhere = _aligned(paper, should)
    one, two = pypdfium2.PdfDocument(paper.data), pypdfium2.PdfDocument(should.data)
    try:
        for here, (there, dx, dy) in shifts.items():
            page, wanted = paper.pages[here - 1], should.pages[there - 1]
            bands = elsewhere.get(there, [])
            yield from _compared(one[here - 1], two[there - 1], page, wanted, (dx, dy), bands, should)
    finally:
        one.close()
        two.close()


def _aligned(
    paper: Paper, should: Paper
) -> tuple[dict[int, tuple[int, float, float]], dict[int, list[tuple[float, float]]]]:
    """Which page should look like which, and how far it is moved; and by page the heights of lines that are
    set otherwise, since their words are others: they are differences already.
    """
    pairs: dict[int, list[tuple[int, int]]] = {}
    for a, b, count in matched(paper, should):
        for k in range(count):
            pairs.setdefault(paper.words[a + k].page, []).append((a + k, b + k))
    found, still = {}, set()
    for number, words in pairs.items():
        there = Counter(should.words[b].page for _, b in words).most_common(1)[0][0]
        boxes = [
            (b, paper.words[a].box, should.words[b].box) for a, b in words if should.words[b].page == there
        ]
        dx, dy = (median(one[k] - two[k] for _, one, two in boxes) for k in (0, 1))
        close = {
            b for b, one, two in boxes if abs(one[0] - two[0] - dx) < 1 and abs(one[1] - two[1] - dy) < 1
        }
        if len(close) >= SAME * len(should.pages[there - 1].words):
            found[number] = there, dx, dy
            still |= close
    elsewhere: dict[int, list[tuple[float, float]]] = {}
    for k, word in enumerate(should.words):
        if k not in still:
            elsewhere.setdefault(word.page, []).append((word.box[1] - 4, word.box[3] + 4))
    return found, elsewhere


def _compared(
    one: Any,
    two: Any,
    page: Page,
    wanted: Page,
    shift: tuple[float, float],
    elsewhere: Sequence[tuple[float, float]],
    should: Paper,
) -> Iterator[Difference]:
    """Squares of a page that differ, joined where they touch. Notes count where they cover words."""
    sheet, seen = one.get_mediabox(), one.get_cropbox()
    two.set_mediabox(*(side - shift[k % 2] for k, side in enumerate(sheet)))  # dots fall alike
    bare, right = dots(one, notes=False), dots(two, notes=False)
    moved = round((sheet[0] - seen[0]) * SCALE), round((seen[3] - sheet[3]) * SCALE)
    apart = _apart(bare, right, moved)
    if not all(map(_is_link, _annotations(one))):
        added = _apart(dots(one, notes=True), bare, (0, 0))
        for first, west, last, east in _patches(added):
            inside = np.s_[first : last + 1, west : east + 1]
            if added[inside].mean() > FILLED:
                apart[inside] |= added[inside] & _inked(right)[inside]
    for box in _boxes(apart, two.get_mediabox()):
        if any(box[1] < high and low < box[3] for low, high in elsewhere):
            continue
        words = [word.text for word in wanted.words if _touch(word.box, box)]
        float_ = _caption(should, wanted, box)
        said = f"over {' '.join(words[:8])!r}" if words else float_ or "where nothing is printed"
        kind = f"it does not look as it should: {said}"
        place = should.places[_near(should, wanted.number, box)]
        moved_box = box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]
        yield Difference("seen", place.section, kind, "", [(page.number, moved_box)])


def dots(page: Any, *, notes: bool) -> Dots:
    """A page as dots; with its annotations or without."""
    image = page.render(scale=SCALE, may_draw_forms=False, draw_annots=notes).to_numpy()
    found: Dots = image[:, :, :3].astype(float) / 255
    return found


def _apart(one: Dots, two: Dots, moved: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The squares [rows, columns] of the second whose mean colours differ, the first moved back."""
    x, y = moved
    height, width = two.shape[:2]
    fitted = np.ones_like(two)
    rows = range(max(0, -y), min(height, one.shape[0] - y))
    columns = range(max(0, -x), min(width, one.shape[1] - x))
    if rows and columns:
        inside = one[rows[0] + y : rows[-1] + 1 + y, columns[0] + x : columns[-1] + 1 + x]
        fitted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = inside
    return np.asarray(np.abs(_means(fitted) - _means(two)).max(axis=2) > APART)


def _means(image: Dots) -> Dots:
    """The mean colour of each square."""
    rows, columns = image.shape[0] // CELL, image.shape[1] // CELL
    cut = image[: rows * CELL, : columns * CELL]
    means: Dots = cut.reshape(rows, CELL, columns, CELL, 3).mean(axis=(1, 3))
    return means


def _inked(image: Dots) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(_means(image).min(axis=2) < 1 - APART)


def _patches(apart: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int, int, int]]:
    """The squares that differ, joined where they touch or nearly so: first row, column, last row, column."""
    found: list[tuple[int, int, int, int]] = []
    for row, column in zip(*np.nonzero(apart), strict=True):
        near = [b for b in found if b[0] - 2 <= row <= b[2] + 2 and b[1] - 2 <= column <= b[3] + 2]
        found = [box for box in found if box not in near]
        near.append((row, column, row, column))
        low, high = (
            [pick(b[k] for b in near) for k in side] for pick, side in ((min, (0, 1)), (max, (2, 3)))
        )
        found.append((low[0], low[1], high[0], high[1]))
    return found


def _boxes(apart: np.ndarray[Any, np.dtype[np.bool_]], sheet: Box) -> list[Box]:
    """The same in points."""
    step, (left, _, _, top) = CELL / SCALE, sheet
    found = []
    for a, b, c, d in _patches(apart):
        box = left + b * step, top - (c + 1) * step, left + (d + 1) * step, top - a * step
        found.append((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
    return found


def _touch(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _near(should: Paper, number: int, box: Box) -> int:
    """The word of a page that is nearest to a box."""
    mine = [k for k, word in enumerate(should.words) if word.page == number]
    return min(mine, key=lambda k: abs(should.words[k].box[3] - box[1]), default=0)


def _caption(should: Paper, page: Page, box: Box) -> str:
    """The caption below a box, where a figure stands there."""
    below = [k for k, word in enumerate(page.words)
             if word.text == "Figure" and word.box[3] < box[3] and "b" in word.look]  # fmt: skip
    if not below:
        return ""
    k = max(below, key=lambda k: page.words[k].box[3])
    return " ".join(word.text for word in page.words[k : k + 8])


def unseen(paper: Paper) -> Iterator[Difference]:
    """Words whose letters have no ink on their page: white, covered, or drawn too small to be read."""
    document = pypdfium2.PdfDocument(paper.data)
    try:
        for page in paper.pages:
            sheet = document[page.number - 1]
            image, (west, _, _, north) = dots(sheet, notes=True).mean(axis=2), sheet.get_cropbox()
            bad = [
                word
                for word in page.words
                if word.text.isalnum() and not _visible(image, word.box, west, north)
            ]
            if bad:
                said = " ".join(word.text for word in bad[:8])
                spots = [(page.number, word.box) for word in bad[:8]]
                yield Difference("seen", "", f"{len(bad)} words are not to be seen: {said}", "", spots)
    finally:
        document.close()


def _visible(image: Any, box: Box, west: float, north: float) -> bool:
    rows = slice(max(int((north - box[3]) * SCALE), 0), int((north - box[1]) * SCALE) + 2)
    columns = slice(max(int((box[0] - west) * SCALE), 0), int((box[2] - west) * SCALE) + 2)
    piece = image[rows, columns]
    return bool(piece.size and box[3] - box[1] > 1.5 and float(piece.max() - piece.min()) > CONTRAST)


def file_differences(paper: Paper, should: Paper) -> Iterator[Difference]:
    """What a file says of itself besides its pages: title, author, tags, alternative texts, links."""
    one, two = facts(paper), facts(should)
    for name, value in two.items():
        if one[name] != value:
            yield Difference("file", "", f"the file's {name}: {one[name]!s:.60}, not {value!s:.60}", "")


def facts(paper: Paper) -> dict[str, Any]:
    """The file's title and author, whether it is tagged and says PDF/UA, alternative texts, links."""
    document = pypdfium2.PdfDocument(paper.data)
    try:
        said = document.get_metadata_dict()
        return {
            "title": said.get("Title", ""),
            "author": said.get("Author", ""),
            "tags": bool(raw.FPDFCatalog_IsTagged(document.raw)),
            "PDF/UA": b"pdfuaid:part" in paper.data,
            "alternative texts": [text for page in document for text in _alternatives(page) if text],
            "number of links": sum(_is_link(one) for page in document for one in _annotations(page)),
        }
    finally:
        document.close()


def _annotations(page: Any) -> Iterator[Any]:
    for k in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        one = raw.FPDFPage_GetAnnot(page.raw, k)
        yield one
        raw.FPDFPage_CloseAnnot(one)


def _is_link(annotation: Any) -> bool:
    return bool(raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_LINK)


def _alternatives(page: Any) -> Iterator[str]:
    """What the tags of a page say of its figures, for those who do not see them."""
    tree = raw.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return
    try:
        for k in range(raw.FPDF_StructTree_CountChildren(tree)):
            yield from _below(raw.FPDF_StructTree_GetChildAtIndex(tree, k))
    finally:
        raw.FPDF_StructTree_Close(tree)


def _below(element: Any) -> Iterator[str]:
    if not element:
        return
    if _text(raw.FPDF_StructElement_GetType, element) == "Figure":
        yield _text(raw.FPDF_StructElement_GetAltText, element)
    for k in range(raw.FPDF_StructElement_CountChildren(element)):
        yield from _below(raw.FPDF_StructElement_GetChildAtIndex(element, k))


def _text(read: Callable[[Any, Any, int], int], element: Any) -> str:
    size = read(element, None, 0)
    buffer = ctypes.create_string_buffer(size)
    read(element, buffer, size)
    return buffer.raw[:size].decode("utf-16-le").rstrip("\0")
