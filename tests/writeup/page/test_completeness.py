"""What is printed is read back: formats beside their numbers, the PDF beside its source."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page import completeness
from writeup.page.pdf.typeset import typeset
from writeup.page.source.formats import escape
from writeup.page.source.templating import FILTERS


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 1e-9, 3.2e-5, 0.5, 2.675, 92.454, 1234567.0, 9.5e6, 1e12, -1.5]
)
@pytest.mark.parametrize("name", ["fixed", "pct", "integer", "sig"])
def test_honest_formats_pass(name: str, number: float) -> None:
    FILTERS[name](number)


SOURCE = r"""\documentclass{article}
\newcommand{\pagemark}{generated data}
\title{Results}
\begin{document}
\section{Results}
Maximum pooling classifies 92.45\,\% of 67\,349 phrases, $0.98 \pm 0.01$; naïve ones don't.
\end{document}
"""


@pytest.mark.parametrize(("page", "right"), [
    ("<code>U+0663</code><code>U+0664</code>5 of 92", True),
    ("`U+0663U+0664`5 of 92", True),
    ("U+0663U+06645 of 92", True),
    ("<code>U+0663</code><code>U+0664</code>6 of 92", False),
    ("`U+0663U+0664`5 of 93", False),
    ("`U+0664U+0663`5 of 92", False),
    ("U+0663U+0664 of 92", False),
])  # fmt: skip
def test_a_digit_beside_marks_of_letters_that_fonts_lack_is_read(page: str, right: bool) -> None:
    source = rf"\begin{{document}}{escape('٣٤5 of 92')}\end{{document}}"
    with nullcontext() if right else pytest.raises(UserError, match="does not say what the source says"):
        completeness.compare(source, completeness.joined(page), "t.tex", "page", "its conversion")


def test_what_the_source_does_not_print_is_not_looked_for(tmp_path: Path) -> None:
    source = tmp_path / "t.tex"
    source.write_text(
        SOURCE.replace(
            r"\end{document}",
            "% hidden 42.42\n\\needspace{14\\baselineskip}\\label{sec:unseen}\n\\end{document}",
        )
    )
    typeset(source, tmp_path / "t.pdf", engine="embedded")
    assert completeness._pages((tmp_path / "t.pdf").read_bytes())
