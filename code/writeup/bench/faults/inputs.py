"""What people mistype, break or forget: each is answered in one line, and no result is touched."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from writeup.bench.faults import builds, digests, subject
from writeup.bench.faults.builds import REPORT, Way
from writeup.files import discard

TEMPLATE, TITLE, CODE = "templates/report.tex.j2", "templates/assignment.toml", "code/study/experiment.py"
NOBODY = 65534


@dataclass(frozen=True)
class Bad:
    """change(root) breaks something; the build `way` then says what, by words that match `says`."""

    name: str
    says: str
    way: Way = field(default_factory=Way)
    change: Callable[[Path], object] = lambda root: None


def tried(whole: Path, root: Path, cases: Sequence[Bad], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """A row a bad input. whole: a project whose report is current."""
    rows = []
    for bad in cases:
        with subject.copy(whole, root):
            wrong = _one(root, bad)
        rows.append({"input": bad.name, "wrong": wrong})
        say(f"{bad.name}: {wrong or 'answered'}")
    return rows


def _one(root: Path, bad: Bad) -> str:
    bad.change(root)
    before = digests.kept(root)
    built = builds.run(root, bad.way)
    if not built.one_line:
        return f"status {built.status}: {' '.join(built.said.split())[-300:]}"
    if not re.search(bad.says, built.err):
        return f"it says {built.err.strip()!r}, not {bad.says!r}"
    return "" if digests.kept(root) == before else "results or report were touched"


def words(*some: str) -> Way:
    return Way(words=some)


def report(*some: str) -> Way:
    return Way(words=(*REPORT, *some))


def written(name: str, text: str | bytes) -> Callable[[Path], object]:
    """A file with this content."""
    data = text.encode() if isinstance(text, str) else text
    return lambda root: (root / name).write_bytes(data)


def edited(name: str, old: str, new: str) -> Callable[[Path], object]:
    """A file in which something is replaced."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def gone(name: str, *, folder: bool = False) -> Callable[[Path], object]:
    """A file that is missing, or a folder in its place."""

    def change(root: Path) -> None:
        discard(root / name)
        if folder:
            (root / name).mkdir()

    return change


