"""All that an entry function can reach, as one digest and as a manifest that says what is in it.

The definitions reached are numbered in the order of the first visit, and every reference in a form becomes
the number of what it leads to. So the digest knows neither paths nor names of functions: a function may move
to another file or get another name, and only what it does, or which function it calls, makes a difference.
The manifest gives each definition reached with a digest of its own form, for people: two manifests compared
say what changed.
"""

import contextlib
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from writeup.errors import UserError
from writeup.identity.definitions import RESOURCE, Definition, Module, Ref, analyse

ENGINE = "writeup"
# All of the engine that can change a recorded number.
RECORDING = "writeup.runs.record", "writeup.runs.program", "writeup.runs.watched", "writeup.training"
LEFT = re.compile(r"(^|/)(__pycache__|\.\w+_cache)/")  # compiled code, and what ruff and others keep
DIGITS = 32  # of a closure's digest: it names a file, and is one of many in a record
EFFECTS = "(statements)"  # of a module, besides its definitions
# Of a class, as forms have it: what runs when it gets a subclass, and when it gets an instance.
SUBCLASSED = frozenset({"class __init_subclass__", "class __set_name__", "'metaclass'"})
FUNCTION = frozenset({"(FunctionDef", "(AsyncFunctionDef", "(Lambda"})
MADE = SUBCLASSED | {f"class __{name}__" for name in ("init", "new", "post_init", "call")}
# What fetches code or values by a way that only running it tells; with all that is below it.
DYNAMIC = frozenset(
    ["builtins", "codeop", "gc", "importlib", "inspect", "pkgutil", "posix", "pydoc", "runpy"]
    + [f"sys.{name}" for name in ("modules", "path_hooks", "meta_path", "_getframe")]
    + [f"types.{name}" for name in ("CodeType", "FunctionType", "LambdaType", "ModuleType")]
)
# What may change a number by a way that is only named, in words, by how it begins.
NAMED = {"os.environ": "reads the environment", "os.getenv": "reads the environment", "ctypes": "calls C"}
NAMED |= {
    "sys.argv": "reads the command line",
    "sys.path": "asks where modules are",
    "subprocess": "starts programs",
    "os.system": "starts programs",
    "os.popen": "starts programs",
}
WHOLE = frozenset({"os", "sys", "types", "code", "operator"})  # which as values give what is in them by name
Place = tuple[str, str]  # module and name


class Untraceable(UserError):
    """A definition that cannot be followed: where, and what to write in its place."""


@dataclass(frozen=True)
class Closure:
    """What an entry reaches. manifest: name of a definition -> digest of its form; places: -> where it is.

    packages: what of others it uses, by top-level module; the standard library is left out. unfollowed: in
    words, what can change a number and does not count.
    """

    digest: str
    manifest: Mapping[str, str]
    places: Mapping[str, Place] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    unfollowed: frozenset[str] = frozenset()


