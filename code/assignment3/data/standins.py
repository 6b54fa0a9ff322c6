"""Generated stand-ins for the three data sets: same types, same shapes, no download. No torch.

For the smoke preset and the tests, so that the whole line runs on any machine. They can be learned, but no
number from them says anything about the real data. Deterministic in the seed.
"""

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assignment3.data.faces import AttFaces
from assignment3.data.mnist import Mnist
from assignment3.data.yelp import Yelp

Floats = NDArray[np.float32]


# --- digits: the fonts that ship with matplotlib under random affine maps ---

FONTS = (  # files in matplotlib's own data folder, so the same on every machine
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol"),
    *("STIXGeneralItalic", "STIXGeneralBolIta", "cmr10", "cmb10", "cmss10", "cmtt10"),
)
CELL = 64  # side of a glyph's square in pixels; two of them make a pixel of the 28 x 28 image
BLURS = 1, 3, 6  # times a glyph is smoothed by [1 2 1] / 4: from crisp to soft


def mnist(seed: int = 0, train: int = 2000, test: int = 500) -> Mnist:
    """Printed digits, white on black, 28 x 28, turned, sheared, scaled, bent and blurred at random."""
    rng = np.random.RandomState(seed)
    count = train + test
    labels = rng.randint(0, 10, count)
    glyphs = _glyphs()[rng.randint(0, len(BLURS), count), rng.randint(0, len(FONTS), count), labels]
    images = np.clip(_warp(glyphs, rng) * 280, 0, 255).astype(np.uint8)  # 280: strokes saturate, as MNIST's
    digits = labels.astype(np.uint8)
    return Mnist(images[:train], digits[:train], images[train:], digits[train:])


