"""Answers in their frames, the pages they stand on, and what the HTML and the Markdown have besides."""

import shutil
from pathlib import Path

import pdfplumber
import pytest

from writeup.errors import UserError
from writeup.page.pdf import typeset
from writeup.page.source import latex
from writeup.page.web import html, markdown

PREAMBLE = latex.preamble("a4")
TEXT = rf"""\documentclass{{article}}
{PREAMBLE}
\title{{Answers}}
\author{{A. Author}}
\begin{{document}}
\begin{{tabular}}{{lr}}
\toprule
question & page \\
\midrule
first & \pageref{{ans:first}} \\
\bottomrule
\end{{tabular}}
FILLER
\section{{Reply}}
\begin{{answer}}
\label{{ans:first}}\textbf{{Answer.}} It is so:
\begin{{align*}}
a &= b
\end{{align*}}
\end{{answer}}

\appendix
\begin{{supplement}}
\section{{More}}
Only on the screen, where \cref{{sec:more}} is, 4711.
\label{{sec:more}}
\end{{supplement}}
\end{{document}}
"""
FILLER = "\n\n".join(f"Paragraph {i} " + "word " * 120 for i in range(12))
ENGINES = ["embedded", *(["latexmk"] if shutil.which("latexmk") and shutil.which("pdflatex") else [])]


@pytest.fixture
def tex(tmp_path: Path) -> Path:
    path = tmp_path / "report.tex"
    path.write_text(TEXT.replace("FILLER", FILLER), encoding="utf-8")
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_is_framed_and_found_on_the_page_that_is_named(engine: str, tex: Path) -> None:
    pdf = tex.with_suffix(".pdf")
    typeset.typeset(tex, pdf, engine=engine)
    with pdfplumber.open(pdf) as opened:
        pages = [page.extract_text() for page in opened.pages]
        (there,) = (k for k, text in enumerate(pages, 1) if "Answer." in text)
        assert there > 1 and f"first {there}" in pages[0]
        page = opened.pages[there - 1]
        (word,) = (one for one in page.extract_words() if one["text"] == "Answer.")
        edges = [edge for edge in page.edges if edge["top"] < word["top"] < edge["bottom"]]
        assert min(edge["x0"] for edge in edges) < word["x0"] < max(edge["x0"] for edge in edges)
    assert "4711" not in " ".join(pages)


def test_the_screen_names_sections_and_has_the_supplement(tex: Path) -> None:
    for name, write in (("page.html", html.to_html), ("page.md", markdown.to_markdown)):
        write(tex, tex.with_name(name))
        text = tex.with_name(name).read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
        assert "4711" in text and "section S1" in text and "§ " in text


@pytest.mark.parametrize("engine", ENGINES)
def test_the_printed_page_cannot_refer_to_the_supplement(engine: str, tex: Path) -> None:
    tex.write_text(
        tex.read_text(encoding="utf-8").replace("It is so:", r"See \cref{sec:more}."), encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"undefined reference `sec:more'"):
        typeset.typeset(tex, tex.with_suffix(".pdf"), engine=engine)
