"""Formulas on the screen are spaced as on paper: a function stands apart from a term beside it."""

import json
import re

import pytest

from writeup.page.source import pandoc
from writeup.page.web.html import spaced


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"2 \log 2", "2 log 2"),
        (r"\log p(x)", "log p(x)"),
        (r"-\log(2)", "−log(2)"),
        (r"\left(\log t\right)", "(log t)"),
        (r"\frac{1}{2} \log \frac{a}{b} + \det \Sigma", "12 log ab+det Σ"),
    ],
)
def test_a_function_stands_apart_from_terms_alone(tex: str, shown: str) -> None:
    tree = {"t": "Math", "c": [{"t": "InlineMath"}, tex]}
    page = pandoc.run(["-f", "json", "-t", "html5", "--mathml"], document_of(tree))
    text = re.sub("<[^>]*>", "", re.sub("<mspace[^>]*>", " ", spaced(page))).replace("&#8289;", "")
    assert text.strip() == shown


def document_of(inline: pandoc.Node) -> str:
    version = pandoc.run(["-f", "markdown", "-t", "json"], "x")
    tree = json.loads(version)
    tree["blocks"] = [{"t": "Plain", "c": [inline]}]
    return json.dumps(tree)
