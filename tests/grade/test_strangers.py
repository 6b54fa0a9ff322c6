"""Reports of other students on the sheet: a right one has its marks, a wrong one loses its wrong items.

stranger.tex is such a report, in LaTeX of its own notation; a browser prints it too, as HTML with MathML.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pypandoc
import pytest
from PIL import Image

from assignment3.report import REPORT
from writeup.build import Build
from writeup.grade import grading, pages
from writeup.grade.sheet import Sheet
from writeup.request import Request

WRONG = {  # what is made wrong, and the item that it costs
    "1 + H - H'": ("1 + H + H'", "1.2"),
    "(N, F, 1)": ("(N, F, H)", "1.3"),
    "94.11 & 93.90": ("54.11 & 53.90", "1.5"),
    "Max pooling is better": ("Max pooling is worse", "1.6"),
    "y \\max(0, m - d)^2": ("y \\max(0, d - m)^2", "2.1"),
    "- D_{KL}": ("+ D_{KL}", "3.1"),
    "1 - 2\\log": ("1 + 2\\log", "3.3"),
    "Loss: 110.2": ("Loss: 910.2", "3.5"),
}
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def desk() -> grading.Desk:
    return grading.Desk.of(Build(Request.of(REPORT)))


def printed(text: str, folder: Path, tool: str) -> bytes:
    """The report as PDF."""
    dots = np.random.default_rng(0).integers(0, 255, (80, 120), dtype=np.uint8)
    Image.fromarray(dots).save(folder / "pic.png")
    (folder / "stranger.tex").write_text(text, encoding="utf-8")
    if tool == "LaTeX":
        command = ["pdflatex", "-interaction=batchmode", "stranger.tex"]
    else:
        html = ["--standalone", "--mathml", "--number-sections"]
        pypandoc.convert_file(
            str(folder / "stranger.tex"), "html", outputfile=str(folder / "s.html"), extra_args=html
        )
        command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += ["--print-to-pdf=stranger.pdf", "s.html"]
    subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=100)
    return (folder / "stranger.pdf").read_bytes()


def lost(sheet: Sheet) -> set[str]:
    return {item.id for item, one in sheet.marks if one.mark not in ("pass", "not counted", "needs a person")}


TOOLS = [
    pytest.param("LaTeX", marks=pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX")),
    pytest.param("a browser", marks=pytest.mark.skipif(not BROWSER, reason="no browser")),
]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_right_report_has_its_marks_and_a_wrong_one_loses_its_wrong_items(
    desk: grading.Desk, tool: str, tmp_path: Path
) -> None:
    text = (Path(__file__).parent / "stranger.tex").read_text(encoding="utf-8")
    right = desk.marked(
        pages.parse(Path("right.pdf"), printed(text, tmp_path, tool)), "right.pdf", ours=False
    )
    assert lost(right) == set() and right.points == pytest.approx(right.counted)
    assert right.counted == sum(item.points for item in desk.rubric.items if not item.recorded)
    for old, (new, _) in WRONG.items():
        assert old in text
        text = text.replace(old, new, 1)
    wrong = desk.marked(
        pages.parse(Path("wrong.pdf"), printed(text, tmp_path, tool)), "wrong.pdf", ours=False
    )
    assert lost(wrong) == {item for _, item in WRONG.values()}
