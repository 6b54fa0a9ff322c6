"""What statements bind and import, and which of them say nothing."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINING = (*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass
class Imported:
    """Local name -> each module, or module:name, that it may stand for; the modules that are loaded."""

    names: dict[str, list[str]] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)

    def add(self, other: "Imported") -> None:
        for name, targets in other.names.items():
            known = self.names.setdefault(name, [])
            known += [one for one in targets if one not in known]
        self.loads += other.loads


def imports(node: ast.stmt, package: str) -> Imported:
    """What a statement imports, in any of its branches; what `if TYPE_CHECKING:` imports is not loaded."""
    found = Imported()
    if isinstance(node, ast.Import):
        for alias in node.names:
            target = alias.name if alias.asname else alias.name.partition(".")[0]
            found.add(Imported({alias.asname or target: [target]}, [alias.name]))
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node, package)
        for alias in node.names:
            name, loads = alias.asname or alias.name, [base, f"{base}.{alias.name}"]
            found.add(Imported({name: [f"{base}:{alias.name}"]}, loads))
    else:
        for inner in within([node]):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                found.add(imports(inner, package))
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found.loads = [name for other in node.orelse for name in imports(other, package).loads]
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
    branches = [*node.body, *node.orelse] if isinstance(node, ast.If) else []
    if idle(node) or _is_program(node) or (branches and all(map(idle, branches))):
        return False
    return not bound or "_" in bound or not isinstance(node, DEFINING)


def _is_program(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which runs only when the module is called as a program."""
    return (
        isinstance(node, ast.If)
        and ast.unparse(node.test) == "__name__ == '__main__'"
        and all(map(idle, node.orelse))
    )


# How names of functions begin that may change something elsewhere: set_num_threads, seed, register_hook.
ACTING = re.compile(
    r"_?(set|del|seed|manual_seed|regist|add|insert|append|extend|update|pop|remove|clear|patch|replace_|use_"
    r"|enable|disable|install|mount|inject|override|monkey|configure|init_|exec|run|apply)"
)


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a statement that run when its module is imported: bodies of functions do not."""
    yield node
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        given = node.args
        children = [*given.defaults, *filter(None, given.kw_defaults), *getattr(node, "decorator_list", [])]
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from run_on_import(child)


def may_act(node: ast.AST) -> bool:
    """Whether a node of `run_on_import` changes something that has another name, or sounds as if it did."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return not isinstance(node.ctx, ast.Load)
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return bool(ACTING.match(name))


def bound_names(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds in its own scope, imports left out, in order."""
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
