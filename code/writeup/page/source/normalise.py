"""pandoc's tree with each element in one form: what pandoc leaves as LaTeX becomes part of the tree.

After `normalised`, still without numbers:
a numbered display  Span(class equation, id its label, tag) around its mathematics
a derivation        Div(class derivation) around a table: one column per alignment point, then
                    Span(class number, id its label, tag), so that links and words in it are links and words
a captioned block   Div(classes captioned and its element, id its label) of the caption and the contents
a theorem or proof  Div(classes headed and its element, id its label) that begins with Span(class head)
a part of a figure  a Figure of class subfigure within it, style its width
the end of a proof  Span(class qed)
a table of contents Div(class contents), empty
a table             a head above the first rule, a body between two rules, class longtable if it may break
"""

import re
from itertools import groupby, pairwise

from writeup.page.elements import ELEMENTS, Element
from writeup.page.source.latex import GROUP, SUBFIGURE, Document, rows
from writeup.page.source.pandoc import NONE, Node, nodes, read, read_snippets, span, text, transform

_DISPLAY = re.compile(r"\s*\\begin\{(equation|align)(\*?)\}(.*)\\end\{\1\2\}\s*", re.DOTALL)
_LABEL, _TAG = re.compile(r"\s*\\label\{([^}]*)\}\s*"), re.compile(r"\s*\\tag\{([^}]*)\}\s*")
_TEXT = re.compile(rf"((?:\\q?quad\s*)*)\\text({GROUP})", re.DOTALL)
_SIZE = re.compile(r"\\(?:footnotesize|scriptsize|small)\b\s*")  # pandoc knows no sizes within formulas
_LINK = re.compile(r"\\(?:hyperlink|hyperref|hypertarget|href|url|footnote|[cC]ref|eqref|ref)\b")
_LONG = 40  # rows; a table that no page holds may break even without a repeated head


def normalised(document: Document, *, derivations: bool = True) -> dict[str, Node]:
    """The document's tree. Without `derivations` each `align` stays a formula, labels in it, for Markdown."""

    def visit(node: Node) -> list[Node] | None:
        match node["t"], node.get("c"):
            case "Math", content:
                content[1] = _SIZE.sub("", content[1])
                return _display(node, derivations) if content[0]["t"] == "DisplayMath" else None
            case ("Para" | "Plain") as kind, inlines:
                return _paragraphs(kind, inlines)
            case "Str", string:  # LaTeX breaks no line at a thin space; pandoc's thin space would allow it
                node["c"] = string.replace("\N{SIX-PER-EM SPACE}", "\N{NARROW NO-BREAK SPACE}")
            case "Image", [_, [alternative], _]:  # as pandoc leaves it: one string, LaTeX still
                node["c"][1] = [_snippet(alternative["c"])]
            case "Table", content:
                _sort_rows(content)
            case "Div", [["contents:", *_], _]:
                return [{"t": "Div", "c": [["", ["contents"], []], [{"t": "Plain", "c": []}]]}]
            case "Div", [[name, [], []], blocks] if tables := [b for b in blocks if b["t"] == "Table"]:
                tables[0]["c"][0][0] = name
                return list(blocks)
            case "Div", [[_, [kind], _], blocks] if kind in ELEMENTS and ELEMENTS[kind].form == "headed":
                return [_headed(ELEMENTS[kind], blocks, document.language.head(kind))]
            case "Figure", [[name, _, pairs], [_, [caption, *_]], contents]:
                if (kind := dict(pairs).get("latex-placement", "")) in ELEMENTS:
                    return [_captioned(kind, name, caption["c"], contents)]
                for part in (inner["c"][0] for inner in contents if inner["t"] == "Figure"):
                    part[1:] = ["subfigure"], [["style", f"width: {100 * float(next(widths)):g}%"]]
            case "CodeBlock", [[name, classes, pairs], code] if caption := dict(pairs).get("caption"):
                pairs = [pair for pair in pairs if pair[0] not in {"caption", "label"}]
                listing = {"t": "CodeBlock", "c": [["", classes, pairs], code]}
                return [_captioned("listing", name, [_snippet(" ".join(caption.split()))], [listing])]
        return None

    widths = iter(SUBFIGURE.findall(document.bare))
    tree = dict(transform(read(document), visit))
    for blocks in [tree["blocks"], *(node["c"][1] for node in nodes(tree) if node["t"] == "Div")]:
        _run_in(blocks)
    snippets = [node for node in nodes(tree) if node["t"] == "Span" and "snippet" in node["c"][0][1]]
    latex = [snippet["c"][1][0]["c"] for snippet in snippets]
    for snippet, inlines in zip(snippets, read_snippets(document, latex), strict=True):
        snippet["c"] = [NONE, inlines]
    return tree


