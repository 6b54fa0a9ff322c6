"""What a result depends on, as one digest: configuration, computing source, data, seed.

The source digest ignores comments, docstrings and blank lines, and covers a module together with every
module of its own package that it imports, directly or not. It works on text, not on a parse tree printed
back, so that every Python version gives the same digest.
"""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def digest(value: Any) -> str:
    """The sha256 (hex) of `value` as canonical JSON (sorted keys, no blanks)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(*, config: Mapping[str, Any], source: str, data: str, seed: int) -> str:
    """The identity of a run: equal fingerprints mean that the recorded result is still the current one."""
    return digest({"config": dict(config), "source": source, "data": data, "seed": seed})


@cache
def bare_source(text: str) -> str:
    """`text` (Python source) without comments, docstrings, blank lines and trailing white space."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0] if node.body else None
        if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
            continue
        if isinstance(first.value.value, str):
            end = first.end_lineno or first.lineno
            lines[first.lineno - 1 : end] = [""] * (end - first.lineno + 1)
    # A body that was a docstring alone is empty now: tokenize does not mind, it needs no valid block.
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        if token.type == tokenize.COMMENT and lines[row - 1]:
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip())


@cache
def imported_modules(text: str, package: str) -> frozenset[str]:
    """Names of the modules of `package` that the source `text` imports, relative to the package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package + "."):
            found.add((node.module or "").removeprefix(package + "."))
        elif isinstance(node, ast.Import):
            prefix = package + "."
            found |= {
                alias.name.removeprefix(prefix) for alias in node.names if alias.name.startswith(prefix)
            }
    return frozenset(found)


def source_digest(module: Path, *, without: frozenset[str] = frozenset()) -> str:
    """Digest of the file `module` and of all that it imports from its own package.

    `without` names modules whose content enters the fingerprint by another way (the configuration).
    """
    package = module.parent.name
    seen: dict[str, str] = {}
    todo = [module.stem]
    while todo:
        name = todo.pop()
        path = module.parent / (name.replace(".", "/") + ".py")
        if name in seen or name in without or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        seen[name] = hashlib.sha256(bare_source(text).encode()).hexdigest()
        todo += imported_modules(text, package)
    return digest(seen)


def public_functions(text: str) -> dict[str, str]:
    """Public top-level functions of the source `text` -> digest of what they run.

    The digest covers the function and all of the module that is no public function (imports, helpers), so
    that an edit of one public function leaves the others' digests alone.
    """
    lines = text.splitlines()
    spans: dict[str, range] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            spans[node.name] = range(first - 1, node.end_lineno or node.lineno)
    inside = {row for span in spans.values() for row in span}
    shared = bare_source("\n".join(line for row, line in enumerate(lines) if row not in inside))
    bodies = {name: bare_source("\n".join(lines[row] for row in span)) for name, span in spans.items()}
    return {name: digest([shared, body]) for name, body in bodies.items()}
