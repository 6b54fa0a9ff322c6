"""Numbers are linked to their cards from the format to the page; without links the source is as before."""

from pathlib import Path

import pytest

from writeup.page.source.formats import Tex, bare, bold, cards_shown, fixed, pct, placed, spread, spread_pct
from writeup.page.source.templating import render
from writeup.results.values import Sourced, Value, collect, sourced

ACCURACY = Value("study/accuracy", Sourced(-0.5, "value:study/accuracy"), 0.25, 3, "f" * 64)
FORMATS = [
    fixed,
    spread,
    pct,
    spread_pct,
    lambda value: bold(spread(value)),
    lambda value: bold(fixed(value)),
]


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_links_what_it_prints_and_only_where_cards_are_shown(form) -> None:
    plain = form(ACCURACY)
    with cards_shown():
        text = form(ACCURACY)
    assert plain.startswith("$") and "hyperlink" not in plain
    assert text == rf"\hyperlink{{card:value:study/accuracy}}{{{plain}}}" and bare(text) == plain


def test_arithmetic_of_a_page_keeps_the_origin() -> None:
    values = collect(("study", "f" * 64, {"right": right, "shown": 8.0}) for right in (5.0, 7.0))
    right, shown = values["study/right"].mean, values["study/shown"].mean
    for number, expected in ((100 - right, 94), (right - shown, -2), (abs(right - 8), 2), (-right, -6)):
        assert number == expected and number.card.split()[0] == "value:study/right"
    for number, expected in (
        (100 * right, 600),
        (right / 3, 2),
        (right + 1, 7),
        (1 + right, 7),
        (12 / right, 2),
    ):
        assert number == expected and number.card == "value:study/right"
    assert (right - shown).card == "value:study/right value:study/shown"
    found = sourced({"a": [1.5, 2, "x", None, True], "b": Tex("y")}, "note:n")
    assert found["a"][0].card == "note:n" and found["a"][1:] == [2, "x", None, True] and found["b"] == "y"


def test_the_page_is_the_same_with_links_and_without(tmp_path: Path) -> None:
    template = (
        r"At $x = << v | fixed(3) >>$: << v | spread >> and \textbf{<< (100 - v.mean) | pct >>}, << 3 >>."
    )
    (tmp_path / "page.tex.j2").write_text(template)
    value = Value("study/accuracy", Sourced(0.5, ACCURACY.card), 0.25, 3, "f" * 64)
    with cards_shown():
        linked = render(tmp_path, "page.tex.j2", {"v": value})
    assert linked.count(r"\hyperlink{card:value:study/accuracy}") == 3
    assert bare(linked) == bare(placed(linked, str)) == render(tmp_path, "page.tex.j2", {"v": value})


@pytest.mark.parametrize(
    ("written", "on_the_page"),
    [
        (r"One \hyperlink{card:a}{1\,234.5\,\%}.", r"One \hyperlink{card:a}{1\,234.5\,\%}."),
        (
            r"$a = \hyperlink{card:b}{0.5} \pm \hyperlink{card:c b}{2^{3}}$\,\%,",
            r"\hyperlink{card:b c}{$a = 0.5 \pm 2^{3}$\,\%},",
        ),
        (
            r"\begin{align*} a &= \hyperlink{card:e}{7.5} && \text{\hyperlink{card:step:s}{\hyperlink{d}"
            r"{[1: all]}}} \end{align*}",
            r"\begin{align*} a &= 7.5 && \text{\hyperlink{card:step:s}{[1: all]}} \end{align*}",
        ),
        (
            r"\includegraphics[alt={Of \hyperlink{card:g}{9.5} (a \emph{b}).}, width=3cm]{c.pdf}",
            r"\includegraphics[alt={Of 9.5 (a \emph{b}).}, width=3cm]{c.pdf}",
        ),
        (
            "\\begin{verbatim}\n$\\hyperlink{card:f}{8.5}$\n\\end{verbatim}",
            "\\begin{verbatim}\n$8.5$\n\\end{verbatim}",
        ),
    ],
)
def test_numbers_formulas_and_steps_are_linked_on_the_page_and_nothing_else_is(
    written: str, on_the_page: str
) -> None:
    assert placed(written, str) == on_the_page


def test_a_link_to_a_card_that_is_not_there_goes() -> None:
    text = r"\hyperlink{card:a}{1}, \hyperlink{card:b}{2}, \hyperlink{ref:a}{3}"
    found = placed(text, {"a": "A", "b": ""}.__getitem__)
    assert found == r"\hyperlink{card:A}{1}, 2, \hyperlink{ref:a}{3}"
