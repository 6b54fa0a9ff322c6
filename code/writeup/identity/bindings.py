"""What statements bind and import, and which of them say nothing."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINING = (*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass
class Imported:
    """Local name -> module, or module:name; the modules that are loaded; whether that is all."""

    names: dict[str, str] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    only: bool = False  # the statement does nothing else


def imports(node: ast.stmt, package: str) -> Imported:
    """What a top-level statement imports; `if TYPE_CHECKING:` and `try: import` are looked into."""
    found = Imported()
    if isinstance(node, ast.Import):
        for alias in node.names:
            found.names[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            found.loads.append(alias.name)
        found.only = True
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node, package)
        for alias in node.names:
            found.names[alias.asname or alias.name] = f"{base}:{alias.name}"
            found.loads += [base, f"{base}.{alias.name}"]
        found.only = True
    elif isinstance(node, ast.If | ast.Try):
        test = node.test if isinstance(node, ast.If) else None
        types_only = isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
        inner = [
            imports(child, package) for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)
        ]
        for one in inner:
            found.names |= one.names
            found.loads += [] if types_only else one.loads
        found.only = isinstance(node, ast.If) and bool(inner) and all(one.only for one in inner)
    return found


def absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    base = package.split(".")
    base = base[: len(base) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def idle(node: ast.stmt) -> bool:
    """A docstring, another constant, `pass`; or what says only where the name is found."""
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Pass | ast.Global | ast.Nonlocal | ast.Import | ast.ImportFrom)


def acts(node: ast.stmt, bound: Sequence[str]) -> bool:
    """Whether a top-level statement does more, on import, than give the names `bound` a meaning.

    A loop or condition does what is in it besides; what is assigned to `_` is done for its effect.
    """
    if idle(node) or _is_program(node):
        return False
    return not bound or "_" in bound or not isinstance(node, DEFINING)


def _is_program(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which runs only when the module is called as a program."""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def bindings(node: ast.AST) -> list[str]:
    """The names that a statement binds in its own scope, imports left out, in order."""
    return list(dict.fromkeys(bound_names(node)))


def bound_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, COMPREHENSIONS):  # its targets are its own; a walrus binds outside
        for child in ast.walk(node):
            if isinstance(child, ast.NamedExpr) and isinstance(child.target, ast.Name):
                yield child.target.id
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    if isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    for child in ast.iter_child_nodes(node):
        yield from bound_names(child)


def within(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a function's body that belong to its own scope."""
    for node in body:
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from within(list(ast.iter_child_nodes(node)))
