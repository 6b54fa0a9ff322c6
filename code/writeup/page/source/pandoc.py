"""pandoc, called as a program: LaTeX to its document tree (JSON) and the tree to typst, HTML and Markdown.

Nothing may vanish: a command that pandoc skips in the body and a formula that it cannot convert are errors.
"""

import json
import locale
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pypandoc

from writeup.errors import UserError
from writeup.files import beside, read_text
from writeup.page.elements import environments
from writeup.page.source.latex import GROUP, LITERAL, Document

Node = Any  # a JSON value of pandoc's tree: {"t": type, "c": contents}, a list of such, or a string
NONE: Node = ["", [], []]  # no identifier, no class, no attribute

_MACROS = "".join(re.findall(r"^\\.*", read_text(beside(__file__, "pandoc.tex")), re.MULTILINE))
# layout, which only TeX needs
_LAYOUT = re.compile(
    r"\\(?:begin|end)?\{?(?:centering|raggedright|noindent|par|maketitle|smallskip|medskip|bigskip|vspace|hspace|"
    r"hfill|vfill|textwidth|linewidth|clearpage|newpage|pagebreak|nopagebreak|needspace|tiny|scriptsize|footnotesize|small|normalsize|"
    r"large|Large|LARGE|setlength|tabcolsep|thispagestyle|protect|allowbreak|sloppy|fussy|phantomsection|"
    rf"addcontentsline|renewcommand|{'|'.join(environments('headed', 'box'))})\b"
)

_CAPTIONED, _HEADED = ("|".join(environments(form, built_in=False)) for form in ("captioned", "headed"))
_SPELLED = re.compile(  # what pandoc would not read completely
    rf"{LITERAL.pattern}|\\cmidrule(?=\{{)|\\(?P<edge>begin|end)\{{(?P<captioned>{_CAPTIONED})\}}(?:\[\w*\])?"
    rf"|(?P<headed>\\begin\{{(?:{_HEADED})\}})\[(?P<title>(?:{GROUP}|[^\]{{}}])*)\]",
    re.DOTALL,
)


@cache
def version() -> str:
    return run(["--version"]).split()[1]


def for_pandoc(document: Document) -> str:
    """The document's text as pandoc can read it, behind our macros; each line keeps its number.

    pandoc keeps captions of figures only: another captioned element is a figure whose placement is its name.
    The title of a theorem becomes a link to `title:`.
    """

    def spelled(found: re.Match[str]) -> str:
        if name := found["captioned"]:
            return rf"\{found['edge']}{{figure}}" + (f"[{name}]" if found["edge"] == "begin" else "")
        if found["headed"]:
            return rf"{found['headed']}\hyperlink{{title:}}{{{found['title']}}}"
        return found[0] + "()" * (found[0] == r"\cmidrule")

    return _MACROS + _SPELLED.sub(spelled, document.text)


def read(document: Document) -> dict[str, Node]:
    """The document's tree. Raises UserError where pandoc cannot parse it or would drop a command."""
    return dict(json.loads(_read(document, for_pandoc(document))))


def read_snippets(document: Document, snippets: list[str]) -> list[list[Node]]:
    """Each piece of LaTeX, found in a caption or a formula, as inline elements; all of them in one call."""
    if not snippets:
        return []
    source = _MACROS + document.text[: document.body] + r"\begin{document}"
    for snippet in snippets:  # on its line in the document, so that messages name it
        gap = document.line(max(document.find(snippet), 0)) - 1 - source.count("\n")
        source += "\n" * gap + rf"\par x{{{snippet}}}"  # at the beginning, an anchor would be a block
    blocks = json.loads(_read(document, source + r"\end{document}"))["blocks"]
    return [block["c"][1]["c"][1] for block in blocks]


def write(document: Document, tree: dict[str, Node], to: str, *options: str) -> str:
    """The tree in the format `to`; figures are found in the document's folder."""
    return run(["-f", "json", "-t", to, *options], json.dumps(tree), document)


def mathml(document: Document, formulas: list[str]) -> list[str]:
    """A `<math>` for each piece of TeX mathematics; all of them in one call."""
    inlines = [{"t": "Math", "c": [{"t": "InlineMath"}, tex]} for tex in formulas]
    tree = {**read(document), "meta": {}, "blocks": [{"t": "Plain", "c": inlines}]}
    page = write(document, tree, "html5", "--mathml")
    return re.findall(r"<math\b.*?</math>", page, re.DOTALL)


