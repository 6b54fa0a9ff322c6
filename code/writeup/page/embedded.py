"""The embedded engine: .tex -> pandoc's tree -> typst -> PDF, from two wheels and no system package.

`article.typ` beside this file is the page, as a template of pandoc's; numbers and references come from
`numbering.py`. What the tree says in LaTeX's terms (numbered display, derivation, listing, anchor, colour) is
handed to the functions of `article.typ`.
"""

import json
import re
import tempfile
from importlib.metadata import version
from pathlib import Path

import typst

from writeup.errors import UserError
from writeup.files import beside
from writeup.page import numbering, pandoc
from writeup.page.latex import Document, stage
from writeup.page.pandoc import Node, transform, words

_PAGE = beside(__file__, "article.typ")


def name() -> str:
    """The engine as the build reports it."""
    release = ".".join(version("typst").split(".")[:2])
    return f"embedded (pandoc {pandoc.version()} + typst {release})"


def typeset(document: Document, *, epoch: int) -> bytes:
    """The PDF. Raises UserError, one line, for what pandoc or typst cannot set."""
    tree = transform(numbering.load(document), _for_typst)
    page = pandoc.write(document, tree, "typst", "--standalone", f"--template={_PAGE}", "--wrap=none")
    with tempfile.TemporaryDirectory() as folder:
        stage(document, Path(folder))
        main = Path(folder) / "main.typ"
        main.write_text(page, encoding="utf-8")
        try:
            pdf, warnings = typst.compile_with_warnings(
                str(main), root=folder, ignore_system_fonts=True, timestamp=epoch
            )
        except typst.TypstError as error:
            raise UserError(f"{document.path.name}: typst: {error.message}") from error
    if warnings:
        raise UserError(f"{document.path.name}: typst: {warnings[0].message}")
    return bytes(pdf)


def _for_typst(node: Node) -> list[Node] | None:
    """The replacement of one element, its children being done."""
    match node["t"], node.get("c"):
        case "Str", string if "’" in string:  # written as ', it would become a prime after a digit
            pieces = re.split("(’)", string)
            return [_typst(r"\u{2019}") if one == "’" else {"t": "Str", "c": one} for one in pieces if one]
        case "Math", content:
            content[1] = _formula(content[1])
        case "Table", [[_, classes, _], _, _, head, bodies, _]:
            _rules(head, bodies)
            return _call("long", [node], block=True) if "longtable" in classes else None
        case "DefinitionList", items:  # each term on the line of its text, where pandoc begins a new one
            for term, [blocks] in items:
                if not blocks or blocks[0]["t"] not in {"Para", "Plain"}:
                    blocks.insert(0, {"t": "Para", "c": []})
                blocks[0]["c"][:0] = [_typst("/ "), *term, _typst(": ")]
            return [block for _, [blocks] in items for block in blocks]
        case "Div", [[_, ["derivation"], _], [table]]:
            return [_derivation(table)]
        case "Div", [[name, ["codelisting"], _], [caption, code]]:
            return _call("listing", [caption], [code], name=name, block=True)
        case "Span", [[name, ["equation"], _], [formula, *number]]:
            return _call(f"equation({json.dumps(words(number))})", [formula], name=name)
        case "Span", [[_, ["caption-number"], _], inlines]:
            return [{"t": "Strong", "c": inlines}]
        case "Span", [[name, classes, pairs], inlines]:
            if colour := dict(pairs).get("style", "").removeprefix("color: "):
                inlines = _call(f'text(fill: rgb("{colour}"))', inlines)
            anchor = [_typst("#metadata(none)" + _label(name))] if name else []
            gap = [_typst("#h(0.4em)")] if "number" in classes and not name else []
            return [*anchor, *inlines, *gap]
    return None


def _typst(string: str, block: bool = False) -> Node:
    return {"t": "RawBlock" if block else "RawInline", "c": ["typst", string]}


def _label(name: str) -> str:
    return f"#label({json.dumps(name)})" if name else ""


def _call(function: str, *contents: list[Node], name: str = "", block: bool = False) -> list[Node]:
    """`#function[...][...]`, with a label where `name` is given."""
    pieces = [piece for content in contents for piece in (*content, _typst("][", block))]
    return [_typst(f"#{function}[", block), *pieces[:-1], _typst("]" + _label(name), block)]


def _formula(tex: str) -> str:
    """The formula without what pandoc turns into wrong space in typst, which sizes its brackets by itself."""
    tex = re.sub(r"\\!|\\[bB]igg?[lrm]?(?![A-Za-z])", "", tex)
    return re.sub(r"\\operatorname\{([A-Za-z]+)\}(?=\s*(?:[(\[_^{]|\\left))", r"\\mathrm{\1}", tex)


def _rules(head: Node, bodies: list[Node]) -> None:
    """Rules between groups of rows and below heads that span columns."""
    for cell in (cell for row in head[1][:-1] for cell in row[1] if cell[3] > 1):
        cell[0][2].append(["typst:stroke", "(bottom: 0.03em)"])
    for cell in (cell for body in bodies[1:] for cell in body[3][0][1]):
        cell[0][2].append(["typst:stroke", "(top: 0.05em)"])


def _derivation(table: Node) -> Node:
    """The table of a derivation as one call of `derivation` in article.typ."""
    columns, bodies = table["c"][2], table["c"][4]
    cells = [cell for body in bodies for row in body[3] for cell in row[1]]
    contents = [[inline for block in cell[4] for inline in block["c"]] for cell in cells]
    centred = ", centred: true" if columns[0][0]["t"] == "AlignCenter" else ""
    return {"t": "Para", "c": _call(f"derivation({len(columns) - 1}{centred})", *contents)}
