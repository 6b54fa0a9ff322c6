"""From the words of a command line to a verb that is carried out."""

import argparse
import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from writeup import lock, trouble
from writeup.cli import (
    adopt,
    archive,
    data,
    diff,
    grade,
    outcome,
    prove,
    report,
    status,
    values,
    verb,
    verify,
    watch,
)
from writeup.cli.verb import Parser, Verb
from writeup.declare import Report, resolve
from writeup.request import Request

VERBS: dict[str, Verb] = {
    "report": report.REPORT,
    "train": report.TRAIN,
    "status": status.VERB,
    "values": values.VERB,
    "data": data.VERB,
    "prove": prove.VERB,
    "verify": verify.VERB,
    "grade": grade.VERB,
    "archive": archive.VERB,
    "watch": watch.VERB,
    "diff": diff.VERB,
    "adopt": adopt.ADOPT,
    "probe": adopt.PROBE,
}


def parse(
    declared: Report, words: Sequence[str], environ: Mapping[str, str] = os.environ
) -> tuple[Request, Namespace]:
    """The request behind the words of a command line, and the options of its verb; raises UserError."""
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = ["report", *words]
    listed = "\n".join(f"  {f'{name} {one.takes}':16}{one.help}" for name, one in VERBS.items())
    top = Parser(
        prog="python build.py",
        description=f"verbs (python build.py VERB --help shows the options of one):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("verb", choices=tuple(VERBS), metavar="verb")
    name = top.parse_args(words[:1]).verb
    parser = Parser(prog=f"python build.py {name}", allow_abbrev=False, description=VERBS[name].help)
    for add in VERBS[name].options:
        add(parser)
    verb.add_choosing(parser, declared)
    options = parser.parse_intermixed_args(words[1:])
    options.verb = name
    return verb.request(declared, options, environ), options


def main(declared: Report | str, words: Sequence[str] | None = None) -> int:
    """Carry out a command line; the exit status.

    declared: the report, or where it stands, "package.report:REPORT": a slip in it is then one line too.
    """

    given = sys.argv[1:] if words is None else words

    def work() -> None:
        name = declared if isinstance(declared, str) else ""
        with trouble.told(f"{name} cannot be read"):
            report: Any = resolve(name) if name else declared
        request, options = parse(report, given)
        options.declared = name
        chosen = VERBS[options.verb]
        with contextlib.ExitStack() as stack:
            if chosen.writes or getattr(options, "record", False):
                folder = request.report.output
                stack.enter_context(lock.held(folder, f"build.py {options.verb}", wait=not options.no_wait))
            chosen.run(request, options)

    return outcome.status(work, traceback="--traceback" in given)
