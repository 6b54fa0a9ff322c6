"""One sample document with the whole vocabulary of the templates, through every engine."""

import html
import re
import shutil
import subprocess
import sys
import unicodedata
from itertools import chain
from pathlib import Path

import numpy as np
import pdfplumber
import pytest

from writeup.errors import UserError
from writeup.page import figures
from writeup.page.elements import LANGUAGES
from writeup.page.pdf import typeset
from writeup.page.source import formats, latex, numbering, pandoc
from writeup.page.source.latex import read
from writeup.page.source.pandoc import for_pandoc, plain
from writeup.page.web import html as page_html
from writeup.page.web import markdown

PREAMBLE = latex.preamble("a4")
HEAD = (
    r"\documentclass[11pt]{article}"
    + "\n"
    + r"\newcommand{\pagemark}{generated stand-in data}"
    + "\n"
    + PREAMBLE
)
SAMPLE = (
    HEAD
    + r"""
\newcommand{\KL}{\operatorname{KL}}
\title{Sample of the house vocabulary}
\author{A. Author \\ id 1234}
\date{November 2024}
\begin{document}
\maketitle
\begin{abstract}
What \cref{sec:bound} derives, \cref{fig:curve} shows; $x^2$ and 50\,\% are plain text.
\end{abstract}

\section{The bound}\label{sec:bound}
Sections have numbers, as \cref{sec:nested} and \cref{app:log}. An equation that is referred to carries one:
\begin{equation}\label{eq:elbo}
  \log p(x \mid y) \ge \mathbb{E}_{q}\!\left[\log p(x \mid z, y)\right] - \KL\bigl(q \,\|\, p\bigr),
  \qquad z \in \mathbb{R}^J.
\end{equation}
This is \eqref{eq:elbo}, or \cref{eq:elbo}. One that nobody refers to has none:
\begin{equation*}
  \boxed{\begin{aligned} H'' &= H - H' + 1 \\ &= 5 \quad\text{for } H = 9 \end{aligned}}
\end{equation*}
A derivation moves one thing per line and names the rule on the right.
\begin{align}
  \KL(q \,\|\, p) &= \int q(z) \log\frac{q(z)}{p(z)} \,\mathrm{d}z && \text{definition} \notag \\
    &= \sum_{j=1}^{J} \mathbb{E}\left[\log q_j - \log p_j\right]
      && \text{independence \hyperlink{proof:2}{\textsuperscript{2}}} \label{eq:sum} \\
    &= -\tfrac{1}{2} \sum_{j=1}^{J} \bigl(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\bigr)
      && \text{\cref{eq:elbo}} \label{eq:kl}
\end{align}
\begin{align*}
  a &= b \\
    &\le c, \qquad \mathcal{L}(a) = 0
\end{align*}
So \cref{eq:elbo,eq:sum,eq:kl} and \Cref{eq:kl,fig:curve} hold, as \hyperref[tab:accuracy]{the table}
says.\footnote{A note with $y$.} Q.E.D.\ $\blacksquare$

\subsection{Words}
\begin{itemize}
  \item \emph{emphasis}, \textbf{bold}, \texttt{typewriter\_text}, \textsc{Small Capitals}
  \item \textcolor{mark}{a mark}, \href{https://arxiv.org/abs/1408.5882}{Kim (2014)}, \url{https://example.org/a_b}
\end{itemize}
\begin{enumerate}
  \item first \item second
\end{enumerate}
\begin{description}
  \item[$H$] length of a sentence
\end{description}
\subsubsection{Nested}\label{sec:nested}
\paragraph{Run in.} This paragraph begins with its heading. Unicode: $\mu$, é, –, −, ×, “quoted”.

\section{Results}\label{sec:results}
\begin{figure}[tb]
  \centering
  \includegraphics[width=0.8\linewidth,
    alt={Loss from 1 to \textless{} 0.01 [nats], falling\_fast}]{figures/curve.pdf}
  \caption{The loss falls to 0.12 nats, see \cref{eq:kl}.}
  \label{fig:curve}
\end{figure}
\begin{figure}[tb]
  \centering
  \includegraphics[width=0.4\linewidth, alt={The same loss}]{figures/curve.pdf}\hfill
  \includegraphics[width=0.4\linewidth, alt={A grid of noise}]{figures/grid.pdf}
  \caption{Two panels beside each other.}
  \label{fig:grid}
\end{figure}
\begin{table}[tb]
  \centering
  \caption{Accuracy in percent, mean of 5 runs.}
  \label{tab:accuracy}
  \begin{tabular}{lrrp{3cm}}
    \toprule
    & \multicolumn{2}{c}{accuracy} & \\
    \cmidrule(lr){2-3}
    pooling & ours & reference & note \\
    \midrule
    max & \textbf{92.81} & 95.24 & $H' = 5$, and more words than the column is wide \\
    avg & 91.72 & 94.12 & \\
    \midrule
    both & 92.27 & 94.68 & mean \\
    \bottomrule
  \end{tabular}
\end{table}
\Cref{tab:accuracy,tab:proofs,lst:loss,fig:curve,fig:grid} and \ref{fig:grid} follow.
\begin{lstlisting}[language=Python, caption={The loss of \cref{eq:kl}, \texttt{gaussian\_kl}.},
  label={lst:loss}]
def gaussian_kl(mu, log_var):
    # KL(N(μ, σ²) || N(0, 1)), summed over J; 100 % of "it" \label{eq:elbo}
    return -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(dim=1)  # nats
\end{lstlisting}
\begin{verbatim}
Train Epoch: 1 [16000/60000 (27%)] Loss: 0.0452
Iter: 250, D: 1.387, G:0.8243  \ref{nothing}
\end{verbatim}

\appendix
\section{Proof log}\label{app:log}
\subsection{Steps}\label{app:steps}
See \cref{app:steps}.
\begin{longtable}{rlp{6cm}}
  \caption{Every step and its check.}\label{tab:proofs}\\
  \toprule step & method & rule \\ \midrule
  \endfirsthead
  \toprule step & method & rule \\ \midrule
  \endhead
  \bottomrule
  \endfoot
"""
    + "".join(rf"  \hypertarget{{proof:{i}}}{{{i}}} & symbolic & rule {i} \\" + "\n" for i in range(1, 61))
    + r"""\end{longtable}
\end{document}
"""
)
NUMBERS = {  # what the sample must show, whatever the engine
    "sections": ["1 The bound", "1.1 Words", "1.1.1 Nested", "2 Results", "A Proof log", "A.1 Steps"],
    "captions": [
        "Figure 1: The loss falls to 0.12 nats, see equation (3).",
        "Figure 2: Two panels beside each other.",
        "Table 1: Accuracy in percent, mean of 5 runs.",
        "Listing 1: The loss of equation (3), gaussian_kl.",
        "Table 2: Every step and its check.",
    ],
    "references": [
        "What section 1 derives, figure 1 shows",
        "as section 1.1.1 and appendix A.",
        "This is (1), or equation (1).",
        "So equations (1) to (3) and Equation (3) and figure 1 hold, as the table says.",
        "Tables 1 and 2, listing 1, and figures 1 and 2 and 2 follow.",
        "See appendix A.1.",
    ],
}
needs_latex = pytest.mark.skipif(
    not (shutil.which("latexmk") and shutil.which("pdflatex")), reason="latexmk is not on the PATH"
)
ENGINES = [pytest.param("latexmk", marks=needs_latex), "embedded"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report's folder: report.tex, figures/curve (vectors), figures/grid (pixels), each as PDF and SVG."""
    root = tmp_path_factory.mktemp("report")
    (root / "figures").mkdir()
    figure, axes = figures.panel(width=5, height=2.5)
    axes.plot(np.exp(-np.arange(50) / 10))
    axes.set_xlabel("epoch")
    figures.save(figure, root / "figures/curve")
    pixels = np.random.default_rng(0).integers(0, 255, (1, 1, 28, 28), dtype=np.uint8)
    figures.save(figures.image_grid(pixels, scale=0.4), root / "figures/grid")
    (root / "report.tex").write_text(SAMPLE, encoding="utf-8")
    return root


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def pages(engine: str, folder: Path) -> list[str]:
    """The text of each page of the sample."""
    pdf = folder / f"{engine}.pdf"
    typeset.typeset(folder / "report.tex", pdf, engine=engine)
    with pdfplumber.open(pdf) as opened:
        return [flat(page.extract_text(x_tolerance=1.5)) for page in opened.pages]


def flat(string: str) -> str:
    return re.sub(r"\s+", " ", string.replace("\N{NO-BREAK SPACE}", " "))


def squeezed(string: str) -> str:
    """Without any space, which PDF readers place as they like."""
    return re.sub(r"\s", "", string)


def small(folder: Path, body: str, name: str = "small.tex") -> Path:
    """A document of a few lines; its body begins on line `first_line()`."""
    path = folder / name
    path.write_text(
        HEAD + "\\title{Small}\\begin{document}\n" + body + "\n\\end{document}\n", encoding="utf-8"
    )
    return path


def first_line() -> int:
    return HEAD.count("\n") + 2


def fails(tex: Path, pdf: Path, engine: str) -> str:
    """The one line of the error; an older PDF must have survived it."""
    pdf.write_bytes(b"the last good report")
    with pytest.raises(UserError) as caught:
        typeset.typeset(tex, pdf, engine=engine)
    assert pdf.read_bytes() == b"the last good report"
    assert not list(pdf.parent.glob(f".{pdf.name}*"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("what", list(NUMBERS))
def test_numbers_and_references_are_those_of_latex(pages: list[str], what: str) -> None:
    whole = squeezed(" ".join(pages))
    for expected in NUMBERS[what]:
        assert squeezed(expected) in whole
    assert "??" not in whole


def test_equations_are_numbered_at_the_margin_where_labelled(
    folder: Path, pages: list[str], engine: str
) -> None:
    with pdfplumber.open(folder / f"{engine}.pdf") as opened:
        page = opened.pages[0]
        margin = [word for word in page.extract_words() if word["x1"] > page.width - 90]
    assert [word["text"] for word in margin if re.fullmatch(r"\(\d\)", word["text"])] == ["(1)", "(2)", "(3)"]


def test_every_page_bears_the_mark_and_its_number(pages: list[str]) -> None:
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "generated stand-in data" in page
        assert page.rstrip().endswith(str(number))


def test_code_and_logs_stay_as_written(pages: list[str]) -> None:
    whole = squeezed(unicodedata.normalize("NFKC", " ".join(pages)))  # µ is μ, ² is 2
    assert squeezed(r'# KL(N(μ, σ2) || N(0, 1)), summed over J; 100 % of "it" \label{eq:elbo}') in whole
    assert squeezed(r"Iter: 250, D: 1.387, G:0.8243 \ref{nothing}") in whole


def test_figures_stay_vectors_and_pdfs_are_reproducible(folder: Path, engine: str) -> None:
    shown = r"\includegraphics[width=5cm, alt={A loss that falls}]{figures/curve.pdf}"
    tex = small(folder, rf"\begin{{figure}}{shown}\caption{{C.}}\end{{figure}}")
    first, second = folder / "first.pdf", folder / "second.pdf"
    typeset.typeset(tex, first, engine=engine)
    typeset.typeset(tex, second, engine=engine)
    with pdfplumber.open(first) as opened:
        page = opened.pages[0]
        assert page.images == []
        assert len(page.curves) + len(page.lines) > 5
        assert "epoch" in page.extract_text()
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("Text\n\nsee \\cref{eq:gone}.", 2, "undefined reference `eq:gone'"),
        ("\\hyperlink{proof:9}{9}", 0, "undefined reference `proof:9'"),
        (
            "\\begin{figure}\n\\includegraphics{figures/gone.pdf}\n\\end{figure}",
            1,
            "missing figure figures/gone.pdf",
        ),
        ("\\includegraphics{../secret.pdf}", 0, "must lie below"),
        ("\\begin{equation} x \\end{equation}", 0, "use equation*"),
        ("\n\\begin{align} x &= 1 \\label{a} \\\\ &= 2 \\end{align}", 1, "align* or \\notag"),
        ("\\begin{gather} x \\end{gather}", 0, "gather is not supported"),
        ("\\includegraphics{figures/curve.pdf}", 0, "has no alternative text"),
        ("\\section{A}\\label{a}\n\\section{B}\\label{a}", 1, "label `a' is given twice"),
    ],
)
def test_what_would_leave_a_hole_is_an_error(
    folder: Path, engine: str, body: str, line: int, message: str
) -> None:
    error = fails(small(folder, body), folder / "old.pdf", engine)
    assert error.startswith(f"small.tex:{first_line() + line}: ")
    assert message in error


def test_an_unknown_command_is_named_with_its_line(folder: Path, engine: str) -> None:
    error = fails(small(folder, "One.\n\nTwo \\nonsense three."), folder / "old.pdf", engine)
    assert error.startswith(f"small.tex:{first_line() + 2}: ")
    assert "\\nonsense" in error


def test_a_formula_that_cannot_be_converted_is_an_error(folder: Path) -> None:
    error = fails(small(folder, r"Hidden $x + \vphantom{y}$."), folder / "old.pdf", "embedded")
    assert r"\vphantom{y}" in error


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (r"Two \def\x{\x}\x.", r"the macro \x calls itself without end"),
        ("Two 中 three.", "could not be displayed"),
    ],
)
def test_what_cannot_be_set_is_named_with_its_line(folder: Path, body: str, message: str) -> None:
    error = fails(small(folder, f"One.\n\n{body}"), folder / "old.pdf", "embedded")
    assert error.startswith(f"small.tex:{first_line() + 2}: ") and message in error


