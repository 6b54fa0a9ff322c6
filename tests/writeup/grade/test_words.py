"""LaTeX and pages made comparable."""

import pytest

from writeup.grade.words import Squeezed, maths, plain, squeeze


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"$91.61 \pm 0.12$\,\%", "91.61 ± 0.12%"),
        (r"$-\mathrm{ELBO}$ of 1\,000 images", "−ELBO of 1000 images"),
        (r"Fr\'echet", "Frechet"),
        (r"\textbf{best}, 95\,\% interval", "best, 95% interval"),
    ],
)
def test_latex_reads_as_the_page_prints_it(tex: str, shown: str) -> None:
    assert squeeze(plain(tex)) == squeeze(shown)


@pytest.mark.parametrize(
    ("tex", "page"),
    [  # as typst sets it, as TeX does
        (
            r"Y_{n, f} = X_{n} \ast_{\mathrm{filt}} W^{\mathrm{conv}}_f + b_{f}",
            "Yn,f = Xn ∗filt Wconv\nf + bf",
        ),
        (r"\frac{1}{2} \left(1 - s\right) d^{2}", "1\n2\n(1 − s)d\n2"),
        (r"\sum_{j=1}^{J} \sigma_{j}^{2}", "∑\nJ\nj=1\nσ\n2\nj"),
        (r"\log p(x \mid y) \ge \mathrm{KL}\left(q \,\|\, p\right)", "log p(x ∣ y) ≥ KL(q ∥ p)"),
    ],
)
def test_a_formula_reads_as_its_glyphs_in_their_order(tex: str, page: str) -> None:
    assert maths(plain(f"${tex}$")) == maths(page)


@pytest.mark.parametrize(
    ("one", "two"),
    [("a - b", "a + b"), ("a^{2}", "a^{3}"), (r"a \ge b", r"a \le b"), (r"\frac{a}{b}", r"\frac{b}{a}")],
)
def test_what_a_sign_changes_stays_different(one: str, two: str) -> None:
    assert maths(plain(f"${one}$")) != maths(plain(f"${two}$"))


def test_a_piece_is_traced_back_to_where_it_stood() -> None:
    text = "The  net-\nwork reaches 0.98."
    ((begin, end),) = Squeezed(text).all("networkreaches")
    assert text[begin:end] == "net-\nwork reaches"
