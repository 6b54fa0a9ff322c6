"""The command line: what a person asked for, as one frozen object, and the verbs.

Exit status: 0 done; 1 or 2 not, said in one line; 3 a package for training is missing; 130 interrupted.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from writeup import handing, settings
from writeup import request as asked
from writeup.declare import Report, resolve
from writeup.errors import UsageError
from writeup.request import Request

VERBS = {
    "report": "render the report; train what no recorded result matches",
    "train": "compute every part anew, then render the report",
    "status": "a line per run: current, missing, or stale with what changed",
    "values": "every recorded number: name, mean, standard deviation, runs, fingerprint",
    "data": "find or download the data and verify them",
    "measure": "measure the program itself (of the timings declared, those named)",
    "prove": "check derivations again, those named or all, with no verdict kept from before",
    "verify": "compute recorded runs again, in full (PART or PART/SEED, or --runs N at random), and compare",
    "grade": "hold the finished PDF (or --pdf FILE) against the rubric: points, pages, evidence",
    "archive": "write one FILE to hand in: PDF, HTML, results, templates, code, and the checksums of all",
    "watch": "follow each edit: what it touches is made anew, and the page on 127.0.0.1 reloads",
    "diff": "what moved since commit REF: numbers, verdicts, figures, and what caused it",
    "adopt": "let what was recorded by commit REF stand, if both versions compute the same to the last bit",
    "probe": "write to FILE what this version computes in short, for adopt",
}
TAKES = {
    "values": "pattern",
    "measure": "names",
    "prove": "names",
    "verify": "runs",
    "archive": "FILE",
    "diff": "REF",
    "adopt": "REF",
    "probe": "FILE",
}


INTERRUPTED = "interrupted; the last good report and results are untouched"


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog.partition(' verify')[0]} --help")


def parse(report: Report, words: Sequence[str], environ: Mapping[str, str] | None = None) -> Request:
    """The request behind the command-line `words`; raises UserError."""
    environ = os.environ if environ is None else environ
    options = _parser(report).parse_args(words)
    if options.targets and options.verb not in TAKES:
        raise UsageError(f"{options.verb} takes no {options.targets[0]!r}; see: python build.py --help")
    if options.verb in ("adopt", "diff", "probe") and len(options.targets) != 1:
        raise UsageError(f"{options.verb} takes one {TAKES[options.verb]}; see: python build.py --help")
    if options.verb == "archive" and len(options.targets) > 1:
        raise UsageError("archive takes one FILE; see: python build.py --help")
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: allowed: 1 or more")
    if options.runs is not None and (options.runs < 1 or options.targets):
        raise UsageError(f"--runs {options.runs}: allowed: 1 or more, and no names of runs beside it")
    if options.tolerance is not None and not 0 <= options.tolerance < float("inf"):
        raise UsageError(f"--tolerance {options.tolerance}: allowed: numbers from 0")
    if options.verb != "grade" and (options.pdf or options.rubric or options.min is not None):
        raise UsageError(f"{options.verb} takes no --pdf, --rubric or --min; see: python build.py --help")
    declared = asked.preset_configs(report, options.preset)
    configs = declared
    for text in options.set:
        configs = settings.override(configs, text)
    seeds = asked.seeds(report, options.preset, options.seeds)
    custom = {part.name: configs[part.name] for part in report.parts} != {
        part.name: declared[part.name] for part in report.parts
    }
    stores = asked.stores(report, options.preset, custom)
    names = [part.name for part in report.parts]
    chosen = handing.read(report.source).chosen(names)
    handed_in = [name for name in chosen if name in asked.names(report, options.preset)]
    return Request(
        report=report,
        verb=options.verb,
        preset=options.preset,
        configs=configs,
        seeds=seeds,
        parts=asked.parts(report, options.only or handed_in),
        data_dir=asked.data_dir(options.data_dir or environ.get("DATA_DIR")),
        engine=options.engine,
        allow_stale=options.allow_stale,
        explain=options.explain,
        record=options.record,
        runs=options.runs,
        targets=tuple(options.targets),
        out=stores[0].parent,
        stores=stores,
        jobs=options.jobs,
        dask=options.dask,
        wait=not options.no_wait,
        pdf=options.pdf,
        rubric=options.rubric,
        minimum=options.min,
        handed_in=frozenset(handed_in),
        recipe=tuple(_recipe(options)),
        words=tuple(words),
        port=options.port,
        quiet=options.quiet,
        verbose=options.verbose,
        tolerance=options.tolerance,
        exit_code=options.exit_code,
        marked=options.marked,
    )


def _recipe(options: argparse.Namespace) -> Iterator[str]:
    for name in ("preset", "engine", "seeds"):
        if (value := getattr(options, name)) is not None:
            yield from (f"--{name}", str(value))
    for name in ("set", "only"):
        yield from (word for value in getattr(options, name) for word in (f"--{name}", value))
    if options.allow_stale:
        yield "--allow-stale"


def _parser(report: Report) -> Parser:
    verbs = "\n".join(f"  {verb + ' ' + TAKES.get(verb, ''):16}{text}" for verb, text in VERBS.items())
    parser = Parser(
        prog="python build.py",
        allow_abbrev=False,
        description=f"verbs:\n{verbs}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("verb", nargs="?", default="report", choices=tuple(VERBS), metavar="verb")
    add("targets", nargs="*", default=[], help="what the verb takes, see above; values: * and ? match")
    add("--preset", default=next(iter(report.presets)), help=f"one of {', '.join(report.presets)}")
    add("--set", action="append", default=[], metavar="PART.FIELD=VALUE", help="override a field")
    add("--seeds", type=int, help="number of runs of every part")
    add("--jobs", type=int, help="runs side by side on this machine (default: one per core)")
    add("--dask", metavar="ADDRESS", help="train on the workers of this Dask scheduler")
    add("--only", action="append", default=[], metavar="PART", help="these parts alone")
    add("--data-dir", help="where the data lie (also: the variable DATA_DIR)")
    add("--engine", default="embedded", help="embedded, latexmk or tectonic")
    add("--no-wait", action="store_true", help="stop where another build is at work here")
    add("--allow-stale", action="store_true", help="render stale results, visibly marked")
    add("--explain", action="store_true", help="say why each thing is about to be made")
    add("--record", action="store_true", help="of measure and verify: keep what was found")
    add("--runs", type=int, help="of verify: so many, chosen at random (default: 1)")
    add("--quiet", action="store_true", help="say no more than errors and where the report lies")
    add("--verbose", action="store_true", help="say more: all that training says; of diff: every number")
    add("--tolerance", type=float, metavar="X", help="of diff: allow X times the value, not the spread")
    add("--exit-code", action="store_true", help="of diff: exit 1 where more than that differs")
    add("--marked", action="store_true", help="of diff: report/diff.pdf besides, marked up by latexdiff")
    add("--port", type=int, metavar="N", help="of watch: serve here (default: the first free one from 8765)")
    add("--pdf", type=Path, metavar="FILE", help="of grade: this PDF, whoever made it")
    add(
        "--rubric",
        type=Path,
        metavar="FILE",
        help="of grade: by this rubric (default: rubric.toml beside the templates)",
    )
    add("--min", type=float, metavar="N", help="of grade: so many points will do (default: all)")
    return parser


def main(report: Report | str, words: Sequence[str] | None = None) -> int:
    """Carry out the command line; the exit status. Whatever goes wrong costs one line, no traceback.

    report: the declaration, or where it stands, "package.report:REPORT": a slip in it is then one line too.
    """
    heard: list[int] = []
    stack = contextlib.ExitStack()
    stack.enter_context(_listening(heard))
    try:
        _plain_output()
        declared = _declared(report) if isinstance(report, str) else report
        request = parse(declared, sys.argv[1:] if words is None else words)
        _carry_out(replace(request, declared=report if isinstance(report, str) else ""))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _told(INTERRUPTED, 130)
    except BrokenPipeError:  # whoever read the output has seen enough
        _no_more_output()
    except Exception as error:
        from writeup import trouble

        if heard:  # a library made another error of the interrupt
            return _told(INTERRUPTED, 130)
        if sys.stdout is not None and trouble.of_output(error):
            _no_more_output()
        return _told(f"error: {trouble.line(error)}", getattr(error, "status", 1))
    finally:
        stack.close()
    return 0


@contextlib.contextmanager
def _listening(heard: list[int]) -> Iterator[None]:
    """Interrupts are noted in `heard`, besides being raised."""

    def note(number: int, frame: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _declared(name: str) -> Report:
    """The declaration that stands under a name; a slip in it is the user's."""
    from writeup import trouble

    with trouble.told(f"{name} cannot be read"):
        return resolve(name)  # type: ignore[return-value]


def _carry_out(request: Request) -> None:
    from writeup import lock, verbs

    actions: dict[str, Callable[[Request], None]] = {
        "report": verbs.build_report,
        "train": verbs.build_report,
        "status": verbs.print_status,
        "values": verbs.print_values,
        "data": verbs.print_data,
        "measure": verbs.measure,
        "prove": verbs.prove,
        "verify": verbs.verify,
        "grade": verbs.grade,
        "archive": verbs.archive,
        "watch": verbs.watch,
        "diff": verbs.diff,
        "adopt": verbs.adopt,
        "probe": verbs.probe,
    }
    with contextlib.ExitStack() as stack:
        if request.writes:
            folder = request.report.output
            stack.enter_context(lock.held(folder, f"build.py {request.verb}", wait=request.wait))
        actions[request.verb](request)


def _plain_output() -> None:
    """What a terminal's encoding lacks is written as its code point; a closed output hears nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (until the end)
        elif (stream.encoding or "").lower().replace("-", "") != "utf8":
            with contextlib.suppress(AttributeError):
                stream.reconfigure(errors="backslashreplace")


def _told(text: str, status: int) -> int:
    print(text, file=sys.stderr)
    return status


def _no_more_output() -> None:
    """Python would try once more to write what is left when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
