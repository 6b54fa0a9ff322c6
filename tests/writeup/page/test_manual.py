"""The manual for authors of templates names what templates see: all of it, and nothing else."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE

from writeup.errors import UserError
from writeup.page.context import Context
from writeup.page.manual import OTHERS, manual
from writeup.page.pdf import typeset
from writeup.page.source.templating import environment
from writeup.page.web import html, markdown

DOCS = Path(__file__).parents[3] / "docs" / "templates.md"


def section(title: str) -> dict[str, str]:
    """What the committed manual says of each name below a title."""
    text = DOCS.read_text(encoding="utf-8").split(f"## {title}\n")[1].partition("\n## ")[0]
    return dict(re.findall(r"^- `(\w+)[^`]*`: (.+(?:\n  .+)*)", text, re.MULTILINE))


def test_the_committed_manual_is_that_of_the_code() -> None:
    assert DOCS.read_text(encoding="utf-8") == manual(), "make docs"


def test_the_manual_names_what_a_template_sees() -> None:
    seen: Any = Context(**{one.name: {} for one in fields(Context)} | {"notes": {"mine": 1}})
    assert section("Names").keys() == seen.names().keys() - {"mine"} and seen.names()["mine"] == 1
    env = environment(Path())
    assert section("Functions").keys() == env.globals.keys() - DEFAULT_NAMESPACE.keys()
    assert section("Filters").keys() == {
        name for name, one in env.filters.items() if DEFAULT_FILTERS.get(name) is not one
    }


@pytest.mark.parametrize("title", ["Names", "Rows of `shown`", "Members of `claims`", "Functions", "Filters"])
def test_each_name_has_its_meaning(title: str) -> None:
    said = section(title)
    assert len(said) > 3 and all(len(text.split()) > 1 for text in said.values())


EVERYTHING = Path(__file__).with_name("everything.tex").read_text(encoding="utf-8")


def test_what_the_manual_lists_of_latex_works_in_every_form(tmp_path: Path) -> None:
    listed = {
        word for text in OTHERS.values() for word in re.findall(r"\\?[a-z]+", text.partition(" with ")[0])
    }
    citing = {
        r"\cite",
        r"\citep",
        r"\citet",
        r"\bibliography",
        r"\includegraphics",
    }  # have tests of their own
    assert {word for word in listed - citing if word not in EVERYTHING} == set()
    (tmp_path / "t.tex").write_text(EVERYTHING, encoding="utf-8")
    typeset.typeset(tmp_path / "t.tex", tmp_path / "t.pdf")
    html.to_html(tmp_path / "t.tex", tmp_path / "t.html")
    markdown.to_markdown(tmp_path / "t.tex", tmp_path / "t.md")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            r"\documentclass{article}",
            r"\documentclass[review]{elsarticle}",
            r"1: \documentclass[review]{elsarticle} is",
        ),
        (
            r"\title",
            r"\usepackage{tikz}\title",
            r"2: \usepackage{tikz} is known to LaTeX alone: declare engine=",
        ),
        (
            r"\paragraph{Four} l",
            r"\paragraph{Four} l & m",
            r": an & outside of tables and alignments: write \&",
        ),
        (r"\begin{quote}", r"\lstset{mathescape}\begin{quote}", r": mathescape is known to LaTeX alone"),
        (r"\begin{quote}q", r"\begin{quote}\marginpar{q}", r"\marginpar{q}"),
    ],
)
def test_what_latex_alone_knows_is_refused_with_its_line(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "t.tex").write_text(EVERYTHING.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        markdown.to_markdown(tmp_path / "t.tex", tmp_path / "t.md")
    assert str(caught.value).startswith("t.tex:") and said in str(caught.value)


OWN = r"""\documentclass[fontsize=11pt]{scrartcl}
\usepackage{natbib, mine}
\title{Mine} \begin{document} \maketitle \textmine{Here} \citet{kim}.
\bibliographystyle{own} \bibliography{references}
\end{document}"""
KIM = "@article{kim, author={Kim, Y.}, title={A title}, journal={J}, year=2014}"


@pytest.mark.skipif(not shutil.which("latexmk"), reason="no TeX here")
def test_a_class_of_ones_own_is_set_by_latex_with_what_lies_beside_the_templates(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "mine.sty").write_text(r"\newcommand{\textmine}[1]{\textbf{#1 by a package}}", encoding="utf-8")
    (given / "references.bib").write_text(KIM, encoding="utf-8")
    plain = subprocess.run(["kpsewhich", "plainnat.bst"], capture_output=True, text=True, check=True).stdout
    shutil.copy(plain.strip(), given / "own.bst")
    (tmp_path / "t.tex").write_text(OWN, encoding="utf-8")
    files = sorted(given.iterdir())
    typeset.typeset(tmp_path / "t.tex", tmp_path / "t.pdf", engine="latexmk", given=files)
    with pdfplumber.open(tmp_path / "t.pdf") as document:
        text = document.pages[0].extract_text()
    assert "Here by a package" in text and "Kim (2014)" in text and "A title" in text
    for lacking, said in (
        ("mine.sty", "t.tex:2: LaTeX has no mine.sty; put"),
        ("own.bst", "LaTeX has no own.bst"),
    ):
        rest = [path for path in files if path.name != lacking]
        with pytest.raises(UserError, match=re.escape(said)):
            typeset.typeset(tmp_path / "t.tex", tmp_path / "t.pdf", engine="latexmk", given=rest)
    (tmp_path / "t.tex").write_text(OWN.replace("scrartcl", "nosuchclass"), encoding="utf-8")
    with pytest.raises(UserError, match=r"t.tex:1: LaTeX has no nosuchclass.cls"):
        typeset.typeset(tmp_path / "t.tex", tmp_path / "t.pdf", engine="latexmk", given=files)
