"""What a person sees of a build: a live line per run that is being computed, and at the end what it took.

Without a terminal the lines that runs say are printed as they are.
"""

import contextlib
import io
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from writeup.runs import parallel
from writeup.runs.plan import Run

# What `training.progress` says: "[descent 0] descent: 120/1200 steps, loss 98.6"
STEP = re.compile(r"(?:\[.*?\] )?(?P<label>.+): (?P<done>\d+)/(?P<steps>\d+) steps, loss (?P<loss>\S+)")
NAMED = 3  # runs that the last line names


@contextlib.contextmanager
def said(*, quiet: bool) -> Iterator[None]:
    """What is printed inside, or nothing."""
    with contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def shown(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Show how far the runs are that other processes compute inside. verbose: all lines that they say too."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet:
        hear: parallel.Hearer = _nothing
        shows: Any = contextlib.nullcontext()
    elif not console.is_terminal:
        hear, shows = _line if verbose else _by_tenths(), contextlib.nullcontext()
    else:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            TextColumn("{task.fields[how_far]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        # Steps come seldom, so that all of a training are taken for its speed.
        shows = Progress(
            *columns,
            console=console,
            transient=True,
            speed_estimate_period=1e9,
            redirect_stdout=sys.stdout.isatty(),  # else it would take what goes to a file
        )
        hear = _on_terminal(shows, verbose)
    with shows:
        parallel.hearers.append(hear)
        try:
            yield
        finally:
            parallel.hearers.remove(hear)


def _nothing(call: parallel.Call, line: str | None) -> None:
    pass


def _line(call: parallel.Call, line: str | None) -> None:
    if line:
        print(line, file=sys.stderr, flush=True)


def _by_tenths() -> parallel.Hearer:
    """Prints what runs say, of the steps of each training one line for each tenth of its way."""
    last: dict[tuple[str, str], int] = {}

    def hear(call: parallel.Call, line: str | None) -> None:
        if found := STEP.fullmatch((line or "").strip()):
            training, tenth = (_name(call), found["label"]), 10 * int(found["done"]) // int(found["steps"])
            before = last.get(training, 0)
            last[training] = tenth
            if tenth == before:
                return
        _line(call, line)

    return hear


def _name(call: parallel.Call) -> str:
    """The name of the run that a call computes; "" where it computes none."""
    return call[0].name if call and isinstance(call[0], Run) else ""


def _on_terminal(bar: Any, verbose: bool) -> parallel.Hearer:
    """Hears what runs say, and shows it on a line of each: label, steps, loss, time since and left."""
    tasks: dict[str, Any] = {}
    labels: dict[str, str] = {}

    def hear(call: parallel.Call, line: str | None) -> None:
        if not (name := _name(call)):
            return
        if line is None:
            bar.remove_task(tasks.pop(name))
        elif not line:
            tasks[name] = bar.add_task(name, total=None, how_far="begins")
        elif found := STEP.fullmatch(line.strip()):
            label, done, steps = found["label"], int(found["done"]), int(found["steps"])
            task = tasks[name]
            how_far = f"step {done}/{steps}, loss {found['loss']}"
            if labels.get(name) != label:  # the clock of each of a run's trainings begins anew
                bar.reset(task, total=steps, description=f"{name}: {label}", how_far=how_far)
                labels[name] = label
            bar.update(task, completed=done, how_far=how_far)
        if line and (verbose or not STEP.fullmatch(line.strip())):
            bar.console.print(line, highlight=False, markup=False)

    return hear


def summary(runs: Sequence[Run], computed: Collection[str], seconds: float) -> str:
    """What was loaded, what was computed, and how long it took."""
    names = [run.name for run in runs if run.name in computed]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    which = f" ({', '.join(names[:NAMED])}{more})" if names else ""
    return f"{len(runs) - len(names)} recorded results loaded, {len(names)} computed{which}; {seconds:.1f} s"
