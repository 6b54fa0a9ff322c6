"""PDF by both engines, HTML and Markdown of one report carry the same numbers; a reader would see if not."""

import re
import shutil
from pathlib import Path

import pytest
from tests import forms, layout
from tests.writeup.conftest import Project

from writeup.page.pdf import typeset

READERS = {"pdf": forms.of_pdf, "latexmk": forms.of_pdf, "html": forms.of_html, "md": forms.of_markdown}


@pytest.fixture(scope="module")
def shown(built: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The forms of the report that `writeup init` lays down."""
    found = {suffix: built.root / f"report/report.{suffix}" for suffix in ("pdf", "html", "md")}
    if shutil.which("latexmk"):
        found["latexmk"] = tmp_path_factory.mktemp("forms") / "latex.pdf"
        typeset.typeset(built.root / "report/report.tex", found["latexmk"], engine="latexmk")
    return found


@pytest.fixture(scope="module")
def numbers(shown: dict[str, Path]) -> dict[str, forms.Numbers]:
    titles = forms.titles_of(shown["html"])
    return {form: READERS[form](path, titles) for form, path in shown.items()}


def test_all_forms_show_the_same_numbers(numbers: dict[str, forms.Numbers]) -> None:
    assert len(numbers["pdf"]) > 3 and sum(map(len, numbers["pdf"].values())) > 30
    assert list(forms.differences(numbers)) == []


@pytest.mark.parametrize(
    ("form", "pattern", "other"),
    [
        ("html", r"(?<=<mn>)\d\.\d+(?=</mn><mo>±)", "9.87654"),
        ("md", r"(?<=\| )\$`\d\.\d+ \\pm \d\.\d+`\$ \|", "|"),  # a cell left empty
        ("md", r"^## (?=[2-9] )", "### "),  # a section within another
    ],
)
def test_a_form_that_says_something_else_is_found(
    shown: dict[str, Path],
    numbers: dict[str, forms.Numbers],
    tmp_path: Path,
    form: str,
    pattern: str,
    other: str,
) -> None:
    text = shown[form].read_text(encoding="utf-8")
    wrong, times = re.subn(pattern, other, text, count=1, flags=re.MULTILINE)
    assert times == 1
    path = tmp_path / form
    path.write_text(wrong, encoding="utf-8")
    read = READERS[form](path, [title for title in numbers["pdf"] if title])
    assert list(forms.differences({"pdf": numbers["pdf"], form: read}))


@pytest.mark.parametrize(("shown_as", "same"), [("$`-0.5`$", True), ("$`0.5`$", False), ("-0.5", False)])
def test_a_sign_counts(tmp_path: Path, shown_as: str, same: bool) -> None:
    html, md = tmp_path / "report.html", tmp_path / "report.md"
    html.write_text("<h2>1 A</h2><p>by <math><mo>−</mo><mn>0.5</mn></math> of 2</p>", encoding="utf-8")
    md.write_text(f"## 1 A\n\nby {shown_as} of 2", encoding="utf-8")
    found = {"html": forms.of_html(html, ["1 A"]), "md": forms.of_markdown(md, ["1 A"])}
    assert (list(forms.differences(found)) == []) == same


def page(*tops: float, number: int = 1, text: str = "words") -> list[layout.Line]:
    return [layout.Line(number, top, top + 10, 100, 500, text) for top in tops]


class Made(layout.Read):
    """Lines that no PDF has."""

    def __init__(self, lines: list[layout.Line], tex: str = "", pages: int = 2) -> None:
        self.lines, self.tex, self.pages, self.width = lines, tex, pages, 595.0
        self.drawn: list[layout.Line] = []
        self.headings = [(0, "1 First", (1, 500.0))]


def test_a_page_that_is_blank_in_its_middle_or_at_its_end_is_a_hole() -> None:
    full = [float(top) for top in range(70, 760, 12)]
    assert list(layout.holes(Made(page(*full)))) == []
    for blank in (slice(20, 40), slice(38, None), slice(0, 20)):
        left = [top for top in full if top not in full[blank]]
        assert len(list(layout.holes(Made(page(*left))))) == 1
    assert list(layout.holes(Made(page(*full[:38]), pages=1))) == []  # the end of it all


def test_what_is_never_referred_to_or_cited_is_named() -> None:
    tex = r"\label{fig:seen} \cref{fig:seen} \label{tab:unseen} \hypertarget{ref:kim}{x}"
    assert list(layout.never_referred_to(Made([], tex))) == ["tab:unseen is never referred to"]
    assert list(layout.never_cited(Made([], tex))) == ["kim is never cited"]


@pytest.mark.parametrize(("named", "wrong"), [(2, 0), (1, 1)])
def test_an_answer_on_another_page_than_the_table_says_is_found(named: int, wrong: int) -> None:
    lines = [
        *page(100, text="question reference page"),
        *page(120, text=f"1.1 its size H {named}"),
        *page(80, number=2, text="Answer 1.1. It is H."),
    ]
    made = Made(lines, r"\pageref{ans:size}")
    assert len(list(layout.answers_elsewhere(made, {"size": "1.1"}))) == wrong
    assert len(list(layout.answers_elsewhere(made, {"size": "1.1", "loss": "2"}))) == wrong + 1
