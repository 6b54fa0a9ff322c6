"""What stays together on a page, by every engine, in the PDF of a document that tempts to the contrary."""

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pdfplumber
import pytest
from tests import layout

from writeup.page import figures
from writeup.page.pdf import typeset
from writeup.page.source import latex
from writeup.page.source.assembly import with_units
from writeup.page.source.formats import fixed, p_value, pct
from writeup.page.source.listings import code_block, verbatim

PREAMBLE = latex.preamble("a4")
SECTIONS, STEPS = 12, 23
PROSE = "Nothing is said here that anybody would have to know, and it is said at some length. "
FIGURE = r"""
\begin{figure}[htp]
\centering
\includegraphics[width=0.7\linewidth, alt={A curve that falls from 16 to 1 over five steps}]{figures/loss.pdf}
\caption{A figure.}
\end{figure}
"""
TABLE = r"""
\begin{table}[htp]
\centering
\caption{A table.}
\begin{tabular}{lr}
\toprule
name & value \\
\midrule
ROWS
\bottomrule
\end{tabular}
\end{table}
""".replace("ROWS", "\n".join(rf"row {i} & {i} \\" for i in range(8)))


def derivation(first: int, lines: int, displays: int = 3) -> str:
    """Displays of so many lines with prose between them, as `writeup.page.source.derivations` writes them."""

    def line(number: int, left: str = "") -> str:
        rule = rf"\text{{\footnotesize algebra [{number}:~all]}}"
        return rf"{left} &= \sum_{{j=1}}^{{J}} \frac{{a_j}}{{b_j}} && {rule}"

    def display(start: int) -> str:
        rows = [line(start, "x"), *map(line, range(start + 1, start + lines))]
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"

    *before, last = (display(first + lines * i) for i in range(displays))
    begin = [r"\derivationstarts", *(f"{one}\nHence" for one in before)]
    return (
        "\n".join([*begin, r"\derivationends", last])
        + "\n\\derivationover\n\n\\hspace*{\\fill}$\\blacksquare$\n\n"
    )


def document() -> str:
    """Sections whose prose grows, so that some break falls within each thing that must not break."""
    parts = []
    for section in range(SECTIONS):
        parts.append(rf"\section{{Section {section}}}")
        parts.append(PROSE * (2 + section) + FIGURE + "\n\n" + PROSE * 7 + TABLE)
        parts.append("\n\n" + PROSE * (3 + section) + FIGURE + "\n\n" + derivation(1 + STEPS * section, 4))
        parts.append(PROSE * (1 + section % 5) + FIGURE + "\n\n" + derivation(13 + STEPS * section, 1))
        parts += [
            f"{PROSE * ((step + section) % 4)}\n{derivation(16 + step + STEPS * section, 1, 1)}"
            for step in range(8)
        ]
        parts.append(rf"\subsection{{Below {section}}}")
        parts.append(PROSE * (4 + section) + "\n\n")
        code = "\n".join(f"value_{section}_{i} = compute({i})" for i in range(30))
        parts.append(code_block(code, "A listing.", f"lst:{section}"))
        parts.append(verbatim(f"Iter: {section}-{i}, Loss: 0.5" for i in range(20)))
        numbers = (
            f"{pct(12.345)} of {fixed(12345.0, 0)} are {fixed(1.5)} points, adjusted {p_value(0.0001)}. "
        )
        parts.append(
            "\n\n" + "".join("a" * k + " " + numbers for k in range(1, 3 + section)) + FIGURE + TABLE
        )
    return with_units("\n".join(parts), ["points"])


SOURCE = r"""\documentclass[11pt]{article}
\newcommand{\pagemark}{generated}
%s
\title{Layout}
\begin{document}
%s
\end{document}
"""
needs_latex = pytest.mark.skipif(
    not (shutil.which("latexmk") and shutil.which("pdflatex")), reason="latexmk is not on the PATH"
)


ENGINES = [pytest.param("latexmk", marks=needs_latex), "embedded"]


@pytest.fixture(scope="module", params=ENGINES)
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> layout.Read:
    folder = tmp_path_factory.mktemp("layout")
    figure, axes = figures.panel()
    figures.curve(axes, np.arange(5), np.vander([1.0, 2.0], 5), "loss", 0)
    figures.save(figure, folder / "figures" / "loss")
    tex, pdf = folder / "report.tex", folder / "report.pdf"
    tex.write_text(SOURCE % (PREAMBLE, document()), encoding="utf-8")
    typeset.typeset(tex, pdf, engine=str(request.param))
    return layout.Read(pdf, tex)


def test_there_is_something_to_read(read: layout.Read) -> None:
    assert len(read.captions) == 7 * SECTIONS and len(read.steps) == STEPS * SECTIONS
    assert len(read.headings) == 2 * SECTIONS < max(line.page for line in read.lines)


@pytest.mark.parametrize("check", layout.CHECKS)
def test_the_layout_is_as_it_should_be(read: layout.Read, check: layout.Check) -> None:
    assert list(check(read)) == []


@pytest.mark.parametrize("read", ["embedded"], indirect=True)
def test_the_embedded_engine_cuts_no_sentence_and_leaves_no_half_blank(read: layout.Read) -> None:
    """The displays, the log and the listing of each section are long, and stand whole."""
    assert list(layout.sentences_cut(read)) == list(layout.holes(read, 0.5)) == []


def test_the_end_of_a_proof_stays_with_it(read: layout.Read) -> None:
    ends = [line for line in read.lines if "\N{BLACK MEDIUM SQUARE}" in line.text or "■" in line.text]
    last = [
        read.steps[STEPS * section + step] for section in range(SECTIONS) for step in (12, *range(15, 24))
    ]
    assert [line.page for line in ends] == [page for page, _ in last]


NORMS = r"""\documentclass[11pt]{article}
\newcommand{\pagemark}{}
%s
\title{Norms}
\begin{document}
In the text $\lVert x \rVert_7$ and $\left\| x \right\|_7$ and $\|x\|_7$.
\begin{align*}
  \lVert x \rVert_7 &= \left\| x \right\|_7 = \|x\|_7
\end{align*}
\end{document}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_the_index_of_a_norm_stands_beside_it(tmp_path: Path, engine: str) -> None:
    (tmp_path / "n.tex").write_text(NORMS % PREAMBLE, encoding="utf-8")
    typeset.typeset(tmp_path / "n.tex", tmp_path / "n.pdf", engine=engine)
    with pdfplumber.open(tmp_path / "n.pdf") as pdf:
        characters = pdf.pages[0].chars
    indices = [one for one in characters if unicodedata.normalize("NFKC", one["text"]) == "7"]
    bars = [one for one in characters if one["text"] in "∥‖"]
    assert len(indices) == 6 and len(bars) == 12
    for index in indices:  # right of a bar, no further than its own width, and of a lower middle
        assert any(-0.5 <= index["x0"] - bar["x1"] <= index["width"] for bar in bars)


def test_a_log_stays_on_one_page(read: layout.Read) -> None:
    for section in range(SECTIONS):
        pages = {line.page for line in read.lines if line.text.startswith(f"Iter: {section}-")}
        assert len(pages) == 1
