"""What a reader sees beside what the file's text says: pages drawn, and compared as pictures.

Where a page bears the words that it should, it is laid over the page rendered anew: a picture or note over
a number, a figure turned round, cropped or in other hues, a drawing over text are differences of dots.
"""

import contextlib
import io
import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from statistics import median
from typing import Any

import numpy as np
import pikepdf
import pypdfium2.raw as raw
from PIL import Image
from scipy import ndimage

from writeup.grade.glyphs import Box
from writeup.grade.pages import CAPTION, Paper, Word, annotations, is_link
from writeup.grade.rendered import Beside, Difference
from writeup.page.pdf import tags

Squares = np.ndarray[Any, np.dtype[np.bool_]]  # [rows, columns], whether each is so
Band = tuple[float, float]

SCALE = 1.25  # dots a point
CELL = 8  # dots: of squares whose mean is compared
APART = 0.05  # of the way from black to white: how much a square's mean may differ
FILLED = 0.5  # of a note's squares that are others: fewer, and it is a frame or a line
CONTRAST = 0.15  # between a word's ink and its ground, at least
BARE = 8.0  # points below the text above a figure that are not compared: there it may be stretched
SAME = 0.9  # of a page's words that have to be matched before its picture is compared


def differences(beside: Beside) -> Iterator[Difference]:
    """Where pages do not look as they should, though they say the same."""
    shifts, elsewhere = _aligned(beside)
    for here, (there, dx, dy) in shifts.items():
        yield from _compared(beside.paper, here, beside.should, there, (dx, dy), elsewhere.get(there, []))
    yield from _figures(beside.paper, beside.should, {there for there, *_ in shifts.values()})


def _figures(paper: Paper, should: Paper, compared: Collection[int]) -> Iterator[Difference]:
    """Figures of the pages that are laid otherwise: from the caption up to the text above."""
    theirs = _captions(paper)
    alike = [(one.sheets[0].get_mediabox(), {font.name for font in one.fonts}) for one in (paper, should)]
    if alike[0] != alike[1]:
        return  # a figure's width follows the sheet's, its place the fonts
    for name, caption in _captions(should).items():
        if name not in theirs or caption.page in compared:
            continue
        above = [word for word in should.pages[caption.page - 1].words if word.box[1] > caption.box[3]
                 and (word.size > 0.97 * should.body or CAPTION.search(word.text))]  # fmt: skip
        nearest = min(above, key=lambda word: word.box[1], default=None)
        if nearest and CAPTION.search(nearest.text):
            continue  # how far apart two figures stand is the engine's choice
        top = nearest.box[1] if nearest else math.inf
        shift = 0.0, theirs[name].box[1] - caption.box[1]
        within = caption.box[3], top - BARE
        yield from _compared(paper, theirs[name].page, should, caption.page, shift, [], within)


def _captions(paper: Paper) -> dict[str, Word]:
    """The word that each figure's caption begins with, by the figure's name and number."""
    named = [(place.of, word) for place, word in zip(paper.places, paper.words, strict=True)]
    return {of: word for of, word in reversed(named) if of[:3] == "fig" and CAPTION.search(word.text)}


def _aligned(beside: Beside) -> tuple[dict[int, tuple[int, float, float]], dict[int, list[Band]]]:
    """Which page should look like which, and how far it is moved: those that hold the same words. And by page
    the heights of lines that are set otherwise, since their words are others: they are differences already.
    """
    paper, should = beside.paper, beside.should
    pairs: dict[tuple[int, int], list[tuple[int, Box, Box]]] = {}
    for a, b in beside.same:
        one, two = paper.words[a], should.words[b]
        pairs.setdefault((one.page, two.page), []).append((b, one.box, two.box))
    here, there = (Counter(pair[k] for pair in pairs) for k in (0, 1))
    found, still = {}, set()
    elsewhere: dict[int, list[Band]] = {}
    for (number, wanted), words in pairs.items():
        dx, dy = (median(one[k] - two[k] for _, one, two in words) for k in (0, 1))
        close = {
            b for b, one, two in words if abs(one[0] - two[0] - dx) < 1 and abs(one[1] - two[1] - dy) < 1
        }
        enough = SAME * len(should.pages[wanted - 1].words)
        if here[number] == there[wanted] == 1 and len(close) >= enough:
            found[number] = wanted, dx, dy
            still |= close
            for folio, down in ((paper.pages[number - 1].folio, dy), (should.pages[wanted - 1].folio, 0.0)):
                if folio:  # numbers of pages are told from each other by themselves
                    bands = elsewhere.setdefault(wanted, [])
                    bands.append((folio.box[1] - down - 4, folio.box[3] - down + 4))
    for k, word in enumerate(should.words):
        if k not in still:
            elsewhere.setdefault(word.page, []).append((word.box[1] - 4, word.box[3] + 4))
    return found, elsewhere


