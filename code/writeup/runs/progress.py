"""How far the runs are: what a training tells, how it reaches this program, and what a person sees of it."""

import contextlib
import ctypes
import io
import math
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from writeup.errors import UserError

SECONDS = 0.1  # between two steps of a training that another process passes on
NAMED = 3  # runs that the summary names


@dataclass(frozen=True)
class Step:
    """A training after `done` of `total` steps; loss: None where an earlier process took these steps."""

    label: str
    done: int
    total: int
    loss: float | None

    def __str__(self) -> str:
        how = "goes on" if self.loss is None else f"loss {self.loss:.4g}"
        return f"{self.label}: {self.done}/{self.total} steps, {how}"


Event = Step | str | None  # a text: a line that code of the run printed; None: the run has ended
Hearer = Callable[[str, Event], None]  # is told the name of the run first
BEGUN = Step("begins", 0, 0, None)


def nobody(run: str, event: Event) -> None:
    """Hears nothing."""


_listening: ContextVar[tuple[Hearer, str]] = ContextVar("listening", default=(nobody, ""))


def tell(event: Event) -> None:
    """Tell an event to whoever hears this run."""
    hear, run = _listening.get()
    hear(run, event)


@contextlib.contextmanager
def heard_by(hear: Hearer | None = None, *, run: str | None = None) -> Iterator[None]:
    """What is told inside goes to `hear`, and is of the run called `run`; None: as outside."""
    before, name = _listening.get()
    token = _listening.set((hear or before, name if run is None else run))
    try:
        yield
    finally:
        _listening.reset(token)


def seldom(hear: Hearer) -> Hearer:
    """Passes on everything but steps that follow each other too fast."""
    due = 0.0

    def pass_on(run: str, event: Event) -> None:
        nonlocal due
        fast = isinstance(event, Step) and event.loss is not None and event.done < event.total
        if not fast or time.monotonic() >= due:
            due = time.monotonic() + SECONDS
            hear(run, event)

    return pass_on


class _Lines(io.TextIOBase):
    """A text stream that tells whole lines, whichever thread writes them."""

    def __init__(self) -> None:
        self.hear, self.run = _listening.get()
        self.rest = ""

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in filter(None, lines):
            self.hear(self.run, line)
        return len(text)


@contextlib.contextmanager
def lines_told() -> Iterator[None]:
    """Tell each line that is printed on standard error inside, in place of printing it."""
    lines = _Lines()
    with contextlib.redirect_stderr(lines):
        try:
            yield
        finally:
            lines.write("\n")


# --- what a training calls ---


class Tick(Protocol):
    """Report one step: its loss (a float, already off the device)."""

    def __call__(self, loss: float, steps_done: int = 1) -> None: ...


class _Counter:
    """The steps of a training: told to whoever watches, and ended where a loss is not finite."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps, self.done = label, steps, 0

    def __call__(self, loss: float, steps_done: int = 1) -> None:
        before = self.done
        self.advance(steps_done, loss)
        if not math.isfinite(loss):
            raise UserError(f"{self.label}: the loss became {loss} at step {before}; lower the learning rate")

    def advance(self, steps: int, loss: float | None) -> None:
        self.done += steps
        tell(Step(self.label, self.done, self.steps, loss))


_under_way: ContextVar[_Counter | None] = ContextVar("under_way", default=None)


@contextlib.contextmanager
def progress(label: str, steps: int) -> Iterator[Tick]:
    """Tell whoever watches how far a training of so many steps is.

    The yielded function also is the watch for NaN: a loss that is not finite raises UserError.
    """
    return_memory()
    counter = _Counter(label, steps)
    token = _under_way.set(counter)
    try:
        yield counter
    finally:
        _under_way.reset(token)


def skip(steps: int) -> None:
    """Count steps that an earlier process took, if their progress is told."""
    if counter := _under_way.get():
        counter.advance(steps, None)


def return_memory() -> None:
    """Give what is free back to the system, where the C library can: tensors of many sizes leave holes, and
    one training after another would take three times the memory of one.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


# --- what a person sees ---


class Screen:
    """Prints what runs print, and a line for each tenth of a training's way. With `bars` (rich's) it shows
    instead a line of the terminal for each run under way: label, steps, loss, time since and left.
    """

    def __init__(self, verbose: bool, bars: Any = None) -> None:
        self.verbose = verbose  # every step that arrives
        self.bars = bars
        self.tenths: dict[tuple[str, str], int] = {}
        self.tasks: dict[str, tuple[Any, str]] = {}

    def hear(self, run: str, event: Event) -> None:
        if self.bars and isinstance(event, Step):
            self._move(run, event)
        elif self.bars and event is None and run in self.tasks:
            self.bars.remove_task(self.tasks.pop(run)[0])
        if isinstance(event, str) or (event and event.total and (self.verbose or self._is_due(run, event))):
            line = f"[{run}] {event}"
            if self.bars:
                self.bars.console.print(line, highlight=False, markup=False)
            else:
                print(line, file=sys.stderr, flush=True)

    def _is_due(self, run: str, step: Step) -> bool:
        tenth = 10 * step.done // step.total
        before = self.tenths.get((run, step.label), 0)
        self.tenths[run, step.label] = tenth
        return not self.bars and (tenth != before or step.loss is None)

    def _move(self, run: str, step: Step) -> None:
        task, label = self.tasks.get(run) or (self.bars.add_task(run, total=None, how_far=""), "")
        self.tasks[run] = task, step.label
        loss = "" if step.loss is None else f", loss {step.loss:.4g}"
        how_far = f"step {step.done}/{step.total}{loss}" if step.total else ""
        if label != step.label:  # the clock of each of a run's trainings begins anew
            named = f"{run}: {step.label}"
            self.bars.reset(task, total=step.total or None, description=named, how_far=how_far)
        self.bars.update(task, completed=step.done, how_far=how_far)


@contextlib.contextmanager
def shown(*, quiet: bool, verbose: bool, live: bool = True) -> Iterator[Hearer]:
    """What shows how far the runs are. live: on a terminal, by lines that are written over again."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not (live and console.is_terminal):
        yield nobody if quiet else Screen(verbose).hear
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(20),
        TextColumn("{task.fields[how_far]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Steps come seldom, so that all of a training are taken for its speed.
    with Progress(
        *columns,
        console=console,
        transient=True,
        speed_estimate_period=1e9,
        redirect_stdout=sys.stdout.isatty(),  # else it would take what goes to a file
    ) as bars:
        yield Screen(verbose, bars).hear


@contextlib.contextmanager
def printed(*, quiet: bool) -> Iterator[None]:
    """What is printed inside, or nothing."""
    with contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext():
        yield


def summary(runs: Sequence[str], computed: Collection[str], seconds: float) -> str:
    """What was loaded, what was computed, and how long it took; runs: the names of all."""
    names = [name for name in runs if name in computed]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    which = f" ({', '.join(names[:NAMED])}{more})" if names else ""
    return f"{len(runs) - len(names)} recorded results loaded, {len(names)} computed{which}; {seconds:.1f} s"
