"""The report as one self-contained HTML file: MathML, figures, style."""

from pathlib import Path

from writeup.files import beside, write_atomically
from writeup.page import latex, numbering, pandoc
from writeup.page.pandoc import Node

_STYLE = beside(__file__, "page.css")


def to_html(tex: Path, html: Path) -> None:
    """Writes `html`. Raises UserError, one line with file and line number, for what is wrong in `tex`."""
    document = latex.read(tex)

    def visit(node: Node) -> None:
        if node["t"] == "Image":
            node["c"][2][0] = document.svg(node["c"][2][0])

    tree = pandoc.transform(numbering.load(document), visit)
    if mark := tree["meta"].pop("pagemark")["c"]:
        block = {"t": "Div", "c": [["", ["pagemark"], []], [{"t": "Plain", "c": mark}]]}
        tree["meta"]["include-before"] = {"t": "MetaBlocks", "c": [block]}
    options = ["--standalone", "--embed-resources", "--mathml", f"--css={_STYLE}", "--metadata=lang:en"]
    write_atomically(html, pandoc.write(document, tree, "html5", *options).encode())
