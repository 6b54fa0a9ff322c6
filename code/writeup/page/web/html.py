"""The report as one self-contained HTML file: MathML, embedded pictures, buttons that open cards, wide parts
that scroll.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from typing import Any

from writeup.files import beside, read_text, write_atomically
from writeup.page import completeness
from writeup.page.source import latex, numbering, pandoc
from writeup.page.source.derivations import name_absent_lines
from writeup.page.source.formats import CARD
from writeup.page.source.latex import Document
from writeup.page.source.pandoc import NONE, Node, nodes, span, text
from writeup.page.web import pictures
from writeup.page.web.cards import Deck, letters

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
_WIDE = 30  # letters of LaTeX; a formula in running text that has more may be wider than a phone
_FUNCTION = r'<mi mathvariant="normal">(?:log|det|max|min|exp|tr)</mi>'
_OPENS = r'(?:<mrow>)?<mo [^>]*form="prefix">'
_THIN = '<mspace width="0.167em"></mspace>'
_SIGNS = {r"\pm": "±", r"\times": "×", r"\ge": "≥", r"\le": "≤", r"\ne": "≠", r"\,": " ", "-": "−"}
_SEEN = """<span class="seen" tabindex="0" role="group" aria-label="Picture"><span class="picture">"""
# with scripts, what is folded is text until it is unfolded; without, it is there
_FOLD = "<details><summary>", "</summary><noscript>", "</noscript></details>"
_LIVE = """<span class="live" data-kind="%s"><script type="application/json">%s</script></span>"""
_PLOT_ENDS = """<span class="at" hidden></span></span></span><output>Values under the pointer</output>\
<input type="range" min="0" value="0" aria-label="Place on the horizontal axis, to read the values there">\
<script type="application/json">%s</script></span>"""


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
        folded = [heading, _raw(place, block=True)]
        tree["blocks"].append({"t": "Div", "c": [["", ["supplement"], []], folded]})
    screen = _Screen(document, deck)
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
    cut = _raw(_CUT, block=True)
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


class _Screen:
    """pandoc's tree with what HTML needs."""

    def __init__(self, document: Document, deck: Deck) -> None:
        self.document, self.deck = document, deck
        self.begun: set[str] = set()  # derivations that have their status already
        self.pictures: dict[str, str] = {}  # by the placeholder that pandoc writes

    def visit(self, node: Node) -> list[Node] | None:
        """The replacement of one element, its children being done."""
        match node["t"], node.get("c"):
            case "Image", [_, alt, [target, _]]:
                return self._picture(alt, target)
            case "Link", [_, inlines, [target, _]] if target.startswith("#" + CARD):
                card = self.deck.id(target.removeprefix("#" + CARD))
                return _button(inlines, card, "step" if card.startswith("step-") else "value")
            case "Header", [_, [name, *_], title] if not any(x["t"] == "RawInline" for x in nodes(title)):
                title[:] = [_self(title, name)]
            case "Span", [[name, ["number"], _], inlines] if name:
                inlines[:] = [_self(inlines, name)]
            case "Div", [[name, ["captioned", _], _], [caption, *_]]:
                _anchor(caption, name)
            case "Figure", [[name, *_], caption, _]:
                _anchor(caption, name)
                for image in (inner for inner in nodes(node) if inner["t"] == "Image" and not inner["c"][1]):
                    image["c"][1] = text(f"{_number(caption)}, which its caption describes")
                self._source(name, "figures", caption)
            case "Div", [[_, ["supplement"], _], [{"t": "Header", "c": [*_, title]} as heading, *contents]]:
                if title[0]["t"] == "Link":  # what one presses to unfold holds nothing to press
                    title[:] = title[0]["c"][1]
                begin, cut, end = (_raw(html, block=True) for html in _FOLD)
                return [begin, heading, cut, *contents, end]
            case "Table", [[name, classes, _], caption, *_] if "derivation" not in classes:
                _anchor(caption, name)
                self._source(name, "tables", caption)
                label = _number(caption) or "Table"
                for block in caption[1]:
                    block["c"] = [span(block["c"], kind="told")]
                return [{"t": "Div", "c": [["", ["scroll"], _scrolls("region", label)], [node]]}]
            case "Div", [[_, ["contents"], _], _]:
                return []  # the page has one beside its text
            case "Div", [[_, ["derivation"], pairs], _]:
                _only_this_scrolls(node)
                pairs += _scrolls("group", "Derivation")
                return [*self._chips(node), node]
            case "Span", [[name, ["equation"], pairs], _]:
                _anchor(node, name, "number")
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
        """The picture in the page, with the values of its curves and what a reader moves."""
        path = self.document.path.parent / self.document.screen(target)
        place = f"picture:{len(self.pictures)}"
        self.pictures[f'src="{place}"'] = f"src='{pictures.address(path)}'"
        image = {"t": "Image", "c": [NONE, alt, [place, ""]]}
        kept = path.with_suffix(".json")
        told = json.loads(read_text(kept)) if kept.is_file() else {"curves": [], "live": None}
        for panel in told["curves"]:
            panel["labels"] = [readable(label) for label in panel["labels"]]
            for curve in panel["curves"]:
                curve["label"] = readable(curve["label"])
        live = [_raw(_LIVE % (told["live"]["kind"], _json(told["live"])))] if told["live"] else []
        if not told["curves"]:
            return [_raw(_SEEN), image, _raw("</span></span>"), *live]
        return [_raw(f'<span class="plot">{_SEEN}'), image, _raw(_PLOT_ENDS % _json(told["curves"])), *live]

    def _source(self, label: str, kind: str, caption: Node) -> None:
        """A button at the end of a caption that opens where the figure or table is from."""
        name = label.partition(":")[2]
        if self.deck.has(kind, name) and caption[1]:
            caption[1][-1]["c"] += [*text(" "), *_button(text("Source"), f"{kind}-{name}", "source")]

    def _chips(self, derivation: Node) -> list[Node]:
        """Before the first line of a derivation, what is proved of it."""
        buttons = (inner["c"][1] for inner in nodes(derivation) if inner["t"] == "RawInline")
        found = dict.fromkeys(name for button in buttons if (name := self.deck.derivation_of(button)))
        new = [name for name in found if name not in self.begun]
        self.begun.update(new)
        chips = [_button(text(chip), card, "chip") for chip, card in map(self.deck.chip, new)]
        return [{"t": "Div", "c": [["", ["chips"], []], [{"t": "Plain", "c": chip}]]} for chip in chips]


