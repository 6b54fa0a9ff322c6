"""The restricted LaTeX of our templates: the checks before an engine runs, and what pandoc needs rewritten.

A report uses `equation`, `align`, `figure`, `table`, `longtable`, `lstlisting`, `\\label`, `\\cref` and the
like. Every engine gets the same text, so one check serves all: figures exist, each reference has one
target, and no equation carries a number that nothing could refer to (only labelled lines are numbered).
"""

import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from writeup.errors import UserError

_LITERAL = re.compile(
    r"\\begin\{(verbatim|lstlisting)\}(.*?)\\end\{\1\}|(?<!\\)%[^\n]*|\\verb(\W).*?\3", re.DOTALL
)
_TOKEN = re.compile(
    r"\\begin\{[^}]*\}|\\end\{[^}]*\}|\\\\\*?(?:\[[^\]]*\])?|\\[A-Za-z]+|\\.|[{}&,\]]", re.DOTALL
)
_LINK = re.compile(r"\\(?:hyperlink|hyperref|hypertarget|href|url|footnote|[cC]ref|eqref|ref)\b")
_UNSUPPORTED = ("gather", "multline", "eqnarray", "flalign", "alignat", "eqnarray*", "flalign*", "alignat*")


@dataclass(frozen=True)
class Document:
    """A .tex file; `bare` is its text with comments and literal blocks blanked, each line break in place."""

    path: Path
    text: str

    @cached_property
    def bare(self) -> str:
        return _LITERAL.sub(_blank, self.text)

    @property
    def figures(self) -> list[str]:
        """The paths that \\includegraphics names, relative to the document's folder."""
        return [m[1] for m in re.finditer(r"\\includegraphics\s*(?:\[[^\]]*\])?\{([^}]*)\}", self.bare)]

    @property
    def pagemark(self) -> str:
        """Text of `\\newcommand{\\pagemark}{...}`, shown on every page; "" where there is none."""
        found = re.search(r"\\newcommand\{\\pagemark\}\{([^{}]*)\}", self.bare)
        return found[1].strip() if found else ""

    @property
    def colours(self) -> dict[str, str]:
        """Name -> "#rrggbb" of each `\\definecolor{name}{HTML}{rrggbb}`."""
        found = re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{([0-9A-Fa-f]{6})\}", self.bare)
        return {name: f"#{digits.lower()}" for name, digits in found}

    def error(self, offset: int, message: str) -> UserError:
        return UserError(f"{self.path.name}:{self.text.count(chr(10), 0, offset) + 1}: {message}")


