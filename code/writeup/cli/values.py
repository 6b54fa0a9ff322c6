"""Every recorded number: name, mean, standard deviation, runs, fingerprint."""

import fnmatch
from argparse import Namespace

from writeup.cli.verb import Parser
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.request import Request

TAKES = "PATTERN"


def options(parser: Parser) -> None:
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="part of a name; * and ? match")


def run(request: Request, options: Namespace) -> None:
    """Print every recorded number, one a line, tab-separated; numbers of stale results say so.

    The numbers of the project's other reports follow.
    """
    from writeup.build import Build
    from writeup.page.source import assembly
    from writeup.results import values

    others = request.report.others if request.preset == next(iter(request.report.presets)) else ()
    patterns = options.patterns or ["*"]
    lines: dict[str, str] = {}
    for one in (request, *(Request.of(resolve(name)) for name in others)):  # type: ignore[arg-type]
        build = Build(one)
        for name, value in values.of(assembly.recorded(build)).items():
            lines[name] = value.line() + ("\tstale" if name.split("/")[0] in build.stale else "")
    shown = [
        line
        for name, line in lines.items()
        if any(pattern in name or fnmatch.fnmatch(name, pattern) for pattern in patterns)
    ]
    if not lines:
        raise UserError(f"no results under {request.stores[0]}; python build.py report makes them")
    if not shown:
        raise UserError(f"no recorded value matches {patterns[0]!r}; python build.py values lists all")
    print("\n".join(shown))
