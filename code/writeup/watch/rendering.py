"""The process that renders for `watch`.

It lives on while only templates and results change, and keeps what the next version shares with the last:
compiled templates, results, typst's layout. After an edit of code a fresh one takes its
place, forked from a server that has imported all but the report's own code.
"""

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from writeup import graph, lock, steps, trouble
from writeup.build import Build
from writeup.declare import Report, resolve
from writeup.errors import UserError
from writeup.page.pdf import typeset
from writeup.page.source import assembly, citations, title
from writeup.request import Request
from writeup.runs import executors, progress

IDLE = 0.3  # s without another request
IMPORTED = [
    "writeup.watch.rendering",
    "writeup.page.web.html",
    "writeup.page.web.markdown",
]
IMPORTED += ["writeup.page.source.wording", "writeup.proofs.check", "scipy.special", "sympy", "pypdfium2"]
Event = tuple[str, str]  # ("made", form), ("stale", line), ("error", line), ("done", "")


@dataclass(frozen=True)
class Asked:
    """The declaration's name, "package.report:REPORT", and the arguments of `Request.of`."""

    declared: str
    choices: Mapping[str, Any]
    quiet: bool = False


class Renderer:
    """The process, started when it is first asked for something."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(IMPORTED)
        self.process: Any = None
        self.connection: Connection | None = None

    def render(self, suffix: str, *, results: bool) -> Iterator[Event]:
        """Make what the last edit touched of a form; events as they happen, the last "done" or "error".

        results: recorded results may have changed.
        """
        if self.process is None or not self.process.is_alive():
            self.start()
        assert self.connection is not None
        try:
            self.connection.send((suffix, results))
            while True:
                event: Event = self.connection.recv()
                yield event
                if event[0] in ("done", "error"):
                    return
        except (EOFError, OSError):
            self.stop()
            yield "error", "the process that renders ended; the next edit starts another"

    def start(self) -> None:
        """A fresh process, which imports the report's code as it is now."""
        self.stop()
        self.connection, theirs = self.context.Pipe()
        with executors.environment(executors.import_path()):
            self.process = self.context.Process(target=_serve, args=(theirs, self.asked), daemon=True)
            self.process.start()
        theirs.close()

    def stop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        if self.process is not None:
            self.process.kill()  # what it writes it writes in one step
            self.process.join()
        self.process = self.connection = None


def _serve(connection: Connection, asked: Asked) -> None:
    """What the process does: renders each time it is asked to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that watches ends it
    build: Build | None = None
    with contextlib.suppress(EOFError, OSError), progress.printed(quiet=asked.quiet):
        while True:
            suffix, results = connection.recv()
            try:
                if results:
                    build = None
                build = build or _build(asked)
                _render(build, suffix, lambda *event: connection.send(event))
                connection.send(("done", ""))
            except Exception as error:
                connection.send(("error", trouble.line(error)))
            else:
                if not connection.poll(IDLE):
                    # The next edit waits for less then. An error is told when what raises it is asked for.
                    with contextlib.suppress(Exception):
                        assembly.context(build)


def _build(asked: Asked) -> Build:
    with trouble.told(f"{asked.declared} cannot be read"):
        report: Report = resolve(asked.declared)  # type: ignore[assignment]
    return Build(Request.of(report, **asked.choices, allow_stale=True))


def _render(build: Build, suffix: str, say: Callable[[str, str], None]) -> None:
    """One form. Nothing is trained: what is stale is shown with its mark, and said."""
    request = build.request
    typeset.choose(request.engine)
    title.read(assembly.templates(build))
    citations.read(assembly.templates(build))
    for run in build.runs:
        if not run.exists:
            why = run.peek.trouble or "not recorded"
            raise UserError(f"{run.name}: {why}; python build.py report computes what is missing")
    with lock.held(request.report.output, "build.py watch"):
        before = _written(path := build.path(suffix))
        graph.make(steps.before_the_forms(build), build.state)
        graph.make(
            steps.typesetting(build) if suffix == ".pdf" else steps.converting(build, [suffix]), build.state
        )
        if _written(path) != before:
            say("made", path.name)
    stale = [run for run in build.runs if not run.current]
    if stale and suffix == build.forms[0]:
        say("stale", f"{stale[0].name}: {'; '.join(stale[0].why()[:3])}")


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0
