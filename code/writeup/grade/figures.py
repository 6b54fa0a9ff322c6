"""A printed figure beside the one drawn anew: bitmaps to the pixel, drawings by the points of their lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as raw

from writeup.grade.drawings import Points, common, points, within
from writeup.grade.paper import Box, Paper, Picture
from writeup.grade.truth import Truth

Grey = np.ndarray[Any, np.dtype[np.float64]]

WIDTH = 900  # pixels across, at which figures are compared
SAME_POINTS = 0.9999  # of the points of both drawings that have to be the same
DRAWN = 0.4  # of these, from which on a printed figure is taken for that drawing, changed or not
SAME_INK = 0.8  # of the ink of both that has to lie at the same place, where no drawing is embedded
FEW = 5  # lines: fewer are no drawing
COVERED = 0.8  # of the ink: less, and something lies over the drawing
BLANK = 1e-3  # share of ink below which a picture is blank
SOFT = 5  # pixels, over which the ink is spread before it is compared
SHADE = 3.0  # grey levels by which a bitmap's pixels may differ: files keep them rounded


@dataclass(frozen=True, eq=False)
class Look:
    """ink: 0 to 1 [H, W], WIDTH across. bitmaps: grey levels of each image within, from the left and top."""

    ink: Grey
    bitmaps: list[Grey]

    @property
    def blank(self) -> bool:
        return float(self.ink.mean()) < BLANK

    @cached_property
    def panels(self) -> int:
        """How many axes stand upright from left to right: lines of ink over most of the height."""
        upright = np.flatnonzero((self.ink > 0.3).mean(axis=0) > 0.6)
        return 0 if not len(upright) else 1 + int((np.diff(upright) > WIDTH / 20).sum())


def look(page: Any, box: Box) -> Look:
    """What stands on a page of pdfium's within a box."""
    left, low, right, high = box
    scale = WIDTH / max(right - left, 1.0)
    west, south, east, north = page.get_cropbox()
    crop = (max(left - west, 0), max(low - south, 0), max(east - right, 0), max(north - high, 0))
    image = page.render(scale=scale, crop=crop, grayscale=True, may_draw_forms=False).to_numpy()
    grey = image.reshape(image.shape[0], image.shape[1], -1)[:, :, 0].astype(float)
    return Look(1 - grey / 255, list(_bitmaps(page, box)))


def _bitmaps(page: Any, box: Box) -> Iterator[Grey]:
    """The images whose place, or that of the drawing they are in, is within the box."""
    placed = []
    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=6):
        try:
            pixels = one.get_bitmap(render=False).to_numpy().astype(float)
        except Exception:  # pdfium cannot hand out every kind; the ink still tells
            continue
        grey = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=2)
        outer = one
        while outer.container is not None:
            outer = outer.container
        a, b, c, _ = outer.get_bounds()
        left, low, _, high = one.get_bounds()
        if (
            box[0] - 2 <= (a + c) / 2 <= box[2] + 2
            and (low if outer is one else b) >= box[1] - 2
            and b <= box[3]
        ):
            placed.append((-high, left, grey))
    for _, _, grey in sorted(placed, key=lambda p: p[:2]):
        yield grey


@dataclass(frozen=True, eq=False)
class Gallery:
    """The declared figures, drawn anew and looked at once."""

    truth: Truth

    sizes: dict[str, tuple[float, float]] = field(default_factory=dict)  # points, of each as it is drawn
    _on_page: dict[str, Points] = field(default_factory=dict)

    @cached_property
    def looks(self) -> dict[str, Look]:
        build = self.truth.build
        names = [one.name for one in build.request.report.figures if build.shows(one)]
        return {name: self._drawn(name) for name in names}

    def _drawn(self, name: str) -> Look:
        document = pypdfium2.PdfDocument(self.truth.drawn(name))
        try:
            width, height = self.sizes[name] = document[0].get_size()
            return look(document[0], (0, 0, width, height))
        finally:
            document.close()

    @cached_property
    def embedded(self) -> dict[str, Points]:
        """The points of each drawing as PDF, which LaTeX embeds whole."""
        return {name: self._points(self.truth.drawn(name)) for name in self.looks}

    def on_page(self, name: str) -> Points:
        """The points of a drawing as typst draws the SVG on a page."""
        if name not in self._on_page:
            import typst

            width, _ = self.sizes[name]
            source = self.truth.drawn(name).with_suffix(".svg")
            page = f'#set page(width: {width}pt, height: auto, margin: 0pt)\n#image("{source.name}")'
            source.with_suffix(".typ").write_text(page, encoding="utf-8")
            typst.compile(str(source.with_suffix(".typ")), output=str(source.with_suffix(".svg.pdf")))
            self._on_page[name] = self._points(source.with_suffix(".svg.pdf"))
        return self._on_page[name]

    def _points(self, path: Path) -> Points:
        document = pypdfium2.PdfDocument(path)
        try:
            page = document[0]
            return points((one.raw for one in page.get_objects(max_depth=1)), page.get_textpage())
        finally:
            document.close()

    def nearest(self, page: Any, picture: Picture) -> tuple[str, float, Look]:
        """The figure that a printed one is most alike, how much, and the printed one.

        Drawings are alike in the points of their lines, all else in where its ink lies. From 1 on, they are
        the same.
        """
        if picture.scale:
            form = next(one for k, one in enumerate(page.get_objects(max_depth=1)) if k == picture.order)
            here = points([form.raw], page.get_textpage(), own=False)
            shares = {name: common(here, drawn) for name, drawn in self.embedded.items()}
            most = max(shares.values(), default=0.0)
            if most > DRAWN:
                best = [one for one in shares if shares[one] > most - 1e-6]
                shown = look(page, picture.of_size(*self.sizes[best[0]]))
                name = next((one for one in best if not same_bitmaps(shown, self.looks[one])), best[0])
                seen = alike(shown, self.looks[name]) > COVERED
                return name, most / SAME_POINTS if seen else 0.0, shown
        shown = look(page, picture.box)
        scores = {name: alike(shown, drawn) for name, drawn in self.looks.items()}
        name = max(scores, key=lambda one: scores[one], default="")
        score = scores.get(name, 0.0) / SAME_INK
        if name and not picture.scale:
            objects = [one.raw for one in page.get_objects(max_depth=1)]
            share = common(
                within(objects, page.get_textpage(), picture.box, self.sizes[name][0]), self.on_page(name)
            )
            if share > DRAWN:
                score = min(score, share / SAME_POINTS)
        return name, score, shown


