"""The rules of the house, read off the code: who imports whom, who changes whom, and what rendering needs."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from assignment3.report import PROBLEMS, REPORT

CODE = REPORT.root / "code"
ENGINE = [path for path in sorted((CODE / "writeup").rglob("*.py")) if "starter" not in path.parts]


# The rooms of the engine, from the ground up: none imports from one that stands after it. Lazy imports and
# imports for types count. What stands in a line may import each other, but never in a circle.
ROOMS = """
    __init__ errors files declare settings lock commits trouble handing apart
    request
    data
    identity
    results
    runs
    training
    build
    proofs
    page
    graph
    steps
    grade
    verify
    archive
    adopt
    diff
    watch
    starting bench
    cli __main__
"""
RANKS = {room: rank for rank, line in enumerate(ROOMS.split("\n")) for room in line.split()}


# A child that becomes another program, the one under test or somebody else's, sets up its own process.
HARNESS = "evidence/faults/builds.py", "writeup/apart.py"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(CODE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in ENGINE}
EVERY = [path for path in sorted(CODE.rglob("*.py")) if "starter" not in path.parts]
HOUSE = {module_of(path): path for path in EVERY}


def imports(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """The modules among these that each of them imports: of `from package import module` the module."""
    found = {}
    for module, path in modules.items():
        names = {name for name in imported(path) if name in modules} - {module}
        packages = {name for name in names if any(one.startswith(f"{name}.") for one in names)}
        found[module] = names - packages
    return found


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle of imports; none if there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_room_imports_from_one_above_it() -> None:
    found = imports(MODULES)
    assert {room(module) for module in MODULES} <= RANKS.keys()
    above = [
        f"{module} imports {other}"
        for module, others in found.items()
        for other in others
        if RANKS[room(other)] > RANKS[room(module)]
    ]
    assert above == []
    assert sum(map(len, found.values())) > 300  # the imports are seen


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = imports(HOUSE)
    assert circle(found) == []


def test_a_circle_would_be_seen() -> None:
    assert {*circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})} == {*"abc"}


def imported_names(tree: ast.AST) -> dict[str, str]:
    """The names that a file binds by imports, with what they stand for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                top = one.name.partition(".")[0]
                found |= {one.asname: one.name} if one.asname else {top: top}
        elif isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


MEANT = {"os.environ", "matplotlib.rcParams"}  # are there to be set
MUTATORS = {"append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "add", "discard"}


def changes(tree: ast.AST) -> Iterator[str]:
    """The places where a file changes what another module holds: an attribute, a list, a private field."""
    names = imported_names(tree)

    def base(node: ast.AST) -> str:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return node.id if isinstance(node, ast.Name) else ""

    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in (inner for one in targets for inner in getattr(one, "elts", [one])):
            if isinstance(target, ast.Attribute | ast.Subscript) and base(target) in names:
                if ast.unparse(target).partition("[")[0] in MEANT:
                    continue
                yield f"line {node.lineno}: {ast.unparse(target)} is assigned"
            if isinstance(target, ast.Subscript) and ast.unparse(target.value).startswith("vars("):
                yield f"line {node.lineno}: {ast.unparse(target)} is assigned"
        if isinstance(node, ast.Call):
            words = ast.unparse(node.func)
            of_another = words == "setattr" and base(node.args[0]) in names
            if of_another or (words == "object.__setattr__" and base(node.args[0]) != "self"):
                yield f"line {node.lineno}: {ast.unparse(node)}"
            *path, last = words.split(".")
            if len(path) > 1 and path[0] in names and last in MUTATORS and ".".join(path) not in MEANT:
                yield f"line {node.lineno}: {words} is called"


def privates(tree: ast.AST) -> Iterator[str]:
    """The places where a file uses a private part of the standard library; `os._exit` is documented."""
    names = imported_names(tree)

    def of_library(name: str) -> bool:
        return name.partition(".")[0] in sys.stdlib_module_names

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            origin = names.get(node.value.id, "") if isinstance(node.value, ast.Name) else ""
            if origin and of_library(origin) and ast.unparse(node) != "os._exit":
                yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom) and of_library(node.module or ""):
            yield from (f"line {node.lineno}: {one.name}" for one in node.names if one.name.startswith("_"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from a import b\nb.c = 1", 1),
        ("def f():\n    import a.b\n    a.b.c += 1", 1),
        ("import a\nsetattr(a, 'b', 1)", 1),
        ("import a\na.hearers.append(1)", 1),
        ("vars(one)['b'] = 1", 1),
        ("import a\na.b, one.c = 1, 2", 1),
        ("object.__setattr__(one, 'b', 1)", 1),
        ("import os\nos.environ['A'] = 'b'", 0),
        ("import a\none = a.make()\none.b = 1\nseen = []\nseen.append(1)", 0),
    ],
)
def test_a_change_of_another_module_is_seen(source: str, found: int) -> None:
    assert len(list(changes(ast.parse(source)))) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from multiprocessing import forkserver\nforkserver._forkserver._stop()", 1),
        ("from ast import _Unparser", 1),
        ("import sys\nsys._getframe()", 1),
        ("import os\nos._exit(1)\nself._own()", 0),
    ],
)
def test_a_private_part_of_the_library_is_seen(source: str, found: int) -> None:
    assert len(list(privates(ast.parse(source)))) == found