@needs_latex
def test_a_brace_that_is_not_closed_is_named_where_it_was_opened(folder: Path) -> None:
    body = "One.\n\nTwo \\textbf{three and\n\nfour.\n\nFive."
    error = fails(small(folder, body), folder / "old.pdf", "latexmk")
    assert error == f"small.tex:{first_line() + 2}: the argument of \\textbf is not closed"


@needs_latex
def test_an_error_of_latex_names_the_page_and_not_a_picture_on_it(folder: Path) -> None:
    shown = r"\includegraphics[width=5cm, alt={A loss that falls}]{figures/curve.pdf}"
    body = rf"\begin{{figure}}{shown}\caption{{C.}}\end{{figure}}" + "\n\nOne \\nosuchcommand."
    error = fails(small(folder, body), folder / "old.pdf", "latexmk")
    assert error.startswith("small.tex:") and "nosuchcommand" in error and "curve" not in error


@needs_latex
def test_latex_cannot_reach_the_shell_or_other_files(folder: Path) -> None:
    attack = r"\immediate\write18{touch escaped}\immediate\openin5=/etc/passwd \ifeof5 shut\else open\fi"
    tex = small(folder, r"\attack")
    text = tex.read_text(encoding="utf-8")  # in the preamble: its words are not expected on the page
    begin = "\\begin{document}"
    tex.write_text(text.replace(begin, f"\\newcommand{{\\attack}}{{{attack}}}\n{begin}"), encoding="utf-8")
    typeset.typeset(tex, folder / "shell.pdf", engine="latexmk")
    with pdfplumber.open(folder / "shell.pdf") as opened:
        assert "shut" in opened.pages[0].extract_text()
    assert not list(folder.rglob("escaped"))


