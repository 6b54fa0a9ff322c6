r"""Citations by pandoc's citeproc: `templates/references.bib` (BibTeX or BibLaTeX), in the style `csl`.

Templates write \cite, \citep and \citet as LaTeX does, and \bibliography{references} where the list belongs.
What these print replaces them in the page's LaTeX, so that every form has the same. A page that has a
\bibliographystyle is left to LaTeX's own BibTeX.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from writeup import handing
from writeup.errors import UserError
from writeup.files import beside, read_text
from writeup.page.source import pandoc
from writeup.page.source.latex import LITERAL, Document
from writeup.page.source.pandoc import Node, nodes, transform

FILE = "references.bib"
STYLES = beside(__file__, "styles")
CHICAGO = "chicago-author-date"  # pandoc's own style
NEEDED = "title", "issued"  # fields of every entry, as CSL calls them, besides an author or editor
WORDS = {"issued": "year"}
_OPTION = r"\[[^\]]*\]"
_CITED = re.compile(rf"\\cite[pt]?\*?(?:{_OPTION}){{0,2}}\{{(?P<keys>[^{{}}]*)\}}")
_FOUND = re.compile(
    rf"{LITERAL.pattern}|(?P<cited>{_CITED.pattern})|(?P<list>\\bibliography\{{[^{{}}]*\}})", re.DOTALL
)
_CUT = "%-cut-%"


@dataclass(frozen=True)
class Citations:
    """The works that a report can cite, and how it prints them."""

    folder: Path = Path()
    works: Mapping[str, Mapping[str, Any]] | None = None  # by key, as CSL's JSON; None without a file
    style: str = ""
    language: str = "en"

    def filled(self, text: str) -> str:
        """The page's text with its citations and its list of works."""
        found = [one for one in _FOUND.finditer(text) if one["cited"] or one["list"]]
        if not found or r"\bibliographystyle{" in text:
            return text
        cited = tuple(one["cited"] for one in found if one["cited"])
        for key in (key.strip() for one in found for key in (one["keys"] or "").split(",") if key.strip()):
            if key not in (self.works or {}):
                raise UserError(f"{self._place(key)}{FILE} has no entry {key!r}{self._like(key)}")
        if cited and not any(one["list"] for one in found):
            raise UserError(rf"{self.folder.name}: works are cited; write \bibliography{{references}} below")
        if not cited:
            return _FOUND.sub(lambda one: "" if one["list"] else one[0], text)
        bib = self.folder / FILE
        printed, listed = _printed(cited, bib, read_text(bib), self.style, self.language)
        said = iter(printed)

        def put(one: re.Match[str]) -> str:
            return next(said) if one["cited"] else listed if one["list"] else one[0]

        return _FOUND.sub(put, text)

    def uncited(self, page: str) -> list[str]:
        """The keys of the works that a page, once filled, does not cite."""
        if r"\bibliographystyle{" in page:
            return []
        return [key for key in self.works or {} if rf"\hyperlink{{ref:{key}}}" not in page]

    def _place(self, key: str) -> str:
        """`templates/report.tex.j2:12: `, where a template cites a work."""
        for path in sorted(self.folder.rglob("*.j2")):
            text = read_text(path)
            if found := re.search(rf"\\cite[^{{}}]*\{{[^{{}}]*(?<![\w:-]){re.escape(key)}(?![\w:-])", text):
                line = text.count("\n", 0, found.start()) + 1
                return f"{self.folder.name}/{path.relative_to(self.folder)}:{line}: "
        return ""

    def _like(self, key: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(key, self.works or {}, n=3)
        return f"; it has {', '.join(near)}" if near else ""


def read(folder: Path) -> Citations:
    """The citations of a report, which may have none; UserError for a file or an entry that cannot be."""
    path, handed = folder / FILE, handing.read(folder)
    if not path.is_file():
        return Citations(folder)
    works = _works(path, read_text(path))
    for key, work in works.items():
        missing = [WORDS.get(name, name) for name in NEEDED if name not in work]
        missing += [] if {"author", "editor"} & work.keys() else ["author"]
        if missing:
            raise UserError(f"{path}: {key} has no {missing[0]}")
        if not str(work.get("URL", "http")).startswith("http"):
            raise UserError(f"{path}: {key}: {work['URL']} is no address that begins with http")
    return Citations(folder, works, _style(folder, handed.csl), handed.language)


def _style(folder: Path, name: str) -> str:
    """The path of a style: beside the templates, or one that comes with this program; "" for pandoc's own."""
    shipped = sorted(path.stem for path in STYLES.glob("*.csl"))
    places = [folder / name, folder / f"{name}.csl", STYLES / f"{name}.csl"]
    found = next((str(path) for path in places if path.is_file()), "")
    if not found and name != CHICAGO:
        allowed = ", ".join([*shipped, CHICAGO])
        raise UserError(f"{folder / handing.FILE}: csl = {name!r}: no such file there; shipped are {allowed}")
    return found


@lru_cache(maxsize=4)
def _works(path: Path, bib: str) -> dict[str, Mapping[str, Any]]:
    found = json.loads(pandoc.run(["-f", "biblatex", "-t", "csljson"], bib, Document(path, bib)))
    return {work["id"]: work for work in found}


@lru_cache(maxsize=4)
def _printed(
    cited: Sequence[str], path: Path, bib: str, style: str, language: str
) -> tuple[Sequence[str], str]:
    """LaTeX for each citation, and for the list of works, each entry on one line."""
    text = "\n\n".join(f"x{one}" for one in cited)
    options = ["-f", "latex", "-t", "json", "--citeproc", f"--bibliography={path.resolve()}"]
    options += ["--metadata=link-citations=true", f"--metadata=lang={language.replace('_', '-')}"]
    tree = json.loads(pandoc.run([*options, *([f"--csl={style}"] if style else [])], text))
    *paragraphs, listed = tree["blocks"]  # of these each begins with an x
    lines = [_linked(block["c"][1:], _works(path, bib)) for block in paragraphs]
    for entry in listed["c"][1]:
        anchor = _raw(rf"\hypertarget{{ref:{entry['c'][0][0].removeprefix('ref-')}}}{{}}")
        first, *rest = _without_label(entry["c"][1][0]["c"])
        lines.append(_linked([first, anchor, *rest], {}))  # an anchor at the beginning would be a block
    cut = {"t": "RawBlock", "c": ["latex", _CUT]}
    tree["blocks"] = [one for inlines in lines for one in ({"t": "Plain", "c": inlines}, cut)]
    written = pandoc.run(["-f", "json", "-t", "latex", "--wrap=none"], json.dumps(tree | {"meta": {}}))
    *said, _ = (" ".join(one.split()) for one in written.split(_CUT))
    said, items = said[: len(cited)], said[len(cited) :]
    if not any("csl-left-margin" in one["c"][0][1] for one in nodes(listed) if one["t"] == "Span"):
        return said, "\n\n".join(items)
    numbered = [r"\begin{enumerate}", *(rf"\item {item}" for item in items), r"\end{enumerate}"]
    return said, "\n".join(numbered)


def _linked(inlines: list[Node], works: Mapping[str, Mapping[str, Any]]) -> list[Node]:
    """Links to entries as LaTeX has them; where \\citet finds a style without names these stand before it."""

    def visit(node: Node) -> list[Node] | None:
        if node["t"] == "Link" and node["c"][2][0].startswith("#ref-"):
            key = node["c"][2][0].removeprefix("#ref-")
            return [_raw(rf"\hyperlink{{ref:{key}}}{{"), *node["c"][1], _raw("}")]
        if node["t"] == "Cite":
            (first, *_), shown = node["c"]
            by_name = first["citationMode"]["t"] == "AuthorInText"
            names = _names(works.get(first["citationId"], {})) if by_name else ""
            plain = "".join(one["c"] for one in nodes(shown) if one["t"] == "Str")
            return [*pandoc.text(f"{names} "), *shown] if names and not plain[:1].isalpha() else shown
        return None

    return list(transform(inlines, visit))


def _names(work: Mapping[str, Any]) -> str:
    """One or two families, or the first and others."""
    people = work.get("author") or work.get("editor") or []
    names = [str(one.get("family") or one.get("literal", "")) for one in people]
    return f"{names[0]} et al." if len(names) > 2 else " & ".join(names)


def _without_label(inlines: list[Node]) -> list[Node]:
    """An entry without the number that its list gives it."""
    found: list[Node] = []
    for one in inlines:
        classes = one["c"][0][1] if one["t"] == "Span" else []
        if "csl-left-margin" not in classes:
            found += one["c"][1] if "csl-right-inline" in classes else [one]
    return found


def _raw(text: str) -> Node:
    return {"t": "RawInline", "c": ["latex", text]}
