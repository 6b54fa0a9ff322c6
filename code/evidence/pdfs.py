"""Changes to a finished PDF: those that a reader would not mind, and those that a grader has to notice."""

import contextlib
import io
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as raw


def changed(data: bytes, change: Callable[[pypdfium2.PdfDocument], None]) -> bytes:
    document = pypdfium2.PdfDocument(data)
    try:
        change(document)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()
    finally:
        document.close()


def saved_again(data: bytes) -> bytes:
    """The same pages, written by another program."""
    return changed(data, lambda document: None)


def letter(data: bytes) -> bytes:
    """On letter paper: the sheet is wider and less high, what is printed stays."""

    def crop(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            width, height = page.get_size()
            left, low = (width - 612) / 2, (height - 792) / 2
            page.set_mediabox(left, low, left + 612, low + 792)

    return changed(data, crop)


def cropped(data: bytes) -> bytes:
    """With narrow margins: of each sheet a part with nothing on it is not shown."""

    def crop(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            width, height = page.get_size()
            page.set_cropbox(30, 20, width - 30, height - 20)

    return changed(data, crop)


def annotated(data: bytes) -> bytes:
    """With a reader's frame on each page."""

    def note(document: pypdfium2.PdfDocument) -> None:
        for page in document:
            one = raw.FPDFPage_CreateAnnot(page.raw, raw.FPDF_ANNOT_SQUARE)
            raw.FPDFAnnot_SetRect(one, raw.FS_RECTF(100, 200, 200, 100))
            raw.FPDFPage_CloseAnnot(one)

    return changed(data, note)


def without_middle(data: bytes) -> bytes:
    """The page in the middle is missing."""
    return changed(data, lambda document: document.del_page(len(document) // 2))


def page_twice(data: bytes) -> bytes:
    """The page in the middle stands there twice."""

    def twice(document: pypdfium2.PdfDocument) -> None:
        middle = len(document) // 2
        document.import_pages(other, [middle], middle)

    with contextlib.closing(pypdfium2.PdfDocument(data)) as other:  # open until the copy is written
        return changed(data, twice)


def pages_exchanged(data: bytes) -> bytes:
    """The second page stands behind the fourth."""

    def exchange(document: pypdfium2.PdfDocument) -> None:
        document.import_pages(other, [1], 4)
        document.del_page(1)

    with contextlib.closing(pypdfium2.PdfDocument(data)) as other:
        return changed(data, exchange)