def test_a_changed_document_gets_new_numbers(folder: Path, engine: str, tmp_path: Path) -> None:
    typeset.typeset(
        small(folder, "\\section{One}\\label{one}\nSee \\cref{one}."), tmp_path / "a.pdf", engine=engine
    )
    body = "\\section{Zero}\n\\section{One}\\label{one}\nSee \\cref{one}."
    typeset.typeset(small(folder, body), tmp_path / "b.pdf", engine=engine)
    for name, expected in (("a", "See section 1."), ("b", "See section 2.")):
        with pdfplumber.open(tmp_path / f"{name}.pdf") as opened:
            assert expected in flat(opened.pages[0].extract_text())


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("One.\n\\begin{lstlisting}[caption={A \\KL of \\nonsense}]\nx\n\\end{lstlisting}", 1, "\\nonsense"),
        (
            "\\begin{align*}\na &= b && \\text{why}\\\\\n &= c && \\text{\\nonsense}\n\\end{align*}",
            2,
            "\\nonsense",
        ),
        ("One.\n\nHidden $x + \\nonsense$.", 2, "cannot be converted outside LaTeX"),
        ("One.\n\\textcolor{nowhere}{x}", 1, "unknown colour nowhere"),
        ("\\lstinputlisting{/etc/hostname}", 0, "Could not load include file"),
        ("One.\n\\input{/etc/hostname}", 1, "Could not load include file"),
    ],
)
def test_the_embedded_engine_reads_nothing_else_and_drops_nothing(
    folder: Path, body: str, line: int, message: str
) -> None:
    error = fails(small(folder, "\\newcommand{\\KL}{KL} " + body), folder / "old.pdf", "embedded")
    assert error.startswith(f"small.tex:{first_line() + line}: ")
    assert message in error


