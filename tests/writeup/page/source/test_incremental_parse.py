"""A page read by pieces is the page that pandoc reads whole."""

import json
from pathlib import Path

import pytest
from tests.writeup.page.test_typeset import SAMPLE

from writeup.errors import UserError
from writeup.page.source import numbering, pandoc
from writeup.page.source.incremental_parse import Kept, cut
from writeup.page.source.latex import Document

HEAD = r"\documentclass{article}\title{T}\begin{document}" + "\n"
END = "\n" + r"\end{document}"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(pandoc, "kept", kept)
    pandoc._read.cache_clear()
    yield kept
    pandoc._read.cache_clear()


def of(body: str) -> Document:
    return Document(Path("report.tex"), HEAD + body + END)


def test_the_tree_of_the_whole_vocabulary_is_the_same(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "curve.svg").write_text("<svg/>")
    document = Document(tmp_path / "sample.tex", SAMPLE)
    whole = numbering.load(document)  # nothing was known: read whole, its pieces wait
    assert kept.trees == {} and kept.later
    kept.read_later(lambda: False)
    pieces = len(kept.trees)
    assert pieces > 2
    pandoc._read.cache_clear()
    assert json.dumps(numbering.load(document)) == json.dumps(whole) and len(kept.trees) == pieces


def test_of_an_edited_page_one_piece_is_read(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "\n".join(rf"\section{{S{k}}}" + f"\nText {k}." for k in range(4))
    pandoc.read(of(body))
    kept.read_later(lambda: False)
    read: list[str] = []
    reading = pandoc._read_whole
    monkeypatch.setattr(pandoc, "_read_whole", lambda d, source: (read.append(source), reading(d, source))[1])
    tree = pandoc.read(of(body.replace("Text 2", "Words")))
    assert len(read) == 1 and "Words 2" not in read[0] and "Words" in read[0] and "Text 1" not in read[0]
    monkeypatch.setattr(pandoc, "kept", None)
    pandoc._read.cache_clear()
    assert tree == pandoc.read(of(body.replace("Text 2", "Words")))


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


def test_titles_that_occur_twice_are_read_whole(kept: Kept) -> None:
    body = "\\section{A}\nOne.\n\\section{A}\nTwo."
    first = pandoc.read(of(body))
    kept.read_later(lambda: False)
    pandoc._read.cache_clear()
    assert pandoc.read(of(body)) == first
    assert [block["c"][1][0] for block in first["blocks"] if block["t"] == "Header"] == ["a", "a-1"]


def test_a_complaint_names_the_line_of_the_whole(kept: Kept) -> None:
    body = "\\section{A}\nOne.\n\\section{B}\nTwo."
    pandoc.read(of(body))
    kept.read_later(lambda: False)
    with pytest.raises(UserError, match=r"report.tex:5: \\unknowncommand means nothing"):
        pandoc.read(of(body.replace("Two.", "Two. \\unknowncommand")))
