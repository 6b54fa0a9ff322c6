"""Write one FILE to hand in: PDF, HTML, results, templates, code, and the checksums of all."""

from argparse import Namespace
from pathlib import Path

from writeup.cli import report, verb
from writeup.cli.verb import Parser
from writeup.request import Request

TAKES = "FILE"
WRITES = True


def options(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="(default: report/report.zip)")
    report.options(parser)


def run(request: Request, options: Namespace) -> None:
    """Render what is recorded, train nothing, and write it all to one file."""
    from writeup.archive import making
    from writeup.build import Build

    build = Build(request)
    making.refuse(build)
    report.run(request, options)
    chosen, rendered = (list(verb.words(options, names)) for names in (verb.CHOOSING, verb.RENDERING))
    making.archive(build, options.file, chosen, rendered)