def test_a_label_within_a_caption_names_what_bears_it(folder: Path) -> None:
    body = r"\begin{table}\caption{C.\label{t}}\begin{tabular}{l} x \end{tabular}\end{table} In \cref{t}."
    markdown.to_markdown(small(folder, body), folder / "label.md")
    page = flat((folder / "label.md").read_text(encoding="utf-8"))
    assert '<a id="t"></a> **Table 1:** C.' in page and "In [table 1](#t)." in page


def test_tables_keep_their_rules_and_only_the_first_head(folder: Path) -> None:
    long = r"\endfirsthead a & b & c \\ \midrule \endhead \bottomrule \endfoot"
    table = r"""\begin{%s}{lll} \toprule & \multicolumn{2}{c}{x} \\ \cmidrule%s a & b & c \\ \midrule %s
      1 & 2 & 3 \\ \addlinespace[2pt] 4 & 5 & 6 \\ \midrule 7 & 8 & 9 \\ \bottomrule \end{%s}"""
    for kind, trim, heads in (
        ("tabular", "{2-3}", ""),
        ("tabular", "(lr){2-3}", ""),
        ("longtable", "{2-3}", long),
    ):
        page_html.to_html(small(folder, table % (kind, trim, heads, kind)), folder / "table.html")
        page = re.sub(r"\s", "", (folder / "table.html").read_text(encoding="utf-8").partition("<body")[2])
        rows = [
            re.findall(r"<tr>", part) for part in re.findall(r"<t(?:head|body)>.*?</t(?:head|body)>", page)
        ]
        assert [len(part) for part in rows] == [2, 2, 1]
        assert "2-3" not in page


