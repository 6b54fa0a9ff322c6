"""A copy of a report that is changed before it is typeset, or after."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from writeup.page.pdf import embedded, typeset
from writeup.page.source import latex

Pdf = bytes


class NothingToDamage(Exception):
    """The report has not what a damage would change."""


@dataclass(eq=False)
class Copy:
    """A report before it is typeset: its source, its figures, and what is done to the PDF in the end."""

    folder: Path
    tex: str
    after: list[Callable[[Pdf], Pdf]] = field(default_factory=list)

    def find(self, words: str, begin: int = 0) -> str:
        """The words as they stand in the source, where some spaces are tied (~)."""
        tied = r"[\s~]+".join(map(re.escape, words.split(" ")))
        found = re.compile(tied).search(self.tex, begin) if words else None
        if found is None:
            raise NothingToDamage(words[:60])
        return found[0]

    def swap(self, old: str, new: str) -> None:
        """Put `new` in place of the first `old`."""
        if old == new:
            raise NothingToDamage(old[:60])
        self.tex = self.tex.replace(self.find(old), new, 1)

    def exchange(self, one: str, two: str) -> None:
        """Put each of two pieces in the place of the other."""
        if one == two:
            raise NothingToDamage(one[:30])
        a, b = self.find(one), self.find(two)
        self.tex = self.tex.replace(a, "\0", 1).replace(b, a, 1).replace("\0", b, 1)

    def rewrite(
        self, pattern: str, new: Callable[["re.Match[str]"], str], within: str = r"\\begin\{document\}.*"
    ) -> None:
        """Put what `new` makes of the first match in its place, in the first piece that fits `within`."""
        place = re.compile(within, re.DOTALL).search(self.tex)
        found = re.compile(pattern).search(self.tex, place.start(), place.end()) if place else None
        if found is None:
            raise NothingToDamage(pattern)
        self.tex = self.tex[: found.start()] + new(found) + self.tex[found.end() :]

    def behind(self, anchor: str, old: str, new: str) -> None:
        """Put `new` in place of the first `old` behind the anchor."""
        anchored = self.find(anchor)
        k = self.tex.index(anchored) + len(anchored)
        at = self.tex.find(old, k)
        if at < 0 or old == new:
            raise NothingToDamage(anchor[:40])
        self.tex = self.tex[:at] + new + self.tex[at + len(old) :]

    def drawing(self, name: str) -> Path:
        """The file of a figure that the page takes: the embedded engine's is the SVG."""
        if f"figures/{name}.pdf" not in self.tex:
            raise NothingToDamage(name)
        return self.folder / "figures" / f"{name}.svg"

    def redraw(self, name: str, change: Callable[[str], str]) -> None:
        """Change a figure."""
        path = self.drawing(name)
        old = path.read_text(encoding="utf-8")
        if (new := change(old)) == old:
            raise NothingToDamage(name)
        path.write_text(new, encoding="utf-8")

    def pdf(self, engine: str = "embedded") -> Pdf:
        path = self.folder / "report.tex"
        path.write_text(self.tex, encoding="utf-8")
        if engine == "embedded":
            data = embedded.typeset(latex.read(path), epoch=typeset.EPOCH)
        else:
            typeset.typeset(path, path.with_suffix(".pdf"), engine=engine)
            data = path.with_suffix(".pdf").read_bytes()
        for change in self.after:
            data = change(data)
        return data


def bumped(text: str, place: int = -1) -> str:
    """The text with one digit one higher (9: 8)."""
    digits = [k for k, c in enumerate(text) if c.isdigit()]
    if not digits:
        raise NothingToDamage(text)
    k = digits[place]
    return text[:k] + ("8" if text[k] == "9" else str(int(text[k]) + 1)) + text[k + 1 :]
