"""What a template may not say by itself, and how the harmless is marked."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.source import wording
from writeup.page.source.templating import render


def found(source: str) -> list[str]:
    return [why for _, why in sorted(wording.found(Path("templates"), source))]


@pytest.mark.parametrize(
    "lie",
    [
        "Accuracy is 97 percent.",
        "Accuracy is 97.31\\,\\%.",
        "Accuracy is $97.31$.",
        "Accuracy is $\\mathbf{97}$.",
        "Accuracy is $a = 97$.",
        "Accuracy is ninety-seven percent.",
        "<< 99.87 | pct >>",
        "<< 99 | integer >>",
        "<< '99.87' | tex >>",
        "<< (v['a/b'].mean + 1) | fixed >>",
        "<< -v['a/b'].mean | fixed >>",
        "<< v['a/b'].mean | round | fixed >>",
        "<% set x = 99.87 %><< x | pct >>",
        "<% macro show(x=99.87) %><< x | pct >><% endmacro %><< show() >>",
        "<< show(99.87) >>",
        "<< v['a/b'] | default(99.87) | pct >>",
        "<< v['a/b'] | pct | replace('9', '8') >>",
        "<% for x in [97, 98] %><< x | integer >><% endfor %>",
        "<% if true %>Ours is better.<% endif %>",
        "Ours beats theirs.",
        "Ours be\\-ats theirs.",
        "<% include 'numbers.txt' %>",
        "<% filter replace('9', '8') %><< v['a/b'] | pct >><% endfilter %>",
        "<< 'x99.87'[1:] | tex >>",
        "This raises accuracy.",
        "<< 'Ours beats theirs' if x > 1 else 'no' >>",
        "<% call figure('x') %>Ours is the best.<% endcall %>",
        "$L = \\frac{1}{n} \\sum_i l_i$",
        "\\[ a = b \\]",
        "\\begin{align} a &= b \\end{align}",
    ],
)
def test_a_lie_is_found(lie: str) -> None:
    assert found(lie)


@pytest.mark.parametrize(
    "text",
    [
        "Let $X \\in \\mathbb{R}^{N \\times C}$, $s = 1$ for two images of one person.",
        "The classifier follows Kim (2014, arXiv:1408.5882), see \\cref{tab:text_2}.",
        "\\documentclass[11pt]{article} \\hspace{3mm} \\includegraphics[width=0.5\\linewidth]{x}",
        "<% from 'macros.tex.j2' import figure %><% include 'sections/' ~ part ~ '.tex.j2' %>",
        "float32, CIFAR-10, DC-GAN, $p < q$, the evidence lower bound",
        "<< v['text_cnn/max_5/accuracy'] | fixed(2) >> << derivation(proofs.x, 1, 2) >>",
        "<% if c.verdict == 'better' %><< a >> beats << b >><% endif %>",
        "<< 'higher' if c.verdict == 'better' else 'lower' >>",
        "<% if n > 1 %>s<% endif %><# beats by 3 #>",
        "<% call figure('x', '0.75') %>Seen.<% endcall %>",
    ],
)
def test_what_asserts_nothing_may_stand(text: str) -> None:
    assert found(text) == []


def test_the_harmless_is_marked_with_a_reason_and_prints_as_it_is(tmp_path: Path) -> None:
    source = '<< plain("40 \\\\% of", "a known fact") >> << plain(100 - x, "the rest of it") | fixed(1) >>'
    assert found(source) == []
    (tmp_path / "t.tex.j2").write_text(source)
    assert render(tmp_path, "t.tex.j2", {"x": 60.0}) == r"40 \% of 40.0"
    assert found('<< plain("40", "") >>') and found('<< plain("40", reason) >>')


def test_the_place_is_named_and_the_line(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections" / "a.tex.j2").write_text(
        "<# why #>\n<% if x %>\nfine\n<% endif %>\nours is better\n"
    )
    with pytest.raises(UserError, match=r"sections/a\.tex\.j2:5: 'better' compares; take it from a result"):
        wording.check(tmp_path)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("A set $S$.\n\nIts size $n is\nlarge, as $k$ is.\n\nAnd $m$.\n", 3),
        ("$a + b$ and\n$c$ $\n", 2),
        ("<% if x %>\n$a$ is\n<% else %>\nb$ is\n<% endif %>\n", 4),
    ],
)
def test_a_dollar_without_its_partner_is_named(tmp_path: Path, source: str, line: int) -> None:
    (tmp_path / "a.tex.j2").write_text(source)
    with pytest.raises(UserError, match=rf"a\.tex\.j2:{line}: a \$ without a partner in its paragraph$"):
        wording.check(tmp_path)


def test_dollars_in_pairs_or_of_money_are_none_alone(tmp_path: Path) -> None:
    (tmp_path / "a.tex.j2").write_text("$a$ costs 5\\$ in $b\n+ c$ <# $ #> << x | default('$') >>\n\n$d$\n")
    assert wording._alone((tmp_path / "a.tex.j2").read_text()) == []
