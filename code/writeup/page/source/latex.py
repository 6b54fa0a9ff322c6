"""The source: one .tex file in the restricted LaTeX of our templates, and the checks before any engine runs.

A report uses `equation`, `align`, `figure`, `table`, `longtable`, `lstlisting`, `\\label`, `\\cref` and the
like. The checks read the source and not pandoc's tree, which knows no line numbers; they serve every engine:
figures exist, each reference has one target, and no equation carries a number that nothing could refer to.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path, PurePosixPath

from writeup.errors import UserError
from writeup.files import beside, read_text
from writeup.page import elements

GROUP = reduce(lambda inner, _: rf"\{{(?:\\.|[^{{}}\\]|{inner})*+\}}", range(5), r"\{\}")  # {...}, nested
LITERAL = re.compile(  # what LaTeX does not read; group 1: the options of a lstlisting, which it does
    rf"(\\begin\{{lstlisting\}}(?:\[(?:{GROUP}|[^\]{{}}])*\])?).*?(?=\\end\{{lstlisting\}})"
    r"|\\begin\{verbatim\}.*?\\end\{verbatim\}|(?<!\\)%[^\n]*|\\verb(\W).*?\2",
    re.DOTALL,
)
OPTIONS = rf"\[(?:{GROUP}|[^\]{{}}])*\]"
_FIGURE = re.compile(rf"\\includegraphics\s*(?P<options>{OPTIONS})?\{{(?P<file>[^}}]*)\}}")
_TARGET = re.compile(r"(?:\\label\{|\blabel=\{?|\\hypertarget\{)([^,}\]]*)")
_REFERENCE = re.compile(r"\\(?:(?:eq|c|C|page|auto)?ref\{|hyperlink\{|hyperref\[)([^}\]]*)")
_NUMBERED = re.compile(r"\\begin\{(equation|align)\}(.*?)\\end\{\1\}", re.DOTALL)
_SUPPLEMENT = re.compile(r"^\\begin\{supplement\}.*?^\\end\{supplement\}$", re.DOTALL | re.MULTILINE)
SUBFIGURE = re.compile(r"\\begin\{subfigure\}(?:\[\w*\])?(?:\{([\d.]+)\\(?:text|line)width\})?")  # its width
LETTER = "[a4paper, textwidth=16.4cm, textheight=25.2cm", "[letterpaper, textwidth=16.4cm, textheight=23.4cm"
_UNSUPPORTED = re.compile(r"\\begin\{(gather|multline|(?:eqnarray|flalign|alignat)\*?)\}")
_CLASS = re.compile(r"\\documentclass(?:\[[^\]]*\])?\{([^}]*)\}")
_PACKAGE = re.compile(r"\\(?:usepackage|RequirePackage)(?:\[[^\]]*\])?\{([^}]*)\}")
_CELLS = re.compile(
    r"\\(begin|end)\{(?:tabular|longtable|align|aligned|alignedat|array|cases|split|gathered|\w?(?:small)?matrix)\*?\}"
    r"|\\(?:url|href)\{[^}]*\}|(?<!\\)&"
)
_COLOURS = re.findall(  # as xcolor has them
    r"(\w+) (\w+)",
    "black 000000 gray 808080 red ff0000 green 00ff00 blue 0000ff orange ff8000 purple bf0040 teal 008080",
)
_TOKEN = re.compile(r"(\\(?:begin|end)\{[^}]*\}|\\\\\*?(?:\[[^\]]*\])?|\\.|[{}&])", re.DOTALL)


@dataclass(frozen=True)
class Document:
    """A .tex file; `bare` is its text with comments and literal blocks blanked, each line break in place."""

    path: Path
    text: str

    @cached_property
    def bare(self) -> str:
        def blank(found: re.Match[str]) -> str:
            kept = found[1] or ""
            return kept + re.sub(r"[^\n]", " ", found[0][len(kept) :])

        return LITERAL.sub(blank, self.text)

    @property
    def foreign(self) -> list[tuple[int, str]]:
        """What of the head is LaTeX's alone: a class that is not article, packages that our preamble lacks.
        Each with its offset.
        """
        head = self.bare[: self.body]
        ours = set(_packages(preamble("a4")))
        classes = [(one.start(), one[0]) for one in _CLASS.finditer(head) if one[1] != "article"]
        packages = [
            (one.start(), one[0]) for one in _PACKAGE.finditer(head) if not ours >= {*_packages(one[0])}
        ]
        return classes + packages

    @property
    def pagemark(self) -> str:
        """Text of `\\newcommand{\\pagemark}{...}`, shown on every page; "" where there is none."""
        found = re.search(r"\\newcommand\{\\pagemark\}\{([^{}]*)\}", self.bare)
        return found[1].strip() if found else ""

    @property
    def language(self) -> elements.Language:
        """The words that are not the author's."""
        found = re.search(r"\\def\\pagelanguage\{(\w+)\}", self.bare[: self.body])
        return elements.LANGUAGES[found[1] if found else "en"]

    @property
    def paper(self) -> str:
        """The sheet, as typst names it."""
        return "us-letter" if "[letterpaper" in self.bare[: self.body] else "a4"

    @property
    def colours(self) -> dict[str, str]:
        """Name -> "#rrggbb": xcolor's own, and each `\\definecolor{name}{HTML}{rrggbb}`."""
        defined = re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{([0-9A-Fa-f]{6})\}", self.bare)
        return {name: f"#{digits.lower()}" for name, digits in [*_COLOURS, *defined]}

    @property
    def printed(self) -> "Document":
        """The document without what stands in the HTML and the Markdown alone; each line keeps its number."""
        kept = _SUPPLEMENT.sub(lambda found: re.sub(r"[^\n]", "", found[0]), self.text)
        return Document(self.path, kept)

    @property
    def body(self) -> int:
        """Where the body begins, as an offset."""
        return max(self.text.find(r"\begin{document}"), 0)

    def find(self, words: str) -> int:
        """The offset of `words` in the body, however its spaces are broken; -1 where they do not stand."""
        found = re.compile(r"\s+".join(map(re.escape, words.split()))).search(self.text, self.body)
        return found.start() if found else -1

    def line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def error(self, offset: int, message: str) -> UserError:
        """The one line for what is wrong at `offset`, where that is known (not negative)."""
        return UserError(f"{self.path.name}{f':{self.line(offset)}' if offset >= 0 else ''}: {message}")

    def screen(self, figure: str) -> str:
        """The file for the screen: the picture itself, or what stands beside the name of a PDF, for LaTeX."""
        if not (found := self.beside(figure)):
            missing = Path(figure).with_suffix(".svg")
            says = f"missing figure {missing}, needed beside {figure} for HTML and Markdown"
            raise self.error(self.find(figure), says)
        return found

    def beside(self, figure: str) -> str:
        """As `screen`; "" where there is none."""
        path = Path(figure)
        ends = (".svg", ".png") if path.suffix == ".pdf" else (path.suffix,)
        files = (str(path.with_suffix(end)) for end in ends)
        return next((one for one in files if (self.path.parent / one).is_file()), "")


