"""The Jinja2 environment of a report: LaTeX-safe delimiters, escaped data, number formats, code listings.

`<< expression >>` prints, `<% statement %>` controls, `<# comment #>` vanishes. Whatever an expression
yields is escaped for LaTeX unless it is `Tex`; an undefined name is an error.
"""

import ast
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from writeup.errors import UserError
from writeup.page.completeness import honest
from writeup.page.source.latex import LITERAL
from writeup.results.values import Value

Tex = Markup  # text that is LaTeX already

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "`": r"\`{}",  # \textasciigrave means nothing to pandoc
    "-": "-{}",  # no ligature: -- in data stays two hyphens
    "\n": " ",
    "\t": " ",
}
LONG = 35  # lines; a shorter listing stands on one page
TYPESETTABLE = frozenset("–—‘’“”…€†‡•‰™")
NOT_IN_T1 = frozenset("ĦħĸĿŀŉŦŧſ\xad")  # pdfLaTeX stops at these; a soft hyphen is invisible


LIGATURE = re.compile("'(?=')|,(?=,)")  # of two characters that TeX would make another of


def escape(value: object) -> Tex:
    """`value` as LaTeX that prints its text. Characters that the fonts lack appear as their code point."""
    if hasattr(value, "__html__"):
        return Tex(value.__html__())
    if isinstance(value, float | Value):
        shown = value.mean if isinstance(value, Value) else value
        raise UserError(f"a bare number {shown!r} in a template: say its format, for example | fixed(2)")
    return Tex(LIGATURE.sub(r"\g<0>{}", "".join(_character(c) for c in str(value))))


def _character(c: str) -> str:
    if c in SPECIAL:
        return SPECIAL[c]
    if " " <= c < "\x7f" or ("\xa1" <= c < "\u0180" and c not in NOT_IN_T1) or c in TYPESETTABLE:
        return c
    return rf"\texttt{{U+{ord(c):04X}}}"


@honest
def fixed(value: Value | float, digits: int = 2) -> Tex:
    """A number with so many decimals; of a Value its mean. Unless negative it fits into formulas too."""
    text = f"{_number(value):,.{digits}f}".replace(",", r"\,")
    if not text.startswith("-"):
        return Tex(text)
    return Tex(f"${text}$") if any(c in "123456789" for c in text) else Tex(text[1:])


@honest
def spread(value: Value, digits: int = 2) -> Tex:
    """Mean and standard deviation over the runs; of one run the number alone."""
    if value.runs == 1:
        return fixed(value, digits)
    return Tex(rf"${fixed(value, digits).strip('$')} \pm {_finite(value.std):.{digits}f}$")


@honest
def pct(value: Value | float, digits: int = 2) -> Tex:
    """A number that is in percent already, with its sign."""
    return fixed(value, digits) + Tex(r"\,\%")


@honest
def spread_pct(value: Value, digits: int = 2) -> Tex:
    """Mean and standard deviation, in percent."""
    return spread(value, digits) + Tex(r"\,\%")


@honest
def integer(value: Value | float) -> Tex:
    """A whole number with thin spaces between thousands."""
    return fixed(value, 0)


@honest
def sig(value: Value | float, digits: int = 3) -> Tex:
    """A number with so many significant digits, as a power of ten where it is very small or very large."""
    number = _number(value)
    if number == 0 or 1e-4 <= abs(number) < 1e6:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(number)))) if number else 0
        return fixed(number, decimals)
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    return Tex(rf"${mantissa} \times 10^{{{int(exponent)}}}$")


@honest
def p_value(p: float) -> Tex:
    """`p = 0.012`, or `p < 0.001`."""
    return Tex("$p < 0.001$") if _finite(p) < 0.001 else Tex(f"$p = {p:.3f}$")


def with_units(text: str, units: Sequence[str]) -> str:
    """The page's text with each of these words tied to the number before it, where LaTeX reads the text."""
    if not units:
        return text
    gap = re.compile(rf"{LITERAL.pattern}|(?<=[\d$])\s(?=(?:{'|'.join(map(re.escape, units))})\b)", re.DOTALL)
    return gap.sub(lambda found: "~" if found[0].isspace() else found[0], text)


def _number(value: Value | float) -> float:
    return _finite(value.mean if isinstance(value, Value) else value)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise UserError(f"a number in the report is {number}")
    return float(number)


def verbatim(lines: Iterable[str]) -> Tex:
    """Lines of a log, as they are."""
    body = "\n".join(lines)
    if "\\end{verbatim}" in body:
        raise UserError("a log line contains \\end{verbatim} and would leave its box")
    return Tex(f"{_breaks(body)}\\begin{{verbatim}}\n{body}\n\\end{{verbatim}}")


def listing(path: Path, *names: str, docstrings: bool = False) -> str:
    """The source of top-level `names` (functions, classes, assignments, Class.method) of the file `path`.

    Read from the file, not from an imported object: rendering needs none of the program's dependencies.
    """
    text = path.read_text(encoding="utf-8")
    tree = _parsed(text)
    lines = text.splitlines()
    return "\n\n".join(_definition(path, tree, lines, name, docstrings) for name in names)


