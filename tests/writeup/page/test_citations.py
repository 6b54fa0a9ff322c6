"""Citations: numbered as they come, listed as cited, never of what is not there."""

from pathlib import Path

import pytest

from writeup.errors import UserError
from writeup.page.source import citations, templating

ENTRIES = """
[kim]
authors = "Y. Kim & others"
title = "A title with 100 %"
where = "EMNLP 2014, 1746–1751"
doi = "10.3115/v1/D14-1181"
arxiv = "1408.5882"

[holm]
authors = "S. Holm et al."
title = "A procedure"

[never]
authors = "N. N."
title = "Not cited"
url = "https://example.org/a"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "references.toml").write_text(ENTRIES, encoding="utf-8")
    return tmp_path


def test_numbers_follow_the_order_of_citation_and_the_list_holds_what_was_cited(folder: Path) -> None:
    found = citations.read(folder)
    (folder / "page.tex.j2").write_text("<< cite('holm') >>\n<< bibliography() >>\n<< cite('kim', 'holm') >>")
    text = templating.render(folder, "page.tex.j2", {"cite": found.cite, "bibliography": found.bibliography})
    text = found.filled(text)
    assert text.startswith(r"[\hyperlink{ref:holm}{1}]")
    assert text.endswith(r"[\hyperlink{ref:kim}{2}, \hyperlink{ref:holm}{1}]")
    listed = text.partition("\n")[2].rpartition("\n")[0].split("\n")
    assert listed[0] == r"\begin{enumerate}" and listed[-1] == r"\end{enumerate}" and len(listed) == 4
    first, second = listed[1:3]
    assert first == r"\item S. Holm et al. \hypertarget{ref:holm}{\textit{A procedure}}."
    assert r"\item Y. Kim \& others. \hypertarget{ref:kim}{\textit{A title with 100 \%}}, EMNLP" in second
    assert r"\href{https://doi.org/10.3115/v1/D14-1181}{doi:10.3115/v1/D14-{}1181}." in second
    assert r"\href{https://arxiv.org/abs/1408.5882}{arXiv:1408.5882}, " in second
    assert "N. N." not in text


def test_what_is_not_there_is_not_cited(folder: Path) -> None:
    with pytest.raises(UserError, match=r"references.toml has no entry 'kimm'; it has kim, holm, never"):
        citations.read(folder).cite("kimm")
    (folder / "references.toml").unlink()
    with pytest.raises(UserError, match="no entry 'kim'"):
        citations.read(folder).cite("kim")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[a]\nauthors = "A"', "a: needs authors and title"),
        ('[a]\nauthors = "A"\ntitle = "T"\nyear = "1"', "a: needs authors and title, and may have arxiv"),
        ('[a]\nauthors = "A"\ntitle = 3', "a.title: expected text, found 3"),
        ('[a]\nauthors = "A"\ntitle = "T"\nurl = "javascript:x"', "a.url: expected an address"),
        ("a = 3", "a: needs authors"),
        ("[a", "references.toml: "),
    ],
)
def test_an_entry_that_cannot_be_meant_is_named(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "references.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=why):
        citations.read(tmp_path)
