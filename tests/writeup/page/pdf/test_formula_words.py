"""Formulas in words, by way of the MathML that the page has."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.pdf.formula_words import spoken
from writeup.page.source import latex, pandoc

SAID = {
    r"p < 0.001": "p is less than 0.001",
    r"-0.27": "minus 0.27",
    r"\mathrm{KL}(q \,\|\, p)": "KL open parenthesis q double bar p close parenthesis",
    r"\mathbb{E}_{q}\left[\log p(x \mid z)\right]": "double-struck capital e sub q open bracket "
    "log p open parenthesis x given z close parenthesis close bracket",
    r"\frac{1}{2}": "1 over 2",
    r"\frac{a}{b + c}": "the fraction a over b plus c end fraction",
    r"\frac{a}{b} + c": "a over b plus c",
    r"x^{2}": "x squared",
    r"x^{n + 1}": "x to the power n plus 1 end power",
    r"x^{n} + 1": "x to the power n plus 1",
    r"x_{n + 1}": "x sub n plus 1 end sub",
    r"\mu^\top \Sigma^{-1}": "mu transpose capital sigma to the power minus 1 end power",
    r"D^{\ast}": "capital d star",
    r"H''": "capital h double prime",
    r"f'(x)": "f prime open parenthesis x close parenthesis",
    r"\lVert x - \boldsymbol{\mu} \rVert_2^2": "the norm of x minus bold mu end norm sub 2 squared",
    r"\left\| x \right\|_2": "the norm of x end norm sub 2",
    r"\sum_{j=1}^{J} \sigma_j^2": "the sum from j equals 1 to capital j of sigma sub j squared",
    r"\sum_{x \in A} x": "the sum over x in capital a end range of x",
    r"\int_0^\infty f \, \mathrm{d}x": "the integral from 0 to infinity of f d x",
    r"\max_x f": "the max over x of f",
    r"\hat{x} \bar{y}": "x hat y bar",
    r"\sqrt{a + b}": "the square root of a plus b end root",
    r"\text{where } x \in \mathbb{R}^{J}": "where x in double-struck capital r "
    "to the power capital j end power",
    r"\mathcal{N}(0, 1)": "script capital n open parenthesis 0 comma 1 close parenthesis",
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}": "open brace line 1: 1, "
    "x is greater than 0; line 2: 0, else",
    r"\binom{n}{k}": "open parenthesis n choose k close parenthesis",
    r"\blacksquare": "end of proof",
}


def test_formulas_are_said_with_every_bracket_and_every_end(tmp_path: Path) -> None:
    (tmp_path / "t.tex").write_text(r"\documentclass{article}\title{T}\begin{document}x\end{document}")
    written = pandoc.mathml(latex.read(tmp_path / "t.tex"), list(SAID))
    assert dict(zip(SAID, map(spoken, written), strict=True)) == SAID


def test_what_has_no_words_is_refused_and_not_left_out() -> None:
    with pytest.raises(UserError, match="<mlongdiv>, which has no words"):
        spoken("<math><mrow><mi>x</mi><mlongdiv><mn>1</mn></mlongdiv></mrow></math>")
