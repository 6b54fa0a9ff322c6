"""What people mistype, break or forget: each is answered in one line, and no result is touched."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from evidence.faults.bad import TEMPLATE, TITLE, Bad, both, edited, gone, report, words, written
from evidence.faults.builds import GRADE, Way
from evidence.faults.sources import CODES, START, TEMPLATES
from writeup.files import discard

NOBODY = 65534
COMMANDS = (
    Bad("an unknown verb", "invalid choice: 'repot'", words("repot")),
    Bad("an unknown option", "unrecognized arguments", words("report", "--sets")),
    Bad("an unknown preset", "unknown preset 'fast'; allowed", words("report", "--preset", "fast")),
    Bad("an unknown part", "unknown part; allowed", words("report", "--only", "vae")),
    Bad("no run", "--seeds 0: allowed", words("report", "--seeds", "0")),
    Bad("too many runs", "--seeds 101: allowed", words("report", "--seeds", "101")),
    Bad("runs that are no number", "--seeds", words("report", "--seeds", "many")),
    Bad("less than no process", "-1: allowed", words("report", "--jobs", "-1")),
    Bad("an unknown engine", "unknown engine nope", words("report", "--engine", "nope")),
    Bad("a data folder that is not there", "no such folder", words("report", "--data-dir", "/no/such/place")),
    Bad("a word too many", "unrecognized arguments: now", words("report", "now")),
    Bad("no such value", "no recorded value matches", words("values", "no/such")),
    Bad("no such commit", "no-such-commit", words("adopt", "no-such-commit")),
    Bad("adopt without a commit", "arguments are required: REF", words("adopt")),
    Bad("no such commit to compare", "no-such-commit", words("diff", "no-such-commit")),
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


def _title(name: str, says: str, old: str, new: str) -> Bad:
    return Bad(name, rf"assignment\.toml.*{says}", change=edited(TITLE, old, new))


def _in_place(name: str, says: str, text: str | bytes) -> Bad:
    return Bad(name, says, change=written(TITLE, text))


def _cited(name: str, says: str, text: str) -> Bad:
    return Bad(name, says, change=written("templates/references.bib", text))


TITLES = (
    _title("a list of authors", ":4: author: expected text", '"Your name"', '["A", "B"]'),
    _title("a number as title", ":3: title: expected text", '"A penalty on the weights"', "3"),
    _title("an unknown key", ":4: autor: no template prints it", "author", "autor"),
    _title("an unknown sheet", ": paper = 'a5'", '"a4"', '"a5"'),
    _title("an unknown language", ": language = 'xx'", '"en"', '"xx"'),
    _title("an unknown part", ": parts: 'nope' is no part", '["*"]', '["nope"]'),
    _in_place("a title page with a syntax error", r"assignment\.toml: .*line 1", "title = A"),
    _in_place(
        "a table in the title page",
        r"assignment\.toml:\d: more",
        'title = "a"\nauthor = "b"\n[more]\nx = 1\n',
    ),
    _in_place("no author", r"assignment\.toml: author is missing", 'title = "a"\n'),
    _in_place("an empty title page", r"assignment\.toml: (author|title) is missing", ""),
    _in_place("a title page that is not UTF-8", r"assignment\.toml: not UTF-8", b'title = "\xff"'),
    Bad("no title page", r"assignment\.toml: No such file", change=gone(TITLE)),
    Bad("a folder as title page", r"assignment\.toml: Is a directory", change=gone(TITLE, folder=True)),
    _cited("references with a syntax error", r"references\.bib:\d+: ", "@book{a"),
    _cited("a reference without a title", "a has no title", "@book{a, author={b}, year=1999}"),
    _cited(
        "a reference that runs a script",
        "begins with http",
        "@misc{a, author={b}, title={c}, year=1999, url={javascript:alert(1)}}",
    ),
)
GRADED = words(*GRADE)
RUBRIC, FIRST = "templates/rubric.toml", '[[problem]]\ntitle = "Experiment"'
FIGURE = 'figure = "Error on new points"'


def _rubric(name: str, says: str, old: str, new: str) -> Bad:
    return Bad(name, says, GRADED, edited(RUBRIC, old, new))


GRADES = (
    _rubric("a rubric with a syntax error", r"rubric\.toml: .*line \d+", FIRST, "[[problem]"),
    _rubric("a rubric with an unknown key", "unknown key 'pionts'", FIRST, f"{FIRST}\npionts = 1"),
    _rubric("points that are no number", "problem 1: points must be", "points = 50", 'points = "many"'),
    _rubric(
        "a problem without items", "none of its items bears points", FIRST, f"{FIRST}\npoints = 1\n{FIRST}"
    ),
    _rubric("nothing that is looked for", "is wanted, found none", FIGURE, ""),
    _rubric("a pattern that is none", "figure must be a pattern", FIGURE, 'figure = "("'),
    _rubric("a check that is none", "check must be one of", 'check = "visible"', 'check = "nothing"'),
    Bad("a rubric that is not UTF-8", r"rubric\.toml: not UTF-8", GRADED, written(RUBRIC, b"\xff")),
    Bad("no rubric", r"rubric\.toml: No such file", GRADED, gone(RUBRIC)),
    Bad("nothing to grade", r"report\.pdf: No such file.*make report", GRADED, gone("report/report.pdf")),
    Bad("a page in place of the PDF", "no PDF", GRADED, written("report/report.pdf", "<html>")),
    Bad(
        "a figure that nobody can put into words",
        "figure error cannot be put into words: ValueError: a slip",
        GRADED,
        edited("code/study/page.py", "    ends = []", '    raise ValueError("a slip")'),
    ),
)


def places() -> Iterator[Bad]:
    """Places that cannot be written to, and outputs that cannot."""
    anew = edited(TEMPLATE, START, f"{START}\nAnother text.")
    yield Bad("a report folder that is a file", "report: ", change=_a_file_as_report)
    yield Bad("a link in place of the figures", "report/figures: a link", change=_a_link_as_figures)
    yield Bad(
        "a cache that is a file",
        "/dev/null",
        Way(environ={"WRITEUP_CACHE": "/dev/null"}),
        both(gone("report/results/descent"), gone("report/.report.state.json")),
    )
    yield Bad("a full standard output", "No space left", replace(words("values"), stdout="/dev/full"))
    if os.geteuid() == 0:
        yield Bad(
            "no permission to write", "Permission denied; give yourself", replace(report(), user=NOBODY), anew
        )


def _a_file_as_report(root: Path) -> None:
    discard(root / "report")
    (root / "report").write_text("no folder", encoding="utf-8")


def _a_link_as_figures(root: Path) -> None:
    discard(root / "report" / "figures")
    (root / "report" / "figures").symlink_to(root / "templates")


def cases() -> list[Bad]:
    return [*COMMANDS, *TITLES, *TEMPLATES, *CODES, *GRADES, *places()]
