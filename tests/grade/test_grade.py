"""A report, as it is and with one thing changed: the grader tells them apart, and names what was changed.

The report is that of a project which `writeup init` lays down. The assignment's own report is damaged by
`make damages`.
"""

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
import pytest

from evidence import pdfs
from writeup import starting
from writeup.build import Build
from writeup.cli.entry import main
from writeup.declare import Report
from writeup.errors import UserError
from writeup.grade import grading, pages, rendered
from writeup.grade.sheet import Sheet
from writeup.page.pdf import embedded
from writeup.page.pdf.typeset import EPOCH
from writeup.page.source import latex
from writeup.request import Request


@dataclass(frozen=True)
class Project:
    """The project's declaration, the desk that grades its report, and its source."""

    report: Report
    desk: grading.Desk
    tex: Path

    def typeset(self, change: Callable[[str], str] = str, drawn: Callable[[str], str] = str) -> bytes:
        """The report with its source and its figure changed."""
        folder = self.tex.parent / "changed"
        shutil.copytree(self.tex.parent / "figures", folder / "figures", dirs_exist_ok=True)
        svg = folder / "figures" / "error.svg"
        svg.write_text(drawn(svg.read_text(encoding="utf-8")), encoding="utf-8")
        path = folder / "report.tex"
        path.write_text(change(self.tex.read_text(encoding="utf-8")), encoding="utf-8")
        return embedded.typeset(latex.read(path).printed, epoch=EPOCH)

    def grade(self, data: bytes, *, ours: bool = True) -> Sheet:
        return self.desk.marked(pages.parse(Path("x.pdf"), data), "x.pdf", ours=ours)


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
    steps.train(Build(Request.of(report, jobs=1)))
    build = Build(Request.of(report))
    rendered.make(build)
    yield Project(report, grading.Desk.of(build), build.path(".tex"))
    patch.undo()
    for name in [name for name in sys.modules if name == "study" or name.startswith("study.")]:
        del sys.modules[name]


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(tex: str) -> str:
        assert old in tex, old
        return tex.replace(old, new, 1)

    return change


def bumped(before: str) -> Callable[[str], str]:
    """The first digit behind a text one higher, or lower where it is a nine."""

    def change(tex: str) -> str:
        k = tex.index(before, tex.index(r"\begin{document}")) + len(before)
        k = next(at for at in range(k, len(tex)) if tex[at].isdigit())
        return tex[:k] + ("8" if tex[k] == "9" else str(int(tex[k]) + 1)) + tex[k + 1 :]

    return change


def lost(sheet: Sheet) -> str:
    """The evidence of every item that lost points."""
    return "; ".join(one.evidence for _, one, _ in sheet.rows() if one.mark in ("fail", "partly"))


def test_the_report_as_it_is_has_full_marks(project: Project) -> None:
    sheet = project.grade(project.typeset())
    assert (round(sheet.points, 6), round(sheet.counted, 6), lost(sheet)) == (100, 100, "")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (bumped(r" \pm "), "not 1.00"),
        (swap(r"descent & 2 & \texttt", r"descent & 3 & \texttt"), "3, not 2"),
        (swap(" lower than", " higher than"), "higher, not lower"),
        (swap("5 runs a side", "fifty runs a side"), "fifty, not 5"),
        (bumped("interval $-"), "-4.084, not -3.084"),
        (swap(r"- x \left(y - s - w x", r"+ x \left(y - s - w x"), "+"),
        (swap("It is judged", "It is not judged"), "not in the report: not"),
        (swap("np.sum(w**2)) / 2", "np.sum(w**2)) / 3"), "3"),
        (swap(r"\cref{tab:error}", r"\cref{tab:runs}"), "3, not 1"),
        (swap(r"\appendix", "It beats all others.\n\n\\appendix"), "It beats all others"),
        (swap("few noisy points", "noisy points"), "missing: few"),
    ],
)
def test_what_was_changed_is_named(project: Project, change: Callable[[str], str], named: str) -> None:
    sheet = project.grade(project.typeset(change))
    assert sheet.points < sheet.counted
    assert named in lost(sheet) and "page " in lost(sheet)


