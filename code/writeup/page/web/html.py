"""The report as one self-contained HTML file: MathML, figures, style, and a card for each number and step."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from writeup.files import beside, read_text, write_atomically
from writeup.page import completeness
from writeup.page.source import latex, numbering, pandoc
from writeup.page.source.derivations import name_absent_lines
from writeup.page.source.latex import Document
from writeup.page.source.pandoc import Node, text
from writeup.page.web.cards import Deck
from writeup.page.web.html_nodes import Screen, raw, spaced

_STYLE = beside(__file__, "page.css")
_SCRIPTS = (  # in this order: the later use the earlier
    beside(__file__, "fold.js"),
    beside(__file__, "links.js"),
    beside(__file__, "contents.js"),
    beside(__file__, "previews.js"),
    beside(__file__, "walk.js"),
    beside(__file__, "enlarge.js"),
    beside(__file__, "copy.js"),
    beside(__file__, "fit.js"),
    beside(__file__, "curves.js"),
    beside(__file__, "frames.js"),
    beside(__file__, "threshold.js"),
)
_PAGE = beside(__file__, "page.html")
_BELOW = "snippets:"  # the label below which the snippets stand
_CUT = "<!--cut-->"


def to_html(tex: Path, html: Path, told: Path | None = None) -> None:
    """Writes `html`. told: what the cards say, from `cards.collect`; without it the page has no cards.

    Raises UserError, one line with file and line number, for what is wrong in `tex`.
    """
    document = latex.read(tex)
    deck = Deck(json.loads(read_text(told)) if told else {})
    body = deck.page or document.text
    derivations = deck.told.get("derivations", {}).values()
    snippets = [name_absent_lines(one, body, derivations) for one in deck.snippets()]
    source = replace(document, text=_with_snippets(body, snippets))
    tree = numbering.load(source)
    tree["blocks"], below = _cut_off(tree["blocks"])
    for name, title, place in deck.sections:
        heading = {"t": "Header", "c": [1, [name, ["unnumbered"], []], text(title)]}
        folded = [heading, raw(place, block=True)]
        tree["blocks"].append({"t": "Div", "c": [["", ["supplement"], []], folded]})
    screen = Screen(document, deck)
    beside = [html.with_suffix(form).name for form in deck.told.get("forms", ()) if form != html.suffix]
    page = _written(source, pandoc.transform(tree, screen.visit), beside)
    completeness.compare(document.text, _text(page), tex.name, "HTML", "its conversion")
    told_in = {**tree, "meta": {}, "blocks": pandoc.transform(below, screen.visit)}
    deck.told_in(_fragments(source, told_in))
    for place, content in (
        ("<!--style-->", read_text(_STYLE)),
        *((place, deck.section(name)) for name, _, place in deck.sections),
        ("<!--cards-->", deck.cards()),
        ("<!--script-->", "".join(map(read_text, _SCRIPTS))),
        *screen.pictures.items(),
    ):
        page = page.replace(place, content)
    write_atomically(html, page.encode())


def _with_snippets(source: str, snippets: list[str]) -> str:
    """The source with what the cards say in LaTeX below its end, a paragraph each, to be read with it."""
    if not snippets:
        return source
    body, end, rest = source.rpartition(r"\end{document}")
    below = "".join(
        rf"\par x{{{' '.join(snippet.split())}}}" for snippet in snippets
    )  # x: no paragraph is empty
    return rf"{body}\section*{{x}}\label{{{_BELOW}}}{below}{end}{rest}"


def _cut_off(blocks: list[Node]) -> tuple[list[Node], list[Node]]:
    """The blocks of the page, and those of the snippets below."""
    ends = [k for k, block in enumerate(blocks) if block["t"] == "Header" and block["c"][1][0] == _BELOW]
    if not ends:
        return blocks, []
    snippets = blocks[ends[0] + 1 :]
    for snippet in snippets:
        first = snippet["c"][0]
        first["c"] = first["c"].removeprefix("x")
    return blocks[: ends[0]], snippets


def _fragments(document: Document, tree: Any) -> list[str]:
    """The HTML of each block of the tree."""
    if not tree["blocks"]:
        return []
    cut = raw(_CUT, block=True)
    blocks = [block for one in tree["blocks"] for block in ({"t": "Plain", "c": one["c"]}, cut)]
    page = spaced(pandoc.write(document, {**tree, "blocks": blocks}, "html5", "--mathml", "--wrap=none"))
    return [fragment.strip() for fragment in page.split(_CUT)[:-1]]


def _written(document: Document, tree: Any, beside: Sequence[str]) -> str:
    """The page by the template, without style, cards and script. beside: the files of its other forms."""
    title = " ".join(pandoc.plain(tree["meta"].get("title", {}).get("c", [])).split())
    options = ["--standalone", f"--template={_PAGE}", "--toc", "--toc-depth=3", "--mathml", "--wrap=none"]
    options += ["--shift-heading-level-by=1", f"--metadata=pagetitle:{title or document.path.stem}"]
    options += [f"--variable=forms:{file}" for file in beside]
    if not tree["meta"]["pagemark"]["c"]:
        del tree["meta"]["pagemark"]
    return spaced(pandoc.write(document, tree, "html5", *options))


def _text(page: str) -> str:
    """What a reader sees of the document itself, without cards and lists of runs."""
    main = page[page.index("<main") : page.index("</main>")]
    bare = re.sub(r"<script\b.*?</script>|<[^>]+>", " ", completeness.joined(main), flags=re.DOTALL)
    return unescape(bare)
