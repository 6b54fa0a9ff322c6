"""`docs/templates.md`, made of the docstrings of what templates see: `python -m writeup.page.manual`."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from writeup.page import context
from writeup.page.elements import ELEMENTS
from writeup.page.source.templating import FILTERS, FUNCTIONS

HEAD = """# What templates see

Made by `make docs` from the docstrings of `code/writeup/page/context.py`; edit those.

A template is LaTeX with `<< expression >>`, which prints, `<% statement %>`, which controls, and
`<# comment #>`. What an expression yields is escaped for LaTeX; a number needs a format, as in
`<< v["descent/error"] | fixed(2) >>`. An undefined name is an error. No template types a number that a run
has found: see `plain`.
"""
LATEX = """## LaTeX that works

In every form; the elements are those of `code/writeup/page/elements.py`. Other commands may work, and what a
form would lose is refused with its line. A class or package that LaTeX alone knows asks for
`Report(..., engine="latexmk", forms=["pdf"])`: then `.cls`, `.sty`, `.bst` and `.bib` beside the templates
are found, and the finished PDF is not compared with what the page says.
"""
OTHERS = {
    "text": r"\emph \textbf \textit \texttt \textsc \footnote \href \url \newcommand \definecolor \textcolor",
    "lists": "itemize enumerate description quote verbatim",
    "structure": r"\section \subsection \subsubsection \paragraph \appendix \tableofcontents abstract",
    "references": r"\label \ref \eqref \cref \Cref \pageref \hyperref \hypertarget \hyperlink",
    "citations": r"\cite \citep \citet \bibliography",
    "tables": r"tabular \multicolumn \multirow \toprule \midrule \cmidrule \bottomrule \addlinespace",
    "mathematics": r"\tag \notag \text \frac \sum \mathbb \operatorname \left \right aligned cases pmatrix",
    "pictures": r"\includegraphics with `alt={...}`: PNG, JPG, SVG or PDF of `assets/`, or a declared figure",
}
CLASSES = {
    "Names": "Context",
    "Rows of `shown`": "RunsBehind",
    "Rows of `provenance`": "RunRow",
    "Members of `claims`": "Statement",
}


def manual() -> str:
    """The whole page, as Markdown."""
    tree = ast.parse(inspect.getsource(context))
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    sections = {title: dict(members(classes[name])) for title, name in CLASSES.items()}
    sections |= {"Functions": dict(_called(FUNCTIONS)), "Filters": dict(_called(FILTERS))}
    sections["What functions of a report are handed, as `recorded`"] = dict(members(classes["Recorded"]))
    listed = (
        f"## {title}\n\n{''.join(_item(*one) for one in some.items())}" for title, some in sections.items()
    )
    return "\n".join([HEAD, *listed, latex()])


def latex() -> str:
    """The LaTeX that every form knows."""
    rows = (
        f"| {one.name} | {one.form} | `{'`, `'.join(one.environments or (one.name,))}` |"
        f" {'yes' if one.numbered else 'no'} |"
        for one in ELEMENTS.values()
    )
    table = "\n".join(["| element | form | in LaTeX | numbered |", "|---|---|---|---|", *rows])
    others = "".join(_item(kind, text).replace(f"`{kind}`", kind) for kind, text in OTHERS.items())
    return f"{LATEX}\n{table}\n\n{others}"


def members(declared: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Fields with the docstrings below them; then properties and methods with theirs."""
    for field, below in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            name = f"{ast.unparse(field.target)}: {ast.unparse(field.annotation)}"
            yield name, ast.literal_eval(below.value)
    for method in declared.body:
        if isinstance(method, ast.FunctionDef) and method.name != "names":
            arguments = ast.unparse(method.args).removeprefix("self").removeprefix(", ")
            called = method.name if method.decorator_list else f"{method.name}({arguments})"
            yield called, ast.get_docstring(method) or ""


def _called(functions: Mapping[str, Callable[..., Any]]) -> Iterator[tuple[str, str]]:
    for name, function in functions.items():
        parameters = inspect.signature(function).parameters.values()
        arguments = (
            one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in parameters
        )
        yield f"{name}({', '.join(arguments)})", inspect.getdoc(function) or ""


def _item(name: str, text: str) -> str:
    line = f"- `{name}`: {' '.join(text.split())}"
    return textwrap.fill(line, 118, subsequent_indent="  ", break_on_hyphens=False) + "\n"


if __name__ == "__main__":
    print(manual(), end="")
