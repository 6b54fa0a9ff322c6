"""`writeup`, or `python -m writeup`: what can be done without a report."""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from writeup import trouble
from writeup.cli import outcome
from writeup.cli.verb import Parser

INIT = """Lay down a small complete report in FOLDER, which is new or empty: an experiment with its settings
and seeds, a curve, a table, a claim, a proof, and their tests. `make report` in it builds it."""
VERIFY = """Check that the files in FILE, made by `build.py archive`, belong together. Code of the archive
runs only if you ask for it: --render renders the report again and compares it; a run that is named, or each
run of a PART that is named, is computed again in full."""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line; the exit status."""
    return outcome.status(lambda: _carry_out(sys.argv[1:] if words is None else words))


def _carry_out(words: Sequence[str]) -> None:
    parser = Parser(prog="writeup", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    plain = argparse.RawDescriptionHelpFormatter
    init = verbs.add_parser("init", help="start a report", description=INIT, formatter_class=plain)
    init.add_argument("folder", type=Path, metavar="FOLDER")
    verify = verbs.add_parser("verify", help="check an archive", description=VERIFY, formatter_class=plain)
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("runs", nargs="*", metavar="PART/SEED")
    verify.add_argument("--render", action="store_true", help="render the report again")
    verify.add_argument("--data-dir", metavar="DIR", help="where the data lie")
    if words[:1] == ["verify"]:
        _verify(verify, words[1:])
    elif parser.parse_args(words).verb == "init":
        _init(init.parse_args(words[1:]).folder)
    else:
        parser.print_help()


def _verify(parser: Parser, words: Sequence[str]) -> None:
    from writeup.archive import verifying

    asked = parser.parse_intermixed_args(words)
    verifying.verify(asked.file, asked.runs, render=asked.render, data_dir=asked.data_dir)


def _init(folder: Path) -> None:
    """Lay the project down; print the files and what to type next."""
    from writeup.starting import init

    names = init(folder)
    name = trouble.one_line(str(folder))
    print(f"{name}: a report of its own")
    for line in textwrap.wrap("  ".join(names), 100, break_long_words=False, break_on_hyphens=False):
        print(f"  {line}")
    print("next:")
    if folder != Path():
        print(f"  cd {shlex.quote(name)}")
    print(f"  make report        # once it makes .venv; or now: make report PY={shlex.quote(sys.executable)}")
    print("  make test")
