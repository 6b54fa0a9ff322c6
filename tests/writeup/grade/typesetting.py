"""Formulas typeset for the reader, by the report's own two engines: in frames, in a line and displayed."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from writeup.page.pdf import embedded
from writeup.page.pdf.typeset import EPOCH, by_latex
from writeup.page.source import latex


def frames(forms: Sequence[str], engine: str, *, display: bool = False) -> bytes:
    """A PDF with a frame a form, labelled Answer 1., Answer 2., ...; engine: embedded or latexmk."""
    begin, end = (r"\[", r"\]") if display else ("$", "$.")
    body = "\n\n".join(
        f"\\begin{{answer}}\n\\textbf{{Answer {k}.}} {begin}{form}{end}\n\\end{{answer}}"
        for k, form in enumerate(forms, 1)
    )
    return page(body + "\n\n" + "This page has words too. " * 20, engine)  # what has none is no report


def page(body: str, engine: str) -> bytes:
    """A PDF of this body, behind the report's preamble."""
    head = "\\documentclass[11pt]{article}\n\\newcommand{\\pagemark}{}\n" + latex.preamble("a4")
    title = "\\title{Forms}\n\\author{A}\n\\date{}"
    text = f"{head}\n{title}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forms.tex"
        path.write_text(text, encoding="utf-8")
        document = latex.read(path)
        if engine == "embedded":
            return embedded.typeset(document, epoch=EPOCH)
        return by_latex(document, EPOCH)[0]
