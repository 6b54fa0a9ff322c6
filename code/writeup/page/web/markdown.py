"""The report in GitHub's Markdown: TeX mathematics, pipe tables, linked SVG."""

import os
import re
from collections import Counter
from html import escape
from pathlib import Path

from writeup.files import write_atomically
from writeup.page import completeness
from writeup.page.source import latex, numbering, pandoc
from writeup.page.source.pandoc import NONE, Node, nodes, text

_LABEL = re.compile(r"\\label\{([^}]*)\}")
_LINK = re.compile(r"\\hyper(?:link\{[^}]*\}|ref\[[^\]]*\])\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")

_BAR = re.compile(r"\\?\|")

# pandoc's writer loses the character that follows a backslash in a word, and leaves &lt; as it is
_MISREAD = re.compile(r"(?<=\\)|(&)(?=#?\w+;)")
_AMPERSAND: Node = {"t": "RawInline", "c": ["markdown", r"\&"]}


def to_markdown(tex: Path, md: Path) -> None:
    """Writes `md`. Raises UserError, one line with file and line number, for what is wrong in `tex`."""
    document = latex.read(tex)
    to_figures = Path(os.path.relpath(tex.parent, md.parent))
    tree = numbering.load(document, derivations=False)
    linked = {node["c"][2][0] for node in nodes(tree) if node["t"] == "Link"}
    headings = [block for block in tree["blocks"] if block["t"] == "Header" and block["c"][0] <= 3]
    if any(node["t"] == "Div" and node["c"][0][1] == ["contents"] for node in nodes(tree)):
        linked |= {f"#{block['c'][1][0]}" for block in headings}

    def anchor(*names: str) -> list[Node]:
        """Where links lead, in the one form of HTML that code hosts keep; nothing where none leads there."""
        html = "".join(f'<a id="{escape(name)}"></a>' for name in names if f"#{name}" in linked)
        return [{"t": "RawInline", "c": ["html", html]}] if html else []

    def visit(node: Node) -> list[Node] | None:
        """Plain Markdown: no divs and spans, which GitHub would show as HTML or drop."""
        match node["t"], node.get("c"):
            case "Str", string if _MISREAD.search(string):
                pieces = _MISREAD.split(string)
                return [
                    piece for one in pieces if one for piece in ([_AMPERSAND] if one == "&" else text(one))
                ]
            case "Image", [_, alt, [target, _]]:
                picture = (to_figures / document.screen(target)).as_posix()
                return [{"t": "Image", "c": [NONE, alt, [picture, ""]]}]
            case "Div", [[_, ["contents"], _], _]:
                return [_contents(pandoc.transform(headings, visit))]
            case "Header", [_, [name, _, _], inlines]:
                inlines[:0] = anchor(name)
            case "Figure", [[name, _, _], [_, caption], contents]:
                return [*_block(anchor(name)), *contents, *caption]
            case "Table", content:
                for formula in (inner["c"] for inner in nodes(node) if inner["t"] == "Math"):
                    formula[1] = _BAR.sub(_bar, formula[1])
                caption, content[1][1] = content[1][1], []
                place, content[0] = anchor(content[0][0]), NONE
                rows = [row for body in content[4] for row in _spread(body[3], again=False)]
                content[4] = [[NONE, 0, [], [[NONE, row] for row in rows]]]  # Markdown's tables have one body
                heads = _spread(content[3][1], again=True)
                content[3][1] = [[NONE, list(map(_headed, zip(*heads, strict=True)))]] if heads else []
                return [*_block(place), *({"t": "Para", "c": block["c"]} for block in caption), node]
            case "Span", [[name, ["equation"], _], [formula, *number]]:
                formula["c"][1] += rf" \tag{{{pandoc.plain(number).strip('()')}}}"
                return [*anchor(name), formula]
            case "Span", [[name, ["caption-number"], _], inlines]:
                return [*anchor(name), {"t": "Strong", "c": inlines}]
            case "Div", [[_, ["answer"], _], contents]:
                return [{"t": "BlockQuote", "c": contents}]
            case "Div", [[_, ["supplement"], _], [{"t": "Header", "c": [_, _, title]}, *contents]]:
                begin = f"<details><summary>{escape(pandoc.plain(title))}</summary>"
                return [_html(begin), *contents, _html("</details>")]
            case "Div", [[name, _, _], contents]:
                return [*_block(anchor(name)), *contents]
            case "Span", [[name, _, _], contents]:
                return [*anchor(name), *contents]
            case "SmallCaps", inlines:
                return list(inlines)
            case "Math", content:  # links do not live inside GitHub's mathematics: their text stays
                labels = _LABEL.findall(content[1])
                plain = _LINK.sub(r"\1", _LABEL.sub("", content[1]))
                plain = re.sub(r"\\operatorname\*?(?=\{)", r"\\mathrm", plain)  # GitHub refuses it
                content[1] = re.sub(r"\\textsuperscript\{([^}]*)\}", r"$^{\1}$", plain)
                return [*anchor(*labels), node]
        return None

    blocks = pandoc.transform(_front_matter(tree["meta"], document.language.abstract) + tree["blocks"], visit)
    page = pandoc.write(
        document,
        {**tree, "meta": {}, "blocks": _joined(blocks)},
        "gfm",
        "--wrap=none",
        "--shift-heading-level-by=1",
    )
    completeness.compare(document.text, completeness.joined(page), tex.name, "Markdown", "its conversion")
    write_atomically(md, page.encode())


