"""What a run uses beside the definitions that its identity follows: noted while it runs, compared afterwards.

An audit hook notes what code of the project opens to read, the folders that it lists, the programs that it
starts and the machines that it connects to. Whether modules loaded beside acted, and what the classes of
settings and data define, is read off their sources. Not seen is what a library reads in C without Python's
`open`, what another process reads, and whether a file is there that is only asked for.
"""

import contextlib
import functools
import hashlib
import importlib.util
import inspect
import marshal
import os
import sys
import sysconfig
import typing
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from writeup.data.fetch import cache_dir
from writeup.declare import Part, resolve
from writeup.errors import UserError
from writeup.identity.closure import EFFECTS, FUNCTION, Closure, Code, Place, counts, file_digest

ENGINE = str(Path(__file__).resolve().parents[1]) + os.sep
INSTALLED = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) + os.sep
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
SYSTEM = "/dev/", "/proc/", "/sys/", "/etc/"
READING = {"open", "os.listdir", "os.scandir", "ctypes.dlopen"}
STARTING = {
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.exec": "starts a program",
    "os.posix_spawn": "starts a program",
    "os.spawn": "starts a program",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "socket.connect": "connects to another machine",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
SHOWING = "linecache", "tokenize"  # read sources for messages


class Notes:
    """What was noted since they were made: files and folders read, files written, programs started."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.started: set[str] = set()

    def told(self, root: Path) -> dict[str, Any]:
        """files: by their path below `root`, with the digest of what is in them ("": missing); unfollowed:
        in words, what no digest tells.
        """
        unfollowed, files = set(self.started), {}
        passed = (*INSTALLED, *SYSTEM, ENGINE, str(cache_dir()) + os.sep)
        for name in self.read - self.written:
            path = Path(os.path.realpath(name))
            if str(path).startswith(passed):
                continue
            if path.is_relative_to(root.resolve()):
                files[path.relative_to(root.resolve()).as_posix()] = digest(path)
            else:
                unfollowed.add(f"reads {path.name}, which lies outside of the project")
        return {"files": dict(sorted(files.items())), "unfollowed": sorted(unfollowed)}


@dataclass
class _Watch:
    """All notes that are being taken, and those of what modules read when they are imported."""

    open: "weakref.WeakSet[Notes]" = field(default_factory=weakref.WeakSet)
    imported: dict[str, Notes] = field(default_factory=dict)

    def hear(self, event: str, given: tuple[Any, ...]) -> None:
        """The audit hook."""
        if event not in READING and event not in STARTING:
            return
        here = inspect.currentframe()
        place, module = _asking(here.f_back if here else None)
        if not place:
            return
        taking = [*self.open, *([self.imported.setdefault(module, Notes())] if module else [])]
        if event in STARTING:
            for notes in taking:
                notes.started.add(f"{place} {STARTING[event]}")
        elif given and isinstance(given[0], str | bytes | os.PathLike):
            path = os.path.abspath(os.fsdecode(given[0]))
            mode, flags = (*given[1:3], None, None)[:2] if event == "open" else ("r", 0)
            writes = set(mode or "") & set("wax+") or (mode is None and (flags or 0) & WRITING)
            for notes in taking:
                (notes.written if writes else notes.read).add(path)


_WATCH = _Watch()
sys.addaudithook(_WATCH.hear)  # for the life of the process: this module is imported before what is watched


def begin() -> Notes:
    """Notes that are taken for as long as they are kept."""
    notes = Notes()
    _WATCH.open.add(notes)
    return notes


def _asking(frame: FrameType | None) -> tuple[str, str]:
    """The line of the project that asks for something, "" if none does; the module of the project during
    whose import that is. The loading of a data set is left out, for what it loads has a declared digest.
    """
    place = module = ""
    if frame is not None and _name(frame) in SHOWING:
        return "", ""
    while frame is not None:
        code, name = frame.f_code, _name(frame)
        if not place and code.co_filename.startswith("<frozen importlib"):
            return "", ""  # a library is imported, which reads what it needs
        if (name, code.co_name) == ("writeup.runs.record", "load"):
            given = frame.f_locals
            if not given["data"].generated(given["standin"]):
                return "", ""
        if name not in ("__main__", "__mp_main__") and _is_ours(code.co_filename):
            place = place or f"{Path(code.co_filename).name}:{frame.f_lineno}"
            module = name if code.co_name == "<module>" else module
        frame = frame.f_back
    return place, module


def _name(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


@functools.cache
def _is_ours(file: str) -> bool:
    """Whether a source is the project's: neither installed nor the engine's nor made up."""
    return not file.startswith("<") and not os.path.realpath(file).startswith((*INSTALLED, ENGINE))


def digest(path: Path) -> str:
    """Of a file's content or a folder's names; "" where there is neither."""
    try:
        if path.is_dir():
            return hashlib.sha256("\n".join(sorted(os.listdir(path))).encode()).hexdigest()
        return file_digest(path) if path.exists() else ""
    except (OSError, UserError):
        return ""


# --- what was loaded ---


def beside(part: Part, code: Code, followed: Closure, root: Path, before: Iterable[str]) -> dict[str, Any]:
    """What this process has loaded for a run and `followed` does not reach, as of `Notes.told`, with
    definitions: of "module:name", with the digest of what they reach.

    before: the modules that were loaded when the run began. Raises UserError where Python ran compiled code
    that is not that of the source.
    """
    places = set(followed.places.values())
    reached = {*code.importers({module for module, _ in places}, recording=True)}
    ours = {name: module for name, module in sys.modules.items() if code.file(name) and counts(name)}
    _refuse_forged(ours.values())
    found = dict(_classes(part, code, places))
    files: dict[str, str] = {}
    unfollowed = [*followed.unfollowed]
    for name in ours.keys() - reached:
        acting = [place for place in code.run_by(name) if place not in places]
        found |= {f"{name}:{place[1]}": code.digest(place) for place in acting}
        if name not in before and (path := code.file(name)):
            files[path.resolve().relative_to(root.resolve()).as_posix()] = digest(path)
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "")
        if name.startswith("__") or code.file(name) or not path.is_absolute() or not _is_ours(str(path)):
            continue
        path = path.resolve()
        if path.is_relative_to(root.resolve()):
            files[path.relative_to(root.resolve()).as_posix()] = digest(path)
        else:
            unfollowed.append(f"imports {name}, which lies outside of the project")
    told = [notes.told(root) for name, notes in _WATCH.imported.items() if name in reached or name in found]
    return merged({"files": files, "unfollowed": unfollowed, "definitions": found}, *told)


def _classes(part: Part, code: Code, places: set[Place]) -> Iterator[tuple[str, str]]:
    """The classes of settings and data, whose methods a run calls, if they are not followed."""
    classes = [type(one.config) for one in (part, *part.all_needs.values())]
    for name in (part.data.load, part.data.standin):
        if name:
            hint = typing.get_type_hints(resolve(name)).get("return")
            classes += [hint] if isinstance(hint, type) else []
    for one in dict.fromkeys(base for each in classes for base in each.__mro__):
        place = one.__module__, one.__qualname__
        if not code.file(place[0]) or not counts(place[0]) or place in places or "." in place[1]:
            continue
        if FUNCTION & {*code.definition(place).form}:  # fields alone are told by the settings
            yield ":".join(place), code.digest(place)


def _refuse_forged(modules: Iterable[ModuleType]) -> None:
    """Python runs a compiled module unless its date or size is another than the source's."""
    for module in modules:
        source, compiled = (Path(getattr(module, name, None) or "") for name in ("__file__", "__cached__"))
        if source.suffix != ".py" or not compiled.is_file():
            continue
        data = compiled.read_bytes()
        if data[:4] != importlib.util.MAGIC_NUMBER:
            continue
        meant = compile(source.read_bytes(), str(source), "exec", dont_inherit=True)
        with contextlib.suppress(ValueError, EOFError, TypeError):
            if marshal.loads(data[16:]) == meant:
                continue
        raise UserError(f"{compiled}: is not compiled from {source}; remove it and run again")


# --- the record ---


def merged(*told: Mapping[str, Any]) -> dict[str, Any]:
    """What several stages were seen to use, together."""
    kinds = "files", "definitions"
    found = {kind: {k: v for one in told for k, v in one.get(kind, {}).items()} for kind in kinds}
    unfollowed = {line for one in told for line in one.get("unfollowed", ())}
    return {kind: dict(sorted(of.items())) for kind, of in found.items()} | {"unfollowed": sorted(unfollowed)}


def changed(known: Mapping[str, Any], code: Code, root: Path) -> list[str]:
    """What of that is not as it was, a line each."""
    lines = []
    for name, was in known.get("files", {}).items():
        if (now := digest(root / name)) != was:
            lines.append(f"file {name}: {'changed' if now and was else 'gone' if was else 'new'}")
    for name, was in known.get("definitions", {}).items():
        module, _, own = name.partition(":")
        if not code.file(module) or code.digest((module, own)) != was:
            lines.append(f"definitions.{own if own != EFFECTS else name}: changed")
    return lines