def read(path: Path) -> Document:
    """Raises UserError if the file cannot be read."""
    try:
        return Document(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def check(document: Document) -> None:
    """What would leave a hole or a "??" in the PDF, found before an engine runs.

    Raises UserError, one line with file and line number: a missing figure, a label given twice, a reference
    without a target, a numbered display line without a label, a display environment outside the vocabulary.
    """
    bare, folder = document.bare, document.path.parent
    for found in re.finditer(r"\\includegraphics\s*(?:\[[^\]]*\])?\{([^}]*)\}", bare):
        inside = PurePosixPath(found[1])
        if inside.is_absolute() or ".." in inside.parts:
            raise document.error(found.start(), f"figure {found[1]} must lie below {folder.name}/")
        if not (folder / inside).is_file():
            raise document.error(found.start(), f"missing figure {found[1]} (looked in {folder})")
    _check_references(document)
    for found in re.finditer(r"\\begin\{(equation|align)\}(.*?)\\end\{\1\}", bare, re.DOTALL):
        rows = [[found[2]]] if found[1] == "equation" else _rows(found[2])
        for row in rows:
            if not re.search(r"\\(?:label|tag|notag|nonumber)\b", "&".join(row)):
                hint = "use equation*" if found[1] == "equation" else "use align* or \\notag"
                message = f"a line of {found[1]} has a number but no \\label: add one, or {hint}"
                raise document.error(found.start(), message)
    for found in re.finditer(r"\\begin\{([a-z]+\*?)\}", bare):
        if found[1] in _UNSUPPORTED or found[1] in {"gather", "multline"}:
            raise document.error(
                found.start(), f"{found[1]} is not supported: use align, or equation with aligned"
            )


def _check_references(document: Document) -> None:
    bare = document.bare
    targets: set[str] = set()
    for found in re.finditer(r"\\label\{([^}]*)\}|\blabel=\{?([^,}\]]+)|\\hypertarget\{([^}]*)\}", bare):
        name = found[1] or found[2] or found[3]
        if name in targets:
            raise document.error(found.start(), f"label `{name}' is given twice")
        targets.add(name)
    commands = r"\\(?:eqref|ref|cref|Cref|pageref|autoref|hyperlink)\{([^}]*)\}|\\hyperref\[([^\]]*)\]"
    for found in re.finditer(commands, bare):
        for name in (found[1] or found[2]).split(","):
            if name.strip() not in targets:
                raise document.error(found.start(), f"undefined reference `{name.strip()}'")


def stage(document: Document, folder: Path) -> None:
    """Copies the figures that the document names into a build folder, at the same relative paths."""
    for figure in document.figures:
        (folder / figure).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(document.path.parent / figure, folder / figure)


def for_pandoc(document: Document, *, derivations: bool = True) -> str:
    """The same document with the structure that pandoc would lose made visible to it; line numbers stay.

    `\\appendix` and the rules of tables become empty blocks; a captioned lstlisting a `codelisting` block
    whose first paragraph is its caption; `align` (and an equation with links in it) a `derivation` block that
    holds a table with one column per alignment point and a last one for the label, so that links and text in
    it are parsed (not with `derivations=False`, where mathematics is to stay LaTeX).
    """
    edits: list[tuple[int, int, str]] = []
    start = max(document.bare.find(r"\begin{document}"), 0)
    bare = document.bare
    edits += [(m.start(), m.end(), r"\hypertarget{appendix:}{}") for m in re.finditer(r"\\appendix\b", bare)]
    for found in re.finditer(r"\\begin\{(tabular|longtable)\}(.*?)\\end\{\1\}", bare, re.DOTALL):
        edits.append((*found.span(), _table(found[1], found[2])))
    for found in re.finditer(r"\\begin\{(equation|align)(\*?)\}(.*?)\\end\{\1\2\}", bare, re.DOTALL):
        if derivations and (found[1] == "align" or _LINK.search(found[3])):
            edits.append((*found.span(), _derivation(found[1], found[3])))
    for found in re.finditer(r"\\begin\{lstlisting\}(?=\[)", bare):
        stop = _group_end(bare, found.end())
        options = _options(document.text[found.end() + 1 : stop - 1])
        if "caption" in options:
            close = document.text.index(r"\end{lstlisting}", stop) + len(r"\end{lstlisting}")
            label = rf"\label{{{options['label']}}}" if "label" in options else ""
            head = rf"\begin{{codelisting}}{label}{' '.join(options['caption'].split())}\par"
            head += "%\n" * document.text.count("\n", found.start(), stop)  # not inside the listing
            opening = rf"\begin{{lstlisting}}[language={options.get('language', 'text')}]"
            edits.append((found.start(), stop, head + opening))
            edits.append((close, close, r"\end{codelisting}"))
    text = document.text
    for begin, end, replacement in sorted(edits, reverse=True):
        if begin >= start:
            missing = text.count("\n", begin, end) - replacement.count("\n")
            text = text[:begin] + replacement + "%\n" * missing + text[end:]
    return text.replace(r"\text{\footnotesize ", r"\text{")  # pandoc knows no sizes within formulas


def _blank(found: re.Match[str]) -> str:
    """Spaces for a comment or a literal block; the options of a lstlisting stay readable."""
    kept = 0
    if found[1] == "lstlisting" and found[2].startswith("["):
        kept = found.start(2) - found.start() + _group_end(found[2], 0)
    elif found[1]:
        kept = found.start(2) - found.start()
    tail = len(rf"\end{{{found[1]}}}") if found[1] else 0
    whole = found[0]
    return whole[:kept] + re.sub(r"[^\n]", " ", whole[kept : len(whole) - tail]) + whole[len(whole) - tail :]


def _group_end(text: str, start: int) -> int:
    """The offset behind the bracket or brace group that opens at `start`; braces inside are skipped."""
    depth, closing = 0, "]" if text[start] == "[" else "}"
    for found in _TOKEN.finditer(text, start + 1):
        if found[0] == "{":
            depth += 1
        elif found[0] == closing and depth == 0:
            return found.end()
        elif found[0] == "}":
            depth -= 1
    return len(text)


def _split(text: str, separator: str) -> list[str]:
    """`text` cut at each `separator` ("&", "," or a line break) outside groups and environments."""
    depth, begin, pieces = 0, 0, []
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token == "{" or token.startswith(r"\begin{"):
            depth += 1
        elif token == "}" or token.startswith(r"\end{"):
            depth -= 1
        elif depth == 0 and (token.startswith(separator)):
            pieces.append(text[begin : found.start()])
            begin = found.end()
    return [*pieces, text[begin:]]


def _rows(body: str) -> list[list[str]]:
    rows = [row for row in _split(body, r"\\") if row.strip()]
    return [_split(row, "&") for row in rows]


def _options(text: str) -> dict[str, str]:
    """`language=Python, caption={A {b}}` as a dict; one pair of braces around a value is dropped."""
    pairs = (item.partition("=") for item in _split(text, ",") if item.strip())
    return {
        key.strip(): re.sub(r"^\{(.*)\}$", r"\1", value.strip(), flags=re.DOTALL) for key, _, value in pairs
    }


def _table(environment: str, body: str) -> str:
    """A tabular with its rules named in front: `rules:tabular:1,4` means a rule below rows 1 and 4."""
    # pandoc reads the repeated heads and feet of a longtable as rows; the first head alone is the table's
    ends = list(re.finditer(r"\\end(?:firsthead|head|foot|lastfoot)\b", body))
    if ends:
        body = body[: ends[0].start()] + body[ends[-1].end() :]
    body = re.sub(r"\\cmidrule(?:\([^)]*\))?\{[^}]*\}|\\addlinespace(?:\[[^\]]*\])?", "", body)
    count, rules, depth = 0, [], 0
    for found in re.finditer(r"\\(toprule|midrule)\b|\\\\|\\begin\b|\\end\b", body):
        if found[1] == "toprule":
            count = 0  # the caption of a longtable is a row of its own, above
        elif found[1] == "midrule":
            rules.append(str(count))
        elif found[0] == r"\\":
            count += depth == 0
        else:
            depth += 1 if found[0] == r"\begin" else -1
    mark = rf"\hypertarget{{rules:{environment}:{','.join(rules)}}}{{}}"
    return rf"{mark}\begin{{{environment}}}{body}\end{{{environment}}}"


def _derivation(environment: str, body: str) -> str:
    rows = _rows(body) if environment == "align" else [[body]]
    width = max(len(row) for row in rows)
    columns = ("rl" * width)[:width] if environment == "align" else "c"
    lines = []
    for row in rows:
        joined = "&".join(row)
        label = re.search(r"\\label\{([^}]*)\}", joined)
        tag = re.search(r"\\tag\{([^}]*)\}", joined)
        number = (label[0] if label else "") + (tag[1] if tag else "")
        plain = [re.sub(r"\\(?:label|tag)\{[^}]*\}|\\(?:notag|nonumber)\b", "", cell) for cell in row]
        padded = plain + [""] * (width - len(row))
        lines.append(" & ".join([*(_cell(cell.strip()) for cell in padded), number]))
    table = "\\\\\n".join(lines).replace("\n\n", "\n")
    table = rf"\begin{{tabular}}{{{columns}r}}{table}\\\end{{tabular}}"
    return r"\begin{derivation}" + " ".join(table.split("\n")) + r"\end{derivation}"


def _cell(cell: str) -> str:
    """Display mathematics, with a \\text{...} that holds a link, or is the whole cell, taken out as text."""
    pieces: list[str] = []
    rest = cell
    while found := re.search(r"(?:\\q?quad\s*)*\\text(?=\{)", rest):
        stop = _group_end(rest, found.end())
        words = rest[found.end() + 1 : stop - 1]
        whole = not rest[: found.start()].strip() and not rest[stop:].strip() and not pieces
        if not (whole or _LINK.search(words)):
            break
        if before := rest[: found.start()].strip():
            pieces.append(rf"$\displaystyle {before}$")
        pieces.append(("~~ " if "quad" in found[0] and not whole else "") + words)
        rest = rest[stop:]
    if rest.strip():
        pieces.append(rf"$\displaystyle {rest.strip()}$")
    return "".join(pieces)
