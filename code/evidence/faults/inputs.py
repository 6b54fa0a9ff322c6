"""What people mistype, break or forget: each is answered in one line, and results stay untouched."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evidence.faults import builds, project
from evidence.faults.builds import GRADE, REPORT, Way
from evidence.trials import Trial
from writeup.files import discard

TEMPLATE, TITLE, CODE = "templates/report.tex.j2", "templates/assignment.toml", "code/study/experiment.py"
START = r"\section{Experiment}"  # of the template
NOBODY = 65534  # a user
Change = Callable[[Path], object]


@dataclass(frozen=True)
class Bad:
    """change(root) breaks something; the build `way` then says what, by words that match `says`."""

    name: str
    says: str
    way: Way = field(default_factory=Way)
    change: Change = lambda root: None


def tried(whole: Path, root: Path, cases: Sequence[Bad]) -> Iterator[Trial]:
    """Each of them. whole: a project whose report is current."""
    for bad in cases:
        with project.copy(whole, root):
            yield Trial(bad.name, _wrong(root, bad))


def _wrong(root: Path, bad: Bad) -> str:
    bad.change(root)
    before = project.kept(root)
    built = builds.run(root, bad.way)
    if not built.one_line:
        return f"status {built.status}: {' '.join(built.said.split())[-300:]}"
    if not re.search(bad.says, built.err):
        return f"it says {built.err.strip()!r}, not {bad.says!r}"
    return "" if project.kept(root) == before else "results or report were touched"


def words(*some: str) -> Way:
    return Way(words=some)


def report(*some: str) -> Way:
    return Way(words=(*REPORT, *some))


def written(name: str, text: str | bytes) -> Change:
    """A file with this content."""
    data = text.encode() if isinstance(text, str) else text
    return lambda root: (root / name).write_bytes(data)


def edited(name: str, old: str, new: str) -> Change:
    """A file in which something is replaced."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def gone(name: str, *, folder: bool = False) -> Change:
    """A file that is missing, or a folder in its place."""

    def change(root: Path) -> None:
        discard(root / name)
        if folder:
            (root / name).mkdir()

    return change


def both(*changes: Change) -> Change:
    return lambda root: [change(root) for change in changes]


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
AT = r"report\.tex\.j2:\d+: "


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
MAIN, PAGE, DERIVATION = (f"code/study/{name}.py" for name in ("report", "page", "derivation"))
LOOP, DRAWN = "    for _ in range(config.steps):", "    figure, axes"
SLIP = '    raise ValueError("a slip")'


def _code(name: str, says: str, file: str, old: str, new: str) -> Bad:
    return Bad(name, says, change=edited(file, old, new))


CODES = (
    _code("an experiment with a syntax error", r"experiment\.py:\d+: ", CODE, "def points(", "def points(("),
    _code(
        "an experiment that raises",
        r"descent\w* seed 0 cannot be computed: ValueError: a slip \(experiment\.py:\d+\)",
        *(CODE, LOOP, f"{SLIP}\n{LOOP}"),
    ),
    _code("a result that is no number", "no finite number", CODE, "errors[-1]}", 'float("nan")}'),
    _code(
        "a part whose name leads out",
        "part '/../../x': allowed",
        MAIN,
        'Part("descent"',
        'Part("/../../x"',
    ),
    _code("a declaration with a syntax error", r"report\.py:\d+: ", MAIN, "both = [", "both = [["),
    _code(
        "a declaration that raises",
        r"study\.report:REPORT cannot be read: NameError",
        *(MAIN, "both = [", "both = [nobody, "),
    ),
    _code("a derivation with a syntax error", r"derivation\.py:\d+: ", DERIVATION, "steps = (", "steps = (("),
    _code(
        "a wrong sign in a derivation",
        "derivation gradient, step ",
        DERIVATION,
        "-x * residual",
        "x * residual",
    ),
    _code("a figure with a syntax error", r"page\.py:\d+: ", PAGE, "def error(", "def error(("),
    _code("a figure that nobody draws", "study.page", MAIN, '"study.page:error"', '"study.page:eror"'),
    _code("a figure that raises", "a slip", PAGE, DRAWN, f"{SLIP}\n{DRAWN}"),
    Bad("a module that is missing", "experiment", change=gone(CODE)),
    Bad("code that is not UTF-8", r"experiment\.py.*[uU][tT][fF]-8", change=written(CODE, b"x = '\xff'\n")),
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
    """All of them, by what is broken."""
    return [*COMMANDS, *TITLES, *TEMPLATES, *CODES, *GRADES, *places()]
