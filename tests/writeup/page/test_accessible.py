"""Who hears the page: PDF/UA-1 and PDF/A-2a from the embedded engine, judged by another program."""

import ctypes
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from tests import conformance

from writeup.errors import UserError
from writeup.page import figures
from writeup.page.pdf import embedded, typeset
from writeup.page.source import latex
from writeup.page.source.formats import escape
from writeup.page.source.listings import code_block
from writeup.page.web import html, markdown

PREAMBLE = latex.preamble("a4")
ALT = 'Loss falls from 3 to < 0.1 [nats] in 50 % of the runs & "a_b" - {c} \\d'
SOURCE = r"""\documentclass[11pt]{article}
\newcommand{\pagemark}{generated}
%s
\title{A report \\ \large with two lines}
\author{A. Author}
\begin{document}
\maketitle
\begin{abstract}
What is \emph{known}.
\end{abstract}
\section{One}\label{sec:one}
Formulas such as $\lVert x \rVert_2^2$ have words,\footnote{A note, with $y$.} as \cref{eq:sum,fig:loss} have.
\begin{align}
  \mathrm{KL}(q \,\|\, p) &= \sum_{j=1}^{J} \mu_j^2 && \text{\footnotesize by \cref{sec:one}} \label{eq:sum}
\end{align}
\begin{equation*}
  \boxed{x = 1}
\end{equation*}
\subsection{Below}
\begin{figure}[htbp]
\includegraphics[width=0.5\linewidth, alt={%s}]{figures/loss.pdf}
\caption{A loss.}\label{fig:loss}
\end{figure}
\begin{table}[htbp]
\caption{Numbers.}
\begin{tabular}{lr}
\toprule
name & value \\
\midrule
a & $1.2 \pm 0.1$ \\
\bottomrule
\end{tabular}
\end{table}
%s
\section*{References}
\begin{enumerate}
\item Someone. \href{https://example.org/a}{A book}.
\end{enumerate}
\appendix
\section{More}
\begin{description}
\item[Line] the end
\end{description}
\end{document}
"""


