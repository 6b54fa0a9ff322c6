"""What typst 0.15 cannot tell who hears the page: which cells head a row, and where a link leads."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pikepdf

from writeup.page.source.pandoc import Node, nodes, plain

Place = tuple[int, int, int]  # page, points from its left, points from its top
WORDS = 12  # of a caption or title, by which a link's target is known


def destinations(blocks: Sequence[Node], said: Mapping[str, str]) -> dict[str, str]:
    """What stands where a link of the numbered blocks can lead, in a few words, by label.

    A label that bears no words of its own has the bold beginning of its paragraph, else the heading above.
    said: formulas in words, by their TeX.
    """

    def words(node: Node) -> list[str]:
        return plain(node, said.__getitem__).split()

    found: dict[str, list[str]] = {}
    above: list[str] = []
    begins: list[str] = []
    for node in nodes(blocks):
        contents: Any = node.get("c")
        match node["t"], contents:
            case "Header", [_, [name, *_], inlines]:
                above = found[name] = words(inlines)
            case "Figure" | "Table", [[name, *_], [_, [caption, *_]], *_]:
                found[name] = words(caption)
            case "Div", [[name, ["captioned", *_], _], [caption, *_]]:
                found[name] = words(caption)
            case "Div", [[name, ["headed", *_], _], [first, *_]]:
                found[name] = words(first["c"][0])
            case "Para" | "Plain", inlines:
                bold = [words(inline) for inline in inlines if inline["t"] == "Strong"]
                begins = bold[0] if bold and inlines[0]["t"] != "Str" else above
            case "Span", [[name, ["equation" | "number", *_], _], inlines] if name:
                found[name] = ["equation", *words(inlines[-1])]
            case "Span", [[name, *_], inlines] if name:
                found[name] = words(inlines) or begins
    shown = {name: " ".join(some[:WORDS]).rstrip(".") for name, some in found.items() if name and some}
    return {name: text + " …" * (len(found[name]) > WORDS) for name, text in shown.items()}


def tagged(pdf: bytes, words: Mapping[Place, str]) -> bytes:
    """The PDF whose rows have heads and whose links say where they lead, by the words at that place."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for body in elements(document.Root.StructTreeRoot.K, "/TBody"):
            for row in elements(body.K, "/TR"):
                _head(row)
        numbers: Any = {page.objgen: number for number, page in enumerate(document.pages, 1)}
        for link in (one for page in document.pages for one in page.get("/Annots", ()) if "/Dest" in one):
            if isinstance(link.Dest, pikepdf.Array):
                page, _, x, y, *_ = link.Dest
                place = numbers[page.objgen], round(x), round(page.MediaBox[3] - y)
                if place in words:
                    link.Contents = f"{words[place]}, page {place[0]}"
        document.save(out, deterministic_id=True, compress_streams=False)
    return out.getvalue()


def _head(row: Any) -> None:
    """The first cell, if it says something, heads the row; the others name no heads, which would be all."""
    for cell in row.K:
        attributes = next(one for one in cell.A if one.O == "/Table")
        if cell.S == "/TD":
            del attributes["/Headers"]
        if cell.S == "/TD" and cell.objgen == row.K[0].objgen and len(cell.get("/K", ())):
            cell.S = pikepdf.Name.TH
            attributes.Scope = pikepdf.Name.Row


def elements(node: Any, kind: str) -> Iterator[Any]:
    """Those of this kind in the PDF's structure below, but none within another."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child, kind)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        if kind == node.S:
            yield node
        else:
            yield from elements(node.get("/K"), kind)
