"""pandoc, called as a program: LaTeX to its document tree (JSON) and the tree to typst, HTML and Markdown.

Nothing may vanish: a command that pandoc skips in the body and a formula that it cannot convert are errors.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from writeup.errors import UserError
from writeup.page.latex import Document, for_pandoc

Node = Any  # a JSON value of pandoc's tree: {"t": type, "c": contents}, a list of such, or a string

# layout that means something to TeX alone
_LAYOUT = re.compile(
    r"\\(?:begin|end)\{(?:derivation|codelisting)\}|\\(?:begin|end)?\{?(?:centering|raggedright|noindent|par|maketitle|"
    r"smallskip|medskip|bigskip|vspace|hspace|hfill|vfill|clearpage|newpage|pagebreak|nopagebreak|needspace|"
    r"tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|setlength|tabcolsep|thispagestyle|"
    r"protect|allowbreak|sloppy|fussy|phantomsection|addcontentsline|renewcommand)\b"
)


@cache
def version() -> str:
    return _run(["--version"], "").split()[1]


def read(document: Document, *, derivations: bool = True) -> dict[str, Node]:
    """The document's tree. Raises UserError where pandoc cannot parse it or would drop a command."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.json"
        source = for_pandoc(document, derivations=derivations)
        tree = json.loads(_run(["-f", "latex", "-t", "json", f"--log={log}"], source, document.path.name))
        messages = json.loads(log.read_text(encoding="utf-8"))
    first_line = source[: max(source.find(r"\begin{document}"), 0)].count("\n") + 1
    for message in messages:
        line, contents = message.get("line", 0), message.get("contents", "")
        if message["type"] == "SkippedContent" and line >= first_line and not _LAYOUT.match(contents):
            what = contents.strip().splitlines()[0]
            raise UserError(
                f"{document.path.name}:{line}: {what} means nothing outside LaTeX (pandoc skips it)"
            )
    return dict(tree)


def write(tree: dict[str, Node], to: str, *options: str, name: str, folder: Path | None = None) -> str:
    """The tree in the format `to`. `name` is the source's, for messages; files are found in `folder`."""
    return _run(["-f", "json", "-t", to, *options], json.dumps(tree), name, folder)


def _run(options: list[str], stdin: str, name: str = "", folder: Path | None = None) -> str:
    command = [pypandoc.get_pandoc_path(), *options]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, encoding="utf-8", cwd=folder)
    words = " ".join(done.stderr.split())
    if done.returncode:
        where = re.search(r"line (\d+)", words)
        line = f":{where[1]}" if where else ""
        raise UserError(f"{name}{line}: pandoc: {words}")
    if formula := re.search(r"Could not convert TeX math (.*?),? rendering as TeX", words):
        raise UserError(f"{name}: this formula cannot be converted outside LaTeX: {formula[1]}")
    if "[WARNING]" in words:
        raise UserError(f"{name}: pandoc: {words.replace('[WARNING] ', '')}")
    return done.stdout


def nodes(node: Node) -> Iterator[dict[str, Node]]:
    """Every element below `node`, in the order of the document, parents first."""
    if isinstance(node, list):
        for child in node:
            yield from nodes(child)
    elif isinstance(node, dict):
        if "t" in node:
            yield node
            yield from nodes(node.get("c"))
        else:
            for child in node.values():
                yield from nodes(child)


def transform(node: Node, visit: Callable[[dict[str, Node]], list[Node] | None]) -> Node:
    """A copy of the tree, each element replaced by what `visit` returns (None: unchanged), children first."""
    if isinstance(node, list):
        result: list[Node] = []
        for child in node:
            new = transform(child, visit)
            changed = visit(new) if isinstance(new, dict) and "t" in new else None
            result.extend([new] if changed is None else changed)
        return result
    if isinstance(node, dict):
        return {key: transform(child, visit) for key, child in node.items()}
    return node


def words(node: Node) -> str:
    """The plain text of an element."""
    spaces = {"Space": " ", "SoftBreak": " ", "LineBreak": " "}
    parts = []
    for inner in nodes(node):
        if inner["t"] in {"Str"}:
            parts.append(inner["c"])
        elif inner["t"] in {"Math", "Code"}:
            parts.append(inner["c"][1])
        else:
            parts.append(spaces.get(inner["t"], ""))
    return "".join(parts)


def text(string: str) -> list[Node]:
    """Inline elements for plain text."""
    parts: list[Node] = []
    for word in string.split(" "):
        parts += [{"t": "Space"}, {"t": "Str", "c": word}]
    return [part for part in parts[1:] if part.get("c") != ""]


def span(inlines: list[Node], *, name: str = "", kind: str = "", **attributes: str) -> Node:
    pairs = [[key, value] for key, value in attributes.items()]
    return {"t": "Span", "c": [[name, [kind] if kind else [], pairs], inlines]}


def raw(format: str, string: str, block: bool = False) -> Node:
    return {"t": "RawBlock" if block else "RawInline", "c": [format, string]}
