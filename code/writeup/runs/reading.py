"""Which files of the project a program reads: their content enters the identity of what it leaves."""

import ast
import hashlib
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from writeup.declare import Part
from writeup.errors import UserError
from writeup.identity.closure import LEFT
from writeup.identity.fingerprint import digest


def files(part: Part, seed: int, root: Path) -> dict[str, Path]:
    """The files by name below `root`; UserError for a pattern that no file matches or that leads out."""
    assert part.program is not None
    if not part.program.command:
        folder = Path(root, part.program.folders[seed])
        patterns = [_inside(folder / name, root, part) for name in part.program.results]
    else:
        named = [
            word for word in shlex.split(part.program.command) if "{" not in word and _is_file(root, word)
        ]
        patterns = [_inside(root / one, root, part) for one in (*part.program.reads, *named)]
    found: dict[str, Path] = {}
    for pattern in patterns:
        matched = {path.relative_to(root).as_posix(): path for path in _matched(root, pattern)}
        if not matched:
            raise UserError(f"part {part.name}: reads {pattern!r}, and {root} has no such file")
        found |= matched
    return dict(sorted(found.items()))


def identity(part: Part, seed: int, root: Path) -> dict[str, Any]:
    """What a program's training depends on besides settings and seed; nothing for a part of functions."""
    if part.program is None:
        return {}
    if part.program.command and part.seeds > 1 and "{seed}" not in part.program.command:
        raise UserError(f"part {part.name}: {part.seeds} seeds, and no {{seed}} in the command tells which")
    found = {name: (path, path.stat()) for name, path in files(part, seed, root).items()}
    read = {name: _digest(path, one.st_size, one.st_mtime_ns) for name, (path, one) in found.items()}
    data = {"name": part.data.name, "sha256": digest(read)}
    return {
        "command": part.program.command,
        "results": list(part.program.results),
        "reads": read,
        "data": data,
    }


def packages(part: Part, root: Path) -> frozenset[str]:
    """What a command's Python files import that is neither theirs nor Python's, by top-level module."""
    if part.program is None or not part.program.command:
        return frozenset()
    sources = {name: path for name, path in files(part, 0, root).items() if name.endswith(".py")}
    own = {Path(name).stem for name in sources} | {word for name in sources for word in Path(name).parts}
    used = {module for path in sources.values() for module in _imported(path.read_bytes())}
    return frozenset(used - own - sys.stdlib_module_names)


def _inside(path: Path, root: Path, part: Part) -> str:
    if not path.is_relative_to(root) or ".." in path.parts:
        raise UserError(f"part {part.name}: {path} is not below {root}; put it there, in data/ for example")
    return path.relative_to(root).as_posix()


def _is_file(root: Path, word: str) -> bool:
    return not Path(word).is_absolute() and ".." not in Path(word).parts and (root / word).is_file()


def _matched(root: Path, pattern: str) -> Iterator[Path]:
    """The files that a pattern names, those below a folder that it names too, without what tools leave."""
    for path in sorted(root.glob(pattern)):
        for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if one.is_file() and not LEFT.search(one.relative_to(root).as_posix()):
                yield one


@lru_cache(maxsize=4096)
def _digest(path: Path, *state: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _imported(source: bytes) -> frozenset[str]:
    """The top-level modules that a source imports; none if it is not today's Python."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return frozenset()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return frozenset(name.partition(".")[0] for name in names if name)


def filled(part: Part, known: Mapping[str, Any]) -> list[str]:
    """The words of a part's command with {names} filled in; UserError for a name that is unknown."""
    assert part.program is not None

    def value(found: re.Match[str]) -> str:
        if found[1] not in known:
            allowed = ", ".join(known)
            raise UserError(f"part {part.name}: the command has {found[0]}; allowed: {allowed}")
        return str(known[found[1]])

    return [re.sub(r"\{([A-Za-z_]\w*)\}", value, word) for word in shlex.split(part.program.command)]
