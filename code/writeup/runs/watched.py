"""Stops a Python program that reads a file of the project which its part's `reads` does not name.

Of no use where it stands: `writeup.runs.program` lays it on the path of the program as `sitecustomize.py`,
so that Python runs it first. Other languages have no such hook: what is not declared is merely not there.
"""

import os
import sys
from typing import Any

PROJECT, TOLD = os.environ.get("WRITEUP_PROJECT", ""), os.environ.get("WRITEUP_UNDECLARED", "")
INSTALLED = sys.prefix, sys.base_prefix, sys.exec_prefix


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook (PEP 578): tell the file and refuse it."""
    if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    _, mode, flags = arguments
    writes = any(letter in mode for letter in "wax") if mode else (flags or 0) & (os.O_WRONLY | os.O_RDWR)
    path = os.path.abspath(os.fsdecode(arguments[0]))
    inside = path.removeprefix(PROJECT + os.sep)
    if writes or inside == path or inside[0] == "." or path.startswith(INSTALLED):
        return
    folder, compiled, name = inside.rpartition(f"__pycache__{os.sep}")
    inside = f"{folder}{name.partition('.')[0]}.py" if compiled else inside
    with open(TOLD, "a", encoding="utf-8") as file:
        file.write(f"{inside}\n")
    raise PermissionError(f"{inside}: read, and not declared in `reads`")


if PROJECT:
    sys.addaudithook(watch)
