"""The lines of a drawing, point by point: where they go, and how dark they are.

A drawing is embedded in a page as a whole, or its lines are the page's own: both are read in its own units.
"""

import ctypes
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pypdfium2.raw as raw

from writeup.grade.paper import Box

Points = np.ndarray[Any, np.dtype[np.float64]]  # [N, 3]: x, y in points, darkness in units of NEAR
Matrix = tuple[float, float, float, float, float, float]

WHOLE: Matrix = (1, 0, 0, 1, 0, 0)
NEAR = 0.08  # points, within which two are the same: files round them
SHADE = 24.0  # grey levels, of 255, within which two are the same: grey is reckoned in several ways


def points(objects: Iterable[Any], text: Any, own: bool = True, matrix: Matrix = WHOLE) -> Points:
    """Of all lines in drawings (pdfium's objects), in the units of these; of words their place.

    text: that of the page (pdfium's). own: whether the objects' own matrices count; that of an embedded
    drawing is its place on the page.
    """
    found = list(_points(objects, text, own, matrix))
    return np.array(found, dtype=float).reshape(-1, 3)


def within(objects: Iterable[Any], text: Any, box: Box, width: float) -> Points:
    """The same of those of a page's objects that lie within a box, as if the box were so wide."""
    left, low, right, _ = box
    scale = width / max(right - left, 1e-6)
    matrix = (scale, 0, 0, scale, -left * scale, -low * scale)
    return points((one for one in objects if _inside(one, box)), text, matrix=matrix)


def _inside(one: Any, box: Box) -> bool:
    sides = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(one, *sides)
    left, low, right, high = (side.value for side in sides)
    return box[0] - 1 <= (left + right) / 2 <= box[2] + 1 and box[1] - 1 <= low and high <= box[3] + 1


def _points(
    objects: Iterable[Any], text: Any, own: bool, matrix: Matrix
) -> Iterator[tuple[float, float, float]]:
    for one in objects:
        kind = raw.FPDFPageObj_GetType(one)
        here = raw.FS_MATRIX()
        raw.FPDFPageObj_GetMatrix(one, here)
        inner = _times((here.a, here.b, here.c, here.d, here.e, here.f), matrix) if own else matrix
        if kind == raw.FPDF_PAGEOBJ_FORM:
            yield from _points(
                (raw.FPDFFormObj_GetObject(one, k) for k in range(raw.FPDFFormObj_CountObjects(one))),
                text,
                True,
                inner,
            )
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            x, y, dark = ctypes.c_float(), ctypes.c_float(), _dark(one)
            for k in range(raw.FPDFPath_CountSegments(one)):
                raw.FPDFPathSegment_GetPoint(raw.FPDFPath_GetPathSegment(one, k), x, y)
                yield *_put(x.value, y.value, inner), dark
        elif kind == raw.FPDF_PAGEOBJ_TEXT:
            yield *_put(0, 0, inner), _said(one, text)
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            yield *_put(0, 0, inner), 0.0


def _said(words: Any, text: Any) -> float:
    """A number for what is written, but for spaces: another for other letters."""
    buffer = (ctypes.c_ushort * 256)()
    count = raw.FPDFTextObj_GetText(words, text.raw, buffer, 512) // 2
    letters = [code for code in buffer[: max(count - 1, 0)] if not chr(code).isspace()]
    return 2 * NEAR * sum(code * k for k, code in enumerate(letters, 1))


def _dark(path: Any) -> float:
    """How dark a line is, or the area where nothing is drawn around it; in units of NEAR."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    read = raw.FPDFPageObj_GetStrokeColor if stroke.value else raw.FPDFPageObj_GetFillColor
    parts = [ctypes.c_uint() for _ in range(4)]
    if not (stroke.value or fill.value) or not read(path, *parts):
        return 0.0
    red, green, blue, _ = (part.value for part in parts)
    return (255 - (0.299 * red + 0.587 * green + 0.114 * blue)) / SHADE * NEAR


def _times(a: Matrix, b: Matrix) -> Matrix:
    """First a, then b."""
    return (
        *(a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3]),
        *(a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]),
        *(a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5]),
    )


def _put(x: float, y: float, m: Matrix) -> tuple[float, float]:
    return x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5]


def common(a: Points, b: Points) -> float:
    """The share of the points of both that have one of the other near: the smaller of both shares."""
    from scipy.spatial import cKDTree

    if not len(a) or not len(b):
        return 0.0
    shares = []
    for one, other in ((a, b), (b, a)):
        distances, _ = cKDTree(other).query(one, distance_upper_bound=NEAR * 1.5)
        shares.append(float(np.isfinite(distances).mean()))
    return min(shares) * min(len(a), len(b)) / max(len(a), len(b))