@dataclass
class Code:
    """The source of our own packages and modules, by the folder or file of each, analysed on demand."""

    packages: Mapping[str, Path]
    modules: dict[str, Module | None] = field(default_factory=dict)
    closures: dict[tuple[bool, tuple[str, ...]], Closure] = field(default_factory=dict)
    forms: dict[Place, "list[str | Target]"] = field(default_factory=dict)
    manifested: dict[Place, str] = field(default_factory=dict)
    running: dict[str, list[Place]] = field(default_factory=dict)

    # -- sources

    def file(self, module: str) -> Path | None:
        """The source of a module of ours; None where there is none."""
        package, *rest = module.split(".")
        if package not in self.packages:
            return None
        path = self.packages[package].joinpath(*rest)
        return next((p for p in (path, path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)

    def module(self, name: str) -> Module | None:
        """The analysis of a module of ours, None where there is no such module."""
        if name not in self.modules:
            path = self.file(name)
            self.modules[name] = self._analysed(path, name) if path else None
        return self.modules[name]

    def _analysed(self, path: Path, name: str) -> Module:
        try:
            return analyse(path.read_bytes().decode("utf-8"), name, is_package=path.name == "__init__.py")
        except SyntaxError as error:
            raise Untraceable(f"{path}:{error.lineno}: {error.msg}") from None
        except UnicodeDecodeError as error:
            raise Untraceable(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None

    # -- names

    def resolve(self, module: str, item: Sequence[str]) -> "Target":
        """What a reference found in `module` leads to. Raises Untraceable where a name of ours is unknown."""
        if item[0] == RESOURCE:
            source = self.file(module)
            assert source is not None
            return Target(file=source.parent / item[1])
        if item[0] == "import":
            return self._imported(item[1], item[2:], module)
        name, *attributes = item
        found = self.module(module)
        assert found is not None
        if name in found.definitions:
            return Target((module, name), tuple(attributes))
        return self._imported(found.imports[name], attributes, module)

    def _imported(self, target: str, attributes: Sequence[str], asking: str) -> "Target":
        module, _, name = target.partition(":")
        path = [name, *attributes] if name else list(attributes)
        if module.split(".")[0] not in self.packages:
            external = ".".join([module, *path])
            ours = asking.split(".")[0] == ENGINE  # which loads what the declaration names, and no more
            dynamic = any(f"{external}.".startswith(f"{one}.") for one in DYNAMIC)
            if not ours and (dynamic or external in WHOLE):
                raise Untraceable(
                    f"{asking} uses {external}, which cannot be followed; "
                    "name what it needs or make it a setting"
                )
            return Target(external=external)
        while path:
            found = self.module(module)
            if found is None:
                raise Untraceable(f"{asking} imports {module}, which is not there")
            first, *rest = path
            if first in found.definitions:
                return Target((module, first), tuple(rest))
            if first in found.imports:
                return self._imported(found.imports[first], rest, module)
            if self.file(f"{module}.{first}") is None:
                raise Untraceable(f"{asking} uses {module}.{first}, which is not defined there")
            module, path = f"{module}.{first}", rest
        raise Untraceable(
            f"{asking} uses the module {module} as a value, which cannot be followed; name what it needs"
        )

    def definition(self, place: Place) -> Definition:
        module, name = place
        found = self.module(module)
        if found is None:
            raise Untraceable(f"{module}: no such module")
        if name == EFFECTS:
            return found.effects
        if name not in found.definitions:
            raise Untraceable(f"{module} defines no {name!r}")
        return found.definitions[name]

    # -- forms

    def form(self, place: Place) -> "list[str | Target]":
        """The form of a definition with its references resolved. Untraceable if one cannot be; in the part of
        the engine that changes no recorded number that is no error.
        """
        if place not in self.forms:
            definition = self.definition(place)
            for line, what in definition.problems if counts(place[0]) else ():
                raise Untraceable(f"{self.file(place[0])}:{line}: in {place[1]}, {what}")
            form = definition.form
            self.forms[place] = [one if isinstance(one, str) else self.resolve(place[0], one) for one in form]
        return self.forms[place]

    def manifest(self, place: Place) -> str:
        """The digest by which a manifest lists a definition: of its form with names for references."""
        if place not in self.manifested:
            told = [item if isinstance(item, str) else self.named(item) for item in self.form(place)]
            self.manifested[place] = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        return self.manifested[place]

    def named(self, target: "Target") -> str:
        """What stands for a reference in a form for people: the name of what it leads to."""
        if target.file is not None:
            return f"file {target.file.name}"
        if target.place is None:
            return f"external {target.external}"
        return " ".join([target.place[1], *target.attributes])

    # -- closures

    def closure(self, *entries: str, recording: bool = False) -> Closure:
        """What the entries ("module:name") reach together. recording: of the engine, RECORDING alone."""
        if (recording, entries) not in self.closures:
            places = [_place(self, entry) for entry in entries]
            self.closures[recording, entries] = _close(self, places, recording)
        return self.closures[recording, entries]

    def digest(self, place: Place) -> str:
        """Of one definition with all that it reaches; "" if there is none or it cannot be followed."""
        try:
            return _close(self, [place], recording=True).digest
        except Untraceable:
            return ""

    def importers(self, modules: Iterable[str], recording: bool) -> list[str]:
        """The modules of ours that importing `modules` runs, with a package's own `__init__`."""
        todo, seen = sorted(modules), set[str]()
        while todo:
            name = todo.pop()
            if name in seen or (recording and not counts(name)) or (found := self.module(name)) is None:
                continue
            seen.add(name)
            todo += [one for one in found.loads if one.split(".")[0] in self.packages]
            todo += [name.rpartition(".")[0]] if "." in name else []
        return sorted(seen)

    def run_by(self, module: str) -> list[Place]:
        """What importing a module runs that may act elsewhere: its statements, and the definitions that a
        decorator, a base or a function of ours may register, or that change what has another name.
        """
        if module not in self.running:
            found = self.module(module)
            names = [name for name in (found.definitions if found else ()) if self._registers(module, name)]
            effects = [EFFECTS] if self.definition((module, EFFECTS)).form else []
            self.running[module] = [(module, name) for name in effects + names]
        return self.running[module]

    def _registers(self, module: str, name: str) -> bool:
        found = self.module(module)
        assert found is not None
        if name in found.acting or self._places(module, found.decorators.get(name, ())):
            return True
        if any(self._runs(place, SUBCLASSED) for place in self._places(module, found.bases.get(name, ()))):
            return True
        for called, given in found.calls.get(name, ()):
            ours, functions = self._places(module, called), self._places(module, given)
            if any(self._runs(place, MADE) or self._acts(place, set()) for place in ours):
                return True
            if called and not ours and any(self.definition(place).form[0] in FUNCTION for place in functions):
                return True
        return False

    def _acts(self, place: Place, seen: set[Place]) -> bool:
        """Whether a function of ours, or one that it refers to, may change what has another name."""
        if place in seen or not counts(place[0]):
            return False
        seen.add(place)
        found = self.definition(place)
        references = [item for item in found.form if not isinstance(item, str)]
        return found.form[0] in FUNCTION and (
            found.acts or any(self._acts(one, seen) for one in self._places(place[0], references))
        )

    def _places(self, module: str, references: Iterable[Ref]) -> list[Place]:
        """The definitions of ours that these lead to; what cannot be followed is told where it is reached."""
        found = []
        for one in references:
            with contextlib.suppress(Untraceable):
                found.append(self.resolve(module, one).place)
        return [place for place in found if place]

    def _runs(self, place: Place, hooks: Set[str]) -> bool:
        """Whether a class of ours has one of these hooks, or inherits it."""
        found = self.module(place[0])
        if found is None or not counts(place[0]):
            return False
        form = self.definition(place).form
        inherited = self._places(place[0], found.bases.get(place[1], ()))
        return form[0] == "(ClassDef" and (
            any(item in hooks for item in form) or any(self._runs(base, hooks) for base in inherited)
        )


def counts(module: str) -> bool:
    """Whether what a module defines can change a recorded number: all but most of the engine can."""
    return module.split(".")[0] != ENGINE or any(f"{module}.".startswith(f"{one}.") for one in RECORDING)


def sources(root: Path) -> dict[str, Path]:
    """The packages and modules that a project's programs can import from it, by name."""
    found: dict[str, Path] = {}
    for path in (*sorted((root / "code").glob("*")), *sorted(root.glob("*"))):
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py"))):
            found.setdefault(path.stem, path)
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names}


@dataclass(frozen=True)
class Target:
    """Where a reference leads: to a definition of ours with attributes taken of it, outside, or to a file."""

    place: Place | None = None
    attributes: tuple[str, ...] = ()
    external: str = ""
    file: Path | None = None


def _place(code: Code, entry: str) -> Place:
    """The definition that "module:name" names, through imports."""
    module, _, name = entry.partition(":")
    target = code._imported(f"{module}:{name}", (), entry)
    if target.place is None or target.attributes:
        raise Untraceable(f"{entry}: no definition of ours")
    return target.place


def _close(code: Code, entries: Sequence[Place], recording: bool) -> Closure:
    numbers: dict[Place, int] = {}
    files: dict[Path, str] = {}
    known: list[Place] = []  # those whose form counts, for the manifest
    packages: set[str] = set()
    unfollowed: set[str] = set()

    def number(place: Place) -> int:
        if place not in numbers:
            numbers[place] = len(numbers)
            order.append(place)
        return numbers[place]

    def numbered(target: Target, asking: str) -> str:
        if asking.split(".")[0] != ENGINE:
            said = (words for one, words in NAMED.items() if target.external.startswith(one))
            unfollowed.update(f"{asking} {words}" for words in said)
        if target.file is not None:
            files.setdefault(target.file, file_digest(target.file))
            return f"file {files[target.file]}"
        if target.place is None:
            packages.add(target.external.partition(".")[0])
            return code.named(target)
        return " ".join([str(number(target.place)), *target.attributes])

    order: list[Place] = []
    structure = hashlib.sha256()
    for entry in entries:
        structure.update(f"entry {number(entry)}\n".encode())

    def follow(start: int) -> None:
        for place in islice(order, start, None):  # to which more are added meanwhile
            items = code.form(place) if counts(place[0]) or not recording else []
            texts = [item if isinstance(item, str) else numbered(item, place[0]) for item in items]
            structure.update(json.dumps(texts).encode())
            if items:
                known.append(place)

    follow(0)
    # What importing runs counts too, in an order that does not depend on where it stands.
    imported = code.importers({module for module, _ in numbers}, recording)
    running = [place for module in imported for place in code.run_by(module)]
    running.sort(key=lambda place: json.dumps(code.definition(place).form))
    start = len(order)
    for place in running:
        number(place)
    follow(start)
    labels = _labels(known)
    digests = {label: code.manifest(place) for label, place in labels.items()}
    digests |= {file.name: digest[:16] for file, digest in files.items()}
    others, named = frozenset(packages - sys.stdlib_module_names - {""}), frozenset(unfollowed)
    return Closure(structure.hexdigest()[:DIGITS], dict(sorted(digests.items())), labels, others, named)


def file_digest(path: Path) -> str:
    """Of a file, or of all files below a folder and their names; what tools leave there are none."""
    try:
        if path.is_dir():
            files = {one.relative_to(path).as_posix(): one for one in path.rglob("*") if one.is_file()}
            names = sorted((name, file_digest(files[name])) for name in files if not LEFT.search(name))
            return hashlib.sha256(json.dumps(names).encode()).hexdigest()
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; the code reads it") from None


def _labels(places: Sequence[Place]) -> dict[str, Place]:
    """A name for each: its own, with its module's last part where two share that, or with all of it."""
    names = [(own, f"{module.rpartition('.')[2]}.{own}", f"{module}.{own}") for module, own in places]
    counted = [Counter(level) for level in zip(*names, strict=True)]
    labels = {}
    for place, some in zip(places, names, strict=True):
        label = next((one for one, count in zip(some, counted, strict=True) if count[one] == 1), some[2])
        labels[label] = place
    return labels
