"""`build.py report` and `build.py train`."""

import sys
from argparse import Namespace

from writeup.cli import verb
from writeup.cli.verb import Verb
from writeup.request import Request


def run(request: Request, options: Namespace) -> None:
    from writeup import handing, steps
    from writeup.page.source import assembly, title

    output = steps.Output(options.explain, options.quiet, options.verbose)
    build = steps.report(request, output, anew=options.verb == "train")
    for suffix in steps.FORMS:
        print(build.path(suffix).relative_to(request.report.root))
    if blank := handing.placeholders(title.read(assembly.templates(build))):
        still = f"{request.report.templates}/{title.FILE} still says {', '.join(blank)}"
        print(f"note: {still}; put yours before you hand this in", file=sys.stderr)


OPTIONS = (
    verb.add_computing,
    verb.add_rendering,
    verb.add_explain,
    verb.add_quiet,
    verb.add_verbose,
    verb.add_waiting,
)
REPORT = Verb("render the report; train what no recorded result matches", run, OPTIONS, writes=True)
TRAIN = Verb("compute every part anew, then render the report", run, OPTIONS, writes=True)