def _captioned(kind: str, name: str, caption: list[Node], contents: list[Node]) -> Node:
    return {"t": "Div", "c": [[name, ["captioned", kind], []], [{"t": "Para", "c": caption}, *contents]]}


def _headed(element: Element, blocks: list[Node], word: str) -> Node:
    """label and title stand in its first paragraph; so does the head of a proof, which pandoc writes."""
    inlines: list[Node] = blocks.pop(0)["c"] if blocks and blocks[0]["t"] == "Para" else []
    name, head, rest = "", [] if element.numbered else inlines[:1], list[Node]()
    for node in nodes(head):
        if node.get("c") == "Proof.":
            node["c"] = f"{word}."
    for inline in inlines[len(head) :]:
        if inline["t"] == "Span" and dict(inline["c"][0][2]).get("label"):
            name = inline["c"][0][0]
        elif inline["t"] == "Link" and inline["c"][2][0] == "#title:":
            head = inline["c"][1]
        elif rest or inline["t"] not in {"Space", "SoftBreak"}:
            rest.append(inline)
    paragraph = {"t": "Para", "c": [span(head, kind="head"), *text(" "), *rest]}
    classes = ["headed", element.name, *(["italic"] if element.italic else [])]
    return {"t": "Div", "c": [[name, classes, []], [paragraph, *blocks]]}


def _snippet(latex: str) -> Node:
    """A placeholder for LaTeX that pandoc reads later, as text."""
    return span([{"t": "Str", "c": latex}], kind="snippet")


def _display(node: Node, derivations: bool) -> list[Node] | None:
    found = _DISPLAY.fullmatch(node["c"][1])
    if not found:
        return None
    aligned, inner = found[1] == "align", found[3]
    if derivations and (aligned or _LINK.search(inner)):
        return [_derivation(rows(inner) if aligned else [[inner]], aligned)]
    if aligned:
        environment = "align" if _LABEL.search(inner) or _TAG.search(inner) else "aligned"
        node["c"][1] = rf"\begin{{{environment}}}" + f"\n{inner.strip()}\n" + rf"\end{{{environment}}}"
        return None
    (node["c"][1],), number = _taken([inner])
    return [span([node], kind="equation", **number)] if number else None


def _taken(cells: list[str]) -> tuple[list[str], dict[str, str]]:
    """The cells of a line without label and tag, and what these say of its number; {} where it has none."""
    label, tag = _LABEL.search("&".join(cells)), _TAG.search("&".join(cells))
    number = {"name": label[1] if label else "", "tag": tag[1] if tag else ""} if label or tag else {}
    return [_TAG.sub("", _LABEL.sub("", cell)).strip() for cell in cells], number