def white(tex: str) -> str:
    tex = swap(r"\begin{document}", "\\definecolor{paper}{HTML}{FFFFFF}\n\\begin{document}")(tex)
    return swap("few noisy points", r"\textcolor{paper}{few noisy points}")(tex)


def test_words_in_white_are_not_to_be_seen(project: Project) -> None:
    assert "not to be seen: few noisy points" in lost(project.grade(project.typeset(white)))


@pytest.mark.parametrize(
    ("drawn", "named"),
    [
        (
            lambda svg: re.sub(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", r"#\3\1\2", svg),
            "does not look as it should: Figure 1",
        ),
        (  # its words are text, and some lie outside
            lambda svg: re.sub(
                r'viewBox="0 0 ([\d.]+)', lambda f: f'viewBox="0 0 {float(f[1]) * 0.8}', svg, count=1
            ),
            "not to be seen: penalty",
        ),
        (
            lambda svg: svg.replace(
                '<g id="figure_1"', '<g transform="scale(1,-1) translate(0,-200)" id="figure_1"'
            ),
            "(lowered, small), not 0 (raised, small)",
        ),
    ],
    ids=["other hues", "cropped", "upside down"],
)
def test_another_figure_does_not_look_as_it_should(
    project: Project, drawn: Callable[[str], str], named: str
) -> None:
    assert named in lost(project.grade(project.typeset(drawn=drawn)))


def covered(data: bytes, *, note: bool = False) -> bytes:
    """A white box, or a note, over words of the first page."""

    def cover(document: pypdfium2.PdfDocument) -> None:
        page = document[0]
        if note:
            one = raw.FPDFPage_CreateAnnot(page.raw, raw.FPDF_ANNOT_SQUARE)
            raw.FPDFAnnot_SetRect(one, raw.FS_RECTF(70, 680, 520, 560))
            raw.FPDFAnnot_SetColor(one, raw.FPDFANNOT_COLORTYPE_InteriorColor, 255, 255, 150, 255)
            raw.FPDFPage_CloseAnnot(one)
            return
        drawn = raw.FPDFPageObj_CreateNewRect(70, 560, 450, 120)
        raw.FPDFPageObj_SetFillColor(drawn, 255, 255, 255, 255)
        raw.FPDFPath_SetDrawMode(drawn, raw.FPDF_FILLMODE_WINDING, False)
        raw.FPDFPage_InsertObject(page.raw, drawn)
        raw.FPDFPage_GenerateContent(page.raw)

    return pdfs.changed(data, cover)


@pytest.mark.parametrize("note", [False, True])
def test_what_lies_over_words_is_seen(project: Project, note: bool) -> None:
    sheet = project.grade(covered(project.typeset(), note=note))
    assert "does not look as it should: over" in lost(sheet)


def test_a_page_twice_and_a_page_less_are_seen(project: Project) -> None:
    data = project.typeset()
    assert "bears the number" in lost(project.grade(pdfs.page_twice(data)))
    assert "missing" in lost(project.grade(pdfs.without_middle(data)))


@pytest.mark.parametrize("change", [pdfs.saved_again, pdfs.letter, pdfs.annotated])
def test_what_does_not_matter_costs_nothing(project: Project, change: Callable[[bytes], bytes]) -> None:
    sheet = project.grade(change(project.typeset()))
    assert (round(sheet.points, 6), lost(sheet)) == (100, "")


def test_recorded_items_do_not_count_for_a_strangers_report(project: Project) -> None:
    def change(tex: str) -> str:
        head = re.sub(r"\\title\{.*?\}", r"\\title{Mine}", tex[: tex.index(r"\begin{document}")])
        words = r"\section{Experiment} We did it. \section{Result} It is " + "good " * 60
        return head + r"\begin{document}\maketitle " + words + r"\end{document}"

    sheet = project.grade(project.typeset(change), ours=False)
    assert 0 < sheet.counted < 100 and sheet.points == 0
    assert {one.mark for item, one in sheet.marks if item.recorded} == {"not counted"}


def test_a_title_that_no_heading_has_is_one_line(project: Project, tmp_path: Path) -> None:
    text = project.desk.rubric.path.read_text().replace('title = "Result"', 'title = "Outcome"')
    (tmp_path / "rubric.toml").write_text(text)
    desk = grading.Desk.of(project.desk.build, tmp_path / "rubric.toml")
    with pytest.raises(UserError, match="no heading of the report says 'Outcome'"):
        desk.marked(pages.parse(Path("x.pdf"), project.typeset()), "x.pdf", ours=True)


def test_a_class_leaves_a_folder_each_and_a_table(project: Project, tmp_path: Path) -> None:
    (tmp_path / "ada.pdf").write_bytes(project.typeset())
    (tmp_path / "bob.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    out = tmp_path / "marks"
    papers = [tmp_path / "ada.pdf", tmp_path / "bob.pdf"]
    grading.grade(project.desk.build, pdfs=papers, out=out, each=True)
    rows = list(csv.reader(io.StringIO((out / "grades.csv").read_text())))
    assert [row[0] for row in rows] == ["paper", "ada", "bob"]
    assert float(rows[1][1]) == 100 and "damaged" in rows[2][3]
    plain = json.loads((out / "ada" / "grade.json").read_text())
    assert plain["points"] == 100 and len(plain["items"]) == len(rows[0]) - 4 + len(project.desk.rubric.whole)
    assert not (out / "bob").exists()


def test_marks_are_printed_on_the_pages_and_summed_up_behind(project: Project, tmp_path: Path) -> None:
    data = project.typeset(swap(" lower than", " higher than"))
    (tmp_path / "x.pdf").write_bytes(data)
    with pytest.raises(UserError, match="of 100 points"):
        grading.grade(project.desk.build, pdfs=[tmp_path / "x.pdf"], out=tmp_path / "marks")
    marked = pypdfium2.PdfDocument(tmp_path / "marks" / "grade.pdf")
    text = [page.get_textpage().get_text_bounded() for page in marked]
    marked.close()
    assert len(text) == len(pages.parse(Path("x.pdf"), data).pages) + 1
    assert any("2.2: " in page for page in text[:-1]) and "higher, not lower" in text[-1]


def test_a_wrong_rubric_is_one_line(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.toml").write_text(
        '[[problem]]\ntitle = "x"\npoints = 1\n[[problem.item]]\nwhat = "y"\nanser = "z"'
    )
    assert main(project.report, ["grade", "--rubric", str(tmp_path / "r.toml")]) == 1
    assert "unknown key 'anser'" in capsys.readouterr().err


@pytest.mark.long
def test_an_archive_brings_the_runs_behind_a_paper(project: Project, tmp_path: Path) -> None:
    """Three runs a side, where ours has five: another report, and a right one."""
    paper, archive, out = (str(tmp_path / name) for name in ("theirs.pdf", "theirs.zip", "marks"))
    try:
        assert main("study.report:REPORT", ["report", "--seeds", "3", "--quiet"]) == 0
        shutil.copy(project.desk.build.path(".pdf"), paper)
        assert main("study.report:REPORT", ["archive", archive, "--seeds", "3"]) == 0
    finally:
        rendered.make(project.desk.build)
    given = ["grade", paper, "--out", out]
    shares = []
    for more in ([], ["--records", archive]):
        assert main("study.report:REPORT", [*given, *more]) == 0
        plain = json.loads((tmp_path / "marks" / "theirs" / "grade.json").read_text())
        shares.append(plain["points"] / 100)
    assert shares[0] < 1 == shares[1]
