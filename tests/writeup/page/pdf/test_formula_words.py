"""Formulas in words, by way of the MathML that the page has."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.pdf.formula_words import spoken
from writeup.page.source import latex, pandoc

SAID = {
    r"p < 0.001": "p is less than 0.001",
    r"-0.27": "minus 0.27",
    r"\mathrm{KL}(q \,\|\, p)": "the divergence of q from p end divergence",
    r"\mathbb{E}_{q}\left[\log p(x \mid z)\right]": "the mean under q of log p of x given z end p end mean",
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
    r"f'(x)": "f prime of x",
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
    r"\mathcal{N}(0, 1)": "the normal distribution with mean 0 and variance 1 end distribution",
    r"\mathcal{N}(z; \mu, \sigma^2)": "the normal density of z with mean mu and variance sigma squared "
    "end density",
    r"\mathrm{KL}(q(z \mid x) \,\|\, p)": "the divergence of q of z given x end q from p end divergence",
    r"\log\left(1 + e^{\ell}\right)": "log of 1 plus e to the power script l end power end log",
    r"D(G(z))": "capital d of capital g of z end capital d",
    r"m(x - 1)": "m open parenthesis x minus 1 close parenthesis",
    r"(1 - y) d^2": "open parenthesis 1 minus y close parenthesis d squared",
    r"p(1 - p)": "p open parenthesis 1 minus p close parenthesis",
    r"\left. f(m) \right|_{m=0}": "f of m at m equals 0 end at",
    r"\left|\ell\right|": "the absolute value of script l end value",
    r"[0, 1)": "open bracket 0 comma 1 close parenthesis",
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