@cache
def _glyphs() -> Floats:
    """Every digit in every font and blur, ink 1 on paper 0: blur font digit CELL CELL."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    figure = Figure(figsize=(10, len(FONTS)), dpi=CELL, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    for row, font in enumerate(FONTS):
        for digit in range(10):
            path = TextPath((0, 0), str(digit), size=100, prop=FontProperties(fname=folder / f"{font}.ttf"))
            points = np.asarray(path.vertices)[np.asarray(path.codes) != path.CLOSEPOLY]
            low, high = points.min(axis=0), points.max(axis=0)
            to_cell = Affine2D().translate(*-(low + high) / 2)
            to_cell.scale(40 / (high - low)[1]).translate(
                (digit + 0.5) * CELL, (len(FONTS) - row - 0.5) * CELL
            )
            figure.add_artist(PathPatch(path, facecolor="white", linewidth=0, transform=to_cell))
    canvas.draw()  # type: ignore[no-untyped-call]
    ink = np.asarray(canvas.buffer_rgba())[:, :, 0].astype(np.float32) / 255  # type: ignore[no-untyped-call]
    cells = ink.reshape(len(FONTS), CELL, 10, CELL).swapaxes(1, 2)
    blurred = []
    for times in range(1, max(BLURS) + 1):
        for axis in (2, 3):
            cells = (np.roll(cells, 1, axis) + 2 * cells + np.roll(cells, -1, axis)) / 4
        if times in BLURS:
            blurred.append(cells)
    return np.stack(blurred)


def _warp(glyphs: Floats, rng: np.random.RandomState) -> Floats:
    """Sample each glyph (N CELL CELL) at 28 x 28 points under a random affine map and a slight bend."""
    n = len(glyphs)
    angle, shear = rng.normal(0, 0.14, n), rng.normal(0, 0.15, n)  # radians, slope
    wide, high = rng.uniform(0.85, 1.15, (2, n))
    shift_x, shift_y = rng.uniform(-3, 3, (2, n))  # glyph pixels
    bend, phase = rng.uniform(0, 1.8, n), rng.uniform(0, 2 * np.pi, n)

    def each(parameter: NDArray[np.float64]) -> NDArray[np.float64]:
        return parameter[:, None, None]

    grid = 2.0 * (np.arange(28) - 13.5)
    v, u = np.meshgrid(grid, grid, indexing="ij")
    cos, sin = each(np.cos(angle)), each(np.sin(angle))
    y = (sin * u + cos * v) * each(high) + each(shift_y)
    x = (cos * u - sin * v) * each(wide) + each(shear) * y + each(shift_x)
    x += each(bend) * np.sin(y / 7 + each(phase))
    x, y = (np.clip(c + (CELL - 1) / 2, 0, CELL - 1.001) for c in (x, y))
    column, row = x.astype(int), y.astype(int)
    right, below = (x - column).astype(np.float32), (y - row).astype(np.float32)
    which = np.arange(n)[:, None, None]
    upper = glyphs[which, row, column] * (1 - right) + glyphs[which, row, column + 1] * right
    lower = glyphs[which, row + 1, column] * (1 - right) + glyphs[which, row + 1, column + 1] * right
    warped: Floats = upper * (1 - below) + lower * below
    return warped


# --- faces: ellipses whose proportions and tones are the subject's, pose, light and mien the image's ---


def att_faces(seed: int = 0) -> AttFaces:
    """40 drawn heads, ten images each."""
    rng = np.random.RandomState(seed)
    return AttFaces(np.stack([_portraits(rng) for _ in range(40)]))


def _portraits(rng: np.random.RandomState) -> NDArray[np.uint8]:
    """Ten images (10 112 92) of a new subject. Lengths are in half widths of an average head."""

    def trait(low: float, high: float) -> float:  # of the subject
        return float(rng.uniform(low, high))

    def nuisance(low: float, high: float) -> Floats:  # of each image
        return rng.uniform(low, high, (10, 1, 1)).astype(np.float32)

    row, column = np.mgrid[:112, :92].astype(np.float32)
    angle, zoom = nuisance(-0.13, 0.13), nuisance(27, 31)  # radians, pixels
    across, down = (column - 45.5 - nuisance(-4, 4)) / zoom, (row - 58 - nuisance(-4, 4)) / zoom
    x, y = np.cos(angle) * across + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * across
    turn = nuisance(-0.22, 0.22)  # the head turned aside: the features move against the outline

    background, skin, hair, clothes = trait(60, 170), trait(125, 215), trait(15, 120), trait(20, 200)
    image = np.full((10, 112, 92), background, np.float32)

    def paint(tone: float, cx: float | Floats, cy: float, rx: float, ry: float | Floats, edge: float) -> None:
        nonlocal image
        reach = 1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2
        cover = np.clip(0.5 + reach * edge, 0, 1)  # edge: how crisp the outline is
        image += cover * (tone - image)

    wide, long = trait(0.8, 1.05), trait(1.15, 1.4)
    paint(clothes, 0, 2.35, trait(1.5, 1.9), 0.95, 8)
    paint(skin * 0.8, 0, 1.2, wide * 0.5, 0.7, 4)  # neck
    paint(hair, 0, trait(-0.3, -0.1), wide * trait(1.02, 1.3), long * trait(0.9, 1.1), 6)
    paint(skin * 0.9, turn * 0.5, 0.05, wide * 1.1, trait(0.2, 0.3), 6)  # ears
    paint(skin, turn * 0.2, trait(0.12, 0.3), wide, long * trait(0.8, 0.93), 8)
    if trait(0, 1) < 0.3:  # a beard
        paint(skin * 0.5, turn * 0.6, 0.85, wide * 0.62, 0.45, 2)
    apart, eye_y, eye = trait(0.33, 0.48), trait(-0.2, 0.02), trait(0.12, 0.18)
    brow_y, brow, glasses = eye_y - trait(0.2, 0.32), trait(0.035, 0.08), trait(0, 1) < 0.3
    lids = nuisance(0.25, 0.6)
    for side in (-1, 1):
        centre = side * apart + turn
        if glasses:
            paint(35, centre, eye_y, 0.31, 0.25, 8)
            paint(skin, centre, eye_y, 0.26, 0.2, 8)
        paint(hair * 0.8, centre, brow_y, 0.26, brow, 2)
        paint(skin * 0.75, centre, eye_y, eye * 1.5, eye, 1)
        paint(235, centre, eye_y, eye * 1.2, eye * lids, 3)
        paint(25, centre + turn * 0.2, eye_y, eye * 0.5, eye * lids, 4)
    nose, nose_y = trait(0.09, 0.17), trait(0.3, 0.42)
    paint(skin * 0.85, turn * 1.3 + 0.05, nose_y - 0.15, nose * 0.7, 0.3, 1)
    paint(skin * 0.6, turn * 1.3, nose_y + 0.08, nose * 1.3, 0.07, 2)
    mouth, mouth_y, lip = trait(0.24, 0.42), trait(0.66, 0.82), trait(0.06, 0.11)
    open_ = nuisance(0, 0.1)
    paint(skin * 0.62, turn, mouth_y, mouth, lip + open_, 3)
    paint(45, turn, mouth_y, mouth * 0.85, 0.025 + open_ * 0.8, 3)

    light = 1 + nuisance(-0.22, 0.22) * x + nuisance(-0.1, 0.1) * y
    image = image * light * nuisance(0.9, 1.1) + rng.normal(0, 5, image.shape)
    pixels: NDArray[np.uint8] = np.clip(image, 0, 255).astype(np.uint8)
    return pixels


# --- sentences: a small grammar of sentiment ---

GOOD = (
    "charming clever delightful fresh funny graceful gripping honest inventive lovely moving rich sharp "
    "splendid subtle superb tender thrilling touching warm witty wonderful"
)
BAD = (
    "awful bland boring clumsy contrived dreary dull empty flat forced hollow lifeless muddled pointless "
    "shallow stale tedious tired trite ugly uneven vulgar"
)
PLAIN = "american big early final french little long main new old quiet second short whole young"
NOUNS = (
    "acting actor camera cast character comedy dialogue director drama ending family film hero idea humor "
    "love movie music performance picture plot romance scene score screenplay script story thriller war world"
)
LIKES = "charms delights enchants excites rewards surprises thrills"
HATES = "annoys bores confuses disappoints insults tires wastes"
VIEWERS = "us everyone anyone viewers audiences"
DEGREES = "very so truly quite often really"
Part = tuple[str, float]  # words and sentiment, negative to positive, 0 for neutral


class _Grammar:
    """Draws sentences with their sentiment."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # only random() is drawn: Python guarantees its stream

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one_of(self, words: str) -> str:
        choices = words.split()
        return choices[int(self.random.random() * len(choices))]

    def quality(self) -> Part:
        good = self.chance(0.55)
        words, sentiment = self.one_of(GOOD if good else BAD), 1.0 if good else -1.0
        if self.chance(0.3):
            words, sentiment = f"{self.one_of(DEGREES)} {words}", 1.5 * sentiment
        if self.chance(0.15):
            words, sentiment = f"not {words}", -0.8 * sentiment
        return words, sentiment

    def thing(self) -> Part:
        noun = self.one_of(NOUNS)
        if self.chance(0.5):
            words, sentiment = self.quality()
            return f"the {words} {noun}", sentiment
        return f"the {self.one_of(PLAIN)} {noun}" if self.chance(0.5) else f"the {noun}", 0.0

    def clause(self) -> Part:
        subject, first = self.thing()
        if self.chance(0.6):
            quality, second = self.quality()
            return f"{subject} is {quality}", 0.5 * first + second
        liked = self.chance(0.55)
        verb = self.one_of(LIKES if liked else HATES)
        return f"{subject} {verb} {self.one_of(VIEWERS)}", 0.5 * first + (1.0 if liked else -1.0)

    def sentence(self) -> Part:
        words, sentiment = self.clause()
        while self.chance(0.35) and len(words.split()) < 15:
            more, other = self.clause()
            if self.chance(0.5):
                words, sentiment = f"{words} and {more}", sentiment + other
            else:  # what follows "but" outweighs what precedes it
                words, sentiment = f"{words} , but {more}", 0.5 * sentiment + other
        return f"{words} .", sentiment


def yelp(seed: int = 0, train: int = 4000, dev: int = 1000, test: int = 1000) -> Yelp:
    """Sentences of 5 to 15 tokens, half of each set negative, and these first. Some texts repeat.

    3 % of the texts bear the wrong label, as people's do; no text bears both.
    """
    grammar = _Grammar(seed)
    labels: dict[str, int] = {}

    def sentences(label: int) -> Iterator[str]:
        while True:
            text, sentiment = grammar.sentence()
            if sentiment and 5 <= len(text.split()) <= 15:
                if text not in labels:
                    labels[text] = int((sentiment > 0) != grammar.chance(0.03))
                if labels[text] == label:
                    yield text

    def sorted_by_label(count: int) -> tuple[list[str], NDArray[np.int8]]:
        negative = list(islice(sentences(0), count // 2))
        positive = list(islice(sentences(1), count - len(negative)))
        return negative + positive, np.repeat(np.array([0, 1], np.int8), [len(negative), len(positive)])

    return Yelp(*sorted_by_label(train), *sorted_by_label(dev), *sorted_by_label(test))