def _compared(
    paper: Paper,
    here: int,
    should: Paper,
    there: int,
    shift: Band,
    elsewhere: Sequence[Band],
    within: Band = (-math.inf, math.inf),
) -> Iterator[Difference]:
    """Squares of a page that differ, joined where they touch, between two heights. Notes count where they
    cover words.
    """
    one, two = paper.sheets[here - 1], should.sheets[there - 1]
    sheet, seen, kept = one.get_mediabox(), one.get_cropbox(), two.get_mediabox()
    two.set_mediabox(*(side - shift[k % 2] for k, side in enumerate(sheet)))  # dots fall alike
    (left, _, _, top), bare, right = two.get_mediabox(), dots(one, notes=False), dots(two, notes=False)
    two.set_mediabox(*kept)
    moved = round((seen[0] - sheet[0]) * SCALE), round((sheet[3] - seen[3]) * SCALE)
    apart = _apart(bare, right, moved)
    if not all(map(is_link, annotations(one))):
        added = _apart(dots(one, notes=True), bare, (0, 0))
        for inside in _patches(added):
            if added[inside].mean() > FILLED:
                apart[inside] |= added[inside] & (_means(right)[inside].min(axis=2) < 255 * (1 - APART))
    step = CELL / SCALE
    middles = top - step * (np.arange(len(apart)) + 0.5)
    apart &= ((within[0] < middles) & (middles < within[1]))[:, None]
    for rows, columns in _patches(apart):
        box = (left + columns.start * step, top - rows.stop * step,
               left + columns.stop * step, top - rows.start * step)  # fmt: skip
        if any(box[1] < high and low < box[3] for low, high in elsewhere):
            continue
        words = [word.text for word in should.pages[there - 1].words if _touch(word.box, box)]
        float_ = _caption(should, there, box)
        said = f"over {' '.join(words[:8])!r}" if words else float_ or "where nothing is printed"
        place = should.places[_near(should, there, box)]
        spot = box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]
        yield Difference("seen", place.section, f"it does not look as it should: {said}", "", [(here, spot)])


def dots(page: Any, *, notes: bool) -> Image.Image:
    """A page as dots; with its annotations or without."""
    drawn = page.render(scale=SCALE, may_draw_forms=False, draw_annots=notes, rev_byteorder=True)
    image: Image.Image = drawn.to_pil().convert("RGB")
    return image


def _apart(one: Image.Image, two: Image.Image, moved: tuple[int, int]) -> Squares:
    """The squares of the second whose mean colours differ, the first moved by so many dots."""
    fitted = Image.new("RGB", two.size, "white")
    fitted.paste(one, moved)
    return np.asarray(abs(_means(fitted) - _means(two)).max(axis=2) > 255 * APART)


def _means(image: Image.Image) -> Any:
    """The mean colour of each square: [rows, columns, 3], from 0 to 255."""
    return np.asarray(image.reduce(CELL), dtype=int)


def _patches(apart: Squares) -> list[tuple[slice, slice]]:
    """The rows and columns of squares that differ, joined where they touch or nearly so."""
    near = np.ones((3, 3))
    labels, _ = ndimage.label(ndimage.binary_dilation(apart, near), near)
    found: list[tuple[slice, slice]] = ndimage.find_objects(labels * apart)
    return found


def _touch(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _near(should: Paper, number: int, box: Box) -> int:
    """The word of a page that is nearest to a box."""
    mine = [k for k, word in enumerate(should.words) if word.page == number]
    return min(mine, key=lambda k: abs(should.words[k].box[3] - box[1]), default=0)


def _caption(should: Paper, number: int, box: Box) -> str:
    """The caption below a box, where a figure stands there."""
    words = should.pages[number - 1].words
    below = [k for k, word in enumerate(words)
             if word.text == "Figure" and word.box[3] < box[3] and "b" in word.look]  # fmt: skip
    k = max(below, key=lambda k: words[k].box[3], default=0)
    return " ".join(word.text for word in words[k : k + 8]) if below else ""


def unseen(paper: Paper) -> Iterator[Difference]:
    """Words whose letters have no ink on their page: white, covered, or drawn too small to be read."""
    for page, sheet in zip(paper.pages, paper.sheets, strict=True):
        image, (west, _, _, north) = np.asarray(dots(sheet, notes=True).convert("L")), sheet.get_cropbox()
        plain = (word for word in page.words if word.text.isalnum())
        bad = [word for word in plain if not _visible(image, word.box, west, north)]
        if bad:
            said = " ".join(word.text for word in bad[:8])
            spots = [(page.number, word.box) for word in bad[:8]]
            yield Difference(
                "seen",
                "",
                f"{len(bad)} word{'s are' if len(bad) > 1 else ' is'} not to be seen: {said}",
                "",
                spots,
            )


def _visible(image: Any, box: Box, west: float, north: float) -> bool:
    rows = slice(max(int((north - box[3]) * SCALE), 0), int((north - box[1]) * SCALE) + 2)
    columns = slice(max(int((box[0] - west) * SCALE), 0), int((box[2] - west) * SCALE) + 2)
    piece = image[rows, columns]
    return bool(piece.size and box[3] - box[1] > 1.5 and int(piece.max()) - piece.min() > 255 * CONTRAST)


def file_differences(paper: Paper, should: Paper) -> Iterator[Difference]:
    """What a file says of itself besides its pages: title, author, tags, alternative texts, links."""
    one, two = facts(paper), facts(should)
    for name, value in two.items():
        if one[name] != value:
            yield Difference("file", "", f"the file's {name}: {one[name]!s:.60}, not {value!s:.60}", "")


@lru_cache(maxsize=2)  # a class is held against one report
def facts(paper: Paper) -> dict[str, Any]:
    """The file's title and author, whether it is tagged and says PDF/UA, alternative texts, links."""
    said, texts = paper.document.get_metadata_dict(), []
    with contextlib.suppress(pikepdf.PdfError), pikepdf.open(io.BytesIO(paper.data)) as file:
        tree = file.Root.get("/StructTreeRoot", pikepdf.Dictionary())
        texts = [str(one.Alt) for one in tags.elements(tree.get("/K"), "/Figure") if "/Alt" in one]
    return {
        "title": said.get("Title", ""),
        "author": said.get("Author", ""),
        "tags": bool(raw.FPDFCatalog_IsTagged(paper.document.raw)),
        "PDF/UA": b"pdfuaid:part" in paper.data,
        "alternative texts": texts,
        "number of links": sum(len(page.links) for page in paper.pages),
    }
