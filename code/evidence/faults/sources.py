"""Templates and code with slips in them."""

from evidence.faults.bad import CODE, TEMPLATE, Bad, edited, gone, written

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
REPORT, PAGE, DERIVATION = (f"code/study/{name}.py" for name in ("report", "page", "derivation"))
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
        "a part whose name leads out", "part '/../../x': allowed", REPORT, 'Part("descent"', 'Part("/../../x"'
    ),
    _code("a declaration with a syntax error", r"report\.py:\d+: ", REPORT, "both = [", "both = [["),
    _code(
        "a declaration that raises",
        r"study\.report:REPORT cannot be read: NameError",
        *(REPORT, "both = [", "both = [nobody, "),
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
    _code("a figure that nobody draws", "study.page", REPORT, '"study.page:error"', '"study.page:eror"'),
    _code("a figure that raises", "a slip", PAGE, DRAWN, f"{SLIP}\n{DRAWN}"),
    Bad("a module that is missing", "experiment", change=gone(CODE)),
    Bad("code that is not UTF-8", r"experiment\.py.*[uU][tT][fF]-8", change=written(CODE, b"x = '\xff'\n")),
)