def alike(a: Look, b: Look) -> float:
    """The share of the ink of both that lies at the same place, at best over small shifts."""
    if abs(a.ink.shape[0] - b.ink.shape[0]) > 0.03 * max(a.ink.shape[0], b.ink.shape[0]) + 4:
        return 0.0
    height = min(a.ink.shape[0], b.ink.shape[0])
    one, two = (_soft(x.ink[:height, :WIDTH]) for x in (a, b))
    width = min(one.shape[1], two.shape[1])
    one, two = one[:, :width], two[:, :width]
    total = float(one.sum() + two.sum()) or 1.0
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(1 - float(np.abs(one - np.roll(two, shift, (0, 1))).sum()) / total for shift in shifts)


def _soft(ink: Grey) -> Grey:
    """Blurred by a pixel or so: renderings differ in where the edge of a line falls."""
    wide = np.pad(ink, SOFT // 2)
    rows, columns = ink.shape
    pieces = [wide[dy : dy + rows, dx : dx + columns] for dy in range(SOFT) for dx in range(SOFT)]
    return np.asarray(sum(pieces) / SOFT**2)


def same_bitmaps(a: Look, b: Look) -> str:
    """What differs between the images in two figures; "" where nothing does."""
    if not b.bitmaps:
        return ""
    if len(a.bitmaps) != len(b.bitmaps):
        return f"{len(a.bitmaps)} images in it, not {len(b.bitmaps)}"
    for k, (one, two) in enumerate(zip(a.bitmaps, b.bitmaps, strict=True), 1):
        if one.shape != two.shape:
            return (
                f"image {k} has {one.shape[1]} x {one.shape[0]} pixels, not {two.shape[1]} x {two.shape[0]}"
            )
        ways = (one, one[::-1])  # a file may keep it upside down, and turn it on the page
        differing = min(int((np.abs(way - two) > SHADE).sum()) for way in ways)
        if differing:
            return f"{differing} of {one.size} pixels of image {k} are not those recorded"
    return ""


def picture_of(paper: Paper, page: int, caption: Box) -> Picture | None:
    """The picture that a caption belongs to: what is drawn between it and the text above, else below."""
    lines = [
        box
        for box, letter, at in zip(paper.boxes, paper.text, paper.pages, strict=True)
        if at == page and letter.isalnum()
    ]
    tops = [low for _, low, _, _ in lines if low > caption[3] + 6]
    above = _between(paper, page, caption[3] - 6, min(tops, default=10_000.0))
    bottoms = [high for _, _, _, high in lines if high < caption[1] - 6]
    return above or _between(paper, page, max(bottoms, default=-10_000.0), caption[1] + 6)


def _between(paper: Paper, page: int, low: float, high: float) -> Picture | None:
    """What is drawn on a page between two heights: an embedded drawing, or all lines and bitmaps."""
    embedded = [
        one
        for one in paper.pictures
        if one.page == page and one.box[1] >= low and (one.box[1] + one.box[3]) / 2 <= high
    ]
    if drawings := [one for one in embedded if one.scale]:
        return min(drawings, key=lambda one: abs(one.box[1] - low))
    drawn = [
        one
        for one in paper.strokes
        if one.page == page and one.box[1] >= low - 1 and (one.box[1] + one.box[3]) / 2 < high
    ]
    if len(drawn) < FEW:
        return min(embedded, key=lambda one: abs(one.box[1] - low)) if embedded else None
    boxes = [*(one.box for one in drawn), *(one.box for one in embedded)]
    left, bottom, right, top = (pick(box[k] for box in boxes) for k, pick in enumerate((min, min, max, max)))
    whole: Box = (left, bottom, right, min(top, high))
    ground = max((one.box for one in drawn if one.plain), key=_area, default=whole)
    wide = ground[2] - ground[0] > 0.9 * (right - left)  # else no figure's ground: take all
    return Picture(page, ground if wide else whole, -1)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