def preamble(paper: str, language: str = "en") -> str:
    """The preamble of every report, for sheets of A4 or of letter, which are wider and less high.

    language: of its own words, a key of `elements.LANGUAGES`.
    """
    text = read_text(beside(__file__, "preamble.tex")) + elements.definitions(language)
    text = text.replace("pdflang=en", f"pdflang={language}")
    return text if paper == "a4" else text.replace(*LETTER)


def _packages(text: str) -> list[str]:
    return [name.strip() for one in _PACKAGE.finditer(text) for name in one[1].split(",")]


def read(path: Path, *, only_latex: bool = False) -> Document:
    """The document, checked: what would leave a hole or a "??" on the page is found before an engine runs.

    Raises UserError, one line with file and line number: a missing figure, a label given twice, a reference
    without a target, a numbered display line without a label, a display environment outside the vocabulary,
    and, unless LaTeX alone is to read it, what LaTeX alone knows.
    """
    document = Document(path, read_text(path))
    latexs = [] if only_latex else _latexs(document)
    for offset, problem in sorted(
        [*latexs, *([] if only_latex and document.foreign else _problems(document))]
    ):
        raise document.error(offset, problem)
    return document


def stage(document: Document, folder: Path, files: Sequence[str]) -> None:
    """Copies figures into a build folder, at the same relative paths."""
    for figure in files:
        (folder / figure).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(document.path.parent / figure, folder / figure)


