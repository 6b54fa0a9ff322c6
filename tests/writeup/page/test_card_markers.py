"""Numbers that bear the name of their card from the format to the page, and leave the source as it was."""

from pathlib import Path

import pytest

from writeup.page.source import card_markers
from writeup.page.source.card_links import linked
from writeup.page.source.latex import Document
from writeup.page.source.templating import Tex, bold, fixed, pct, render, spread, spread_pct
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
def test_a_format_marks_what_it_prints_and_only_while_marks_are_kept(form) -> None:
    plain = form(ACCURACY)
    with card_markers.kept():
        text = form(ACCURACY)
    assert card_markers.BEGIN not in plain and text.startswith("$")
    clean, found = card_markers.taken(f"before {text} after")
    assert clean == f"before {plain} after"
    ((offset, card),) = found
    assert card == "value:study/accuracy" and len("before ") < offset <= clean.index("-0.5")


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


def test_the_page_is_the_same_with_marks_and_without(tmp_path: Path) -> None:
    template = (
        r"At $x = << v | fixed(3) >>$: << v | spread >> and 	extbf{<< (100 - v.mean) | pct >>}, << 3 >>."
    )
    (tmp_path / "page.tex.j2").write_text(template)
    value = Value("study/accuracy", Sourced(0.5, ACCURACY.card), 0.25, 3, "f" * 64)
    with card_markers.kept():
        marked = render(tmp_path, "page.tex.j2", {"v": value})
    clean, found = card_markers.taken(marked)
    assert clean == render(tmp_path, "page.tex.j2", {"v": value})
    assert [card for _, card in found] == 3 * ["value:study/accuracy"]


BODY = r"""\begin{document}
One 1\,234.5\,\% and $a = -0.5 \pm 0.2$\,\%, (0.98).
\begin{align*} a &= 7.5 && \text{rule \hyperlink{proof-d}{[1: all]}} \end{align*}
\includegraphics[alt={Of 9.5 (a \emph{b}).}, width=3cm]{c.pdf}
\begin{verbatim}
8.5
\end{verbatim}
\end{document}"""


def test_numbers_formulas_and_links_lead_to_their_cards_and_nothing_else_does() -> None:
    places = {
        "1\\,234": "a",
        "-0.5": "b",
        "0.2$": "c",
        "0.98": "d",
        "7.5": "e",
        "\\hyperlink": "step:s",
        "8.5": "f",
        "9.5": "g",
    }
    document = Document(Path("page.tex"), BODY)
    text, cards = linked(document, [(BODY.index(words), card) for words, card in places.items()])
    for old, card, new in (
        (r"1\,234.5\,\%", "a", r"\hyperlink{card:%d}{1\,234.5\,\%%}"),
        (r"$a = -0.5 \pm 0.2$\,\%", "b c", r"\hyperlink{card:%d}{$a = -0.5 \pm 0.2$\,\%%}"),
        ("(0.98)", "d", r"(\hyperlink{card:%d}{0.98})"),
        (r"\hyperlink{proof-d}", "step:s", r"\hyperlink{card:%d}"),
    ):
        expected = new % cards.index(card)
        assert expected in text
        text = text.replace(expected, old)
    assert text == BODY and len(cards) == 4
