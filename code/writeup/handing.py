"""How a report is handed in: paper, language and parts, from assignment.toml beside the templates.

The file is read with the command line, because the plan depends on the parts. Its other texts are those of
the title page.
"""

import datetime
import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import read_toml

FILE = "assignment.toml"
NAMES = "paper", "language", "csl", "parts"  # the other names are texts of the title page
SPOKEN = "en", "de"  # keys of `writeup.page.elements.LANGUAGES`
PAPERS = "a4", "letter"
PLACEHOLDER = re.compile(r"(your|author) (name|course|id|title)|0+", re.IGNORECASE)


@dataclass(frozen=True)
class HandedIn:
    """paper: one of PAPERS. language: of dates, as babel names it. csl: the style of citations, a file or one
    that is shipped. parts: patterns of their names.
    """

    paper: str = "a4"
    language: str = "en"
    csl: str = "ieee"
    parts: Sequence[str] = ("*",)

    @property
    def words(self) -> str:
        """The language of what the page says by itself: of those that there are, or English."""
        found = re.split("[-_]", self.language)[0]
        return found if found in SPOKEN else "en"

    def notes(self) -> Iterator[str]:
        """What is not in the language, a line each."""
        said = f"language = {self.language!r}"
        if not self.language.startswith(self.words):
            yield f"{said}: captions and references are English; there are {', '.join(SPOKEN)}"
        if not self.language.startswith("en"):
            yield f"{said}: the guard on prose knows figures, and the words of English alone"

    def chosen(self, names: Sequence[str]) -> list[str]:
        """The names that are handed in, in their order; raises UserError if a pattern matches none."""
        for pattern in self.parts:
            if not fnmatch.filter(names, pattern):
                raise UserError(f"{FILE}: parts: {pattern!r} is no part; there are {', '.join(names)}")
        return [name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in self.parts)]


def read(folder: Path) -> HandedIn:
    """What `folder`/assignment.toml says; what it leaves out is as usual. UserError for what cannot be."""
    path = folder / FILE
    found = {name: value for name, value in read_toml(path).items() if name in NAMES} if path.exists() else {}
    if found.get("paper", "a4") not in PAPERS:
        raise UserError(f"{path}: paper = {found['paper']!r}; allowed: {', '.join(PAPERS)}")
    if not isinstance(found.get("csl", ""), str):
        raise UserError(f'{path}: csl = {found["csl"]!r}; write csl = "...", a file or the name of a style')
    parts = found.get("parts", ["*"])
    if not isinstance(parts, list) or not parts or not all(isinstance(one, str) for one in parts):
        raise UserError(f'{path}: parts = {parts!r}; write parts = ["..."], the names of parts')
    if "language" in found:
        dated(datetime.date(2000, 1, 1), found["language"], path)
    return HandedIn(**found)


def dated(day: datetime.date, language: Any, path: Path) -> str:
    """A date in words; raises UserError for an unknown language."""
    from babel import Locale, UnknownLocaleError, dates

    try:
        return dates.format_date(day, "long", locale=Locale.parse(language))
    except (UnknownLocaleError, ValueError, TypeError):
        raise UserError(
            f'{path}: language = {language!r} is none that babel knows; such are "en", "en_GB", "de", "fr"'
        ) from None


def placeholders(texts: Mapping[str, Any]) -> list[str]:
    """The placeholders that still stand on the title page, as `author = "Your name"`."""
    return [
        f'{name} = "{text}"'
        for name, text in texts.items()
        if isinstance(text, str) and (not text.strip() or PLACEHOLDER.fullmatch(text.strip()))
    ]
