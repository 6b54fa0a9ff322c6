"""Algorithms, theorems and parts of figures say the same in every output, read from the finished files.

LaTeX numbers and names them by packages that know nothing of our table; its PDF is the measure of the others.
"""

import re
import shutil
from functools import cache
from html import unescape
from pathlib import Path

import pdfplumber
import pytest

from writeup.errors import UserError
from writeup.page import completeness, figures
from writeup.page.elements import ELEMENTS, LANGUAGES, Element
from writeup.page.pdf.typeset import typeset
from writeup.page.source import latex
from writeup.page.web import html, markdown

HEAD = rf"""\documentclass[11pt]{{article}}
{latex.preamble("a4")}
\title{{Elements}}
\begin{{document}}
\maketitle
"""
PART = r"""\begin{subfigure}{%s\textwidth}
\includegraphics[alt={A line that rises.}, width=\linewidth]{line.pdf}
\caption{Part NAME.}\label{fig:NAME}
\end{subfigure}"""
BODY = r"""
\section{Convex functions}
\begin{definition}[Convex]\label{def:convex}
A function $f$ is convex if its chords lie above it.
\end{definition}
\begin{theorem}[Jensen's inequality]\label{thm:jensen}
Let $f$ be convex in the sense of \cref{def:convex}. Then
\begin{equation}\label{eq:jensen} f(\mathbb{E}[x]) \le \mathbb{E}[f(x)]. \end{equation}
\end{theorem}
\begin{proof}
Nothing but \cref{def:convex} is needed.
\end{proof}
\begin{proof}[A second proof]
By \cref{lem:a,lem:b,lem:c} and \cref{thm:jensen}.
\end{proof}
\begin{lemma}\label{lem:a}The first.\end{lemma}
\begin{lemma}\label{lem:b}The second.\end{lemma}
\begin{lemma}\label{lem:c}The third.\end{lemma}
This is said before the algorithm.
\begin{algorithm}
\caption{Descent, by \cref{thm:jensen}.}\label{alg:descent}
\begin{enumerate}
\item Choose $x_0$.
\item \textbf{repeat} until nothing changes
  \begin{enumerate} \item Take a step. \item Count it. \end{enumerate}
\end{enumerate}
\end{algorithm}

This is said after the algorithm.
\Cref{alg:descent} is drawn in \cref{fig:left,fig:right} of \cref{fig:both}, and in \cref{fig:x,fig:y,fig:z}.
\begin{figure}
<left>\hfill <right>
\caption{Two parts.}\label{fig:both}
\end{figure}
\begin{figure}
<x> <y> <z>
\caption{Three parts.}\label{fig:three}
\end{figure}
"""
PARTS = {"left": "0.5", "right": "0.4", "x": "0.3", "y": "0.3", "z": "0.3"}  # name: width
SAID = [
    "Definition 1 (Convex). A function",
    "Theorem 1 (Jensen’s inequality). Let",
    "in the sense of definition 1. Then",
    "Proof. Nothing but definition 1 is needed.",
    "A second proof. By lemmas 1 to 3 and theorem 1.",
    "Lemma 2. The second.",
    "Algorithm 1: Descent, by theorem 1.",
    "1. Choose",
    "Algorithm 1 is drawn in figures 1a and 1b of figure 1, and in figures 2a to 2c.",
    "Figure 1: Two parts.",
    "Figure 2: Three parts.",
]
ROWS = [e for e in ELEMENTS.values() if not e.built_in and e.form in {"captioned", "headed"}]
LATEX = pytest.mark.skipif(shutil.which("latexmk") is None, reason="no LaTeX is installed")
OUTPUTS = [pytest.param("latexmk", marks=LATEX), "embedded", "html", "markdown"]


def two_of(element: Element) -> str:
    """It stands twice, and is referred to."""
    labels = [f"{element.name}:{k}" for k in (1, 2)]
    head = r"\caption{Words.}" if element.form == "captioned" else ""
    one = rf"\begin{{{element.name}}}{head}\label{{%s}} Text. \end{{{element.name}}}"
    both = "\n".join(one % label for label in labels)
    return rf"{both} Here are \cref{{{labels[0]}}} and \cref{{{','.join(labels)}}}."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("elements")
    body = BODY
    for name, width in PARTS.items():
        body = body.replace(f"<{name}>", (PART % width).replace("NAME", name))
    figure, axes = figures.panel(width=2.5, height=2)
    axes.plot([0, 1])
    figures.save(figure, root / "line")
    rows = "\n".join(map(two_of, ROWS))
    for name, source in (("sample", body), ("rows", rows)):
        (root / f"{name}.tex").write_text(f"{HEAD}{source}\n\\end{{document}}", encoding="utf-8")
    return root


