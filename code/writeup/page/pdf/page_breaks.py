"""What stays together on a page, marked in pandoc's tree for the embedded engine; LaTeX does it by itself.

Marks, each a Div of that class:
lead-in   a short paragraph right before a derivation
proved    (on the derivation) followed by the end of its proof
qed       the sign that ends a proof, in a line of its own
floats    blocks among which figures and tables may float, and beyond which they may not: they hold neither a
          derivation nor the beginning of a section
"""

from itertools import groupby

from writeup.page.elements import ELEMENTS
from writeup.page.source.pandoc import Node, nodes

SHORT = 200  # letters; longer paragraphs need not stay with the derivation that follows


def mark_breaks(blocks: list[Node]) -> list[Node]:
    """The blocks of a document with these marks."""
    blocks = [block for block in blocks if block["t"] != "Div" or block["c"][1]]
    for index, block in enumerate(blocks):
        after = blocks[index + 1] if index + 1 < len(blocks) else {"t": ""}
        if _derives(block) and _ends(after):
            block["c"][0][1].append("proved")
        if block["t"] == "Para" and _derives(after) and _length(block) <= SHORT:
            blocks[index] = _div("lead-in", [block])
        elif _ends(block):
            blocks[index] = _div("qed", [block])
    found: list[Node] = []
    for apart, group in groupby(blocks, _apart):
        together = list(group)
        found += together if apart else _floating(together)
    return found


def _floating(blocks: list[Node]) -> list[Node]:
    """The blocks up to the last before which a page may break, as one that holds floats, if there are any."""
    end = len(blocks)
    while end and blocks[end - 1]["t"] in {"Header", "Div"} and not _floats(blocks[end - 1]):
        end -= 1
    if not any(map(_floats, blocks[:end])):
        return blocks
    return [_div("floats", blocks[:end]), *blocks[end:]]


def _apart(block: Node) -> bool:
    return _derives(block) or (block["t"] == "Header" and block["c"][0] == 1)


def _derives(block: Node) -> bool:
    return block["t"] == "Div" and "derivation" in block["c"][0][1]


def _floats(block: Node) -> bool:
    classes = block["c"][0][1] if block["t"] == "Div" else []
    floating = (element.name for element in ELEMENTS.values() if element.floats)
    return block["t"] in {"Figure", "Table"} or any(name in classes for name in floating)


def _ends(block: Node) -> bool:
    """Whether it is nothing but the sign that ends a proof."""
    inlines = block["c"] if block["t"] == "Para" else []
    said = [inline for inline in inlines if inline["t"] not in {"Space", "SoftBreak"}]
    return len(said) == 1 and said[0]["t"] == "Span" and said[0]["c"][0][1] == ["qed"]


def _length(block: Node) -> int:
    return sum(len(node["c"]) if node["t"] == "Str" else 1 for node in nodes(block) if "t" in node)


def _div(kind: str, blocks: list[Node]) -> Node:
    return {"t": "Div", "c": [["", [kind], []], blocks]}
