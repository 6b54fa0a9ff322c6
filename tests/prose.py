"""The prose of a report's main text, read off pandoc's tree: its sentences, and the numbers that one meets.

Sentences are those of paragraphs, lists, answers and figures; a formula is one word. Numbers are those of
sentences and tables. What a reference or a citation says is neither, nor are listings, derivations and logs.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from writeup.page.source import latex, numbering

END = re.compile(r"(?<=[.?!:])(?<!et al\.)[”’)]*\s+(?=[\W\d]*[A-Z∎])")  # ∎ stands for a formula
NUMBER = re.compile(r"(?<![\w.])\d+(?:[\u2009\u202f]\d{3})*(?:\.\d+)?")
SPACES = {"Space", "SoftBreak", "LineBreak"}


def main_text(tex: Path) -> list[Any]:
    """The blocks of the abstract and of what stands before the references, as they are printed."""
    tree: Any = numbering.load(latex.read(tex).printed)
    blocks = tree["blocks"]
    headings = [k for k, one in enumerate(blocks) if one["t"] == "Header" and _said(one) == "References"]
    abstract = tree["meta"].get("abstract", {}).get("c", [])
    return [*abstract, *blocks[: headings[0] if headings else None]]


def sentences(blocks: Any) -> list[str]:
    """What a full stop, a question mark, a colon before a capital or the end of a paragraph sets off."""
    found = []
    for paragraph in _paragraphs(blocks, tables=False):
        pieces = END.split(_text(paragraph, references=True, formula="∎").strip())
        found += [piece for piece in pieces if len(piece.split()) > 1]
    return found


def numbers(blocks: Any) -> list[str]:
    """As printed; mean and deviation are two."""
    shown = "\n".join(_text(one, references=False) for one in _paragraphs(blocks, tables=True))
    return NUMBER.findall(shown.replace("\\,", "\u2009"))


def _paragraphs(node: Any, *, tables: bool) -> Iterator[list[Any]]:
    if isinstance(node, list):
        for child in node:
            yield from _paragraphs(child, tables=tables)
    elif isinstance(node, dict):
        derivation = node["t"] in ("Div", "Table") and "derivation" in node["c"][0][1]
        if node["t"] in ("Para", "Plain"):
            yield node["c"]
        elif not derivation and (tables or node["t"] != "Table") and node["t"] != "Header":
            yield from _paragraphs(node.get("c"), tables=tables)


def _text(node: Any, *, references: bool, formula: str = "") -> str:
    if isinstance(node, list):
        return "".join(_text(child, references=references, formula=formula) for child in node)
    if not isinstance(node, dict):
        return ""
    if node["t"] in SPACES:
        return " "
    if node["t"] == "Math":
        return formula or " " + node["c"][1]
    if node["t"] == "Str":
        return str(node["c"])
    if node["t"] == "Code":
        return str(node["c"][1]) if references else ""
    if node["t"] == "Image" or (node["t"] == "Span" and {"number", "caption-number"} & {*node["c"][0][1]}):
        return ""  # an alternative text, or the number of what is numbered
    if node["t"] == "Link" and not references and node["c"][2][0].startswith("#"):
        return ""
    return _text(node.get("c"), references=references, formula=formula)


def _said(node: Any) -> str:
    return _text(node, references=True).strip()
