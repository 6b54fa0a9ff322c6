"""What the verbs of the command line do, and their exit status: 0 done, 1 or 2 not (one line), 3 no torch."""

import fnmatch
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from writeup import cli as command
from writeup import graph as building
from writeup.cli import ROOT, Request
from writeup.errors import UserError
from writeup.results import store as results
from writeup.results import values
from writeup.runs import plan as runs
from writeup.tasks import Pipeline

Tasks = Callable[[Pipeline], Mapping[str, Callable[[], Any]]]


def main(words: Sequence[str], tasks: Tasks) -> int:
    """Carry out the command line; the exit status. A mistake of the user's costs one line, no traceback."""
    try:
        request = command.parse(words)
        if request.verb == "values":
            print_values(request)
        elif request.verb == "data":
            print_data(request)
        else:
            build(request, tasks)
    except runs.TorchMissing as missing:
        print(
            f"{missing} has to be trained and torch is not installed: pip install -e '.[train]'",
            file=sys.stderr,
        )
        return 3
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, command.UsageError) else 1
    except KeyboardInterrupt:
        print("interrupted; the last good report and results are untouched", file=sys.stderr)
        return 130
    return 0


def build(request: Request, tasks: Tasks) -> None:
    """Run the build and say where the report lies."""
    line = Pipeline(request)
    building.build(tasks(line), ["typeset", "convert"], request.out / f".{request.stem}.build.json")
    for suffix in (".pdf", ".html", ".md"):
        print(line.path(suffix).relative_to(ROOT))


def print_values(request: Request) -> None:
    """Every recorded number, one a line, tab-separated."""
    pattern = request.pattern
    shown = [
        value.line()
        for name, value in recorded_values(request).items()
        if pattern in name or fnmatch.fnmatch(name, pattern)
    ]
    if not shown:
        raise UserError(f"no recorded value matches {pattern!r}; python build.py values lists all")
    print("\n".join(shown))


def recorded_values(request: Request) -> values.Values:
    """The numbers of the runs on disk, current or not, of the proofs and of the timings."""
    folders = [run.recorded for run in Pipeline(request).runs if run.exists]
    folders += [command.shared_result(name) for name in ("proofs", *runs.TIMINGS)]
    recorded = [results.load(folder) for folder in folders if (folder / results.FILE).is_file()]
    if not recorded:
        raise UserError(f"no results under {request.stores[0]}; python build.py report makes them")
    return values.collect((result.part, result.fingerprint, result.scalars) for result in recorded)


def print_data(request: Request) -> None:
    """Find or fetch the data, verify them, say where they lie."""
    from assignment3.data import datasets

    for text in datasets.fetch_all(request.data_dir):
        print(text)