def test_an_unknown_or_missing_engine_is_explained(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="embedded, latexmk"):
        typeset.choose("nope")
    assert typeset.choose("embedded") == "embedded"
    assert "embedded, latexmk" in fails(folder / "report.tex", folder / "old.pdf", "word")
    monkeypatch.setenv("PATH", str(folder))
    assert "install" in fails(folder / "report.tex", folder / "old.pdf", "latexmk")
    used = typeset.typeset(folder / "report.tex", folder / "default.pdf")
    assert re.fullmatch(r"embedded \(pandoc [\d.]+ \+ typst [\d.]+\)", used)


def test_html_is_one_file_with_all_numbers(folder: Path) -> None:
    page_html.to_html(folder / "report.tex", folder / "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    shown = squeezed(re.sub(r"<annotation.*?</annotation>|<[^>]+>", "", body, flags=re.DOTALL)).replace(
        "&nbsp;", ""
    )
    for expected in chain(*NUMBERS.values()):
        assert squeezed(expected) in shown
    assert "generatedstand-indata" in shown
    assert body.count("<math") > 10 and "$" not in shown
    assert body.count("<svg") == body.count("data:image/svg") == 3
    links = set(re.findall(r'(?:src|href)="([^"]*)"', body))
    assert all(re.match(r"https://(?:arxiv|example)\.org|#|%23|data:", link) for link in links)
    targets = set(re.findall(r'\bid="([^"]+)"', body))
    assert {"eq:elbo", "eq:kl", "fig:curve", "tab:accuracy", "lst:loss", "proof:2"} <= targets
    assert set(re.findall(r'href="#([^"]+)"', re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL))) <= targets


