"""A line per run: current, missing, or stale with what changed."""

from argparse import Namespace
from typing import TYPE_CHECKING

from writeup.cli.verb import Parser, add_explain
from writeup.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from writeup.runs.plan import Run

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
    if versions := made_by_others(build.runs):
        print(f"made by other versions than those installed here: {'; '.join(versions)}")


def made_by_others(runs: "Sequence[Run]") -> list[str]:
    """The records that other versions made, by what is different: "torch 2.9.0, here 2.9.1: study seed 0"."""
    from writeup.runs import provenance

    found: dict[str, list[str]] = {}
    for run in runs:
        recorded = run.peek.provenance.get("versions", {})
        for line in provenance.differ(recorded, provenance.installed(recorded)):
            found.setdefault(line, []).append(run.name)
    return [f"{line}: {', '.join(names)}" for line, names in found.items()]