@lru_cache(maxsize=3)  # PDF, HTML and Markdown come from one reading, and from their snippets
def _read(document: Document, source: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.json"
        tree = run(["-f", "latex", "-t", "json", "--sandbox", f"--log={log}"], source, document)
        messages = json.loads(read_text(log))
    lines = document.text.splitlines()
    for message in messages:
        line, what = message.get("line", 0), message.get("contents", "").strip()
        if message["type"] != "SkippedContent" or _LAYOUT.match(what) or line < document.line(document.body):
            continue
        first = what.splitlines()[0]
        if first not in lines[line - 1] and (offset := document.find(first)) >= 0:
            line = document.line(offset)  # it stood in a snippet whose beginning a macro has changed
        raise UserError(f"{document.path.name}:{line}: {first} means nothing outside LaTeX (pandoc skips it)")
    return tree


def run(options: list[str], stdin: str = "", document: Document | None = None) -> str:
    """What pandoc prints; UserError for what it cannot do, and for each warning. document: what is read."""
    folder = document.path.parent if document else None
    command = [pypandoc.get_pandoc_path(), *options]
    # pandoc takes names of files as the locale says: in the locale C it finds nothing in a folder "é"
    narrow = locale.nl_langinfo(locale.CODESET).upper() != "UTF-8"
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | ({"LC_ALL": "C.UTF-8"} if narrow else {}),
    )
    words = " ".join(done.stderr.split()).partition(" HasCallStack")[0]
    if document and (formula := re.search(r"Could not convert TeX math (.*?),? rendering as TeX", words)):
        problem = f"this formula cannot be converted outside LaTeX: {formula[1]}"
        raise document.error(document.find(formula[1]), problem)
    if document and (loop := re.search(r"Loop encountered in expanding macro (\S+)", words)):
        raise document.error(document.find(f"\\{loop[1]}"), f"the macro \\{loop[1]} calls itself without end")
    if done.returncode < 0:
        why = (
            f"pandoc was ended by {signal.Signals(-done.returncode).name}; is the disk full, or memory short?"
        )
        raise UserError(f"{document.path.name}: {why}" if document else why)
    if done.returncode or "[WARNING]" in words:
        line = re.search(r"line (\d+)", words)
        where = (document.path.name if document else "") + (f":{line[1]}" if line else "")
        raise UserError(f"{where + ': ' if where else ''}pandoc: {words.replace('[WARNING] ', '')}")
    return done.stdout


def nodes(node: Node) -> Iterator[dict[str, Node]]:
    """Every element below `node`, in the order of the document, parents first."""
    if isinstance(node, dict) and "t" in node:
        yield node
        node = node.get("c")
    if isinstance(node, list | dict):
        for child in node.values() if isinstance(node, dict) else node:
            yield from nodes(child)


def transform(node: Node, visit: Callable[[dict[str, Node]], list[Node] | None]) -> Node:
    """A copy of the tree, each element replaced by what `visit` returns (None: unchanged), children first.

    A span or block without any attribute gives way to its contents.
    """
    if isinstance(node, dict):
        return {key: transform(child, visit) for key, child in node.items()}
    if not isinstance(node, list):
        return node
    result: list[Node] = []
    for before in node:
        child = transform(before, visit) if isinstance(before, list | dict) else before
        changed = visit(child) if isinstance(child, dict) and "t" in child else None
        if changed is None and isinstance(child, dict) and child.get("t") in {"Span", "Div"}:
            changed = child["c"][1] if child["c"][0] == NONE else None
        result.extend([child] if changed is None else changed)
    return result


def plain(node: Node, formula: Callable[[str], str] = lambda tex: "") -> str:
    """The text of inline elements; of mathematics what `formula` makes of its TeX."""
    shown = ""
    for inner in nodes(node):
        contents: Any = inner.get("c")
        match inner["t"], contents:
            case "Str", string:
                shown += string
            case "Code", [_, code]:
                shown += code
            case "Math", [_, tex]:
                shown += formula(tex)
            case "Space" | "SoftBreak" | "LineBreak", _:
                shown += " "
    return shown


def text(string: str) -> list[Node]:
    """Inline elements for plain text, spaces in it."""
    return [{"t": "Str", "c": string}] if string else []


def span(inlines: list[Node], *, name: str = "", kind: str = "", **attributes: str) -> Node:
    pairs = [[key, value] for key, value in attributes.items()]
    return {"t": "Span", "c": [[name, [kind] if kind else [], pairs], inlines]}
