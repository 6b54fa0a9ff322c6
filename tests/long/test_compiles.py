"""Hundreds of hostile texts through both engines, as paragraphs, items, cells, headings: `make test-long`."""

import itertools
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.writeup.page.hostile import ATTACKS, TEXTS, TYPESET, between, document, expected, marked

from writeup.page import completeness
from writeup.page.pdf import typeset
from writeup.page.source.formats import escape

SIZE, DOCUMENTS = 50, 10  # random texts a document, besides the attacks; documents an engine


def texts() -> list[str]:
    found: list[str] = []

    @settings(max_examples=SIZE * DOCUMENTS, deadline=None, database=None)
    @given(TEXTS)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def bare(text: str) -> str:
    """Without what line breaks, fonts and hyphenation change, and macrons, which are read before letters."""
    return re.sub(r"[\s\ufffe\u00ad\u00af\u0304-]", "", unicodedata.normalize("NFKC", text))


FORMS = (
    "%s\n",
    "\\begin{itemize}\n\\item %s\n\\end{itemize}\n",
    "\\begin{tabular}{p{10cm}}\n\\toprule\n%s \\\\\n\\bottomrule\n\\end{tabular}\n",
    "\\subsection*{%s}\n",
    "\\textbf{%s}\n",
)


def places(some: list[str], form: str) -> str:
    """The texts where a report has them: as paragraphs, in lists, cells, headings, bold."""
    return "\n".join(form % marked(i, str(escape(text))) for i, text in enumerate(some))


def pages(pdf: Path) -> list[str]:
    """The text of each page without its number."""
    return [re.sub(r"\s\d+\s*$", "", text) for text in completeness._pages(pdf.read_bytes())]


@pytest.mark.parametrize("engine", ["embedded", "latexmk"])
def test_no_two_characters_are_typeset_as_another(engine: str, tmp_path: Path) -> None:
    if engine == "latexmk" and not shutil.which("pdflatex"):
        pytest.skip("no LaTeX here")
    marks = sorted(c for c in TYPESET if c in "1a" or unicodedata.category(c)[0] == "P" or c in "<>`^~+=|€™")
    pairs = list(map("".join, itertools.product(marks, repeat=2)))
    source, page = tmp_path / "t.tex", tmp_path / "t.pdf"
    source.write_text(document(f"\\section{{Pairs}}\n{places(pairs, FORMS[0])}"), encoding="utf-8")
    typeset.typeset(source, page, engine=engine)
    shown = between("".join(pages(page)))
    written = {"…": "...", "™": "TM"}  # in letters, by the fonts

    def same(text: str) -> str:
        return "".join(written.get(c, c) for c in text if not c.isspace())

    assert [same(text) for text in shown] == [same(expected(text)) for text in pairs]


@pytest.mark.parametrize("engine", ["embedded", "latexmk"])
def test_texts_are_typeset_as_they_are(engine: str, tmp_path: Path) -> None:
    if engine == "latexmk" and not shutil.which("pdflatex"):
        pytest.skip("no LaTeX here")
    random = texts()
    for count in range(DOCUMENTS):
        some = [*ATTACKS, *random[count * SIZE :][:SIZE]]
        source, page = tmp_path / "t.tex", tmp_path / "t.pdf"
        # one form a document, for a table would float into a paragraph; below a heading, as PDF/UA wants it
        body = f"\\section{{Texts}}\n{places(some, FORMS[count % len(FORMS)])}"
        source.write_text(document(body), encoding="utf-8")
        typeset.typeset(source, page, engine=engine)
        shown = between(bare("".join(pages(page))))
        assert shown == [bare(expected(text)) for text in some]
