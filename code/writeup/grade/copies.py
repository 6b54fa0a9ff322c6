"""A copy of a report that is changed before it is typeset, or after."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from writeup.page import embedded, latex, typeset

Pdf = bytes


class NothingToDamage(Exception):
    """The report has not what a damage would change."""


@dataclass(eq=False)
class Copy:
    """A report before it is typeset: its source, its figures, and what is done to the PDF in the end."""

    folder: Path
    tex: str
    after: list[Callable[[Pdf], Pdf]] = field(default_factory=list)

    def swap(self, old: str, new: str) -> None:
        """Put `new` in place of the first `old`."""
        if not old or old not in self.tex or old == new:
            raise NothingToDamage(old[:60])
        self.tex = self.tex.replace(old, new, 1)

    def exchange(self, one: str, two: str) -> None:
        """Put each of two pieces in the place of the other."""
        if one not in self.tex or two not in self.tex or one == two:
            raise NothingToDamage(f"{one[:30]} / {two[:30]}")
        self.tex = self.tex.replace(one, "\0", 1).replace(two, one, 1).replace("\0", two, 1)

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
        k = self.tex.find(anchor)
        at = self.tex.find(old, k + len(anchor)) if k >= 0 else -1
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
