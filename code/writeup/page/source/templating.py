"""The Jinja2 environment of a report: LaTeX-safe delimiters, escaped data, filters and functions.

`<< expression >>` prints, `<% statement %>` controls, `<# comment #>` vanishes. Whatever an expression
yields is escaped for LaTeX unless it is `Tex`; an undefined name is an error.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from writeup.errors import UserError
from writeup.files import read_text
from writeup.page.source import derivations, formats, listings
from writeup.page.source.formats import Tex, escape

# What a line of a template prints in other words: expressions, statements, comments, citations.
_PUT_IN = re.compile(r"<<.*?>>|<%.*?%>|<#.*?#>|\\cite[pt]?\*?(?:\[[^\]]*\])*\{[^{}]*\}")


def plain(value: Any, reason: str) -> Any:
    """What a template says by itself, with the reason why it may; see `writeup.page.source.wording`."""
    return Tex(value) if isinstance(value, str) else value


def tex(value: object) -> Tex:
    """Text that is LaTeX already, as it is."""
    return Tex(value)


FILTERS: Mapping[str, Callable[..., Tex]] = {
    one.__name__: one
    for one in (
        *(formats.fixed, formats.spread, formats.pct, formats.spread_pct, formats.integer, formats.sig),
        *(formats.p_value, formats.bold, formats.sentence, listings.verbatim, tex),
    )
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *(plain, formats.booktabs, listings.code_block),
        *(derivations.derivation, derivations.formula, derivations.assumptions),
    )
}


def environment(folder: Path) -> jinja2.Environment:
    """The environment for the templates in `folder`."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder, encoding="utf-8-sig"),
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
    env.globals.update(FUNCTIONS)
    return env


@lru_cache(maxsize=128)
def parsed(text: str) -> jinja2.nodes.Template:
    """The tree of a template; raises jinja2.TemplateSyntaxError."""
    return environment(Path()).parse(text)


# It compiles a template again where its file changed, and no other.
_kept_environment = lru_cache(maxsize=4)(environment)


def render(folder: Path, name: str, context: Mapping[str, Any]) -> str:
    """Render the template `name`; what is wrong in it becomes one line with file and line number."""
    env = _kept_environment(folder)
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


def line_of(folder: Path, printed: str) -> str:
    """`templates/section.tex.j2:12`, the line of a template that printed a line of report.tex; "" where more
    than one may have, or none of its words are typed.
    """
    found: dict[str, int] = {}  # place -> how many letters of it are typed
    for path in sorted(folder.rglob("*.j2")):
        for number, line in enumerate(read_text(path).replace("~", " ").splitlines(), 1):
            typed = _PUT_IN.split(line)
            if re.fullmatch(".*".join(map(re.escape, typed)), printed.replace("~", " ")):
                found[f"{folder.name}/{path.relative_to(folder)}:{number}"] = len("".join(typed).strip())
    most = max(found.values(), default=0)
    places = [place for place, letters in found.items() if letters == most]
    return places[0] if most and len(places) == 1 else ""
