"""`docs/templates.md`, made of the docstrings of what templates see: `python -m writeup.page.manual`."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from writeup.page import context
from writeup.page.source.templating import FILTERS, FUNCTIONS

HEAD = """# What templates see

Made by `make docs` from the docstrings of `code/writeup/page/context.py`; edit those.

A template is LaTeX with `<< expression >>`, which prints, `<% statement %>`, which controls, and
`<# comment #>`. What an expression yields is escaped for LaTeX; a number needs a format, as in
`<< v["descent/error"] | fixed(2) >>`. An undefined name is an error. No template types a number that a run
has found: see `plain`.
"""
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
    return "\n".join([HEAD, *listed])


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
