"""The embedded engine: .tex -> pandoc's tree -> typst -> PDF, from two wheels and no system package.

`article.typ` beside this file is the page, as a template of pandoc's; numbers and references come from
`numbering.py`. What the tree says in LaTeX's terms (numbered display, derivation, listing, anchor, colour) is
handed to the functions of `article.typ`.
"""

import json
import re
import tempfile
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import typst

from writeup.errors import UserError
from writeup.files import beside
from writeup.page.pdf import page_breaks, tags
from writeup.page.pdf.formula_words import spoken
from writeup.page.source import numbering, pandoc
from writeup.page.source.latex import Document, figures, stage
from writeup.page.source.pandoc import Node, nodes, transform

STANDARDS: Any = ["ua-1", "a-2a"]  # typst refuses a page that does not meet them
TEXT = {"a4": 714.3, "us-letter": 664.4}  # points: the height of the text on a page, as in article.typ
TOP = 62.4  # points above it
EVALUATED, AT = "\ue000", "\ue001"  # around what an evaluation bar follows, which pandoc cannot make tall
# typst makes a prime, a minus, another dash or a soft hyphen of these as pandoc writes them
MADE_ANOTHER = re.compile(r"([’–—]|-(?=[?\d]))")
_PAGE = beside(__file__, "article.typ")


def name() -> str:
    """The engine as the build reports it."""
    release = ".".join(version("typst").split(".")[:2])
    return f"embedded (pandoc {pandoc.version()} + typst {release})"


def typeset(document: Document, *, epoch: int) -> bytes:
    """The PDF. Raises UserError, one line, for what pandoc or typst cannot set."""
    tree = numbering.load(document)
    said = _in_words(document, tree)
    destinations = tags.destinations(tree["blocks"], said)
    blocks = page_breaks.mark_breaks(tree["blocks"])
    found = [page_breaks.block(one) for one in blocks]
    tree["blocks"] = [one for n, block in enumerate(blocks) for one in (_typst(f"//block {n}", True), block)]
    authors = [pandoc.plain(author["c"]) for author in tree["meta"].get("author", {"c": []})["c"]]
    names = [{"t": "MetaInlines", "c": [_typst(_string(name))]} for name in authors]
    tree["meta"]["paper"] = {"t": "MetaInlines", "c": [_typst(_string(document.paper))]}
    tree["meta"]["names"] = {"t": "MetaList", "c": names}
    tree = transform(tree, lambda node: _for_typst(node, document, said))
    page = pandoc.write(document, tree, "typst", "--standalone", f"--template={_PAGE}", "--wrap=none")
    page = page.replace(EVALUATED, "lr(").replace(AT, " bar.v)")
    with tempfile.TemporaryDirectory() as folder:
        stage(document, Path(folder), [document.screen(figure) for figure in figures(document)])
        main = Path(folder) / "main.typ"
        given: Any = {"root": folder, "ignore_system_fonts": True}
        try:
            page = _arranged(document, page, found, main, given)
            main.write_text(f"{page}\n#places({_string(json.dumps([*destinations]))})\n", encoding="utf-8")
            [places] = json.loads(typst.query(str(main), "<places>", field="value", **given))
            pdf, warnings = typst.compile_with_warnings(
                str(main), **given, timestamp=epoch, pdf_standards=STANDARDS
            )
        except typst.TypstError as error:
            lacking = re.search(r'the text `"(.+?)"` could not be displayed', error.message)
            place = document.find(lacking[1]) if lacking else -1
            raise document.error(place, f"typst: {error.message}") from error
    if warnings:
        raise UserError(f"{document.path.name}: typst: {warnings[0].message}")
    words = {(page, round(x), round(y)): destinations[name] for name, page, x, y in places}
    return tags.tagged(bytes(pdf), words)


def _arranged(
    document: Document, page: str, blocks: list[page_breaks.Block], main: Path, given: dict[str, Any]
) -> str:
    """The page with its floats where they stand best: measured on one sheet without an end, then moved."""
    head, *pieces = re.split(r"^//block \d+\n", page, flags=re.MULTILINE)
    pieces = [f"#begins({number})\n{piece}\n" for number, piece in enumerate(pieces)]
    main.write_text("".join([head, *pieces]), encoding="utf-8")
    measured = typst.query(str(main), "<tops>", field="value", sys_inputs={"measuring": ""}, **given)
    [tops] = json.loads(measured)
    heights = [below - top for top, below in pairwise(tops)]
    order = page_breaks.arranged(blocks, heights, TEXT[document.paper], tops[0] - TOP)
    return "".join([head, *(pieces[number] for number in order)])


