"""What a verb is, and the options that several verbs share."""

import argparse
import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, Protocol

from writeup.declare import Report
from writeup.errors import UsageError
from writeup.request import Request


class Parser(argparse.ArgumentParser):
    """Raises a UsageError where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


class Verb(Protocol):
    """A module of this package. Its docstring is the help. It may have two constants: TAKES, what follows the
    verb as the help shows it, and WRITES, whether it changes files of the report, which one process does at a
    time.
    """

    def options(self, parser: Parser) -> None:
        """Add the verb's own options."""

    def run(self, request: Request, options: Namespace) -> None:
        """Carry the verb out."""


def add_choosing(parser: Parser, report: Report) -> None:
    """Options of every verb: which parts of which preset, with which settings and data."""
    first, *_ = report.presets
    parser.add_argument("--preset", default=first, help=f"one of {', '.join(report.presets)}")
    add = partial(parser.add_argument, action="append", default=[])
    add("--set", metavar="PART.FIELD=VALUE", help="override a setting")
    parser.add_argument("--seeds", type=int, metavar="N", help="number of runs of every part")
    add("--only", metavar="PART", help="these parts alone")
    parser.add_argument("--data-dir", metavar="DIR", help="where the data lie (also: the variable DATA_DIR)")
    parser.add_argument("--traceback", action="store_true", help="print the traceback of an error")


def add_jobs(parser: Parser) -> None:
    parser.add_argument(
        "--jobs",
        type=at_least(0),
        metavar="N",
        help="runs side by side (default: one per core); 0: all in this process, for breakpoint()",
    )


def add_explain(parser: Parser) -> None:
    parser.add_argument("--explain", action="store_true", help="say why each thing is about to be made")


def add_loudness(parser: Parser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print errors and where the report lies only")
    parser.add_argument("--verbose", action="store_true", help="print all that training says")


def at_least(least: int) -> Callable[[str], int]:
    """A type of argparse: whole numbers from `least`."""

    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text}: allowed: {least} or more")
        return value

    whole.__name__ = "whole number"  # argparse prints it
    return whole


def choices(options: Namespace, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The arguments of `Request.of` that the options give."""
    names = "preset", "seeds", "only", "engine", "allow_stale", "jobs", "dask"
    chosen = {name: value for name, value in vars(options).items() if name in names}
    return chosen | {"changes": options.set, "data_dir": options.data_dir or environ.get("DATA_DIR")}
