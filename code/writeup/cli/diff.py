"""What moved since commit REF: numbers, verdicts, figures, and what caused it."""

import tempfile
from argparse import ArgumentTypeError, Namespace
from pathlib import Path

from writeup.cli.verb import Parser
from writeup.errors import UserError
from writeup.request import Request

TAKES = "REF"


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("ref", metavar="REF", help="a commit")
    add("--tolerance", type=_tolerance, metavar="X", help="allow X times the value, not the spread")
    add("--exit-code", action="store_true", help="exit 1 if more than that differs")
    add("--verbose", action="store_true", help="print every number that differs")


def _tolerance(text: str) -> float:
    if not 0 <= float(text) < float("inf"):
        raise ArgumentTypeError(f"{text}: allowed: numbers from 0")
    return float(text)


def run(request: Request, options: Namespace) -> None:
    """Print what differs and write it to report/diff.html. Only results of the commit are read."""
    from writeup import commits
    from writeup.diff import comparing, showing, versions
    from writeup.files import write_atomically

    root = request.report.root
    stores = list(dict.fromkeys([*request.stores, request.report.results]))
    places = [one.relative_to(root) for one in stores]
    left_out = {part.name for part in request.report.parts} - {part.name for part in request.parts}
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        commit = commits.lay_down(root, options.ref, there, *(one.as_posix() for one in places))
        old = versions.read(commit, there, [there / one for one in places], left_out)
        new = versions.read("now", root, stores, left_out)
        found = comparing.compare(request, old, new, options.tolerance)
    for line in showing.lines(found, every=options.verbose):
        print(line)
    page = request.out / "diff.html"
    write_atomically(page, showing.page(found).encode())
    print(page.relative_to(root), flush=True)
    if options.exit_code and found.matters:
        raise UserError(f"since {commit}: {found.matters} moved")