def test_markdown_holds_numbers_mathematics_and_linked_figures(folder: Path) -> None:
    (folder / "out").mkdir()
    markdown.to_markdown(folder / "report.tex", folder / "out/report.md")
    page = (folder / "out/report.md").read_text(encoding="utf-8")
    links, anchors = re.findall(r"\]\(#([^)]+)\)", page), re.findall(r'<a id="([^"]+)"></a>', page)
    assert {"sec:bound", "eq:elbo", "eq:kl", "fig:curve", "tab:accuracy", "lst:loss", "app:log"} <= set(links)
    assert sorted(anchors) == sorted(set(links))
    assert not re.search(r"<(?!a id=|/a>|https:)[a-z/]", page)  # no other HTML
    assert "| pooling | accuracy: ours | accuracy: reference | note |" in page
    page = re.sub(r'<a id="[^"]+"></a>', "", re.sub(r"\[([^\]]*)\]\(#[^)]+\)", r"\1", page))
    plain = squeezed(re.sub(r"[*#`]", "", page))
    for expected in chain(*NUMBERS.values()):
        assert squeezed(expected) in plain.replace("$", "")
    assert "``` python\ndef gaussian_kl" in page
    assert r"![Loss from 1 to \< 0.01 \[nats\], falling_fast](../figures/curve.svg)" in page
    assert all(rf"\tag{{{number}}}" in page for number in (1, 2, 3)) and r"\tag{4}" not in page
    assert r"\label{eq:kl}" not in page and r"\hyperlink" not in page
    assert "|   60 | symbolic | rule 60 |" in page
    assert "**generated stand-in data**" in page


@pytest.mark.parametrize("convert", [page_html.to_html, markdown.to_markdown])
def test_a_form_that_says_another_number_is_refused(folder: Path, monkeypatch, convert) -> None:
    write = pandoc.write
    monkeypatch.setattr(pandoc, "write", lambda *words: write(*words).replace("92.81", "99.87"))
    with pytest.raises(
        UserError, match=r"does not say .*: the number 92\.81 \(0 of 1 times\); its conversion"
    ):
        convert(folder / "report.tex", folder / "wrong")
    assert not (folder / "wrong").exists()


def test_what_is_emphasised_is_told_once(tmp_path: Path) -> None:
    body = r"A \emph{b \textbf{c}} \texttt{d} ``e f'' $g$"
    tree = pandoc.read(latex.Document(tmp_path / "t.tex", rf"\begin{{document}}{body}\end{{document}}"))
    assert pandoc.plain(tree["blocks"], str.upper) == "A b c d e f G"


def test_every_character_of_data_survives_the_conversion(folder: Path) -> None:
    data = "".join(map(chr, range(33, 127)))
    tex = small(folder, "x " + formats.escape(" ".join(data)) + " y")
    page_html.to_html(tex, folder / "characters.html")
    page = (folder / "characters.html").read_text(encoding="utf-8")
    shown = html.unescape(re.sub(r"<[^>]+>", "", page[page.index("<body") :]))
    straight = str.maketrans("‘’“”", "''\"\"")
    assert squeezed(shown).translate(straight).endswith(squeezed(f"x{data}y").translate(straight))
    markdown.to_markdown(tex, folder / "characters.md")
    assert "`" in (folder / "characters.md").read_text(encoding="utf-8")


