"""The embedded engine: .tex -> pandoc's tree -> typst -> PDF, from two wheels and no system package.

`article.typ` beside this file is the page; numbers and references come from `references.py`. What the tree
says in LaTeX's terms (numbered display, derivation, listing, anchor, colour) is handed to the functions of
`article.typ`.
"""

import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import typst

from writeup.errors import UserError
from writeup.page import pandoc, references
from writeup.page.latex import Document, stage
from writeup.page.pandoc import Node, raw, transform

_HERE = Path(__file__).parent
_TEMPLATE = """#import "article.typ": *
#show: article.with(
$if(title)$
  title: [$title$],
$endif$
  authors: ($for(author)$[$author$],$endfor$),
$if(date)$
  date: [$date$],
$endif$
$if(abstract)$
  abstract: [$abstract$],
$endif$
  mark: "$mark$",
)
$body$
"""


def words() -> str:
    """The engine as the build reports it."""
    release = ".".join(version("typst").split(".")[:2])
    return f"embedded (pandoc {pandoc.version()} + typst {release})"


def typeset(document: Document, pdf: Path, *, epoch: int) -> None:
    """Writes `pdf`. Raises UserError, one line, for what pandoc or typst cannot set."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stage(document, root)
        shutil.copyfile(_HERE / "article.typ", root / "article.typ")
        (root / "main.typ").write_text(to_typst(document), encoding="utf-8")
        try:
            _, warnings = typst.compile_with_warnings(
                str(root / "main.typ"),
                output=str(pdf),
                root=folder,
                ignore_system_fonts=True,
                timestamp=epoch,
            )
        except typst.TypstError as error:
            raise UserError(f"{document.path.name}: typst: {error.message}") from error
        if warnings:
            raise UserError(f"{document.path.name}: typst: {warnings[0].message}")


def to_typst(document: Document) -> str:
    """The document as typst markup for `article.typ`."""
    tree = transform(references.load(document), _for_typst)
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.typ"
        template.write_text(_TEMPLATE, encoding="utf-8")
        mark = document.pagemark.replace("\\", "\\\\").replace('"', '\\"')
        options = ["--standalone", f"--template={template}", f"--variable=mark:{mark}", "--wrap=none"]
        return pandoc.write(tree, "typst", *options, name=document.path.name)


def _for_typst(node: Node) -> list[Node] | None:
    """The replacement of one element, its children being done."""
    kind, content = node["t"], node.get("c")
    if kind == "Math":
        content[1] = _formula(content[1])
    elif kind == "Table":
        return _table(node)
    elif kind == "DefinitionList":
        return _terms(content)
    elif kind == "Span":
        name, classes, attributes = content[0]
        if "equation" in classes:
            head = raw("typst", f'#equation("{dict(attributes)["number"]}")[')
            return [head, *content[1], raw("typst", "]" + (f'#label("{name}")' if name else ""))]
        anchor = [raw("typst", f'#metadata(none)#label("{name}")')] if name else []
        style = dict(attributes).get("style", "")
        if style.startswith("color: "):
            colour = raw("typst", f'#text(fill: rgb("{style.removeprefix("color: ")}"))[')
            return [*anchor, colour, *content[1], raw("typst", "]")]
        if "caption-number" in classes:
            return [{"t": "Strong", "c": content[1]}]
        if "number" in classes and content[1]:
            return [*anchor, *content[1], raw("typst", "#h(0.4em)")] if not name else [*content[1], *anchor]
        return [*anchor, *content[1]]
    elif kind == "Div" and "derivation" in content[0][1]:
        return [_derivation(content[1][0])]
    elif kind == "Div" and "codelisting" in content[0][1]:
        name = content[0][0]
        label = f'#label("{name}")' if name else ""
        caption, *code = content[1]
        pieces = ["#listing[", caption, "][", *code, "]" + label]
        return [raw("typst", piece, block=True) if isinstance(piece, str) else piece for piece in pieces]
    return None


def _formula(tex: str) -> str:
    """The formula without what pandoc turns into wrong space in typst, which sizes its brackets by itself."""
    tex = re.sub(r"\\!|\\[bB]igg?[lrm]?(?![A-Za-z])", "", tex)
    return re.sub(r"\\operatorname\{([A-Za-z]+)\}(?=\s*(?:[(\[_^{]|\\left))", r"\\mathrm{\1}", tex)


def _terms(items: list[Node]) -> list[Node]:
    """A description list with each term on the line of its text, where pandoc begins a new one."""
    blocks: list[Node] = []
    for term, definitions in items:
        first, *rest = [block for definition in definitions for block in definition]
        blocks.append({"t": "Para", "c": [raw("typst", "/ "), *term, raw("typst", ": "), *first["c"]]})
        blocks += rest
    return blocks


def _table(table: Node) -> list[Node]:
    """Rules between groups of rows and below heads that span columns; a longtable may break over pages."""
    head, bodies = table["c"][3], table["c"][4]
    for row in head[1][:-1]:
        for cell in row[1]:
            if cell[3] > 1:
                cell[0][2].append(["typst:stroke", "(bottom: 0.03em)"])
    for body in bodies[1:]:
        for cell in body[3][0][1]:
            cell[0][2].append(["typst:stroke", "(top: 0.05em)"])
    if "longtable" not in table["c"][0][1]:
        return [table]
    return [raw("typst", "#long[", block=True), table, raw("typst", "]", block=True)]


def _derivation(table: Node) -> Node:
    """The table of a derivation as one call of `derivation` in article.typ."""
    columns = table["c"][2]
    centred = ", centred: true" if columns[0][0]["t"] == "AlignCenter" else ""
    inlines = [raw("typst", f"#derivation({len(columns) - 1}{centred}")]
    for body in table["c"][4]:
        for row in body[3]:
            for cell in row[1]:
                contents = [inline for block in cell[4] for inline in block["c"]]
                inlines += [raw("typst", ", ["), *contents, raw("typst", "]")]
    return {"t": "Para", "c": [*inlines, raw("typst", ")")]}
