"""Write one FILE to hand in: PDF, HTML, results, templates, code, and the checksums of all."""

from argparse import Namespace
from pathlib import Path

from writeup.cli import report, verb
from writeup.cli.verb import Parser
from writeup.errors import UserError
from writeup.request import Request

TAKES = "FILE"
WRITES = True


def options(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="(default: report/report.zip)")
    parser.add_argument(
        "--quick", action="store_true", help="do not render what was packed before it is done"
    )
    report.options(parser)


def run(request: Request, options: Namespace) -> None:
    """Render what is recorded, train nothing, and write it all to one file."""
    from writeup.archive import making
    from writeup.build import Build

    if not options.declared:
        raise UserError("archive: the declaration has no name by which the report could be made elsewhere")
    build = Build(request)
    making.refuse(build)
    report.run(request, options)
    choices = verb.choices(options) | {"engine": request.engine}
    making.archive(build, options.file, options.declared, choices, quick=options.quick)
