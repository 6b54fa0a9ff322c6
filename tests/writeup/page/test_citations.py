"""Citations: from BibTeX, in a style of CSL, never of what is not there."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.source import citations

ENTRIES = """
@inproceedings{kim, author={Kim, Yoon and others}, title={A title with 100 \\%}, booktitle={EMNLP}, year=2014,
  pages={1746--1751}, doi={10.3115/v1/D14-1181}}
@article{holm, author={Holm, Sture and Berg, A.}, title={A procedure}, journal={J. Stat.}, year=1979}
@misc{never, author={{N. N.}}, title={Not cited}, year=2000, url={https://example.org/a}}
"""
PAGE = (
    r"First \cite{holm}. % \cite{kim}"
    "\n"
    r"\bibliography{references}"
    "\n"
    r"Then \citep{kim,holm}, \citet{holm}"
)
WAY = r"\hyperlink{ref:holm}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "references.bib").write_text(ENTRIES, encoding="utf-8")
    return folder


def test_numbers_follow_the_order_of_citation_and_the_list_holds_what_was_cited(folder: Path) -> None:
    found = citations.read(folder)
    text = found.filled(PAGE)
    first, *listed, last = text.split("\n")
    assert first == rf"First {WAY}{{{{[}}1{{]}}}}. % \cite{{kim}}"
    one, two = r"\hyperlink{ref:holm}{{[}1{]}}", r"\hyperlink{ref:kim}{{[}2{]}}"
    assert last == rf"Then {one}, {two}, Holm \& Berg {one}"
    assert listed[0] == r"\begin{enumerate}" and listed[-1] == r"\end{enumerate}" and len(listed) == 4
    assert listed[1].startswith(r"\item S.\hypertarget{ref:holm}{} Holm and A. Berg, ")
    assert r"\emph{J. Stat.}" in listed[1] and "1979" in listed[1]
    assert r"100 \%" in listed[2] and r"\href{https://doi.org/10.3115/v1/D14-1181}" in listed[2]
    assert "N. N." not in text and found.uncited(text) == ["never"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('csl = "apa"', rf"({WAY}{{Holm \& Berg, 1979}})"),
        ('csl = "chicago-author-date"', f"({WAY}{{Holm and Berg 1979}})"),
        ('csl = "chicago-author-date"\nlanguage = "de"', f"({WAY}{{Holm und Berg 1979}})"),
        ('csl = "own.csl"', WAY),
    ],
)
def test_the_style_and_the_language_are_chosen(folder: Path, settings: str, said: str) -> None:
    (folder / "own.csl").write_bytes((citations.STYLES / "ieee.csl").read_bytes())
    (folder / "assignment.toml").write_text(settings, encoding="utf-8")
    text = citations.read(folder).filled(r"\cite{holm} \bibliography{references}")
    assert said in text, text


def test_what_is_not_there_is_not_cited(folder: Path) -> None:
    (folder / "page.tex.j2").write_text("one\n\\cite{kimm}", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"^templates/page.tex.j2:2: references.bib has no entry 'kimm'; it has kim$"
    ):
        citations.read(folder).filled(r"\cite{kimm} \bibliography{x}")
    with pytest.raises(UserError, match=r"works are cited; write \\bibliography"):
        citations.read(folder).filled(r"\cite{kim}")
    (folder / "references.bib").unlink()
    with pytest.raises(UserError, match="no entry 'kim'"):
        citations.read(folder).filled(r"\cite{kim}")


def test_a_page_of_latexs_own_bibtex_is_left_alone(folder: Path) -> None:
    text = r"\cite{anything} \bibliographystyle{plain} \bibliography{references}"
    assert citations.read(folder).filled(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("@article{a, title={T}, year=2000}", "references.bib: a has no author"),
        ("@article{a, author={A}, year=2000}", "references.bib: a has no title"),
        ("@article{a, author={A}, title={T}}", "references.bib: a has no year"),
        ("@misc{a, author={A}, title={T}, year=2000, url={javascript:x}}", "javascript:x is no address"),
        ("@article{a, author={A}", "references.bib:\\d+: pandoc: "),
    ],
)
def test_an_entry_that_cannot_be_meant_is_named(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "references.bib").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=why):
        citations.read(tmp_path)


def test_an_unknown_style_is_named(folder: Path) -> None:
    (folder / "assignment.toml").write_text('csl = "nature"', encoding="utf-8")
    with pytest.raises(UserError, match="csl = 'nature': no such file there; shipped are apa, ieee, chicago"):
        citations.read(folder)