needs_latex = pytest.mark.skipif(
    not (shutil.which("latexmk") and shutil.which("pdflatex")), reason="latexmk is not on the PATH"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accessible")
    figure, axes = figures.panel()
    figures.curve(axes, np.arange(5), np.vander([1.0, 2.0], 5), "loss", 0)
    figures.save(figure, folder / "figures" / "loss")
    listing = code_block("def loss(x):\n    return x  # in nats", "The loss.", "lst:loss")
    (folder / "report.tex").write_text(SOURCE % (PREAMBLE, escape(ALT), listing), encoding="utf-8")
    return folder / "report.tex"


@pytest.fixture(scope="module")
def pdf(source: Path) -> Path:
    typeset.typeset(source, source.with_suffix(".pdf"), engine="embedded")
    return source.with_suffix(".pdf")


@pytest.mark.parametrize("profile", conformance.PROFILES)
def test_another_program_finds_the_pdf_accessible(pdf: Path, profile: str) -> None:
    assert conformance.failures(pdf.read_bytes(), profile) == []


def test_that_program_would_find_what_is_missing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STANDARDS", ["1.7"])
    plain = embedded.typeset(latex.read(source), epoch=typeset.EPOCH)
    assert all(conformance.failures(plain, profile) for profile in conformance.PROFILES)


def test_a_stream_that_ends_elsewhere_than_it_says_is_found(pdf: Path) -> None:
    whole = pdf.read_bytes()
    assert conformance.lengths_are_right(whole)
    [(place, said), *_] = [(one.start(1), one[1]) for one in conformance.STREAM.finditer(whole)]
    longer = str(int(said) + 1).encode().rjust(len(said), b"0")[-len(said) :]
    assert not conformance.lengths_are_right(whole[:place] + longer + whole[place + len(said) :])


@pytest.mark.parametrize("words", [r"alt: (words|it\.alt),", r", alt: \"Loss[^,]*", r"title: title, "])
def test_typst_refuses_a_page_that_lacks_words(
    source: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    compiled = embedded.typst.compile_with_warnings

    def without(main: str, **options: Any) -> Any:
        path = Path(main)
        page, lacking = re.subn(words, "", path.read_text(encoding="utf-8"))
        assert lacking
        path.write_text(page, encoding="utf-8")
        return compiled(main, **options)

    monkeypatch.setattr(embedded.typst, "compile_with_warnings", without)
    with pytest.raises(UserError, match="PDF/UA-1 error"):
        embedded.typeset(latex.read(source), epoch=typeset.EPOCH)


def test_figures_and_formulas_bear_their_words_in_the_pdf(pdf: Path) -> None:
    spoken = [(kind, alt) for kind, alt in _structure(pdf) if alt]
    assert [alt for kind, alt in spoken if kind == "Figure"] == [ALT]
    formulas = [alt for kind, alt in spoken if kind == "Formula"]
    assert "the norm of x end norm sub 2 squared" in formulas
    assert "equals the sum from j equals 1 to capital j of mu sub j squared" in formulas
    assert "x equals 1" in formulas and "1.2 plus or minus 0.1" in formulas


def test_title_abstract_and_heads_of_rows_are_tagged(pdf: Path) -> None:
    kinds = [kind for kind, _ in _structure(pdf)]
    assert kinds[:2] == ["Document", "H1"] and kinds.count("H1") == 5  # title, abstract, three sections
    with pikepdf.open(pdf) as document:
        cells = [(str(one.S), str(one.A[0].get("/Scope"))) for one in document.objects if _is_cell(one)]
        assert sorted(cells) == [("/TD", "None"), *[("/TH", "/Column")] * 2, ("/TH", "/Row")]


def _is_cell(one: Any) -> bool:
    return isinstance(one, pikepdf.Dictionary) and one.get("/S") in ("/TD", "/TH")


def test_links_say_where_they_lead(pdf: Path) -> None:
    with pikepdf.open(pdf) as document:
        said = [str(link.Contents) for page in document.pages for link in page.get("/Annots", ())]
    assert {"equation (1), page 1", "Figure 1: A loss, page 1", "1 One, page 1"} <= set(said)
    assert "https://example.org/a" in said


def test_every_formula_and_figure_of_the_pdf_has_words(pdf: Path) -> None:
    kinds = [(kind, bool(alt)) for kind, alt in _structure(pdf) if kind in {"Figure", "Formula"}]
    assert len(kinds) > 6 and all(has for _, has in kinds)


def test_html_and_markdown_say_the_same_of_a_figure(source: Path) -> None:
    html.to_html(source, source.with_suffix(".html"))
    markdown.to_markdown(source, source.with_suffix(".md"))
    assert f'alt="{escape_html(ALT)}"' in source.with_suffix(".html").read_text(encoding="utf-8")
    shown = source.with_suffix(".md").read_text(encoding="utf-8")
    assert "![Loss falls from 3 to" in shown


def test_a_figure_without_words_is_an_error(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    for bare in (
        r"\includegraphics[width=0.5\linewidth]{",
        r"\includegraphics{",
        r"\includegraphics[alt={}]{",
    ):
        begin, rest = text.split(r"\includegraphics", 1)
        without = source.with_name("without.tex")
        without.write_text(
            begin + bare + "figures/loss.pdf}" + rest.split("figures/loss.pdf}", 1)[1], encoding="utf-8"
        )
        line = begin.count("\n") + 1
        with pytest.raises(
            UserError, match=rf"^without\.tex:{line}: figure figures/loss\.pdf has no alternative text"
        ):
            latex.read(without)


@pytest.mark.parametrize(
    ("title", "message"),
    [("", r"no \\title"), (r"\title{ }", r"no \\title"), (r"\title{A \\[4pt] \large{B}}", "a length after")],
)
def test_a_title_that_programs_cannot_read_is_an_error(source: Path, title: str, message: str) -> None:
    text = source.read_text(encoding="utf-8")
    spoilt = source.with_name("spoilt.tex")
    spoilt.write_text(text.replace(r"\title{A report \\ \large with two lines}", title), encoding="utf-8")
    with pytest.raises(UserError, match=rf"^spoilt\.tex:\d+: {message}"):
        latex.read(spoilt)


@needs_latex
def test_every_engine_says_title_author_language_and_outline(source: Path, pdf: Path) -> None:
    made = source.with_name("latex.pdf")
    typeset.typeset(source, made, engine="latexmk")
    for path in (pdf, made):
        document = pypdfium2.PdfDocument(path)
        known, outline = document.get_metadata_dict(), [entry.get_title() for entry in document.get_toc()]
        document.close()
        assert " ".join(known["Title"].split()) == "A report with two lines"
        with pdfplumber.open(path) as opened:
            catalog = opened.doc.catalog
            language, shown = catalog["Lang"], pdfplumber.utils.resolve(catalog["ViewerPreferences"])
            author = opened.metadata["Author"]
        assert language.decode("utf-8") == "en" and shown["DisplayDocTitle"] is True
        assert author == "A. Author"
        assert [re.sub(r"^\S+ (?=\S)", "", title) for title in outline if title != "References"] == [
            "One",
            "Below",
            "More",
        ]
        assert outline[2] == "References"


def escape_html(text: str) -> str:
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, entity)
    return text


def _structure(pdf: Path) -> Iterator[tuple[str, str]]:
    """Kind and alternative text of every element of the PDF's structure, page by page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            tree = pdfium.FPDF_StructTree_GetForPage(page)
            for index in range(pdfium.FPDF_StructTree_CountChildren(tree)):
                yield from _below(pdfium.FPDF_StructTree_GetChildAtIndex(tree, index))
            pdfium.FPDF_StructTree_Close(tree)
    finally:
        document.close()


def _below(element: Any) -> Iterator[tuple[str, str]]:
    yield (
        _text(pdfium.FPDF_StructElement_GetType, element),
        _text(pdfium.FPDF_StructElement_GetAltText, element),
    )
    for index in range(pdfium.FPDF_StructElement_CountChildren(element)):
        if child := pdfium.FPDF_StructElement_GetChildAtIndex(element, index):
            yield from _below(child)


def _text(read: Any, element: Any) -> str:
    size = read(element, None, 0)
    buffer = ctypes.create_string_buffer(size)
    read(element, buffer, size)
    return buffer.raw[: max(size - 2, 0)].decode("utf-16-le")
