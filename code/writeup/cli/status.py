"""A line per run: current, missing, or stale with what changed."""

from argparse import Namespace
from typing import TYPE_CHECKING

from writeup.cli.verb import Parser, add_explain
from writeup.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from writeup.runs.plan import Run

UNSEEN = ("what runs read and started, and methods of settings and data: recorded before these were seen",)
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
    for line in not_followed(build.runs):
        print(f"not followed: {line}")


def made_by_others(runs: "Sequence[Run]") -> list[str]:
    """The records that other versions made, by what is different: "torch 2.9.0, here 2.9.1: study seed 0"."""
    from writeup.runs import provenance

    found: dict[str, list[str]] = {}
    for run in runs:
        recorded = run.peek.provenance.get("versions", {})
        for line in provenance.differ(recorded, provenance.installed(recorded)):
            found.setdefault(line, []).append(run.name)
    return [f"{line}: {', '.join(names)}" for line, names in found.items()]


def not_followed(runs: "Sequence[Run]") -> list[str]:
    """What can change numbers and is in no identity, a line each, with the runs that it concerns."""
    found: dict[str, list[str]] = {}
    for run in runs:
        known = run.peek.provenance
        unseen = UNSEEN if known and not run.imported and "seen" not in known else ()
        static = run.train.closure.unfollowed | run.evaluate.closure.unfollowed
        for line in sorted({*known.get("seen", {}).get("unfollowed", unseen), *static}):
            found.setdefault(line, []).append(run.name)
    runs_of = {line: names[0] if len(names) == 1 else f"{len(names)} runs" for line, names in found.items()}
    return [f"{line} ({who})" for line, who in runs_of.items()]
