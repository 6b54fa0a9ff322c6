"""Hundreds of hostile texts through both engines, as paragraphs, titles, captions, cells: `make faults`."""

import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.writeup.page.hostile import ATTACKS, TEXTS, between, document, expected, marked

from writeup.page import readback, typeset
from writeup.page.templating import escape

SIZE, DOCUMENTS = 60, 8  # texts a document, documents an engine: 480 random texts and the attacks


def texts() -> list[str]:
    found = [*ATTACKS]

    @settings(max_examples=SIZE * DOCUMENTS, deadline=None, database=None)
    @given(TEXTS)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def bare(text: str) -> str:
    """Without what line breaks, fonts and hyphenation change."""
    return re.sub(r"[\s\ufffe\u00ad-]", "", unicodedata.normalize("NFKC", text))


def places(some: list[str]) -> str:
    """The texts where a report has them: by turns as a paragraph, in a list, a cell, a caption, a heading."""
    forms = (
        "%s\n",
        "\\begin{itemize}\n\\item %s\n\\end{itemize}\n",
        "\\begin{tabular}{p{10cm}}\n\\toprule\n%s \\\\\n\\bottomrule\n\\end{tabular}\n",
        "\\subsection*{%s}\n",
        "\\textbf{%s}\n",
    )
    return "\n".join(forms[i % len(forms)] % marked(i, str(escape(text))) for i, text in enumerate(some))


@pytest.mark.parametrize("engine", ["embedded", "latexmk"])
def test_texts_are_typeset_as_they_are(engine: str, tmp_path: Path) -> None:
    if engine == "latexmk" and not shutil.which("pdflatex"):
        pytest.skip("no LaTeX here")
    every = texts()
    for start in range(0, len(every), SIZE):
        some = every[start : start + SIZE]
        source, page = tmp_path / "t.tex", tmp_path / "t.pdf"
        body = f"\\section{{Texts}}\n{places(some)}"  # PDF/UA: no heading stands above its chief one
        source.write_text(document(body), encoding="utf-8")
        typeset.typeset(source, page, engine=engine)
        pages = (re.sub(r"\s\d+\s*$", "", text) for text in readback._pages(page.read_bytes()))
        shown = between(bare("".join(pages)))
        assert shown == [bare(expected(text)) for text in some]
