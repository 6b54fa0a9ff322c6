"""Render the report; train what no recorded result matches."""

import sys
from argparse import Namespace

from writeup.cli import verb
from writeup.cli.verb import Parser
from writeup.request import Request

WRITES = True


def options(parser: Parser) -> None:
    verb.add_jobs(parser)
    parser.add_argument("--dask", metavar="ADDRESS", help="train on the workers of this Dask scheduler")
    parser.add_argument("--engine", help="embedded or latexmk (default: what is declared)")
    parser.add_argument("--allow-stale", action="store_true", help="render stale results, visibly marked")
    verb.add_explain(parser)
    verb.add_loudness(parser)


def run(request: Request, options: Namespace) -> None:
    from writeup import handing, steps
    from writeup.page.source import assembly, title

    output = steps.Output(options.explain, options.quiet, options.verbose)
    build = steps.report(request, output, anew=options.verb == "train")
    for suffix in build.forms:
        print(build.path(suffix).relative_to(request.report.root))
    if blank := handing.placeholders(title.read(assembly.templates(build))):
        still = f"{request.report.templates}/{title.FILE} still says {', '.join(blank)}"
        print(f"note: {still}; put yours before you hand this in", file=sys.stderr)
