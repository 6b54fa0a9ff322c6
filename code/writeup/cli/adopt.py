"""Let what was recorded by commit REF stand, if both versions compute the same to the last bit."""

from argparse import Namespace

from writeup.cli.verb import Parser
from writeup.request import Request

TAKES = "REF"
WRITES = True


def options(parser: Parser) -> None:
    parser.add_argument("ref", metavar="REF", help="a commit")


def run(request: Request, options: Namespace) -> None:
    from writeup import adopt
    from writeup.build import Build

    adopt.adopt(Build(request), options.ref)
