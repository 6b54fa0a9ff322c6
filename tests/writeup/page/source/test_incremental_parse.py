"""A page read by pieces is the page that pandoc reads whole."""

import json
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import pytest
from tests.writeup.page.test_typeset import SAMPLE

from writeup.errors import UserError
from writeup.page.source import incremental_parse, numbering, pandoc
from writeup.page.source.incremental_parse import cut, remembered
from writeup.page.source.latex import Document

HEAD = r"\documentclass{article}\title{T}\begin{document}" + "\n"
END = "\n" + r"\end{document}"


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What pandoc reads from now on, in a process that remembers it."""
    read: list[str] = []
    reading = pandoc._read_whole
    monkeypatch.setattr(pandoc, "_read_whole", lambda d, source: (read.append(source), reading(d, source))[1])
    pandoc._read.cache_clear()
    with remembered():
        yield read
    pandoc._read.cache_clear()


def of(body: str) -> Document:
    return Document(Path("report.tex"), HEAD + body + END)


def test_the_tree_of_the_whole_vocabulary_is_the_same(pieces: list[str], tmp_path: Path) -> None:
    (tmp_path / "curve.svg").write_text("<svg/>")
    document = Document(tmp_path / "sample.tex", SAMPLE)
    together = numbering.load(document)
    assert len(pieces) > 2
    pandoc._read.cache_clear()
    whole = copy_context()
    whole.run(incremental_parse._KNOWN.set, None)
    assert json.dumps(whole.run(numbering.load, document)) == json.dumps(together)


def test_of_an_edited_page_one_piece_is_read(pieces: list[str]) -> None:
    body = "\n".join(rf"\section{{S{k}}}" + f"\nText {k}." for k in range(4))
    pandoc.read(of(body))
    assert len(pieces) == 5  # one stands before the first section
    pieces.clear()
    assert "Words" in json.dumps(pandoc.read(of(body.replace("Text 2", "Words"))))
    assert len(pieces) == 1 and "Words" in pieces[0] and "Text 1" not in pieces[0]


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ("Text.\n\\section{A}\nText.\n\\section{B}\nText.", 3),
        ("\\begin{quote}\n\\section{A}\nText.\n\\end{quote}\n\\section{B}", 2),
        ("{\\bf\n\\section{A}\nText.}\n\\section{B}", 2),
        ("\\begin{verbatim}\n\\section{A}\n\\end{verbatim}\n\\section{B}", 2),
        ("\\newcommand{\\x}{y}\n\\section{A}\n\\x", 0),
        ("\\section{A}\n\\begin{quote}\n\\section{B}", 0),
    ],
)
def test_a_piece_is_whole_or_there_is_none(body: str, pieces: int) -> None:
    assert len(cut(of(body))) == pieces


def test_titles_that_occur_twice_are_read_whole(pieces: list[str]) -> None:
    tree = pandoc.read(of("\\section{A}\nOne.\n\\section{A}\nTwo."))
    assert [block["c"][1][0] for block in tree["blocks"] if block["t"] == "Header"] == ["a", "a-1"]
    assert sum("One." in source and "Two." in source for source in pieces) == 1


def test_a_complaint_names_the_line_of_the_whole(pieces: list[str]) -> None:
    body = "\\section{A}\nOne.\n\\section{B}\nTwo."
    pandoc.read(of(body))
    with pytest.raises(UserError, match=r"report.tex:5: \\unknowncommand means nothing"):
        pandoc.read(of(body.replace("Two.", "Two. \\unknowncommand")))
