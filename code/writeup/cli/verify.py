"""Compute recorded runs again, in full (PART or PART/SEED, or --runs N at random), and compare."""

from argparse import Namespace
from pathlib import Path

from writeup.cli.verb import Parser, add_jobs, add_loudness, at_least
from writeup.errors import UsageError
from writeup.request import Request

TAKES = "RUN"


def options(parser: Parser) -> None:
    parser.add_argument("runs", nargs="*", metavar="RUN", help="PART or PART/SEED")
    parser.add_argument("--runs", dest="count", type=at_least(1), metavar="N", help="N at random (1)")
    parser.add_argument("--record", action="store_true", help="keep what is found among the results")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="keep what came out there, as results")
    add_jobs(parser)
    add_loudness(parser)


def run(request: Request, options: Namespace) -> None:
    from writeup.build import Build
    from writeup.runs import progress
    from writeup.verify import recomputing

    if options.runs and options.count:
        raise UsageError(f"verify takes --runs {options.count} or names of runs, not both")
    with progress.shown(quiet=options.quiet, verbose=options.verbose, live=request.jobs != 0) as hear:
        count, keep, into = options.count or 1, options.record, options.into
        recomputing.verify(Build(request), options.runs, count, keep=keep, into=into, hear=hear)