def figures(document: Document) -> list[str]:
    """The files that the document shows."""
    return [found["file"] for found in _FIGURE.finditer(document.bare)]


def rows(body: str) -> list[list[str]]:
    """The cells of an alignment, cut at each `&` and line break outside groups and inner environments."""
    depth, lines = 0, [[""]]
    for token in _TOKEN.split(body):
        depth += (token == "{" or token.startswith(r"\begin{")) - (token == "}" or token.startswith(r"\end{"))
        if depth == 0 and token == "&":
            lines[-1].append("")
        elif depth == 0 and token.startswith(r"\\"):
            lines.append([""])
        else:
            lines[-1][-1] += token
    return [line for line in lines if "".join(line).strip()]


def _latexs(document: Document) -> Iterator[tuple[int, str]]:
    """What LaTeX alone would know, or what would stand for something else outside it."""
    for offset, what in document.foreign:
        yield (
            offset,
            f'{what} is known to LaTeX alone: declare engine="latexmk" and forms=["pdf"], or drop it',
        )
    if found := re.search(r"\bmathescape\b", document.bare):
        yield found.start(), "mathescape is known to LaTeX alone: say the formula in the caption"
    depth = 0
    for found in _CELLS.finditer(document.bare, document.body):
        depth += (found[1] == "begin") - (found[1] == "end")
        if found[0] == "&" and not depth:
            yield found.start(), "an & outside of tables and alignments: write \\&"


def _problems(document: Document) -> Iterator[tuple[int, str]]:
    bare, folder = document.bare, document.path.parent
    title = re.search(rf"\\title({GROUP})", bare)
    if title is None or not title[1].strip("{} \n"):
        yield document.body, "no \\title{...}, by which readers and their programs know the document"
    elif r"\\[" in title[1]:
        yield title.start(), "a length after \\\\ would stand in the PDF's title: leave it out"
    for found in _FIGURE.finditer(bare):
        inside = PurePosixPath(found["file"])
        if inside.is_absolute() or ".." in inside.parts:
            yield found.start(), f"figure {inside} must lie below {folder.name}/"
        elif not (folder / inside).is_file() and not document.beside(str(inside)):
            yield found.start(), f"missing figure {inside} (looked in {folder}, and in assets/)"
        elif not re.search(r"\balt=\{[^}]", found["options"] or ""):
            yield found.start(), f"figure {inside} has no alternative text: [alt={{...}}]"
    for found in SUBFIGURE.finditer(bare):
        if not found[1]:
            yield found.start(), r"a subfigure needs a width in parts of the text's: {0.48\textwidth}"
    targets: set[str] = set()
    for found in _TARGET.finditer(bare):
        if found[1] in targets:
            yield found.start(), f"label `{found[1]}' is given twice"
        targets.add(found[1])
    for found in _REFERENCE.finditer(bare):
        for name in map(str.strip, found[1].split(",")):
            if name not in targets:
                yield found.start(), f"undefined reference `{name}'"
    for found in _NUMBERED.finditer(bare):
        lines = map("&".join, rows(found[2])) if found[1] == "align" else [found[2]]
        if not all(re.search(r"\\(?:label|tag|notag|nonumber)\b", line) for line in lines):
            hint = "use equation*" if found[1] == "equation" else "use align* or \\notag"
            yield found.start(), f"a line of {found[1]} has a number but no \\label: add one, or {hint}"
    for found in _UNSUPPORTED.finditer(bare):
        yield found.start(), f"{found[1]} is not supported: use align, or equation with aligned"