def both(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [change(root) for change in changes]


COMMANDS = (
    Bad("an unknown verb", "invalid choice: 'repot'", words("repot")),
    Bad("an unknown option", "unrecognized arguments", words("report", "--sets")),
    Bad("an unknown preset", "unknown preset 'fast'; allowed", words("report", "--preset", "fast")),
    Bad("an unknown part", "unknown part; allowed", words("report", "--only", "vae")),
    Bad("no run", "--seeds 0: allowed", words("report", "--seeds", "0")),
    Bad("too many runs", "--seeds 101: allowed", words("report", "--seeds", "101")),
    Bad("runs that are no number", "--seeds", words("report", "--seeds", "many")),
    Bad("no process", "--jobs 0: allowed", words("report", "--jobs", "0")),
    Bad("an unknown engine", "unknown engine nope", words("report", "--engine", "nope")),
    Bad("a data folder that is not there", "no such folder", words("report", "--data-dir", "/no/such/place")),
    Bad("a word too many", "report takes no 'now'", words("report", "now")),
    Bad("no such value", "no recorded value matches", words("values", "no/such")),
    Bad("no such commit", "no-such-commit", words("adopt", "no-such-commit")),
    Bad("adopt without a commit", "adopt takes one REF", words("adopt")),
    Bad("no such timing", "measure nothing: unknown", words("measure", "nothing")),
    Bad("no such run", "verify nobody: unknown", words("verify", "nobody")),
    Bad(
        "a cluster that is not there",
        "--dask tcp://127.0.0.1:9",
        report("--dask", "tcp://127.0.0.1:9", "--set", "descent.steps=3"),
    ),
    Bad("an override without a field", "expected part.field=value", report("--set", "steps")),
    Bad("an override of no part", "unknown part 'ascent'", report("--set", "ascent.steps=3")),
    Bad("an override of no field", "unknown field 'step'", report("--set", "descent.step=3")),
    Bad("a number that is none", "not of type int", report("--set", "descent.steps=many")),
    Bad("half a step", "not of type int", report("--set", "descent.steps=1.5")),
    Bad("a negative penalty", "not allowed", report("--set", "descent.penalty=-1")),
    Bad("a rate that is no number", "not allowed", report("--set", "descent.rate=nan")),
    Bad("an infinite rate", "not allowed", report("--set", "descent.rate=inf")),
    Bad("a rate at which it explodes", "no finite number", report("--set", "descent.rate=1e30")),
)
TITLES = (
    Bad(
        "a title page with a syntax error", r"assignment\.toml: .*line 1", change=written(TITLE, "title = A")
    ),
    Bad(
        "a list of authors",
        r"assignment\.toml:2: author: expected text",
        change=edited(TITLE, '"Your name"', '["A", "B"]'),
    ),
    Bad(
        "a number as title",
        r"assignment\.toml:1: title: expected text",
        change=edited(TITLE, '"A penalty on the weights"', "3"),
    ),
    Bad(
        "an unknown key",
        r"assignment\.toml:2: autor: no template prints it",
        change=edited(TITLE, "author", "autor"),
    ),
    Bad(
        "a table in the title page",
        r"assignment\.toml:\d: more",
        change=written(TITLE, 'title = "a"\nauthor = "b"\n[more]\nx = 1\n'),
    ),
    Bad("no author", r"assignment\.toml: author is missing", change=written(TITLE, 'title = "a"\n')),
    Bad("an empty title page", r"assignment\.toml: (author|title) is missing", change=written(TITLE, "")),
    Bad("no title page", r"assignment\.toml: No such file", change=gone(TITLE)),
    Bad("a folder as title page", r"assignment\.toml: Is a directory", change=gone(TITLE, folder=True)),
    Bad(
        "a title page that is not UTF-8",
        r"assignment\.toml: not UTF-8",
        change=written(TITLE, b'title = "\xff"'),
    ),
    Bad(
        "references with a syntax error",
        r"references\.toml: ",
        change=written("templates/references.toml", "[a"),
    ),
    Bad(
        "a reference without a title",
        "needs authors and title",
        change=written("templates/references.toml", '[a]\nauthors = "b"\n'),
    ),
    Bad(
        "a reference that runs a script",
        "begins with https",
        change=written(
            "templates/references.toml", '[a]\nauthors = "b"\ntitle = "c"\nurl = "javascript:alert(1)"\n'
        ),
    ),
)
AT = r"report\.tex\.j2:\d+: "
START = r"\section{Experiment}"


def _template(name: str, says: str, text: str) -> Bad:
    return Bad(name, says, change=edited(TEMPLATE, START, f"{START}\n{text}"))


TEMPLATES = (
    _template("an undefined name", AT + "'nothing' is undefined", "<< nothing >>"),
    _template("a template with a syntax error", AT, "<% if %>"),
    _template("a loop without an end", AT, "<% for x in parts %>"),
    _template("an unknown filter", AT + "No filter named 'furry'", "<< meta.title | furry >>"),
    _template("a division by zero", AT, '<< plain(1 / 0, "a slip") >>'),
    _template("a filter of something else", AT, "<< parts | fixed >>"),
    _template("a filter with wrong arguments", AT, '<< v["descent/error"] | fixed(1, 2, 3) >>'),
    _template("a number without a format", AT + "a bare number", '<< v["descent/error"].mean >>'),
    _template("a value without a format", AT + "a bare number", '<< v["descent/error"] >>'),
    _template("a value that nobody recorded", AT, '<< v["descent/eror"] | spread >>'),
    _template("a typed number", AT, "It is 92.45 percent."),
    _template("a comparison", AT, "It is better than the other."),
    _template("no such template", "no such template", '<% include "nothing.j2" %>'),
    _template("a template that includes itself", "RecursionError", '<% include "report.tex.j2" %>'),
    _template(
        "a reference to nothing",
        r"undefined reference `fig:no'.*from templates/report\.tex\.j2:",
        r"\cref{fig:no}",
    ),
    _template(
        "a missing figure",
        r"missing figure.*from templates/report\.tex\.j2:",
        r"\includegraphics{figures/no.pdf}",
    ),
    _template(
        "a command that is none",
        r"report\.tex:\d+: .*\(from templates/report\.tex\.j2:\d+\)",
        r"\nosuchcommand",
    ),
    _template("a label given twice", r"given twice.*from templates/report\.tex\.j2:", r"\label{fig:error}"),
    Bad("a template that is not UTF-8", r"report\.tex\.j2: not UTF-8", change=written(TEMPLATE, b"\xff\xfe")),
    Bad("no template", r"report\.tex\.j2: ", change=gone(TEMPLATE)),
)
CODES = (
    Bad(
        "an experiment with a syntax error",
        r"experiment\.py:\d+: ",
        change=edited(CODE, "def points(", "def points(("),
    ),
    Bad(
        "code that is not UTF-8",
        r"experiment\.py: not UTF-8|experiment\.py.*utf-8",
        change=written(CODE, b"x = '\xff'\n"),
    ),
    Bad(
        "an experiment that raises",
        r"descent\w* seed 0 cannot be computed: ValueError: a slip \(experiment\.py:\d+\)",
        change=edited(
            CODE,
            "    for _ in range(config.steps):",
            '    raise ValueError("a slip")\n    for _ in range(config.steps):',
        ),
    ),
    Bad(
        "a result that is no number",
        "no finite number",
        change=edited(CODE, '{"error": errors[-1]}', '{"error": float("nan")}'),
    ),
    Bad(
        "a declaration with a syntax error",
        r"report\.py:\d+: ",
        change=edited("code/study/report.py", "both = [", "both = [["),
    ),
    Bad(
        "a declaration that raises",
        r"study\.report:REPORT cannot be read: NameError",
        change=edited("code/study/report.py", "both = [", "both = [nobody, "),
    ),
    Bad("a module that is missing", "experiment", change=gone(CODE)),
    Bad(
        "a derivation with a syntax error",
        r"derivation\.py:\d+: ",
        change=edited("code/study/derivation.py", "steps = (", "steps = (("),
    ),
    Bad(
        "a wrong sign in a derivation",
        "derivation gradient, step ",
        change=edited("code/study/derivation.py", "-x * residual", "x * residual"),
    ),
    Bad(
        "a figure with a syntax error",
        r"page\.py:\d+: ",
        change=edited("code/study/page.py", "def error(", "def error(("),
    ),
    Bad(
        "a figure that nobody draws",
        "study.page",
        change=edited("code/study/report.py", '"study.page:error"', '"study.page:eror"'),
    ),
    Bad(
        "a figure that raises",
        "a slip",
        change=edited(
            "code/study/page.py", "    figure, axes", '    raise ValueError("a slip")\n    figure, axes'
        ),
    ),
)


def places() -> Iterator[Bad]:
    """Places that cannot be written to, and outputs that cannot."""
    anew = edited(TEMPLATE, START, f"{START}\nAnother text.")
    yield Bad("a report folder that is a file", "report: ", change=_a_file_as_report)
    yield Bad(
        "a cache that is a file",
        "/dev/null",
        Way(environ={"WRITEUP_CACHE": "/dev/null"}),
        both(gone("report/results/descent"), gone("report/.report.build.json")),
    )
    yield Bad("a full standard output", "No space left", replace(words("values"), stdout="/dev/full"))
    if os.geteuid() == 0:
        yield Bad(
            "no permission to write", "Permission denied; give yourself", replace(report(), user=NOBODY), anew
        )


def _a_file_as_report(root: Path) -> None:
    discard(root / "report")
    (root / "report").write_text("no folder", encoding="utf-8")


def cases() -> list[Bad]:
    return [*COMMANDS, *TITLES, *TEMPLATES, *CODES, *places()]
