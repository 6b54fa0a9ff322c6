"""Hold the finished PDF (or PDFs) against the rubric: points, pages, evidence."""

from argparse import Namespace
from pathlib import Path

from writeup.cli.verb import Parser, add_waiting
from writeup.request import Request

WRITES = True


def options(parser: Parser) -> None:
    add = parser.add_argument
    add("pdfs", type=Path, nargs="*", metavar="FILE", help="PDFs, whoever made them (default: the report)")
    add("--pdf", type=Path, metavar="FILE", help="the same, of one")
    add("--out", type=Path, metavar="DIR", help="a folder per paper and grades.csv in here")
    add("--rubric", type=Path, metavar="FILE", help="by this rubric (default: rubric.toml of the templates)")
    add("--min", type=float, metavar="N", help="points that are enough (default: all)")
    add_waiting(parser)


def run(request: Request, options: Namespace) -> None:
    from writeup.build import Build
    from writeup.grade import grading

    pdfs = [*options.pdfs, *([options.pdf] if options.pdf else [])]
    limits = {"rules": options.rubric, "minimum": options.min}
    grading.grade(Build(request), pdfs=pdfs, out=options.out, **limits)
