"""`writeup`, or `python -m writeup`: what can be done without a report."""

import argparse
import shlex
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from writeup import trouble
from writeup.cli import outcome
from writeup.cli.verb import Parser

INIT = """Lay down a small complete report in FOLDER: an experiment with its settings and seeds, a curve, a
table, a claim, a proof, and their tests; with --from a report around a script of yours. Files that are there
stay as they are. `make report` in it builds it."""
DOCTOR = "Say what this machine lacks for a report, and what to do about it."
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
    init.add_argument(
        "folder", type=Path, nargs="?", default=Path(), metavar="FOLDER", help="(default: here)"
    )
    init.add_argument(
        "--from", dest="script", type=Path, metavar="FILE", help="a Python script to start from"
    )
    verbs.add_parser("doctor", help="say what is missing here", description=DOCTOR)
    verify = verbs.add_parser("verify", help="check an archive", description=VERIFY, formatter_class=plain)
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("runs", nargs="*", metavar="PART/SEED")
    verify.add_argument("--render", action="store_true", help="render the report again")
    verify.add_argument("--data-dir", metavar="DIR", help="where the data lie")
    if words[:1] == ["verify"]:
        asked = verify.parse_intermixed_args(words[1:])
        _verify(asked.file, asked.runs, render=asked.render, data_dir=asked.data_dir)
        return
    asked = parser.parse_args(words)
    if asked.verb == "init":
        _init(asked.folder, asked.script)
    elif asked.verb == "doctor":
        from writeup.cli.doctor import doctor

        doctor()
    else:
        parser.print_help()


def _verify(path: Path, runs: Sequence[str], *, render: bool, data_dir: str | None) -> None:
    """Check an archive and print each check that passes; raises UserError for the first that fails.

    What is in the archive is read in a process that can be stopped. Its code runs only if `render` or `runs`
    ask for it.
    """
    from writeup import apart
    from writeup.archive import checking

    def say(lines: Iterable[str], indent: str = "  ") -> None:
        """Names and messages of an archive are printed as text, whatever they hold."""
        for line in lines:
            deeper = " " * (len(line) - len(line.lstrip(" ")))
            print(f"{indent}{deeper}{trouble.one_line(line)}", flush=True)

    with tempfile.TemporaryDirectory(prefix="writeup-verify-") as name:
        folder = Path(name).resolve()
        laid, lines = apart.call(lambda: checking.checked(path, folder), what=str(path))
        say(lines[:1], "")
        say(lines[1:])
        if render or runs:
            from writeup.archive import again

            say(again.render(laid) if render else ())
            say(again.compute(laid, runs, data_dir))
        if not render:
            made = " and ".join(Path(one).name for one in laid.forms)
            say([f"not rendered again: {made}; --render does it, and runs code of the archive"])


def _init(folder: Path, script: Path | None) -> None:
    """Lay the project down; print the files and what to type next."""
    from writeup.starting import init

    names, kept = init(folder, script)
    name = trouble.one_line(str(folder))
    print(f"{name}: a report of its own")
    for line in textwrap.wrap("  ".join(names), 100, break_long_words=False, break_on_hyphens=False):
        print(f"  {line}")
    if kept:
        print(f"as they were: {'  '.join(kept)}")
    print("next:")
    if script:
        print("  look over code/study/report.py, which says what the script takes, reads and writes")
    if folder != Path():
        print(f"  cd {shlex.quote(name)}")
    if "Makefile" in kept:
        print(f"  pip install {next(one for one in (*names, *kept) if one.endswith('.whl'))}")
        print("  python build.py report")
        return
    print(f"  make report        # once it makes .venv; or now: make report PY={shlex.quote(sys.executable)}")
    if not script:
        print("  make test")
