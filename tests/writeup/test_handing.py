"""What assignment.toml says of handing in: sheets, dates, parts, and what nobody has filled in yet."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from tests.conftest import edit

from writeup import handing
from writeup.errors import UserError
from writeup.page.pdf import typeset
from writeup.page.source import latex, title
from writeup.page.source.derivations import name_absent_lines
from writeup.request import Request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "report.tex.j2").write_text("<< meta.author >>, << meta.date >>")
    return tmp_path


def said(folder: Path, text: str) -> Path:
    (folder / "assignment.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("", "November 26, 2026"),
        ('language = "en_GB"', "26 November 2026"),
        ('language = "de"', "26. November 2026"),
        ('language = "fr"', "26 novembre 2026"),
    ],
)
def test_a_date_is_printed_in_its_language(language: str, date: str, folder: Path) -> None:
    read = title.read(said(folder, f'{language}\nauthor = "A"\ndate = 2026-11-26\n'))
    assert read == {"author": "A", "date": date}


def test_a_date_in_quotes_stays_as_it_is(folder: Path) -> None:
    assert title.read(said(folder, 'language = "de"\nauthor = "A"\ndate = "2026"\n'))["date"] == "2026"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('paper = "a5"', "assignment.toml: paper = 'a5'; allowed: a4, letter"),
        ('language = "xx"', "assignment.toml: language = 'xx' is none that babel knows"),
        ("language = 3", "assignment.toml: language = 3 is none that babel knows"),
        ("parts = []", "assignment.toml: parts = []; write parts = "),
        ('parts = "all"', "assignment.toml: parts = 'all'; write parts = "),
    ],
)
def test_what_cannot_be_is_one_line(line: str, message: str, folder: Path) -> None:
    with pytest.raises(UserError) as error:
        handing.read(said(folder, line))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_the_parts_that_are_handed_in_are_the_report(toy: Path, request_of: Callable[..., Request]) -> None:
    every = [part.name for part in request_of("status").parts]
    page = toy / "templates" / "assignment.toml"
    edit(page, 'title = "Toy"', 'title = "Toy"\nparts = ["study"]')
    request = request_of("status")
    chosen = [part.name for part in request.parts]
    assert "study" in chosen and chosen != every and request.stem == "report"
    assert (
        request_of("status", "--only", "judge").stem == "report-judge"
    )  # the command line has the last word
    edit(page, '"study"', '"stx*"')
    with pytest.raises(UserError, match=r"parts: 'stx\*' is no part; there are judge, study"):
        request_of("status")


def test_what_nobody_has_filled_in_is_named() -> None:
    texts = {"author": "Your name", "id": "00000000", "course": "", "title": "Zeros", "questions": {"a": "0"}}
    assert handing.placeholders(texts) == ['author = "Your name"', 'id = "00000000"', 'course = ""']
    assert handing.placeholders({"author": "Yours Truly", "id": "00000001"}) == []
    assert handing.placeholders({"author": "Author Name"}) == ['author = "Author Name"']


BODY = r"\title{T}\author{A}\begin{document}\maketitle %s\end{document}"


@pytest.mark.parametrize("engine", ["embedded", "latexmk"])
def test_letter_is_letter_with_the_margins_of_a4(engine: str, tmp_path: Path) -> None:
    if engine == "latexmk" and not (shutil.which("latexmk") and shutil.which("pdflatex")):
        pytest.skip("no LaTeX here")
    lowest = {}
    for paper, size in (("a4", (595, 842)), ("letter", (612, 792))):
        source = r"\documentclass[11pt]{article}" + latex.preamble(paper) + BODY % ("many words " * 1200)
        (tmp_path / "report.tex").write_text(source)
        typeset.typeset(tmp_path / "report.tex", tmp_path / "report.pdf", engine=engine)
        pdf = pypdfium2.PdfDocument(tmp_path / "report.pdf")
        page, text = pdf[1], pdf[1].get_textpage()
        assert tuple(map(round, page.get_size())) == size
        boxes = [text.get_charbox(k) for k in range(text.count_chars())]
        words = [box for box in boxes if box[3] > 60]  # not the number of the page
        lowest[paper] = min(box[1] for box in words)
        assert max(box[3] for box in boxes) < size[1] - 40 and min(box[0] for box in words) > 55
        text.close()
        page.close()
        pdf.close()
    assert abs(lowest["a4"] - lowest["letter"]) < 15  # both leave as much below


def test_a_line_that_is_not_printed_is_called_by_its_derivation() -> None:
    derivations = [{"title": "A bound", "steps": [{"label": "eq:a"}, {"label": ""}]}]
    text = r"by \cref{eq:a} and \cref{eq:b}"
    assert name_absent_lines(text, "", derivations) == r"by \emph{A bound} and \cref{eq:b}"
    assert name_absent_lines(text, r"\label{eq:a}", derivations) == text
