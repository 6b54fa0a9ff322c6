"""How the prose of a report is counted, on a page whose sentences and numbers are known."""

from pathlib import Path

import pytest
from tests import prose

PAGE = r"""
\documentclass{article}
\title{A page}
\begin{document}
\section{One}\label{sec:one}
Two of 7\,639 words, $95.5 \pm 0.1$ of them known. Is it so? As \cref{sec:one} says: it is; et al. see this.

\begin{table}[htp]\caption{A number, 4.}\label{tab:a}
\begin{tabular}{lr}\toprule a & b \\ \midrule c & 12.5 \\ \bottomrule\end{tabular}
\end{table}
\section*{References}
One more sentence with 3 numbers.
\end{document}
"""


@pytest.fixture
def blocks(tmp_path: Path) -> list[object]:
    path = tmp_path / "page.tex"
    path.write_text(PAGE, encoding="utf-8")
    return prose.main_text(path)


def test_sentences_end_with_their_marks_and_paragraphs(blocks: list[object]) -> None:
    found = prose.sentences(blocks)
    assert found[:2] == ["Two of 7\u202f639 words, \u220e of them known.", "Is it so?"]
    assert len(found) == 3 and found[2].endswith("et al. see this.")


def test_numbers_are_those_of_text_and_tables_without_references(blocks: list[object]) -> None:
    assert sorted(prose.numbers(blocks)) == ["0.1", "12.5", "4", "7\u202f639", "95.5"]
