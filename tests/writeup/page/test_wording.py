"""What a template may not say by itself, and how the harmless is marked."""

from pathlib import Path

import pytest
from tests.lies.planted import SAID

from writeup.errors import UserError
from writeup.page.source import asserting, wording
from writeup.page.source.templating import render


def found(source: str) -> list[str]:
    return [why for _, why in sorted(wording.found(source))]


@pytest.mark.parametrize("text", [*SAID["refused"], '<< "99.87".strip() | tex >>'])
def test_what_a_template_asserts_by_itself_is_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", SAID["harmless"])
def test_what_asserts_nothing_may_stand(text: str) -> None:
    assert found(text) == []


def test_offsets_stay_where_letters_are_read_as_others() -> None:
    text = "Füße, ﬁne, ½ and ＡＢ\u00a0ﷺ: "
    assert len(asserting.plain(text)) == len(text)
    assert sorted(one.offset for one in asserting.found(f"{text}bеtter")) == [11, len(text), len(text)]


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
    assert not list(wording.dollars_alone((tmp_path / "a.tex.j2").read_text()))
