"""The report in GitHub's Markdown: TeX mathematics, pipe tables, linked SVG."""

import os
import re
from pathlib import Path

from writeup.files import write_atomically
from writeup.page import latex, numbering, pandoc
from writeup.page.pandoc import NONE, Node, text, words

_LINK = re.compile(r"\\hyper(?:link\{[^}]*\}|ref\[[^\]]*\])\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")

# pandoc's writer loses the character that follows a backslash in a word, and leaves &lt; as it is
_MISREAD = re.compile(r"(?<=\\)|(&)(?=#?\w+;)")
_AMPERSAND: Node = {"t": "RawInline", "c": ["markdown", r"\&"]}


def to_markdown(tex: Path, md: Path) -> None:
    """Writes `md`. Raises UserError, one line with file and line number, for what is wrong in `tex`."""
    document = latex.read(tex)
    to_figures = Path(os.path.relpath(tex.parent, md.parent))

    def visit(node: Node) -> list[Node] | None:
        """Plain Markdown: no divs, spans or anchors, which GitHub would show as HTML or drop."""
        match node["t"], node.get("c"):
            case "Str", string if _MISREAD.search(string):
                pieces = _MISREAD.split(string)
                return [
                    piece for one in pieces if one for piece in ([_AMPERSAND] if one == "&" else text(one))
                ]
            case "Image", [_, alt, [target, _]]:
                svg = (to_figures / document.svg(target)).as_posix()
                return [{"t": "Image", "c": [NONE, alt, [svg, ""]]}]
            case "Figure", [_, [_, caption], contents]:
                return [*contents, *caption]
            case "Table", content:
                caption, content[1][1] = content[1][1], []
                content[0] = NONE
                rows = [row for body in content[4] for row in body[3]]
                content[4] = [[NONE, 0, [], rows]]  # Markdown's own tables have one body
                return [*({"t": "Para", "c": block["c"]} for block in caption), node]
            case "Span", [[_, ["equation"], _], [formula, *number]]:
                formula["c"][1] += rf" \tag{{{words(number).strip('()')}}}"
                return [formula]
            case "Span", [[_, ["caption-number"], _], inlines]:
                return [{"t": "Strong", "c": inlines}]
            case "Div" | "Span", [_, contents]:
                return list(contents)
            case "SmallCaps", inlines:
                return list(inlines)
            case "Link", [_, inlines, [target, _]] if target.startswith("#"):
                return list(inlines)
            case "Math", content:  # links do not live inside GitHub's mathematics: their text stays
                plain = _LINK.sub(r"\1", content[1])
                content[1] = re.sub(r"\\textsuperscript\{([^}]*)\}", r"$^{\1}$", plain)
        return None

    tree = numbering.load(document, derivations=False)
    blocks = pandoc.transform(_front_matter(tree["meta"]) + tree["blocks"], visit)
    page = pandoc.write(
        document,
        {**tree, "meta": {}, "blocks": _joined(blocks)},
        "gfm",
        "--wrap=none",
        "--shift-heading-level-by=1",
    )
    write_atomically(md, page.encode())


def _joined(node: Node) -> Node:
    """The tree with code beside code as one piece: side by side their marks would be read as one."""
    if isinstance(node, dict):
        return {key: _joined(child) for key, child in node.items()}
    if not isinstance(node, list):
        return node
    found: list[Node] = []
    for child in map(_joined, node):
        if found and _is_code(child) and _is_code(found[-1]):
            found[-1] = {"t": "Code", "c": [NONE, found[-1]["c"][1] + child["c"][1]]}
        else:
            found.append(child)
    return found


def _is_code(node: Node) -> bool:
    return isinstance(node, dict) and node.get("t") == "Code"


def _front_matter(meta: dict[str, Node]) -> list[Node]:
    """Page mark, title, authors, date and abstract as blocks; the title one level above the sections."""
    fields = {
        key: meta.get(key, {"c": []})["c"] for key in ("pagemark", "title", "author", "date", "abstract")
    }
    mark, title, authors, date, abstract = fields.values()
    strong = [{"t": "Strong", "c": mark}]
    return [
        *([{"t": "BlockQuote", "c": [{"t": "Para", "c": strong}]}] if mark else []),
        *([{"t": "Header", "c": [0, NONE, title]}] if title else []),
        *({"t": "Para", "c": author["c"]} for author in authors),
        *([{"t": "Para", "c": date}] if date else []),
        *([{"t": "Para", "c": [{"t": "Strong", "c": text("Abstract.")}]}] if abstract else []),
        *abstract,
    ]