def _derivation(lines: list[list[str]], aligned: bool) -> Node:
    width = max(map(len, lines))
    sides = (["AlignRight", "AlignLeft"] * width)[:width] if aligned else ["AlignCenter"]
    columns = [[{"t": side}, {"t": "ColWidthDefault"}] for side in [*sides, "AlignRight"]]
    table = []
    for line in lines:
        cells, number = _taken(line)
        contents = [*map(_cell, cells), *[[]] * (width - len(line))]
        contents.append([span([], kind="number", **number)] if number else [])
        table.append([NONE, [[NONE, {"t": "AlignDefault"}, 1, 1, _plain(content)] for content in contents]])
    body = [NONE, 0, [], table]
    content = [["", ["derivation"], []], [None, []], columns, [NONE, []], [body], [NONE, []]]
    return {"t": "Div", "c": [["", ["derivation"], []], [{"t": "Table", "c": content}]]}


def _plain(inlines: list[Node]) -> list[Node]:
    return [{"t": "Plain", "c": inlines}] if inlines else []


def _cell(cell: str) -> list[Node]:
    """Display mathematics, with a \\text{...} that holds a link, or is the whole cell, taken out as text."""
    inlines: list[Node] = []
    begin = 0
    for found in _TEXT.finditer(cell):
        whole = found[0] == cell
        if whole or _LINK.search(found[2]):
            gap = text("\N{NO-BREAK SPACE}" * 2 + " ") if found[1] and not whole else []
            inlines += [*_formula(cell[begin : found.start()]), *gap, _snippet(found[2][1:-1])]
            begin = found.end()
    return inlines + _formula(cell[begin:])


def _formula(tex: str) -> list[Node]:
    return [{"t": "Math", "c": [{"t": "DisplayMath"}, tex.strip()]}] if tex.strip() else []


def _paragraphs(kind: str, inlines: list[Node]) -> list[Node]:
    """A paragraph cut at the derivations in it, which are blocks; without what is only space. The sign that
    ends a proof becomes a span.
    """
    match inlines[-1].get("c") if kind == "Para" and inlines else "":
        case "Q.E.D." | [_, r"\blacksquare"]:
            inlines[-1:] = [span(inlines[-1:], kind="qed")]
        case "\N{NO-BREAK SPACE}\N{WHITE MEDIUM SQUARE}":  # pandoc's, of a proof
            sign = {"t": "Math", "c": [{"t": "InlineMath"}, r"\Box"]}
            inlines[-1:] = [*text(" "), span([sign], kind="qed")]
    blocks: list[Node] = []
    for is_block, group in groupby(inlines, lambda inline: inline["t"] == "Div"):
        part = list(group)
        if is_block:
            blocks += part
        elif any(inline["t"] not in {"Space", "SoftBreak"} for inline in part):
            blocks.append({"t": kind, "c": part})
    return blocks


def _run_in(blocks: list[Node]) -> None:
    """A `\\paragraph` heading becomes the bold beginning of the paragraph below it."""
    for heading, below in pairwise(blocks):
        if heading["t"] == "Header" and heading["c"][0] > 3 and below["t"] == "Para":
            _, [name, *_], title = heading["c"]
            bold = span([{"t": "Strong", "c": title}], name=name, kind="runin")
            below["c"][:0] = [bold, *text(" ")]
            heading.update({"t": "Div", "c": [NONE, []]})


def _sort_rows(table: Node) -> None:
    """Head and bodies of a table, by what pandoc.tex puts for rules and for the ends of heads and feet."""
    groups: list[list[Node]] = [[]]
    heads: list[Node] | None = None
    for row in [*table[3][1], *(row for body in table[4] for row in body[3])]:
        first = row[1][0][4]
        mark = first[0]["c"][0][0] if first and first[0]["t"] == "Div" else ""
        if mark == "head:":  # the first head is the table's; those repeated, and the feet, are TeX's
            heads = [row for group in groups for row in group] if heads is None else heads
            groups = [[]]
        elif mark == "rule:":
            groups.append([])
        else:
            groups[-1].append(row)
    if heads is not None or sum(map(len, groups)) > _LONG:
        table[0][1] = ["longtable"]
    if heads is None and len(groups) > 1:
        heads, *groups = groups
    if heads is not None:
        table[3][1] = heads
        table[4] = [[NONE, 0, [], group] for group in groups if group]
