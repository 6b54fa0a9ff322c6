"""What a page says by itself is said in the language of its assignment.toml."""

import shutil
from pathlib import Path

import pdfplumber
import pytest

from writeup import handing
from writeup.page.elements import ELEMENTS, LANGUAGES
from writeup.page.pdf import typeset
from writeup.page.source import latex
from writeup.page.web import html, markdown

BODY = r"""\begin{document}
\maketitle
\begin{abstract}Worum es geht.\end{abstract}
\tableofcontents
\section{Eins}\label{eins}
\Cref{tab:eins}, \cref{tab:eins,tab:zwei,eins}, \cref{satz}, \cref{gleichung}.
\begin{table}\caption{Erste.}\label{tab:eins}
\begin{tabular}{l}\toprule a \\ \bottomrule\end{tabular}\end{table}
\begin{table}\caption{Zweite.}\label{tab:zwei}
\begin{tabular}{l}\toprule b \\ \bottomrule\end{tabular}\end{table}
\begin{theorem}\label{satz}Es gilt.\end{theorem}
\begin{proof}Klar.\end{proof}
\begin{equation}\label{gleichung} x = y \end{equation}
\end{document}
"""
SAID = (
    "Tabelle1:",
    "Tabelle1,Tabellen1und2undAbschnitt1,Satz1,Gleichung(1)",
    "Satz1.",
    "Beweis.",
    "Zusammenfassung",
)


def test_every_element_has_a_german_word() -> None:
    boxes = {name for name, element in ELEMENTS.items() if element.form == "box"}
    assert LANGUAGES["de"].names.keys() == ELEMENTS.keys() - boxes
    assert set(handing.SPOKEN) == LANGUAGES.keys()


@pytest.mark.parametrize(
    ("language", "words"), [("de", "de"), ("de_AT", "de"), ("en_GB", "en"), ("fr", "en")]
)
def test_the_words_are_those_of_the_language_or_english(language: str, words: str) -> None:
    handed = handing.HandedIn(language=language)
    said = "\n".join(handed.notes())
    assert handed.words == words
    assert ("captions and references are English" in said) == (language == "fr")
    assert ("the guard on prose knows" in said) == (language != "en_GB")


def test_a_german_page_is_german_in_every_form(tmp_path: Path) -> None:
    tex = tmp_path / "t.tex"
    head = r"\documentclass{article}" + latex.preamble("a4", "de") + r"\title{Titel} \date{}"
    tex.write_text(head + BODY, encoding="utf-8")
    shown = {}
    for engine in ("embedded", *(["latexmk"] if shutil.which("latexmk") else [])):
        typeset.typeset(tex, tmp_path / f"{engine}.pdf", engine=engine)
        with pdfplumber.open(tmp_path / f"{engine}.pdf") as document:
            shown[engine] = "".join(page.extract_text() for page in document.pages)
            assert document.doc.catalog["Lang"] == b"de"
    html.to_html(tex, tmp_path / "t.html")
    markdown.to_markdown(tex, tmp_path / "t.md")
    for name, text in shown.items():
        page = "".join(text.split())
        assert all(one in page for one in SAID), (name, page)
        assert "Table" not in page and "Proof" not in page and "Contents" not in page, name
    assert '<html lang="de">' in (page := (tmp_path / "t.html").read_text(encoding="utf-8"))
    assert "Zusammenfassung</h2>" in page and "Tabelle" in page and "Beweis." in page
    assert "**Zusammenfassung.**" in (tmp_path / "t.md").read_text(encoding="utf-8")
