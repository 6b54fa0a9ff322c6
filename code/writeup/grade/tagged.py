"""What a PDF says of its figures to those who do not see them: the alternative texts of its tags."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as raw


def alternatives(data: bytes) -> list[str]:
    """Those of the figures in the structure, in the order of the pages; none of a file without tags."""
    document = pypdfium2.PdfDocument(data)
    try:
        return [said for page in document for said in _on(page) if said]
    finally:
        document.close()


def _on(page: Any) -> Iterator[str]:
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