def _contents(headings: list[Node]) -> Node:
    """A list of links to the headings, those below a section set in."""
    lines = []
    for level, (name, *_), inlines in (heading["c"] for heading in headings):
        link = {
            "t": "Link",
            "c": [NONE, [one for one in inlines if one["t"] != "RawInline"], [f"#{name}", ""]],
        }
        lines.append([{"t": "Plain", "c": [*text("\N{NO-BREAK SPACE}" * 4 * (level - 1)), link]}])
    return {"t": "BulletList", "c": lines}


def _bar(found: re.Match[str]) -> str:
    """A bar would end the cell of a table, and an escaped one would become a bar."""
    return r"\vert " if found[0] == "|" else r"\Vert "


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


def _spread(rows: list[Node], again: bool) -> list[list[Node]]:
    """The cells of rows, one a column: what spans several columns stands in each `again`, or in the first;
    what spans rows stands in the first.
    """
    covered: Counter[int] = Counter()  # rows that a cell above still takes, by column
    grid: list[list[Node]] = []
    for _, cells in rows:
        row: list[Node] = []
        left = list(cells)
        while left or covered[len(row)]:
            if covered[len(row)]:
                covered[len(row)] -= 1
                row.append([NONE, {"t": "AlignDefault"}, 1, 1, []])
                continue
            attributes, align, deep, wide, blocks = left.pop(0)
            for one in (blocks, *([blocks if again else []] * (wide - 1))):
                covered[len(row)] = deep - 1
                row.append([attributes, align, 1, 1, one])
        grid.append(row)
    return grid


def _headed(cells: tuple[Node, ...]) -> Node:
    """The cells above a column as one, from the upper to the lower."""
    filled = [cell[4][0]["c"] for cell in cells if cell[4]]
    joined = [inline for k, inlines in enumerate(filled) for inline in (*(text(": ") if k else []), *inlines)]
    return [*cells[-1][:4], [{"t": "Plain", "c": joined}] if joined else []]


def _html(html: str) -> Node:
    return {"t": "RawBlock", "c": ["html", html]}


def _block(inlines: list[Node]) -> list[Node]:
    return [{"t": "Para", "c": inlines}] if inlines else []


def _front_matter(meta: dict[str, Node], heading: str) -> list[Node]:
    """Page mark, title, authors, date and abstract as blocks; the title one level above the sections."""
    fields = {
        key: meta.get(key, {"c": []})["c"] for key in ("pagemark", "title", "author", "date", "abstract")
    }
    mark, title, authors, date, abstract = fields.values()
    strong = [{"t": "Strong", "c": mark}]
    title = [inline for part in title for inline in (text(" · ") if part["t"] == "LineBreak" else [part])]
    return [
        *([{"t": "BlockQuote", "c": [{"t": "Para", "c": strong}]}] if mark else []),
        *([{"t": "Header", "c": [0, NONE, title]}] if title else []),
        *({"t": "Para", "c": author["c"]} for author in authors),
        *([{"t": "Para", "c": date}] if date else []),
        *([{"t": "Para", "c": [{"t": "Strong", "c": text(f"{heading}.")}]}] if abstract else []),
        *abstract,
    ]