def test_no_module_changes_another_or_uses_what_is_private() -> None:
    found = {}
    for path in EVERY:
        tree = ast.parse(path.read_bytes())
        name = path.relative_to(CODE).as_posix()
        if name not in HARNESS and (places := [*changes(tree), *privates(tree)]):
            found[name] = places
    assert found == {}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, functions included."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(paths: list[Path], *packages: str) -> list[str]:
    """The files that import one of the packages."""
    return [
        path.relative_to(CODE).as_posix()
        for path in paths
        if any(
            name == package or name.startswith(f"{package}.")
            for name in imported(path)
            for package in packages
        )
    ]


def test_the_engine_knows_no_assignment() -> None:
    assert importing(ENGINE, "assignment3") == []
    names = {part.name for part in REPORT.parts if "_" in part.name}
    problems = {problem.PARTS[0].name for problem in PROBLEMS} - {"gan"}  # which stands within other words
    for path in (path for path in ENGINE if "grade" not in path.parts):
        text = path.read_text(encoding="utf-8")
        assert not {word for word in ("assignment3", "cvae", *problems, *names) if word in text}, path


def test_one_room_of_the_engine_needs_torch_and_no_other_imports_it() -> None:
    room = CODE / "writeup" / "training"
    others = [path for path in ENGINE if room not in path.parents]
    assert importing(others, "torch", "torchvision", "writeup.training") == []


def test_nothing_shadows_the_standard_library() -> None:
    assert not (CODE / "__init__.py").exists()
    top = {path.name for path in CODE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert not top & set(sys.stdlib_module_names)


NO_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "safetensors"):
            raise ModuleNotFoundError(f"no {name} here", name=name)

sys.meta_path.insert(0, NoTorch())
sys.path.insert(0, "code")
"""
BUILD = """
sys.argv = ["build.py", *sys.argv[1:]]
exec(compile(open("build.py").read(), "build.py", "exec"), {"__name__": "__main__", "__file__": "build.py"})
"""
RESOLVE = """
from writeup.declare import resolve

for name in sys.argv[1:]:
    resolve(name)
    print(name)
"""


def without_torch(program: str, *words: str) -> str:
    """What a program prints that cannot import torch."""
    command = [sys.executable, "-c", NO_TORCH + program, *words]
    done = subprocess.run(command, cwd=REPORT.root, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def test_status_and_values_are_told_without_torch() -> None:
    for words in (["status"], ["values", "cvae/test_kl"]):
        assert without_torch(BUILD, *words)


def test_whatever_is_declared_but_what_computes_needs_no_torch() -> None:
    data = [part.data for part in REPORT.parts]
    made = [*REPORT.tables, *REPORT.notes]
    named = {
        *(name for one in data for name in (one.load, one.digest, one.standin, one.source)),
        *(name for part in REPORT.parts for name in (part.derive, part.possible)),
        *(name for figure in REPORT.figures for name in (figure.draw, figure.alt)),
        *(one.make for one in made),
        *(claim.test for claim in REPORT.claims),
        *(tie.proved for tie in REPORT.ties),
        *REPORT.proofs,
    } - {""}
    assert len(named) > 20
    assert without_torch(RESOLVE, *sorted(named)).split() == sorted(named)
