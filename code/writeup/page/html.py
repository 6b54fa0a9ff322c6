"""The report as one self-contained HTML file: MathML, figures, style, and a card for each number and step."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from writeup.files import beside, read_text, write_atomically
from writeup.page import latex, numbering, pandoc
from writeup.page.deck import Deck
from writeup.page.latex import Document
from writeup.page.linked import PREFIX, linked
from writeup.page.pandoc import NONE, Node, nodes, text, words

_STYLE, _SCRIPT = beside(__file__, "page.css"), beside(__file__, "page.js")
_PAGE = beside(__file__, "page.html")
_WIDE = 30  # letters of LaTeX; a formula in running text that has more may be wider than a phone
_CUT = "<!--cut-->"


def to_html(tex: Path, html: Path, told: Path | None = None) -> None:
    """Writes `html`. told: what the cards tell, of `cards.collect`; without it the page has none.

    Raises UserError, one line with file and line number, for what is wrong in `tex`.
    """
    document = latex.read(tex)
    deck = Deck(json.loads(read_text(told)) if told else {})
    source, opened = linked(document, deck.marks)
    deck.open([card for card in opened if not card.startswith("step:")])
    source = replace(document, text=_with_snippets(source, deck.snippets()))
    tree = numbering.load(source)
    tree["blocks"], snippets = _cut_off(tree["blocks"])
    convert = _Conversion(document, deck, opened)
    for name, title, section in deck.sections:
        tree["blocks"] += [_heading(name, title), _html(section, block=True)]
    page = _written(source, pandoc.transform(tree, convert.visit))
    deck.told_in(_fragments(source, {**tree, "meta": {}, "blocks": pandoc.transform(snippets, convert.visit)}))
    for place, content in (
        ("<!--style-->", read_text(_STYLE)),
        *((section, deck.section(name)) for name, _, section in deck.sections),
        ("<!--cards-->", deck.cards()),
        ("<!--script-->", read_text(_SCRIPT)),
    ):
        page = page.replace(place, content)
    write_atomically(html, page.encode())


class _Conversion:
    """What becomes of an element of the tree on the screen."""

    def __init__(self, document: Document, deck: Deck, opened: list[str]) -> None:
        self.document, self.deck, self.opened = document, deck, opened
        self.begun: set[str] = set()  # derivations of which a line was met

    def visit(self, node: Node) -> list[Node] | None:
        """The replacement of one element, its children being done."""
        match node["t"], node.get("c"):
            case "Image", [_, alt, [target, _]]:
                return self._picture(alt, target)
            case "Link", [_, inlines, [target, _]] if target.startswith("#" + PREFIX):
                card = self.deck.id(self.opened[int(target.removeprefix("#" + PREFIX))])
                return _button(inlines, card, "value" if card.startswith("card-") else "step")
            case "Figure", [[name, *_], caption, _]:
                for image in (inner for inner in nodes(node) if inner["t"] == "Image" and not inner["c"][1]):
                    image["c"][1] = text(f"{_number(caption)}, which its caption describes")
                self._source(name, "figures", caption)
            case "Table", [attributes, caption, *_]:
                self._source(attributes[0], "tables", caption)
                if "derivation" not in attributes[1]:
                    return [_scrolling(node, _number(caption) or "Table")]
            case "Div", [[_, ["derivation"], pairs], _]:
                _only_this_scrolls(node)
                pairs += _scrolls("group", "Derivation")
                return [*self._chips(node), node]
            case "Span", [[_, ["equation"], pairs], _]:
                _only_this_scrolls(node)
                pairs += _scrolls("group", "Formula")
            case "Math", [kind, tex] if kind["t"] == "DisplayMath" or len(tex) > _WIDE:
                wide = "wide" if kind["t"] == "InlineMath" else "displayed"
                return [{"t": "Span", "c": [["", [wide], _scrolls("group", "Formula")], [node]]}]
            case "CodeBlock", [[_, _, pairs], _]:
                pairs.append(["tabindex", "0"])
            case "Span", [[_, _, [["style", style] as pair]], _] if style.startswith("color: "):
                pair[1] = f"color: light-dark({style.removeprefix('color: ')}, var(--mark))"
        return None

    def _picture(self, alt: list[Node], target: str) -> list[Node]:
        """The picture in the page; with its curves' values where they were kept."""
        path = self.document.path.parent / self.document.svg(target)
        data = base64.b64encode(path.read_bytes()).decode()
        image = {"t": "Image", "c": [NONE, alt, [f"data:image/svg+xml;base64,{data}", ""]]}
        kept = path.with_suffix(".json")
        curves = json.loads(read_text(kept)) if kept.is_file() else []
        if not curves:
            return [image]
        values = json.dumps(curves, ensure_ascii=False).replace("</", r"<\/")
        begin = '<span class="plot"><span class="picture">'
        end = (
            '<span class="at" hidden></span></span><output>Values under the pointer</output>'
            '<input type="range" min="0" value="0" aria-label="Place on the horizontal axis, whose values are told">'
            f'<script type="application/json">{values}</script></span>'
        )
        return [_html(begin), image, _html(end)]

    def _source(self, label: str, kind: str, caption: Node) -> None:
        """A button at the end of a caption that opens where the figure or table is from."""
        name = label.partition(":")[2]
        if self.deck.has(kind, name) and caption[1]:
            caption[1][-1]["c"] += [*text(" "), *_button(text("Source"), f"{kind}-{name}", "source")]

    def _chips(self, derivation: Node) -> list[Node]:
        """Before the first line of a derivation, what is proved of it."""
        found = [
            card
            for inner in nodes(derivation)
            if inner["t"] == "RawInline" and (card := self.deck.derivation_of(inner["c"][1]))
        ]
        new = [name for name in dict.fromkeys(found) if name not in self.begun]
        self.begun.update(new)
        return [
            {"t": "Div", "c": [["", ["chips"], []], [{"t": "Plain", "c": _button(text(chip), card, "chip")}]]}
            for name in new
            for chip, card in [self.deck.chip(name)]
        ]


