"""`build.py grade`."""

from argparse import Namespace
from pathlib import Path

from writeup.cli.verb import Parser, Verb
from writeup.request import Request


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("--pdf", type=Path, metavar="FILE", help="this PDF, whoever made it (default: the report)")
    add(
        "--rubric",
        type=Path,
        metavar="FILE",
        help="by this rubric (default: rubric.toml of the templates)",
    )
    add("--min", type=float, metavar="N", help="points that are enough (default: all)")


def run(request: Request, options: Namespace) -> None:
    from writeup.build import Build
    from writeup.grade import grading

    grading.grade(Build(request), pdf=options.pdf, rules=options.rubric, minimum=options.min)


VERB = Verb(
    "hold the finished PDF (or --pdf FILE) against the rubric: points, pages, evidence", run, (options,)
)
