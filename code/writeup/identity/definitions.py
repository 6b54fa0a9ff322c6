"""What a module defines, as data: each top-level definition in a form that only meaning can change.

A definition is a function, a class or an assigned name. Its form is a list of texts, made from the syntax
tree without comments, docstrings, annotations of functions, layout, and names of local variables; where it
refers to a module-level name there stands a `Ref` in place of a text. `writeup.identity.closure` resolves
these. What cannot be followed statically (eval, a module used as a value, an unknown name) is kept as a
problem with its line and becomes an error for whoever reaches the definition.

The forms do not depend on the Python version: the tree is walked here, not printed by the standard library.
"""

import ast
import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from writeup.identity import bindings
from writeup.identity.bindings import COMPREHENSIONS, Imported, acts, bound_names, idle, imports, within

Ref = tuple[str, ...]  # a module-level name and the attributes taken of it: ("np", "random", "permutation")
Item = str | Ref
RESOURCE = "(file)"  # first name of the reference that stands for a file beside the module

DYNAMIC = frozenset({"eval", "exec", "compile", "globals", "locals", "vars", "__import__"})
BUILTINS = frozenset(name for name in dir(builtins) if name[0] != "_") | {"__name__", "__debug__"}
# Of functions, classes, modules and frames: what leads to code and names by a way that no reference shows.
HIDDEN = re.compile(
    r"__(globals|code|closure|builtins|dict|doc|subclasses|annotations|wrapped|module|mro|bases|base"
    r"|defaults|kwdefaults|getattribute|reduce|reduce_ex|func|self|import|qualname)__"
    r"|(f|gi|cr|ag|tb)_(globals|builtins|locals|code|frame|back)"
)
SKIPPED = frozenset({"ctx", "kind", "type_comment", "returns", "annotation", "type_params", "type_ignores"})


@dataclass
class Definition:
    """The form of one definition, and what about it cannot be followed, as (line, text).

    acts: whether some of it may change what has another name.
    """

    form: list[Item] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    acts: bool = False


@dataclass
class Module:
    """The definitions of a module by name, its imports, and its statements that are neither.

    imports: local name -> dotted module, or dotted module with ":name" for `from module import name`; a name
    that may stand for several is a definition made of them. loads: the modules that importing it runs.
    effects: what it does besides defining, in one Definition. What runs when it is imported, by definition:
    decorators and bases, by what they refer to; calls, each by its function and what it is given; acting are
    definitions that change what has another name.
    """

    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    effects: Definition = field(default_factory=Definition)
    decorators: dict[str, list[Ref]] = field(default_factory=dict)
    bases: dict[str, list[Ref]] = field(default_factory=dict)
    calls: dict[str, list[tuple[list[Ref], list[Ref]]]] = field(default_factory=dict)
    acting: set[str] = field(default_factory=set)


@cache
def analyse(text: str, name: str, *, is_package: bool = False) -> Module:
    """The module `name` whose source is `text`. Raises SyntaxError."""
    tree = ast.parse(text)
    package = name if is_package else name.rpartition(".")[0]
    module = Module()
    statements: dict[str, list[ast.stmt]] = {}
    effects: list[ast.stmt] = []
    imported = Imported()
    for node in tree.body:
        bound = list(dict.fromkeys(bound_names(node)))
        imported.add(imports(node, package))
        for one in bound:
            statements.setdefault(one, []).append(node)
        if acts(node, bound):
            effects.append(node)
    module.loads = imported.loads
    known = frozenset(statements) | frozenset(imported.names)
    for one, targets in imported.names.items():
        if len(targets) == 1:
            module.imports[one] = targets[0]
        else:
            module.definitions[one] = Definition([("import", target) for target in targets])
    for one, nodes in statements.items():
        module.definitions[one] = _Form(known, package, one).of(nodes)
        if one in imported.names:
            module.definitions[one].problems.append((nodes[0].lineno, f"{one!r} is imported and assigned"))
        inside = [inner for node in nodes for inner in ast.walk(node)]
        module.definitions[one].acts = any(
            isinstance(inner, ast.Global) or bindings.may_act(inner) for inner in inside
        )
        refers = partial(_references, known, package)
        for inner in (inner for node in nodes for inner in bindings.run_on_import(node)):
            module.decorators.setdefault(one, []).extend(refers(*getattr(inner, "decorator_list", [])))
            if isinstance(inner, ast.ClassDef):
                given = [*inner.bases, *(word.value for word in inner.keywords)]
                module.bases.setdefault(one, []).extend(refers(*given))
            if isinstance(inner, ast.Call):
                given = [*inner.args, *(word.value for word in inner.keywords)]
                module.calls.setdefault(one, []).append((refers(inner.func), refers(*given)))
            if bindings.may_act(inner):
                module.acting.add(one)
    module.effects = _Form(known, package, "").of(effects)
    for inner in ast.walk(tree):  # what functions import when they are called
        if isinstance(inner, ast.Import | ast.ImportFrom) and inner not in tree.body:
            module.loads += imports(inner, package).loads
    return module