def _with_snippets(source: str, snippets: list[str]) -> str:
    """The source with what the cards say in LaTeX below its end, a paragraph each, to be read with it."""
    begin, end, rest = source.rpartition(r"\end{document}")
    if not snippets:
        return source
    below = "".join(rf"\par x{{{' '.join(snippet.split())}}}" for snippet in snippets)
    return rf"{begin}\section*{{x}}\label{{snippets:}}{below}{end}{rest}"


def _cut_off(blocks: list[Node]) -> tuple[list[Node], list[Node]]:
    """The blocks of the page, and those of the snippets below."""
    ends = [k for k, b in enumerate(blocks) if b["t"] == "Header" and b["c"][1][0] == "snippets:"]
    if not ends:
        return blocks, []
    snippets = blocks[ends[0] + 1 :]
    for snippet in snippets:
        first = snippet["c"][0]
        assert first["c"].startswith("x"), snippet
        first["c"] = first["c"][1:]
    return blocks[: ends[0]], snippets


def _fragments(document: Document, tree: Any) -> list[str]:
    """The HTML of each block of the tree."""
    if not tree["blocks"]:
        return []
    cut = _html(_CUT, block=True)
    blocks = [block for one in tree["blocks"] for block in ({"t": "Plain", "c": one["c"]}, cut)]
    page = pandoc.write(document, {**tree, "blocks": blocks}, "html5", "--mathml", "--wrap=none")
    return page.split(_CUT)[:-1]


def _written(document: Document, tree: Any) -> str:
    options = ["--standalone", f"--template={_PAGE}", "--toc", "--toc-depth=3", "--mathml", "--wrap=none"]
    title = f"--metadata=pagetitle:{_title(tree) or document.path.stem}"
    if not tree["meta"]["pagemark"]["c"]:
        del tree["meta"]["pagemark"]
    return pandoc.write(document, tree, "html5", *options, "--shift-heading-level-by=1", title)


def _title(tree: Any) -> str:
    """The title as plain text."""
    inlines = tree["meta"].get("title", {}).get("c", [])
    return " ".join("".join(inner["c"] if inner["t"] == "Str" else " " for inner in nodes(inlines)).split())


def _heading(name: str, title: str) -> Node:
    return {"t": "Header", "c": [1, [name, ["unnumbered"], []], text(title)]}


def _html(string: str, block: bool = False) -> Node:
    return {"t": "RawBlock" if block else "RawInline", "c": ["html", string]}


def _button(inlines: list[Node], card: str, kind: str) -> list[Node]:
    begin = _html(f'<button type="button" class="{kind}" popovertarget="{card}">')
    return [begin, *inlines, _html("</button>")]


def _scrolling(node: Node, label: str) -> Node:
    """A block that is perhaps wider than the screen, and scrolls by itself, by the keyboard too."""
    return {"t": "Div", "c": [["", ["scroll"], _scrolls("region", label)], [node]]}


def _scrolls(role: str, label: str) -> list[list[str]]:
    return [["tabindex", "0"], ["role", role], ["aria-label", label]]


def _only_this_scrolls(node: Node) -> None:
    """What is within does not scroll by itself."""
    for inner in nodes(node["c"][1]):
        if inner["t"] == "Span" and inner["c"][0][1] in (["wide"], ["displayed"]):
            inner["c"][0] = ["", ["cell"], []]


def _number(caption: Node) -> str:
    """The number that a caption begins with."""
    for inner in nodes(caption):
        if inner["t"] == "Span" and "caption-number" in inner["c"][0][1]:
            return words(inner).rstrip(":")
    return ""
