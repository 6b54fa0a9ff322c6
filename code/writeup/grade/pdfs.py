"""Changes to a finished PDF: those that a reader would not mind, and those that a grader has to notice."""

import ctypes
import io
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as raw


def _changed(data: bytes, change: Callable[[pypdfium2.PdfDocument], None]) -> bytes:
    document = pypdfium2.PdfDocument(data)
    try:
        change(document)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()
    finally:
        document.close()


def _rewritten(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Each page's objects changed, and the page written anew."""

    def every(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            change(page)
            page.gen_content()

    return _changed(data, every)


def saved_again(data: bytes) -> bytes:
    """The same pages, written by another program."""
    return _changed(data, lambda document: None)


def letter(data: bytes) -> bytes:
    """On letter paper: the sheet is wider and less high, what is printed stays."""

    def crop(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            width, height = page.get_size()
            left, low = (width - 612) / 2, (height - 792) / 2
            page.set_mediabox(left, low, left + 612, low + 792)

    return _changed(data, crop)


def annotated(data: bytes) -> bytes:
    """With a reader's frame on each page."""

    def note(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            one = raw.FPDFPage_CreateAnnot(page.raw, raw.FPDF_ANNOT_SQUARE)
            raw.FPDFAnnot_SetRect(one, raw.FS_RECTF(100, 200, 200, 100))
            raw.FPDFPage_CloseAnnot(one)

    return _changed(data, note)


def _objects(page: Any) -> Iterator[Any]:
    for k in range(raw.FPDFPage_CountObjects(page.raw)):
        yield raw.FPDFPage_GetObject(page.raw, k)


def grey(data: bytes) -> bytes:
    """Every colour as the grey of its luminance."""

    def one(page: Any) -> None:
        for thing in _objects(page):
            for read, write in (
                (raw.FPDFPageObj_GetFillColor, raw.FPDFPageObj_SetFillColor),
                (raw.FPDFPageObj_GetStrokeColor, raw.FPDFPageObj_SetStrokeColor),
            ):
                parts = [ctypes.c_uint() for _ in range(4)]
                if raw.FPDFPageObj_GetType(thing) != raw.FPDF_PAGEOBJ_IMAGE and read(thing, *parts):
                    red, green, blue, alpha = (part.value for part in parts)
                    shade = round(0.299 * red + 0.587 * green + 0.114 * blue)
                    write(thing, shade, shade, shade, alpha)

    return _rewritten(data, one)


def blank(data: bytes) -> bytes:
    """Nothing is left on the page."""

    def one(page: Any) -> None:
        for thing in list(_objects(page)):
            raw.FPDFPage_RemoveObject(page.raw, thing)
            raw.FPDFPageObj_Destroy(thing)
        _box(page, 0, 0, 5, 5)  # a page without any object is none to some programs

    return _rewritten(data, one)


def covered(data: bytes) -> bytes:
    """The left half lies under white."""
    return _rewritten(data, lambda page: _box(page, 0, 0, page.get_width() / 2, page.get_height()))


def _box(page: Any, left: float, low: float, width: float, height: float) -> None:
    one = raw.FPDFPageObj_CreateNewRect(left, low, width, height)
    raw.FPDFPageObj_SetFillColor(one, 255, 255, 255, 255)
    raw.FPDFPath_SetDrawMode(one, raw.FPDF_FILLMODE_WINDING, False)
    raw.FPDFPage_InsertObject(page.raw, one)


def inverted(data: bytes) -> bytes:
    """Each bitmap in its negative."""

    def one(page: Any) -> None:
        for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=1):
            bitmap = thing.get_bitmap(render=False)
            pixels = bitmap.to_numpy()
            pixels[...] = 255 - pixels
            thing.set_bitmap(bitmap)

    return _rewritten(data, one)


def line_moved(data: bytes) -> bytes:
    """The longest line lies a little higher than it should."""

    def one(page: Any) -> None:
        paths = [thing for thing in _objects(page) if raw.FPDFPageObj_GetType(thing) == raw.FPDF_PAGEOBJ_PATH]
        longest = max(paths, key=lambda thing: raw.FPDFPath_CountSegments(thing))
        raw.FPDFPageObj_Transform(longest, 1, 0, 0, 1, 0, 3)

    return _rewritten(data, one)


def without_middle(data: bytes) -> bytes:
    """The page in the middle is missing."""
    return _changed(data, lambda document: document.del_page(len(document) // 2))