def spaced(html: str) -> str:
    """The page without TeX beside its formulas, and with the thin space that TeX has between the name of a
    function and a term.
    """
    html = re.sub(r"<annotation\b.*?</annotation>|</?semantics>", "", html, flags=re.DOTALL)
    term = r"(?:(?<!−)</mi>|</(?:mn|mfrac|msup|msub|msubsup)>)"  # a sign before it is an mi, too
    begun = re.sub(rf"({term})(?=(?:<mrow>)?{_FUNCTION})", rf"\1{_THIN}", html)
    return re.sub(rf"({_FUNCTION}(?:<mo>&#8289;</mo></mrow>)?+)(?!{_OPENS}|</)", rf"\1{_THIN}", begun)


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False).replace("<", r"\u003c")


def _raw(string: str, block: bool = False) -> Node:
    """HTML as it is."""
    return {"t": "RawBlock" if block else "RawInline", "c": ["html", string]}


def _button(inlines: list[Node], card: str, kind: str) -> list[Node]:
    spoken = escape(_spoken(inlines), quote=True)
    label = f' aria-label="{spoken}"' if any(one["t"] == "Math" for one in nodes(inlines)) else ""
    begin = _raw(f'<button type="button" class="{kind}"{label} popovertarget="{card}">')
    return [begin, *inlines, _raw("</button>")]


def _spoken(inlines: list[Node]) -> str:
    """The text, formulas in it as letters and signs: no mathematics is read out as a button's name."""
    return readable(pandoc.plain(inlines, lambda tex: f"${tex}$"))


def readable(text: str) -> str:
    """The text, formulas in it as letters and signs: "−ELBO" for "$-$ELBO"."""

    def signs(found: re.Match[str]) -> str:
        shown = re.sub("|".join(map(re.escape, _SIGNS)), lambda sign: _SIGNS[sign[0]], found[1])
        return re.sub(r"\\[A-Za-z]+|\\.|[{}]", "", letters(shown))

    return " ".join(re.sub(r"\$([^$]*)\$", signs, text).split())


def _self(inlines: list[Node], name: str) -> Node:
    """A link to the place that it stands at."""
    return {"t": "Link", "c": [["", ["self"], []], [*inlines], [f"#{name}", ""]]}


def _anchor(node: Node, name: str, kind: str = "caption-number") -> None:
    """The number within becomes a link to what bears it."""
    for inner in nodes(node):
        if name and inner["t"] == "Span" and kind in inner["c"][0][1]:
            inner["c"][1] = [_self(inner["c"][1], name)]


def _scrolls(role: str, label: str) -> list[list[str]]:
    """Attributes of what may be wider than the screen: it scrolls by itself, by the keyboard too."""
    return [["tabindex", "0"], ["role", role], ["aria-label", label]]


def _only_this_scrolls(node: Node) -> None:
    """Nothing within it scrolls by itself."""
    for inner in nodes(node["c"][1]):
        if inner["t"] == "Span" and inner["c"][0][1] in (["wide"], ["displayed"]):
            inner["c"][0] = ["", ["cell"], []]


def _number(caption: Node) -> str:
    """The number that a caption begins with."""
    for inner in nodes(caption):
        if inner["t"] == "Span" and "caption-number" in inner["c"][0][1]:
            return pandoc.plain(inner).rstrip(":")
    return ""
