"""The Markdown as a code host shows it, by a renderer of GitHub's Markdown that is not pandoc."""

from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from writeup.page.source import latex
from writeup.page.web.markdown import to_markdown

FORMULAS = {  # in a table: what GitHub has to be given, of what the source says
    r"\mathrm{KL}(q \,\|\, p)": r"\mathrm{KL}(q \,\Vert \, p)",
    r"|x_i|": r"\vert x_i\vert ",
    r"p(x \mid y)": r"p(x \mid y)",
    r"\left\|x\right\|_2": r"\left\Vert x\right\Vert _2",
    r"a_{*} * b_{*} < c": r"a_{*} * b_{*} < c",
    r"\operatorname{shape} P": r"\mathrm{shape} P",
    r"\{x\}": r"\{x\}",
}
SOURCE = r"""\documentclass{article}
\newcommand{\pagemark}{}
%s
\title{T}
\begin{document}
\begin{table}[htp]
\caption{Formulas.}
\begin{tabular}{llr}
\toprule
formula & name & \pageword{} \\
\midrule
ROWS
\bottomrule
\end{tabular}
\end{table}
\section{One}\label{sec:one}
Here $|x|$ and $\|x\|$, and
\begin{align}
  \operatorname{tr} A &= |x| && \text{for $x > 0$} \label{eq:a}
\end{align}
\end{document}
""".replace("ROWS", "\n".join(rf"${tex}$ & a & \pageref{{sec:one}} \\" for tex in FORMULAS))


def rendered(folder: Path) -> list[Token]:
    (folder / "t.tex").write_text(SOURCE % latex.preamble("a4"), encoding="utf-8")
    to_markdown(folder / "t.tex", folder / "t.md")
    return MarkdownIt("gfm-like").parse((folder / "t.md").read_text(encoding="utf-8"))


def formulas(token: Token) -> Iterator[str]:
    """Those of a line, each code between two signs of dollar; the signs must not stand elsewhere."""
    children = token.children or []
    for before, child, after in zip(children, children[1:], children[2:], strict=False):
        if child.type == "code_inline":
            assert before.content.endswith("$") and after.content.startswith("$")
            yield child.content
    others = "".join(child.content for child in children if child.type == "text")
    assert others.count("$") == 2 * sum(child.type == "code_inline" for child in children)


def test_a_code_host_shows_every_formula_of_a_table_whole(tmp_path: Path) -> None:
    tokens = rendered(tmp_path)
    begin, end = (
        next(k for k, one in enumerate(tokens) if one.type == f"table_{edge}") for edge in ("open", "close")
    )
    cells = [token for token in tokens[begin:end] if token.type == "inline"]
    assert [tex for cell in cells for tex in formulas(cell)] == [tex.strip() for tex in FORMULAS.values()]
    rows = sum(token.type == "tr_open" for token in tokens[begin:end])
    assert rows == len(FORMULAS) + 1 and len(cells) == 3 * rows
    assert [cell.content for cell in cells[:3]] == ["formula", "name", "section"]
    assert all("§" in cell.content for cell in cells[5::3])


def test_a_code_host_shows_formulas_of_the_text_and_displays(tmp_path: Path) -> None:
    tokens = rendered(tmp_path)
    [line] = [token for token in tokens if token.type == "inline" and token.content.startswith("Here")]
    assert list(formulas(line)) == ["|x|", r"\|x\|"]
    [display] = [token for token in tokens if token.type == "fence" and token.info.strip() == "math"]
    assert r"\mathrm{tr} A" in display.content and "operatorname" not in display.content
