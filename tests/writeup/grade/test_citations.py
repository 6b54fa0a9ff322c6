"""A citation is of the work that the text beside it names, and the numbers follow the order of the list."""

from types import SimpleNamespace
from typing import Any

import pytest

from writeup.grade.binding import CITED
from writeup.grade.checks import citations

LIST = """
References
1. Y. Kim. Convolutional networks, EMNLP 2014.
2. Z. Hu, E. P. Xing. Controlled generation, ICML 2017.
3. S. Holm. A test procedure, 1979.
"""


def verdict(text: str) -> tuple[str, str]:
    def said(mark: str) -> Any:
        return lambda evidence, *where: (mark, evidence)

    whole = text + LIST
    paper = SimpleNamespace(text=whole, headings=[(whole.index("References"), "References")])
    binding = SimpleNamespace(cited=list(CITED.finditer(whole)))
    grader: Any = SimpleNamespace(paper=paper, binding=binding, passed=said("pass"), failed=said("fail"))
    found: Any = citations(grader)
    return found


@pytest.mark.parametrize(
    ("text", "mark", "why"),
    [
        ("Kim [1] and Hu et al. [2]; a procedure [3], as Kim [1] has none.", "pass", "3 entries"),
        ("Kim [1] and Hu et al. [2]; a procedure [4].", "fail", "not in the list"),
        ("Kim [1] and Hu et al. [3]; a procedure [2].", "fail", "not by Hu"),
        ("A network [1], a procedure [3] and generation [2].", "fail", "order"),
        ("Kim [1] and Hu et al. [2].", "fail", "never cited: 3"),
    ],
)
def test_citations(text: str, mark: str, why: str) -> None:
    found = verdict(text)
    assert found[0] == mark and why in found[1]