def _references(known: frozenset[str], package: str, *nodes: ast.AST) -> list[Ref]:
    """The module-level names that expressions refer to."""
    return [item for item in _Form(known, package, "").of(nodes).form if not isinstance(item, str)]


@dataclass
class _Scope:
    """Names of one function, comprehension or class body; `imports` are those made there."""

    names: frozenset[str]
    imports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    is_class: bool = False


class _Form:
    """Walks the statements of one definition and writes its form."""

    def __init__(self, known: frozenset[str], package: str, own: str) -> None:
        self.known, self.package, self.own = known, package, own
        self.made = Definition()
        self.scopes: list[_Scope] = []
        self.count = 0

    def of(self, nodes: Sequence[ast.AST]) -> Definition:
        for node in nodes:
            self.node(node)
        return self.made

    # -- writing

    def text(self, *texts: str) -> None:
        self.made.form += texts

    def problem(self, node: ast.AST, what: str) -> None:
        self.made.problems.append((getattr(node, "lineno", 0), what))

    def node(self, node: ast.AST) -> None:
        """One node: its type and its fields, what is absent left out."""
        special = getattr(self, f"_{type(node).__name__.lower()}", None)
        if special is not None:
            special(node)
        elif isinstance(node, COMPREHENSIONS):
            self.comprehension(node)
        else:
            self.plain(node)

    def plain(self, node: ast.AST, skip: frozenset[str] = SKIPPED) -> None:
        self.text(f"({type(node).__name__}")
        for name, value in ast.iter_fields(node):
            if name not in skip and value is not None and value != []:
                self.text(f"{name}=")
                self.value(value)
        self.text(")")

    def value(self, value: Any) -> None:
        if isinstance(value, list):
            self.text("[")
            for one in value:
                if not (isinstance(one, ast.stmt) and idle(one)):
                    self.value(one)
            self.text("]")
        elif isinstance(value, ast.AST):
            self.node(value)
        else:
            self.text(repr(value))

    # -- names

    def _name(self, node: ast.Name) -> None:
        self.reference((node.id,), node)

    def _attribute(self, node: ast.Attribute) -> None:
        chain: list[str] = []
        inner: ast.expr = node
        called = node.value.func if isinstance(node.value, ast.Call) else None
        if HIDDEN.fullmatch(node.attr) and getattr(called, "id", "") != "super":  # its class is followed
            self.problem(node, f"{node.attr} cannot be followed")
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        scope = self.local(inner.id) if isinstance(inner, ast.Name) else None
        if isinstance(inner, ast.Name) and (scope is None or inner.id in scope.imports):
            self.reference((inner.id, *reversed(chain)), node)
        else:
            self.text("(Attribute")
            self.node(node.value)
            self.text(node.attr, ")")

    def local(self, name: str) -> _Scope | None:
        """The innermost scope that binds `name`; class bodies are seen by their own statements alone."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.names and not (scope.is_class and depth):
                return scope
        return None

    def reference(self, chain: Ref, node: ast.AST) -> None:
        name, *attributes = chain
        scope = self.local(name)
        if scope is not None and name in scope.imports:
            self.made.form += [("import", target, *attributes) for target in scope.imports[name]]
        elif scope is not None and scope.is_class:
            self.text(f"class {name}")
        elif scope is not None:
            if name not in scope.numbers:
                scope.numbers[name] = self.count
                self.count += 1
            self.text(f"local {scope.numbers[name]}")
        elif name in self.known:
            self.made.form.append(chain)
        elif name == "__file__":
            self.problem(node, "__file__ is used; write beside(__file__, 'name') for a file that counts")
        elif name in DYNAMIC:
            self.problem(node, f"{name}() cannot be followed")
        elif HIDDEN.fullmatch(name):
            self.problem(node, f"{name} cannot be followed")
        elif name in BUILTINS:
            self.text(" ".join(chain))
        else:
            self.problem(node, f"the name {name!r} cannot be resolved")

    def _call(self, node: ast.Call) -> None:
        """`beside(__file__, "name")` stands for the content of that file."""
        words = [arg.id if isinstance(arg, ast.Name) else getattr(arg, "value", None) for arg in node.args]
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "beside" and len(words) == 2 and words[0] == "__file__" and isinstance(words[1], str):
            self.made.form.append((RESOURCE, words[1]))
        else:
            self.plain(node)

    def _constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and HIDDEN.fullmatch(node.value):
            self.problem(node, f"{node.value!r} names what cannot be followed")
        self.text(f"{type(node.value).__name__} {node.value!r}")

    # -- scopes

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.text(f"({type(node).__name__}")
        self.defined_name(node.name)
        self.value(node.decorator_list)
        self.function(node.args, node.body)
        self.text(")")

    _asyncfunctiondef = _functiondef

    def _lambda(self, node: ast.Lambda) -> None:
        self.text("(Lambda")
        self.function(node.args, [node.body])
        self.text(")")

    def function(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):  # they belong to the outer scope
            self.value(default) if default is not None else self.text("required")
        groups: dict[str, Sequence[ast.arg | None]] = {
            "/": arguments.posonlyargs,
            "": arguments.args,
            "=": arguments.kwonlyargs,
            "*": [arguments.vararg],
            "**": [arguments.kwarg],
        }
        names = [one.arg for group in groups.values() for one in group if one]
        scope = self.function_scope(frozenset(names), body)
        self.scopes.append(scope)
        for kind, group in groups.items():
            self.text(*(f"parameter {kind}{one.arg}" for one in group if one))
        for name in names:  # numbered first, in their order
            self.reference((name,), arguments)
        self.value(list(body))
        self.scopes.pop()

    def function_scope(self, parameters: frozenset[str], body: Sequence[ast.AST]) -> _Scope:
        """What a function binds: parameters, assigned names, and imports of its own."""
        inside = list(within(body))
        elsewhere = {
            name for one in inside if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names
        }
        imported = Imported()
        for one in inside:
            if isinstance(one, ast.Import | ast.ImportFrom):
                imported.add(imports(one, self.package))
        bound = {name for one in body for name in bound_names(one)} | parameters
        for name in sorted(imported.names.keys() & bound):
            self.problem(body[0], f"{name!r} is imported and assigned in one function")
        return _Scope(frozenset(bound | imported.names.keys()) - elsewhere, imported.names)

    def comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.text(f"({type(node).__name__}")
        self.node(generators[0].iter)  # evaluated outside
        names = frozenset(name for one in generators for name in bound_names(one.target))
        self.scopes.append(_Scope(names))
        for index, one in enumerate(generators):
            self.text("async for" if one.is_async else "for")
            self.node(one.target)
            if index:
                self.node(one.iter)
            self.value(one.ifs)
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                self.node(getattr(node, name))
        self.scopes.pop()
        self.text(")")

    def _classdef(self, node: ast.ClassDef) -> None:
        self.text("(ClassDef")
        self.defined_name(node.name)
        for part in (node.decorator_list, node.bases, node.keywords):
            self.value(part)
        self.scopes.append(
            _Scope(frozenset(name for one in node.body for name in bound_names(one)), is_class=True)
        )
        self.value(node.body)
        self.scopes.pop()
        self.text(")")

    def defined_name(self, name: str) -> None:
        """The name in `def name` or `class name`, where it is a method's or a local one."""
        if self.scopes:
            self.reference((name,), ast.Pass())
        # A top-level definition is known by where it is referred to; its own name shapes nothing.

    # -- statements

    def _excepthandler(self, node: ast.ExceptHandler) -> None:
        self.text("(ExceptHandler")
        if node.type is not None:
            self.node(node.type)
        if node.name:
            self.reference((node.name,), node)
        self.value(node.body)
        self.text(")")

    def _annassign(self, node: ast.AnnAssign) -> None:
        """In a class the annotation makes a field, elsewhere it says nothing at run time."""
        if self.scopes and self.scopes[-1].is_class:
            self.text("(Field", _literal(node.annotation))
            self.node(node.target)
            self.value([node.value] if node.value is not None else [])
            self.text(")")
        elif node.value is not None:
            self.assignment([node.target], node.value)

    def _assign(self, node: ast.Assign) -> None:
        self.assignment(node.targets, node.value)

    def assignment(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        self.text("(Assign")
        for target in targets:
            if isinstance(target, ast.Name) and target.id == self.own and not self.scopes:
                self.text("this")  # a definition is known by where it is referred to, not by its name
            else:
                self.node(target)
        self.node(value)
        self.text(")")


def _literal(annotation: ast.expr) -> str:
    """An annotation as text, quoted or not."""
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return str(text)
