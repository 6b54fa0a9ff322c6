"""Whatever text data, names or titles hold is typeset literally, or replaced by a mark that is seen."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.writeup.page.hostile import (
    ATTACKS,
    TEXTS,
    Seen,
    between,
    document,
    expected,
    marked,
    seen_in_markdown,
)

from writeup.files import read_text
from writeup.page.source.formats import escape
from writeup.page.web import html, markdown

COMMANDS = {  # all that the escapes may use, by what it prints
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textquotedbl{}": '"',
    r"\`{}": "`",
    "-{}": "-",
    "'{}": "'",
    ",{}": ",",
    **{f"\\{c}": c for c in "{}$&#%_"},
}
TOKEN = re.compile(r"\\texttt\{(U\+[0-9A-F]{4,6})\}|(\\[a-z]+\{\}|\\`\{\}|\\.|[-',]\{\})|(.)", re.DOTALL)


def read_by_hand(tex: str) -> str:
    """What the escaped text prints, by a reader of the few commands that it may hold and no others."""
    printed = ""
    for mark, command, plain in TOKEN.findall(tex):
        assert plain not in set('\\{}$&#%_~^<>"`') or not plain, f"{plain!r} is left to TeX in {tex!r}"
        printed += mark or (COMMANDS[command] if command else plain)
    return printed


def test_a_thousand_texts_are_printed_as_they_are() -> None:
    count = 0

    @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(TEXTS)
    def each(text: str) -> None:
        nonlocal count
        count += 1
        assert " ".join(read_by_hand(str(escape(text))).split()).replace("’", "'").replace(
            "‘", "'"
        ) == expected(text)

    each()
    assert count >= 1000


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = [*ATTACKS]

    @settings(max_examples=1000, deadline=None, database=None, derandomize=True)
    @given(TEXTS)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def test_pandoc_html_and_markdown_show_them_all(texts: list[str], tmp_path: Path) -> None:
    source = tmp_path / "t.tex"
    source.write_text(
        document("\n\n".join(marked(i, str(escape(t))) for i, t in enumerate(texts))), encoding="utf-8"
    )
    html.to_html(source, tmp_path / "t.html")
    markdown.to_markdown(source, tmp_path / "t.md")
    wanted = [expected(text) for text in texts]
    page, plain = read_text(tmp_path / "t.html"), read_text(tmp_path / "t.md")
    article = page[page.index("<main") : page.rindex("</main>")]  # around it the page has links of its own
    for seen in (Seen(article), seen_in_markdown(plain)):
        assert between(seen.text) == wanted
        assert not seen.tags & {"script", "img", "a", "iframe", "object", "b", "i"}
        assert not [pair for pair in seen.attributes if pair[0][:2] == "on" or "javascript" in pair[1]]