def _in_words(document: Document, tree: Node) -> dict[str, str]:
    """Each formula of the tree in words, by its TeX."""
    formulas = list(dict.fromkeys(node["c"][1] for node in nodes(tree) if node["t"] == "Math"))
    return dict(zip(formulas, map(spoken, pandoc.mathml(document, [*map(_norms, formulas)])), strict=True))


def _for_typst(node: Node, document: Document, said: dict[str, str]) -> list[Node] | None:
    """The replacement of one element, its children being done; `said`: the formulas in words."""
    match node["t"], node.get("c"):
        case "Str", string if MADE_ANOTHER.search(string):
            pieces = MADE_ANOTHER.split(string)
            return [
                _typst(rf"\u{{{ord(one):x}}}") if n % 2 else {"t": "Str", "c": one}
                for n, one in enumerate(pieces)
                if one
            ]
        case "Math", [kind, tex]:
            formula = {"t": "Math", "c": [kind, _formula(_norms(tex))]}
            function = "nested" if r"\boxed" in tex else "said"
            return _call(f"{function}({_string(said[tex])})", [formula])
        case "Image", [[_, _, pairs], alternative, [figure, _]]:
            sizes = {side: _length(length) for side, length in pairs if side in {"width", "height"}}
            size = "".join(f", {side}: {length}" for side, length in sizes.items() if length)
            image = f"{_string(document.screen(figure))}, alt: {_string(pandoc.plain(alternative))}{size}"
            return [_typst(f"#box(image({image}))")]
        case "Table", [[_, classes, _], _, _, head, bodies, _]:
            _rules(head, bodies)
            return _call("long", [node], block=True) if "longtable" in classes else None
        case "DefinitionList", items:  # pandoc would put each term on a line of its own
            for term, [blocks] in items:
                if not blocks or blocks[0]["t"] not in {"Para", "Plain"}:
                    blocks.insert(0, {"t": "Para", "c": []})
                blocks[0]["c"][:0] = [_typst("/ "), *term, _typst(": ")]
            return [block for _, [blocks] in items for block in blocks]
        case "Div", [[_, ["contents"], _], _]:
            return [_typst("#outline(depth: 3)", block=True)]
        case "Div", [[_, ["derivation", *proved], _], [table]]:
            return [_derivation(table, ", sticky: true" if proved else "")]
        case "Div", [[name, ["captioned", _], _], [caption, *contents]]:
            return _call("captioned", [caption], contents, name=name, block=True)
        case "Div", [[name, ["headed", _, *italic], _], blocks]:
            return _call(f"headed(italic: {json.dumps(bool(italic))})", blocks, name=name, block=True)
        case "Div", [[_, ["small"], _], blocks]:
            return _call("text(size: 10pt)", blocks, block=True)
        case "Div", [[_, ["lead-in" | "qed" | "answer" as kind], _], blocks]:
            return _call(kind, blocks, block=True)
        case "Figure", [_, _, parts] if all(part["t"] == "Figure" for part in parts):
            widths = ", ".join(part["c"][0][2][0][1].removeprefix("width: ") for part in parts)
            parts[:] = _call(f"side-by-side({widths})", *([part] for part in parts), block=True)
        case "Span", [[name, ["equation"], _], [before, formula, after, *number]]:
            return _call(f"equation({_string(pandoc.plain(number))})", [before, formula, after], name=name)
        case "Span", [[_, ["pageref"], [[_, label]]], _]:
            there = f"label({_string(label)})"
            return [_typst(f"#context link({there}, str(counter(page).at({there}).first()))")]
        case "Span", [[_, ["pageword"], _], _]:
            return [{"t": "Str", "c": "page"}]
        case "Span", [[_, ["qed"], _], inlines]:
            return [_typst("#h(1fr)"), *inlines]
        case "Span", [[_, ["caption-number"], _], inlines]:
            return [{"t": "Strong", "c": inlines}]
        case "Span", [[_, ["head"], _], inlines]:
            return _call('text(style: "normal")', inlines)
        case "Span", [[name, classes, pairs], inlines]:
            if colour := dict(pairs).get("style", "").removeprefix("color: "):
                inlines = _call(f'text(fill: rgb("{colour}"))', inlines)
            anchor = [_typst("#metadata(none)" + _label(name))] if name else []
            gap = [_typst("#h(0.4em)")] if "number" in classes and not name else []
            return [*anchor, *inlines, *gap]
    return None


