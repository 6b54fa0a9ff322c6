"""`build.py adopt`, and `build.py probe`, which it calls in both versions."""

from argparse import Namespace
from pathlib import Path

from writeup.cli.verb import Parser, Verb, add_waiting
from writeup.request import Request


def _adopt(request: Request, options: Namespace) -> None:
    from writeup.adopt import adopting
    from writeup.build import Build

    adopting.adopt(Build(request), options.ref)


def _probe(request: Request, options: Namespace) -> None:
    from writeup.adopt import probe
    from writeup.build import Build

    probe.write(Build(request), options.file)


def _ref(parser: Parser) -> None:
    parser.add_argument("ref", metavar="REF", help="a commit")


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")


ADOPT = Verb(
    "let what was recorded by commit REF stand, if both versions compute the same to the last bit",
    _adopt,
    (_ref, add_waiting),
    takes="REF",
    writes=True,
)
PROBE = Verb("write to FILE what this version computes in short, for adopt", _probe, (_file,), takes="FILE")
