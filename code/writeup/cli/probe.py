"""Write to FILE what this version computes in short, for adopt."""

from argparse import Namespace
from pathlib import Path

from writeup.cli.verb import Parser
from writeup.request import Request

TAKES = "FILE"


def options(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")


def run(request: Request, options: Namespace) -> None:
    from writeup import adopt
    from writeup.build import Build

    adopt.write_probe(Build(request), options.file)