@lru_cache(maxsize=64)  # a module has many figures, and each of them is listed
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _definition(path: Path, tree: ast.Module, lines: Sequence[str], name: str, docstrings: bool) -> str:
    scope: Sequence[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((n for n in scope if part in _names(n)), None)
        if node is None:
            raise UserError(f"{path.name} defines no {name!r}: a listing in a template names it")
        scope = getattr(node, "body", [])
    assert node is not None
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    kept = {row: lines[row - 1] for row in range(first, (node.end_lineno or node.lineno) + 1)}
    if not docstrings:
        for child in ast.walk(node):
            body = getattr(child, "body", None)
            if (
                isinstance(child, ast.FunctionDef | ast.ClassDef)
                and body
                and ast.get_docstring(child) is not None
            ):
                for row in range(body[0].lineno, (body[0].end_lineno or body[0].lineno) + 1):
                    kept.pop(row, None)
                # the blank line that set the docstring apart
                following = (body[0].end_lineno or body[0].lineno) + 1
                if following in kept and not kept[following].strip():
                    kept.pop(following)
    return textwrap.dedent("\n".join(kept[row].rstrip() for row in sorted(kept)))


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def code_block(text: str, caption: object, label: str) -> Tex:
    """A captioned listing of Python source."""
    if "\\end{lstlisting}" in text:
        raise UserError(f"the listing {label} contains \\end{{lstlisting}} and would leave its box")
    options = f"language=Python, caption={{{escape(caption)}}}, label={{{label}}}"
    return Tex(f"{_breaks(text)}\\begin{{lstlisting}}[{options}]\n{text}\n\\end{{lstlisting}}")


def _breaks(text: str) -> str:
    """What lets a listing run over pages, for long ones."""
    return "\\longlisting\n" if text.count("\n") + 1 >= LONG else ""


@dataclass(frozen=True)
class Table:
    """What booktabs() takes; `align` has a letter (l, c, r) for each column of `head`."""

    head: Sequence[object]
    rows: Sequence[Sequence[object]]
    align: str


def by_columns(columns: Mapping[str, tuple[str, Sequence[object]]]) -> Table:
    """A table from its columns: head -> (letter of its alignment, cells). A head stands where its cells are
    made, so that it cannot come to stand over others.
    """
    aligns, cells = zip(*columns.values(), strict=True)
    return Table(list(columns), [list(row) for row in zip(*cells, strict=True)], "".join(aligns))


def booktabs(head: Sequence[object], rows: Sequence[Sequence[object]], align: str) -> Tex:
    """A tabular with few rules. align: one letter (l, c, r) a column."""
    if not len(head) == len(align) or any(len(row) != len(head) for row in rows):
        raise UserError(f"a table's rows do not fit its head {[str(h) for h in head]}")
    body = "\n".join(" & ".join(escape(cell) for cell in row) + r" \\" for row in rows)
    top = " & ".join(escape(cell) for cell in head)
    inner = f"\\toprule\n{top} \\\\\n\\midrule\n{body}\n\\bottomrule"
    return Tex(f"\\begin{{tabular}}{{{align}}}\n{inner}\n\\end{{tabular}}")


def bold(value: object) -> Tex:
    """The best entry of a column."""
    text = escape(value)
    if text.startswith("$") and text.endswith("$"):
        return Tex(rf"$\mathbf{{{text[1:-1]}}}$")
    return Tex(rf"\textbf{{{text}}}")


def sentence(text: object) -> Tex:
    """Prose that begins a sentence: its first letter, where it is one, in upper case."""
    tex = escape(text).strip()
    return Tex(tex[:1].upper() + tex[1:])


def plain(value: Any, reason: str) -> Any:
    """What a template says by itself, with the reason why it may; see `writeup.page.source.wording`."""
    return Tex(value) if isinstance(value, str) else value


FILTERS: Mapping[str, Callable[..., Tex]] = {
    "fixed": fixed,
    "spread": spread,
    "pct": pct,
    "spread_pct": spread_pct,
    "integer": integer,
    "sig": sig,
    "p_value": p_value,
    "verbatim": verbatim,
    "tex": Tex,
    "bold": bold,
    "sentence": sentence,
}


def environment(folder: Path, *, sandboxed: bool = False) -> jinja2.Environment:
    """The environment for the templates in `folder`. sandboxed: they are somebody else's."""
    env = (SandboxedEnvironment if sandboxed else jinja2.Environment)(
        loader=jinja2.FileSystemLoader(folder),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # macros return Markup; `finalize` escapes for LaTeX before Jinja would for HTML
        finalize=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(FILTERS)
    env.globals["plain"] = plain
    return env


@lru_cache(maxsize=4)  # it compiles a template again where its file changed, and no other
def _kept_environment(folder: Path, sandboxed: bool) -> jinja2.Environment:
    return environment(folder, sandboxed=sandboxed)


def render(folder: Path, name: str, context: Mapping[str, Any], *, sandboxed: bool = False) -> str:
    """Render the template `name`; what is wrong in it becomes one line with file and line number."""
    env = _kept_environment(folder, sandboxed)
    try:
        return env.get_template(name).render(context)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{folder.name}/{error.name}:{error.lineno}: {error.message}") from None
    except jinja2.TemplateNotFound as error:
        raise UserError(f"{folder.name}/{error.name}: no such template") from None
    except jinja2.UndefinedError as error:
        raise UserError(f"{_place(error, folder)}: {error.message}") from None
    except UserError as error:
        raise UserError(f"{_place(error, folder)}: {error}") from None
    except Exception as error:  # an expression can raise anything
        raise UserError(f"{_place(error, folder)}: {type(error).__name__}: {error}") from None


def _place(error: BaseException, folder: Path) -> str:
    place = f"{folder.name}/?"
    traceback = error.__traceback__
    while traceback:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if folder in file.parents:
            place = f"{folder.name}/{file.relative_to(folder)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