@cache
def read(folder: Path, name: str, output: str) -> str:
    """What a reader sees of an output, without spaces."""
    source = folder / f"{name}.tex"
    if output == "html":
        html.to_html(source, source.with_suffix(".html"))
        main = source.with_suffix(".html").read_text(encoding="utf-8").partition("<main")[2]
        shown = unescape(re.sub(r"<(annotation|script)\b.*?</\1>|<[^>]*>", "", main, flags=re.DOTALL))
    elif output == "markdown":
        markdown.to_markdown(source, source.with_suffix(".md"))
        text = source.with_suffix(".md").read_text(encoding="utf-8")
        shown = re.sub(r"<a id=.*?</a>|\]\(#[^)]*\)|[\[*]", "", text)
    else:
        pdf = folder / f"{name}.{output}.pdf"
        typeset(source, pdf, engine=output)
        with pdfplumber.open(pdf) as opened:
            shown = " ".join(page.extract_text(x_tolerance=1.5) for page in opened.pages)
    return squeezed(shown)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("output", OUTPUTS)
def test_each_output_says_what_latex_says(folder: Path, output: str) -> None:
    shown = read(folder, "sample", output)
    assert [words for words in SAID if squeezed(words) not in shown] == []
    assert shown.index("(a)Partleft.") < shown.index("(b)Partright.") < shown.index("(c)Partz.")


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("element", ROWS, ids=lambda element: element.name)
def test_each_row_is_numbered_and_referred_to(folder: Path, element: Element, output: str) -> None:
    shown = read(folder, "rows", output)
    end = ":Words." if element.form == "captioned" else ".Text."
    assert f"{element.name.capitalize()}1{end}" in shown and f"{element.name.capitalize()}2{end}" in shown
    assert f"Hereare{element.name}1and{LANGUAGES['en'].named(element.name, 2)}1and2." in shown


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_floats_leaves_its_place_in_latex_alone(folder: Path, output: str) -> None:
    """The embedded engine moves what would leave a hole, and here nothing would."""
    together = "beforethealgorithm.Thisissaidafter" in read(folder, "sample", output)
    assert together == (output == "latexmk")


def test_links_lead_to_what_they_name(folder: Path) -> None:
    for output in ("html", "markdown"):
        read(folder, "sample", output)
    page = (folder / "sample.html").read_text(encoding="utf-8")
    leads = dict.fromkeys(re.findall(r'href="#((?:thm|def|lem|alg|fig|eq):[^"]*)"', page))
    assert {"thm:jensen", "def:convex", "lem:a", "lem:c", "alg:descent", "fig:both", "fig:z"} <= {*leads}
    assert all(page.count(f'id="{name}"') == 1 for name in leads)
    assert '<div id="thm:jensen" class="headed theorem italic">' in page
    assert '<div id="alg:descent" class="captioned algorithm">' in page
    assert '<figure id="fig:left" class="subfigure" style="width: 50%">' in page
    text = (folder / "sample.md").read_text(encoding="utf-8")
    assert (
        "[theorem\N{NO-BREAK SPACE}1](#thm:jensen)" in text
        and '<a id="thm:jensen"></a>\n\n**Theorem 1** (Jensen’s' in text
    )


def test_the_parts_of_a_figure_stand_beside_each_other(folder: Path) -> None:
    read(folder, "sample", "embedded")
    with pdfplumber.open(folder / "sample.embedded.pdf") as opened:
        words = [word for page in opened.pages for word in page.extract_words()]
    a, b = (next(word for word in words if word["text"] == letter) for letter in ("(a)", "(b)"))
    assert abs(a["top"] - b["top"]) < 1 and b["x0"] > a["x1"] + 100  # points


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (r"\begin{corollary} Text. \end{corollary}", r"corollary} means nothing outside LaTeX"),
        (r"\begin{figure}\begin{subfigure}{5cm}\end{subfigure}\end{figure}", "a subfigure needs a width"),
        (r"\begin{lemma}\label{a}\end{lemma}\begin{lemma}\label{a}\end{lemma}", "`a' is given twice"),
        (r"\begin{theorem}[See \cref{nowhere}] Text. \end{theorem}", "undefined reference `nowhere'"),
    ],
)
def test_a_slip_is_one_line_with_its_place(tmp_path: Path, wrong: str, said: str) -> None:
    (tmp_path / "t.tex").write_text(f"{HEAD}{wrong}\n\\end{{document}}", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        typeset(tmp_path / "t.tex", tmp_path / "t.pdf")
    assert said in str(caught.value) and str(caught.value).startswith(f"t.tex:{HEAD.count(chr(10)) + 1}: ")


def test_a_title_that_an_output_loses_is_missed(folder: Path) -> None:
    source = (folder / "sample.tex").read_text(encoding="utf-8")
    shown = read(folder, "sample", "html").replace("inequality", "")
    with pytest.raises(UserError, match="'inequality'"):
        completeness.compare(source, shown, "t", "HTML", "it")
