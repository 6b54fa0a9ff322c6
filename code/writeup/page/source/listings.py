"""Listings: the source of definitions as it stands in its file, and logs as they are."""

import ast
import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from writeup.errors import UserError
from writeup.page.source.formats import Tex, escape

LONG = 35  # lines; a shorter listing stands on one page


def verbatim(lines: Iterable[str]) -> Tex:
    """Lines of a log, as they are."""
    body = "\n".join(lines)
    if "\\end{verbatim}" in body:
        raise UserError("a log line contains \\end{verbatim} and would leave its box")
    return Tex(f"{_breaks(body)}\\begin{{verbatim}}\n{body}\n\\end{{verbatim}}")


def listing(path: Path, *names: str, docstrings: bool = False) -> str:
    """The source of top-level `names` (functions, classes, assignments, Class.method) of the file `path`.

    Read from the file, not from an imported object: rendering needs none of the program's dependencies.
    """
    text = path.read_text(encoding="utf-8")
    tree = _parsed(text, path)
    lines = text.splitlines()
    return "\n\n".join(_definition(path, tree, lines, name, docstrings) for name in names)


@lru_cache(maxsize=64)  # a module has many figures, and each of them is listed
def _parsed(text: str, path: Path) -> ast.Module:
    return ast.parse(text, path)


def _definition(path: Path, tree: ast.Module, lines: Sequence[str], name: str, docstrings: bool) -> str:
    scope: Sequence[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((n for n in scope if part in _names(n)), None)
        if node is None:
            raise UserError(f"{path.name} defines no {name!r}: a listing in a template names it")
        scope = getattr(node, "body", [])
    assert node is not None
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    kept = {row: lines[row - 1].rstrip() for row in range(first, (node.end_lineno or node.lineno) + 1)}
    for child in () if docstrings else ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(child) is not None:
            end = child.body[0].end_lineno or 0
            after = end + (kept.get(end + 1) == "")  # the blank line that set the docstring apart
            for row in range(child.body[0].lineno, after + 1):
                del kept[row]
    return textwrap.dedent("\n".join(kept.values()))


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def code_block(text: str, caption: object, label: str) -> Tex:
    """A captioned listing of Python source."""
    if "\\end{lstlisting}" in text:
        raise UserError(f"the listing {label} contains \\end{{lstlisting}} and would leave its box")
    options = f"language=Python, caption={{{escape(caption)}}}, label={{{label}}}"
    return Tex(f"{_breaks(text)}\\begin{{lstlisting}}[{options}]\n{text}\n\\end{{lstlisting}}")


def _breaks(text: str) -> str:
    """What lets a listing run over pages, for long ones."""
    return "\\longlisting\n" if text.count("\n") + 1 >= LONG else ""
