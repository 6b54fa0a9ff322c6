"""From the words of a command line to a verb that is carried out."""

import argparse
import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from writeup import files, lock, trouble
from writeup.cli import (
    adopt,
    archive,
    data,
    diff,
    grade,
    outcome,
    probe,
    prove,
    report,
    status,
    train,
    values,
    verb,
    verify,
    watch,
)
from writeup.cli.verb import Parser, Verb
from writeup.declare import Report, resolve
from writeup.request import Request
from writeup.runs import seen  # noqa: F401  # watches from here on, also what the declaration imports

ORDER = report, train, status, values, data, prove, verify, grade, archive, watch, diff, adopt, probe
VERBS: dict[str, Verb] = {module.__name__.rpartition(".")[2]: module for module in ORDER}


def listed() -> Iterator[tuple[str, str]]:
    """Each verb with what it takes, and its help."""
    for name, chosen in VERBS.items():
        text = " ".join((chosen.__doc__ or "").split()).rstrip(".")
        yield f"{name} {getattr(chosen, 'TAKES', '')}".strip(), text[0].lower() + text[1:]


def parse(
    declared: Report, words: Sequence[str], environ: Mapping[str, str] = os.environ
) -> tuple[Request, Namespace]:
    """The request behind the words of a command line, and the options of its verb; raises UserError."""
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = ["report", *words]
    lines = "\n".join(f"  {words:16}{text}" for words, text in listed())
    top = Parser(
        prog="python build.py",
        description=f"verbs (python build.py VERB --help shows the options of one):\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("verb", choices=tuple(VERBS), metavar="verb")
    name = top.parse_args(words[:1]).verb
    parser = Parser(prog=f"python build.py {name}", allow_abbrev=False, description=VERBS[name].__doc__)
    VERBS[name].options(parser)
    verb.add_choosing(parser, declared)
    options = parser.parse_intermixed_args(words[1:])
    options.verb = name
    return Request.of(declared, **verb.choices(options, environ)), options


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
        files.refuse_links(request.report.root, request.report.output)
        chosen = VERBS[options.verb]
        with contextlib.ExitStack() as stack:
            if getattr(chosen, "WRITES", False) or getattr(options, "record", False):
                stack.enter_context(lock.held(request.report.output, f"build.py {options.verb}"))
            chosen.run(request, options)

    return outcome.status(work, traceback="--traceback" in given)
