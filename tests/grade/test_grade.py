"""A report, as it is and with one thing changed: the grader tells them apart, and says where.

The report is that of a project which `writeup init` lays down. All damages of the assignment's own report are
tried by `make damages`.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from writeup import starting
from writeup.build import Build
from writeup.cli import main
from writeup.declare import Report
from writeup.errors import UserError
from writeup.grade import figures, grading, paper, pdfs, rubric, svgs, truth
from writeup.grade.copies import Copy
from writeup.grade.damage import Damage, Workshop, failures, source
from writeup.grade.figures import Gallery
from writeup.request import Request

NUMBERS = "gate:every number is bound"
CLAIM, FIGURE, PROOF = "claim:penalty/error", "figure:error", "proof:gradient"


@dataclass(frozen=True)
class Project:
    """The project's declaration, and a workshop in which its report is damaged."""

    report: Report
    workshop: Workshop
    pdf: Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    root = tmp_path_factory.mktemp("grade") / "study"
    patch = pytest.MonkeyPatch()
    patch.setenv("WRITEUP_CACHE", str(root.parent / "cache"))
    starting.init(root)
    patch.syspath_prepend(str(root / "code"))
    from study.report import REPORT

    from writeup import steps

    report: Report = replace(REPORT, root=root)
    build = Build(Request.of(report, jobs=0))
    steps.train(build)
    known = truth.establish(Build(Request.of(report)), root.parent)
    rules = rubric.read(root / "templates" / rubric.FILE)
    workshop = Workshop(known, rules, Gallery(known), source(known))
    pdf = root / "report" / "report.pdf"
    pdf.write_bytes(workshop.copy(root.parent / "copy").pdf())
    yield Project(report, workshop, pdf)
    patch.undo()
    for name in [name for name in sys.modules if name == "study" or name.startswith("study.")]:
        del sys.modules[name]


def swap(old: str, new: str) -> Callable[[Copy], None]:
    return lambda copy: copy.swap(old, new)


def figure(change: Callable[[str], str]) -> Callable[[Copy], None]:
    return lambda copy: copy.redraw("error", change)


def relabelled(svg: str) -> str:
    return svgs.words_exchanged(svg, *svgs.words(svg)[-2:])


def finished(change: Callable[[bytes], bytes]) -> Callable[[Copy], None]:
    return lambda copy: copy.after.append(change)


def in_white(copy: Copy) -> None:
    copy.swap(r"\begin{document}", "\\definecolor{paper}{HTML}{FFFFFF}\n\\begin{document}")
    copy.swap("With the penalty,", r"\textcolor{paper}{With the penalty,}")


def bumped(copy: Copy, text: str, at: int) -> None:
    """The digit at a place of a text one higher, or lower where it is a nine."""
    k = copy.tex.rfind(text) + at
    digit = copy.tex[k]
    assert digit.isdigit()
    copy.tex = copy.tex[:k] + ("8" if digit == "9" else str(int(digit) + 1)) + copy.tex[k + 1 :]


