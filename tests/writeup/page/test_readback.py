"""What is printed is read back: formats beside their numbers, the PDF beside its source."""

from pathlib import Path
from typing import Any

import pytest

from writeup.errors import UserError
from writeup.page import embedded, readback
from writeup.page.readback import honest
from writeup.page.templating import FILTERS, Tex
from writeup.page.typeset import typeset
from writeup.results.values import Value

VALUE = Value("part/x", 92.454, 1.23, 3, "f" * 64)


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 1e-9, 3.2e-5, 0.5, 2.675, 92.454, 1234567.0, 9.5e6, 1e12, -1.5]
)
@pytest.mark.parametrize("name", ["fixed", "pct", "integer", "sig"])
def test_honest_formats_pass(name: str, number: float) -> None:
    FILTERS[name](number)


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("92.46", VALUE),  # rounded up
        (r"$92.45 \pm 0.12$", VALUE),  # the spread of a tenth
        (r"1\,234\,568", 1234567.0),
        (r"$3.2 \times 10^{-6}$", 3.2e-5),
        ("$p < 0.001$", 0.01),
        ("high", 1.0),
    ],
)
def test_a_format_that_lies_is_refused(printed: str, value: Value | float) -> None:
    @honest
    def form(value: Value | float) -> Tex:
        return Tex(printed)

    with pytest.raises(UserError, match="is printed as"):
        form(value)


SOURCE = r"""\documentclass{article}
\newcommand{\pagemark}{}
\begin{document}
\section{Results}
Maximum pooling classifies 92.45\,\% of 67\,349 phrases, $0.98 \pm 0.01$; naïve ones don't.
\end{document}
"""


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ('#show "92.45": "99.87"', r"t\.tex: .*the number 92\.45 \(0 of 1 times\)"),
        ('#show "pooling": "nothing"', r"t\.tex: .*'pooling' \(0 of 1 times\)"),
    ],
)
def test_a_rule_that_replaces_text_is_refused(
    rule: str, lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "t.tex"
    source.write_text(SOURCE)
    typeset(source, tmp_path / "t.pdf", engine="embedded")
    good = (tmp_path / "t.pdf").read_bytes()
    compiled = embedded.typst.compile_with_warnings

    def ruled(main: str, **options: Any) -> Any:
        path = Path(main)
        path.write_text(f"{rule}\n{path.read_text()}")
        return compiled(main, **options)

    monkeypatch.setattr(embedded.typst, "compile_with_warnings", ruled)
    with pytest.raises(UserError, match=lacks):
        typeset(source, tmp_path / "t.pdf", engine="embedded")
    assert (tmp_path / "t.pdf").read_bytes() == good  # the last good one stays


def test_what_the_source_does_not_print_is_not_looked_for(tmp_path: Path) -> None:
    source = tmp_path / "t.tex"
    source.write_text(
        SOURCE.replace(r"\end{document}", "% hidden 42.42\n\\label{sec:unseen}\n\\end{document}")
    )
    typeset(source, tmp_path / "t.pdf", engine="embedded")
    assert readback._text((tmp_path / "t.pdf").read_bytes())
