"""`build.py measure`."""

from argparse import Namespace

from writeup.cli.verb import Parser, Verb, add_record, add_waiting
from writeup.request import Request


def options(parser: Parser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="timings (default: all that are declared)")


def run(request: Request, options: Namespace) -> None:
    from writeup.bench.measure import measure
    from writeup.build import Build

    measure(Build(request), options.names, keep=options.record)


VERB = Verb(
    "measure the program itself: the timings named, or all",
    run,
    (options, add_record, add_waiting),
    takes="NAME",
)
