"""What moved since commit REF: numbers, verdicts, figures, and what caused it."""

from argparse import ArgumentTypeError, Namespace

from writeup.cli.verb import Parser
from writeup.request import Request

TAKES = "REF"


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("ref", metavar="REF", help="a commit")
    add("--tolerance", type=_tolerance, metavar="X", help="allow X times the value, not the spread")
    add("--exit-code", action="store_true", help="exit 1 if more than that differs")
    add("--marked", action="store_true", help="write report/diff.pdf too, marked up by latexdiff")
    add("--verbose", action="store_true", help="print every number that differs")


def _tolerance(text: str) -> float:
    if not 0 <= float(text) < float("inf"):
        raise ArgumentTypeError(f"{text}: allowed: numbers from 0")
    return float(text)


def run(request: Request, options: Namespace) -> None:
    from writeup.diff import differing

    differing.differ(
        request,
        options.ref,
        tolerance=options.tolerance,
        every=options.verbose,
        marked=options.marked,
        strict=options.exit_code,
    )