def test_html_and_markdown_need_the_svg(folder: Path) -> None:
    tex = small(
        folder, r"\begin{figure}\includegraphics[alt={A loss}]{figures/only.pdf}\caption{C.}\end{figure}"
    )
    (folder / "figures/only.pdf").write_bytes(b"%PDF-1.4")
    for convert in (page_html.to_html, markdown.to_markdown):
        with pytest.raises(UserError, match=r"missing figure figures/only\.svg"):
            convert(tex, folder / "small.out")


@pytest.mark.parametrize(
    ("names", "style", "expected"),
    [
        ("a", "ref", "1"),
        ("a", "eqref", "(1)"),
        ("a", "Cref", "Equation (1)"),
        ("c,a,b", "cref", "equations (1) to (3)"),
        ("a,b,d", "cref", "equations (1), (2) and (4)"),
        ("a,s", "cref", "equation (1) and section 2.1"),
        ("f,a,s", "Cref", "Figure 1, equation (1), and section 2.1"),
        ("p,q", "cref", "appendices A and A.1"),
    ],
)
def test_references_read_as_cleveref_writes_them(names: str, style: str, expected: str) -> None:
    targets = {
        "a": numbering.Target("equation", "1"),
        "b": numbering.Target("equation", "2"),
        "c": numbering.Target("equation", "3"),
        "d": numbering.Target("equation", "4"),
        "f": numbering.Target("figure", "1"),
        "s": numbering.Target("section", "2.1"),
        "p": numbering.Target("appendix", "A"),
        "q": numbering.Target("appendix", "A.1"),
    }
    shown = plain(numbering.refer(names, style, targets, LANGUAGES["en"]))
    assert flat(shown) == expected


def test_rewriting_for_pandoc_keeps_line_numbers(folder: Path) -> None:
    document = read(folder / "report.tex")
    rewritten = for_pandoc(document)
    for landmark in (r"\section{Results}", r"\section{Proof log}", r"\end{document}"):
        before, after = document.text.index(landmark), rewritten.index(landmark)
        assert document.text.count("\n", 0, before) == rewritten.count("\n", 0, after)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds another process")
def test_what_outlives_a_killed_build_ends_by_itself() -> None:
    loop = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    with subprocess.Popen([sys.executable, "-c", f"input(); {loop}"], stdin=subprocess.PIPE) as process:
        typeset._bound(process.pid, 1)
        process.communicate(b"go\n", timeout=60)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX here")
def test_a_tex_in_a_loop_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own child holds the pipe open: ending latexmk alone would wait for ever."""
    source = tmp_path / "t.tex"
    head = r"\documentclass{article}\title{T}\author{A}\begin{document}"
    source.write_text(rf"{head}\def\x{{\x}}\x\end{{document}}", encoding="utf-8")
    monkeypatch.setattr("writeup.page.pdf.typeset.TIMEOUT", 2)
    with pytest.raises(UserError, match=r"t\.tex: latexmk did not finish within 2 s"):
        typeset.typeset(source, tmp_path / "t.pdf", engine="latexmk")


def test_where_pandoc_found_no_room_its_call_stack_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "pandoc"
    said = "pandoc: log.json: withBinaryFile: resource exhausted (No space left on device)"
    stub.write_text(f"#!/bin/sh\necho '{said}\nHasCallStack backtrace:\n  x' >&2\nexit 1\n", encoding="utf-8")
    stub.chmod(0o755)
    monkeypatch.setattr("pypandoc.get_pandoc_path", lambda: str(stub))
    with pytest.raises(UserError) as error:
        pandoc.run(["--version"])
    assert str(error.value) == f"pandoc: {said}"
