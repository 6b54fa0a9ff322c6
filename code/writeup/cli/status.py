"""A line per run: current, missing, or stale with what changed."""

from argparse import Namespace

from writeup.cli.verb import Parser, add_explain
from writeup.request import Request

SHOWN = 5  # reasons per run, unless all are asked for


def options(parser: Parser) -> None:
    add_explain(parser)


def run(request: Request, options: Namespace) -> None:
    """Print a line per run, and below it what changed."""
    from writeup.build import Build

    build = Build(request)
    width = 2 + max((len(run.name) for run in build.runs), default=0)
    for run in build.runs:
        reasons = run.why()
        state = "current" if not reasons else "stale" if run.exists else "missing"
        adopted = run.peek.provenance.get("adopted", {}).get("ref", "")
        note = f" (adopted from {adopted})" if adopted and not reasons else ""
        print(f"{run.name:{width}}{state}{note}")
        shown = reasons if options.explain else reasons[:SHOWN]
        for line in shown:
            print(f"    {line}")
        if len(reasons) > len(shown):
            print(f"    and {len(reasons) - len(shown)} more; --explain lists all")
    build.code.keep()
