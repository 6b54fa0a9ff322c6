"""Citations by number, in the order in which the page cites them, and the list of what was cited.

The entries stand in templates/references.toml, a table each:

    [kim2014]
    authors = "Y. Kim"
    title = "Convolutional neural networks for sentence classification"
    where = "EMNLP 2014, 1746–1751"
    doi = "10.3115/v1/D14-1181"      # arxiv, url: the same
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from writeup.errors import UserError
from writeup.files import read_toml
from writeup.page.source.formats import Tex, escape

FILE = "references.toml"
FIELDS = {"authors", "title", "where", "arxiv", "doi", "url"}
PLACE = "%%% what is cited %%%"
ADDRESSES = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/", "url": ""}


class Citations:
    """Hands out a number to each work as it is first cited."""

    def __init__(self, entries: Mapping[str, Mapping[str, str]]) -> None:
        self.entries = entries
        self.cited: list[str] = []

    def cite(self, *keys: str) -> Tex:
        """`[3]`, or `[3, 5]`, each number a link to its entry; UserError where there is no such entry."""
        for key in keys:
            if key not in self.entries:
                raise UserError(f"{FILE} has no entry {key!r}; it has {', '.join(self.entries)}")
            if key not in self.cited:
                self.cited.append(key)
        numbers = (rf"\hyperlink{{ref:{key}}}{{{self.cited.index(key) + 1}}}" for key in keys)
        return Tex(f"[{', '.join(numbers)}]")

    def bibliography(self) -> Tex:
        """The place of the list; `filled` puts it there, for works may be cited below it."""
        return Tex(PLACE)

    def filled(self, text: str) -> str:
        """The page's text with the list of the works that it cites, numbered."""
        entries = (rf"\item {self._entry(key)}" for key in self.cited)
        listed = "\n".join([r"\begin{enumerate}", *entries, r"\end{enumerate}"])
        return text.replace(PLACE, listed if self.cited else "")

    def _entry(self, key: str) -> Tex:
        entry = self.entries[key]
        title = Tex(rf"\hypertarget{{ref:{key}}}{{\textit{{{escape(entry['title'])}}}}}")
        links = (
            rf"\href{{{address}{_address(entry[kind])}}}{{{escape(_shown(kind, entry[kind]))}}}"
            for kind, address in ADDRESSES.items()
            if kind in entry
        )
        where = [escape(entry["where"])] if "where" in entry else []
        authors = escape(entry["authors"].removesuffix("."))  # of "et al."
        return Tex(f"{authors}. {', '.join([title, *where, *links])}.")


def read(folder: Path) -> Citations:
    """The citations of a report; UserError where an entry cannot be meant. A report may have none."""
    path = folder / FILE
    entries: dict[str, Any] = read_toml(path) if path.is_file() else {}
    for key, entry in entries.items():
        if not isinstance(entry, dict) or not {"authors", "title"} <= entry.keys() <= FIELDS:
            raise UserError(
                f"{path}: {key}: needs authors and title, and may have {', '.join(sorted(FIELDS))}"
            )
        for name, value in entry.items():
            if not isinstance(value, str) or not value:
                raise UserError(f"{path}: {key}.{name}: expected text, found {value!r}")
        if not entry.get("url", "https://").startswith("https://"):
            raise UserError(f"{path}: {key}.url: expected an address that begins with https://")
    return Citations(entries)


def _address(text: str) -> str:
    """An address in which nothing means anything to TeX: what does is percent-encoded."""
    return re.sub("[%#&]", r"\\\g<0>", quote(text, safe="/:;?=@!*'(),+.-_~%#&"))


def _shown(kind: str, value: str) -> str:
    return (
        value.removeprefix("https://") if kind == "url" else f"{'arXiv' if kind == 'arxiv' else kind}:{value}"
    )
