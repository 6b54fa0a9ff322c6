"""The numbers that each form of a report shows, section by section, read by routes that the page's own code
does not take: pdfplumber for both PDFs, an HTML parser, Markdown as plain text.

A section is known by its heading; what stands before the first is "". A number is a run of digits with its
decimals and, where it has these, its minus sign; the thin space in thousands parts it, by every route alike.
Left out: page numbers, the page column of the table of answers (HTML and Markdown name a section there), what
figures are labelled with, and what the HTML alone has beside a derivation (its status) or, with the Markdown,
in a fold.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pdfplumber

Numbers = dict[str, Counter[str]]
NUMBER = re.compile(r"−?\d+\.\d+|\d+")
IN_FIGURES = re.compile(r"NewC")  # New Computer Modern: figures are made by typst, and LaTeX has Latin Modern
HEADING = 13.5, 14.9  # points: chief sections by both engines; the title is larger
SMALL = 9.5  # points: tables are set in less
FOOT = 785.0  # points from the top: the page number stands below
UNSEEN = re.compile(  # what no reader of the Markdown sees, or which says where a link leads
    r"(?s:<details>.*?</details>)|<a id=\"[^\"]*\"></a>|!\[.*?\]\([^)]*\)|\]\([^)]*\)|§\s\[[^\]]*|^```.*$",
    re.MULTILINE,
)
FORMULA = re.compile(r"\$`.*?`\$|^``` math$.*?^```$", re.DOTALL | re.MULTILINE)
HIDDEN = {"details", "head", "nav", "script", "style", "svg", "annotation"}
HIDING = {"pageref", "pageword", "chips", "forms"}
VOID = {"br", "hr", "img", "meta", "link", "input", "col", "source", "wbr"}


def titles_of(html: Path) -> list[str]:
    """The headings of the printed sections, with their numbers: those that the HTML has as well."""
    found = [title.strip() for title, _ in _read(html)]
    return [title for title in found if re.match(r"(\d+|[A-Z]) |References$", title)]


def of_html(path: Path, titles: Sequence[str]) -> Numbers:
    """titles, as in all of these: the headings in order, with their numbers."""
    return _gathered(_read(path), titles)


def of_markdown(path: Path, titles: Sequence[str]) -> Numbers:
    text = FORMULA.sub(lambda found: found[0].replace("-", "−"), path.read_text(encoding="utf-8"))
    first, *rest = re.split(r"^## +(.*)$", UNSEEN.sub(" ", text), flags=re.MULTILINE)
    return _gathered([("", first), *zip(rest[::2], rest[1::2], strict=True)], titles)


def of_pdf(path: Path, titles: Sequence[str]) -> Numbers:
    sections = [("", [""])]
    heading = ""
    with pdfplumber.open(path) as document:
        for word in (word for page in document.pages for word in _words(page)):
            if HEADING[0] < word["size"] < HEADING[1]:
                heading += " " + word["text"]
                if _squeezed(heading) in map(_squeezed, titles):
                    sections.append((heading, []))
                    heading = ""
            else:
                sections[-1][1].append(word["text"])
    return _gathered([(title, " ".join(words)) for title, words in sections], titles)


def differences(forms: dict[str, Numbers]) -> Iterator[str]:
    """What a form has less or more of than the first, by section."""
    (first, truth), *others = forms.items()
    for name, numbers in others:
        for title in truth:
            less, more = truth[title] - numbers[title], numbers[title] - truth[title]
            if less or more:
                where = f"{title or 'front'}: {name} beside {first}"
                yield f"{where}: less of {dict(less)}, more of {dict(more)}"


def _gathered(sections: Sequence[tuple[str, str]], titles: Sequence[str]) -> Numbers:
    """The numbers by title; what stands below other headings counts to the front, or, further below, not."""
    found = {title: Counter[str]() for title in ("", *titles)}
    known = {_squeezed(title): title for title in titles}
    here: str | None = ""
    for title, text in sections:
        here = known.get(_squeezed(title), "" if here == "" else None)
        if here is not None:
            text = re.sub(r"\(cid:\d+\)", " ", unicodedata.normalize("NFKC", text))  # a sign without a name
            found[here].update(NUMBER.findall(text))
    return found


def _words(page: Any) -> Iterator[dict[str, Any]]:
    """The words of a page as they are read, a change of size parting them; without what is left out."""
    for char in page.chars:
        char["size"] = round(char["size"], 2)  # of one size are those that differ in the last bits alone
    tree = page.structure_tree
    drawn = set(_drawn(tree))
    fonts = None if tree else IN_FIGURES  # LaTeX marks nothing
    seen = page.filter(
        lambda one: one.get("mcid") not in drawn and not (fonts and fonts.search(one.get("fontname", "")))
    )
    words = [w for w in seen.extract_words(x_tolerance=1, extra_attrs=["size"]) if w["top"] < FOOT]
    heads = [w for w in words if w["text"] == "page" and w["size"] < SMALL and page.page_number == 1]
    for word in words:
        below = heads and word["top"] > heads[0]["top"] and word["x0"] > heads[0]["x0"] - 6
        if not (below and word["size"] < SMALL):
            yield word


def _drawn(tree: list[dict[str, Any]]) -> Iterator[int]:
    """The marks of the text in figures of the embedded engine, whose font is that of the page."""
    for element in tree:
        yield from element.get("mcids", ()) if element["type"] == "Figure" else ()
        yield from _drawn(element.get("children", []))


def _read(html: Path) -> list[tuple[str, str]]:
    reader = _Reader()
    reader.feed(html.read_text(encoding="utf-8"))
    return reader.sections


class _Reader(HTMLParser):
    """Titles and texts of the chief sections, as a reader of the page sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, str]] = [("", "")]
        self.open: list[tuple[str, bool]] = []  # elements, and whether they hide what is in them
        self.items: list[int] = []  # so many items of each list that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            named = dict(attrs)
            hides = tag in HIDDEN or "popover" in named or named.get("class") in HIDING
            self.open.append((tag, hides))
        if tag == "h2" and not self.hidden:
            self.sections.append(("", ""))
        if tag == "math":
            self.handle_data("|")  # a minus behind it is a sign, for no term stands before
        if tag in ("ol", "ul"):
            self.items.append(0)
        if tag == "li":
            self.items[-1] += 1
            if [name for name, _ in self.open if name in ("ol", "ul")][-1] == "ol":
                self.handle_data(f"{self.items[-1]}.")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:  # <input/> was never opened
            while self.open and self.open.pop()[0] != tag:
                pass
        if tag in ("ol", "ul"):
            self.items.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            title, text = self.sections[-1]
            in_title = any(tag == "h2" for tag, _ in self.open)
            signed = self.open and self.open[-1][0] == "mn" and re.search(r"[^\w)\s] −$", text)
            self.sections[-1] = (
                (title + data, text) if in_title else (title, text + " " * (not signed) + data)
            )

    @property
    def hidden(self) -> bool:
        return any(hides for _, hides in self.open)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