def _length(tex: str) -> str:
    """A width of LaTeX's in typst, "" for one that typst does not know: the image's own size."""
    if re.fullmatch(r"\\(line|text|column)width", tex):
        return "100%"
    return tex if re.fullmatch(r"[\d.]+(%|cm|mm|in|pt|em)", tex) else ""


def _string(text: str) -> str:
    """A literal of typst."""
    return json.dumps(text, ensure_ascii=False)


def _typst(string: str, block: bool = False) -> Node:
    return {"t": "RawBlock" if block else "RawInline", "c": ["typst", string]}


def _label(name: str) -> str:
    return f"#label({_string(name)})" if name else ""


def _call(function: str, *contents: list[Node], name: str = "", block: bool = False) -> list[Node]:
    """`#function[...][...]`, with a label where `name` is given."""
    pieces = [piece for content in contents for piece in (*content, _typst("][", block))]
    return [_typst(f"#{function}[", block), *pieces[:-1], _typst("]" + _label(name), block)]


def _formula(tex: str) -> str:
    """The formula without what pandoc turns into wrong space in typst, which sizes its brackets by itself."""
    tex = re.sub(r"\\left\.(.*?)\\right\|(?=\s*_)", rf"{EVALUATED}\1{AT}", tex, flags=re.DOTALL)
    tex = re.sub(r"\\!|\\[bB]igg?[lrm]?(?![A-Za-z])", "", tex)
    return re.sub(r"\\operatorname\{([A-Za-z]+)\}(?=\s*(?:[(\[_^{]|\\left))", r"\\mathrm{\1}", tex)


def _norms(tex: str) -> str:
    """The formula with the bars of each norm told from a bar that stands alone."""
    tex = re.sub(r"\\left\s*\\(?:lVert|\|)", r"\\lVert ", tex)
    tex = re.sub(r"\\right\s*\\(?:rVert|\|)", r"\\rVert ", tex)
    return re.sub(r"\\\|((?:(?!\\\|).)*)\\\|(?=\s*[_^])", r"\\lVert \1\\rVert ", tex, flags=re.DOTALL)


def _rules(head: Node, bodies: list[Node]) -> None:
    """Rules between groups of rows and below heads that span columns, with air below each."""
    for cell in (cell for row in head[1][:-1] for cell in row[1] if cell[3] > 1):
        cell[0][2].append(["typst:stroke", "(bottom: 0.03em)"])
    filled = [body[3] for body in bodies if body[3]]
    for number, cell in ((number, cell) for number, rows in enumerate(filled) for cell in rows[0][1]):
        cell[0][2].append(["typst:inset", "(x: 5pt, top: 4.6pt, bottom: 2.6pt)"])
        cell[0][2] += [["typst:stroke", "(top: 0.05em)"]] if number else []


def _derivation(table: Node, options: str) -> Node:
    """The table of a derivation as one call of `derivation` in article.typ."""
    columns, bodies = table["c"][2], table["c"][4]
    contents = []
    for row in (row for body in bodies for row in body[3]):
        cells = [[inline for block in cell[4] for inline in block["c"]] for cell in row[1]]
        said = [bool(cell) and not page_breaks.displays(cell) for cell in cells[:-1]] + [False]
        contents += [
            _call("reason", cell) if words else cell for cell, words in zip(cells, said, strict=True)
        ]
    centred = ", centred: true" if columns[0][0]["t"] == "AlignCenter" else ""
    long = ", long: true" if page_breaks.lines(table) >= page_breaks.LONG_DISPLAY else ""
    return {"t": "Para", "c": _call(f"derivation({len(columns) - 1}{centred}{long}{options})", *contents)}