DAMAGES = [
    Damage("a digit in a table", [NUMBERS], lambda copy: bumped(copy, r" \pm ", -1)),
    Damage("a spread", [NUMBERS], lambda copy: bumped(copy, r" \pm ", 5)),
    Damage("a seed", [NUMBERS], swap(r"descent & 2 & \texttt", r"descent & 3 & \texttt")),
    Damage("better where it is worse", [CLAIM], swap(" lower than", " higher than")),
    Damage("the sides exchanged", [CLAIM], swap("With the penalty, the error", "Without it, the error")),
    Damage("the p-value", [CLAIM], lambda copy: bumped(copy, "adjusted $p = 0.0", len("adjusted $p = 0.0"))),
    Damage("the interval", [CLAIM], lambda copy: bumped(copy, "interval $-", len("interval $-"))),
    Damage("the runs", [CLAIM], swap("5 runs a side", "50 runs a side")),
    Damage("a flipped sign", [PROOF], swap(r"- x \left(y - s - w x", r"+ x \left(y - s - w x")),
    Damage("the figure blank", [FIGURE], figure(svgs.blank)),
    Damage("the figure covered", [FIGURE], figure(svgs.covered)),
    Damage("a curve moved", [FIGURE], figure(svgs.line_moved)),
    Damage("labels exchanged", [FIGURE], figure(relabelled)),
    Damage("a comparison", ["check:comparisons"], swap(r"\appendix", "It beats all others.\n\n\\appendix")),
    Damage("nothing refers to a table", ["check:references"], swap(", \\cref{tab:error} where it ends,", "")),
    Damage("stale", ["gate:nothing is stale"], swap(r"\appendix", "Stale. It is old.\n\n\\appendix")),
    Damage("words in white", ["gate:what is read can be seen"], in_white),
    Damage("a page twice", ["gate:no page is missing"], finished(pdfs.page_twice)),
    Damage("a line of code", ["check:listings"], swap("np.sum(w**2)) / 2", "np.sum(w**2)) / 3")),
    Damage("cut off", ["refused"], finished(lambda data: data[:2000])),
]  # fmt: skip


def test_the_report_as_it_is_has_full_marks_for_every_item(project: Project) -> None:
    sheet = project.workshop.honest()
    assert failures(sheet) == [] and sheet.full and sheet.bound == sheet.numbers > 50
    for item, verdict in sheet.marks:
        assert verdict.evidence
        assert verdict.mark == ("needs a person" if item.kind == "person" else "pass")


@pytest.mark.parametrize("damage", [pytest.param(one, id=one.name) for one in DAMAGES])
def test_a_damage_is_caught_at_its_item(project: Project, damage: Damage) -> None:
    outcome = project.workshop.outcome(damage, set())
    assert outcome.word == "caught", f"{outcome.word}: {outcome.failed}"


@pytest.mark.parametrize("change", [pdfs.letter, pdfs.saved_again, pdfs.annotated])
def test_what_no_reader_minds_is_no_alarm(project: Project, change: Callable[[bytes], bytes]) -> None:
    sheet = project.workshop.grade(change(project.pdf.read_bytes()), "x")
    assert failures(sheet) == []


def test_another_author_and_grey_figures_are_no_alarm(project: Project) -> None:
    def other(copy: Copy) -> None:
        copy.tex = copy.tex.replace("Your name", "Ada Lovelace")
        copy.redraw("error", svgs.grey)

    assert failures(project.workshop.honest(other)) == []


@pytest.mark.skipif(
    shutil.which("pdflatex") is None or shutil.which("latexmk") is None, reason="no LaTeX here"
)
def test_both_engines_have_the_same_marks(project: Project) -> None:
    by_latex, embedded = project.workshop.honest(engine="latexmk"), project.workshop.honest()
    marks = [[verdict.mark for _, verdict in sheet.marks] for sheet in (by_latex, embedded)]
    assert marks[0] == marks[1] and failures(by_latex) == []


PAGE = """#set page(paper: "a4")
#set text(size: 11pt)
#lorem(60)
#figure(image("error.svg", width: 100%), caption: text(9pt)[Figure 1: The way.], supplement: none)
"""


def test_a_figure_that_is_drawn_on_the_page_itself_is_known_too(project: Project, tmp_path: Path) -> None:
    import pypdfium2
    import typst

    gallery = project.workshop.gallery
    shutil.copyfile(project.workshop.truth.drawn("error").with_suffix(".svg"), tmp_path / "error.svg")
    (tmp_path / "page.typ").write_text(PAGE, encoding="utf-8")
    typst.compile(str(tmp_path / "page.typ"), output=str(tmp_path / "page.pdf"))
    shown = paper.read(tmp_path / "page.pdf")
    begin = shown.text.index("Figure 1")
    (page, caption), *_ = shown.place(begin, begin + 20)
    picture = figures.picture_of(shown, page, caption)
    assert picture is not None and not picture.scale
    with pypdfium2.PdfDocument(tmp_path / "page.pdf") as document:
        name, alike, look = gallery.nearest(document[0], picture)
    assert name == "error" and alike >= 1 and not look.blank


FOREIGN = r"""\documentclass{article}
\title{An experiment}
\author{Somebody}
\begin{document}
\section{Experiment}
A linear model was fitted by hand, and this is what its author has to say about it, which is not much,
but enough to be no scan: the loss falls, the weights settle, and the penalty keeps them small.
\begin{align*}
\frac{\partial}{\partial w} \left(\frac{(y - s - w x)^{2}}{2} + \frac{\lambda w^{2}}{2}\right)
&= \lambda w - x (y - s - w x) \\
&= w (\lambda + x^{2}) - x (y - s)
\end{align*}
\section{Result}
The error was 47.11, we think.
\end{document}
"""


def test_a_report_by_somebody_else_gets_partial_marks(project: Project, tmp_path: Path) -> None:
    from writeup.page.pdf import typeset

    (tmp_path / "foreign.tex").write_text(FOREIGN, encoding="utf-8")
    typeset.typeset(tmp_path / "foreign.tex", tmp_path / "foreign.pdf", engine="embedded")
    sheet = project.workshop.grade((tmp_path / "foreign.pdf").read_bytes(), "foreign.pdf")
    marks = {f"{item.kind}:{item.target}": verdict for item, verdict in sheet.marks}
    assert marks[PROOF].mark == "pass" and marks[CLAIM].mark == "fail" and marks[FIGURE].mark == "fail"
    assert 0 < sheet.points < 60 and NUMBERS in failures(sheet)


def test_the_verb_leaves_a_sheet_and_a_marked_copy(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    import pypdfium2

    assert main(project.report, ["grade"]) == 0
    folder = project.pdf.parent / "grade"
    sheet = json.loads((folder / "grade.json").read_text(encoding="utf-8"))
    assert sheet["points"] == 100 and sheet["full"] and sheet["numbers_bound"] == sheet["numbers"]
    assert all(one["evidence"] for one in sheet["items"])
    assert "100.0 of 100 points" in (folder / "grade.md").read_text(encoding="utf-8")
    with pypdfium2.PdfDocument(folder / "grade.pdf") as marked, pypdfium2.PdfDocument(project.pdf) as plain:
        assert len(marked) == len(plain)
    assert b"proved again" in (folder / "grade.pdf").read_bytes().replace(b"\0", b"")
    assert "100.0 of 100 points" in capsys.readouterr().out


def test_lacking_marks_are_exit_status_1_but_for_a_minimum(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project.workshop.rubric.path).read_text(encoding="utf-8")
    harder = tmp_path / "rubric.toml"
    harder.write_text(
        text.replace('claim = "penalty/error"', 'says = "a word that nobody wrote"'), encoding="utf-8"
    )
    assert main(project.report, ["grade", "--rubric", str(harder)]) == 1
    assert "error: grade: 86.7 of 100" in capsys.readouterr().err
    assert main(project.report, ["grade", "--rubric", str(harder), "--min", "80"]) == 0
    harder.write_text(text.replace('claim = "penalty/error"', 'claim = "penalty/eror"'), encoding="utf-8")
    assert main(project.report, ["grade", "--rubric", str(harder)]) == 1
    assert "no claim 'penalty/eror'; there are penalty/error" in capsys.readouterr().err


def test_grade_needs_results_and_a_report(project: Project, tmp_path: Path) -> None:
    elsewhere = replace(project.report, root=tmp_path)
    shutil.copytree(project.report.root / "templates", tmp_path / "templates")
    shutil.copytree(project.report.root / "code", tmp_path / "code")
    with pytest.raises(UserError, match="make report makes it"):
        grading.grade(Build(Request.of(elsewhere)))
    (tmp_path / "report").mkdir()
    shutil.copyfile(project.pdf, tmp_path / "report" / "report.pdf")
    with pytest.raises(UserError, match="not recorded"):
        grading.grade(Build(Request.of(elsewhere)))
