"""Numbers and cross-references in pandoc's tree, as LaTeX would set them.

pandoc numbers nothing and leaves `\\cref` unresolved. Here one pass in the order of the text gives sections,
figures, tables, listings and equations their numbers and collects the references, which then get their words
and links, so that the embedded PDF, the HTML and the Markdown say "figure 3" where the LaTeX PDF does. A
supplement, which is not printed, is counted apart: figure S1.
"""

import re
from collections import Counter
from itertools import groupby
from typing import NamedTuple

from writeup.page.elements import ELEMENTS, Language
from writeup.page.source.latex import Document
from writeup.page.source.normalise import normalised
from writeup.page.source.pandoc import Node, nodes, plain, span, text

_LABEL = re.compile(r"(?:\\tag\{([^}]*)\}\s*)?\\label\{([^}]*)\}(?:\s*\\tag\{([^}]*)\})?")
_MATH_REFERENCE = re.compile(r"\\(ref|eqref|cref|Cref)\{([^}]*)\}")
_STYLES = {"ref": "ref", "eqref": "eqref", "ref+label": "cref", "ref+Label": "Cref"}


class Target(NamedTuple):
    """What a label stands for: its kind ("section", "equation", ...) and its number ("A.1")."""

    kind: str
    number: str


Targets = dict[str, Target]  # by label, in the order of the document


class _Numbering:
    """The counters of the printed document, or of its supplement (prefix: "S"), and what they counted."""

    def __init__(self, targets: Targets, language: Language, prefix: str = "") -> None:
        self.targets, self.language, self.prefix = targets, language, prefix
        self.counts = Counter[str]()
        self.sections = [0, 0, 0]
        self.here = Target("section", "")

    def count(self, kind: str, label: str, tag: str = "") -> str:
        """The number of the next element of a kind, known by its label from now on; of a part its letter."""
        whole = ELEMENTS[kind].part_of
        place = f"{whole} {self.counts[whole]}: {kind}" if whole else kind
        self.counts[place] += not tag
        number = tag or f"{self.prefix}{self.counts[place]}"
        if whole:
            number = chr(ord("a") + self.counts[place] - 1)
        shown = f"{self.prefix}{self.counts[whole]}{number}" if whole else number
        self.targets[label] = Target(whole or kind, shown)
        return number

    def section(self, level: int, label: str) -> str:
        upper = self.sections[: level - 1]
        self.sections = [*upper, self.sections[level - 1] + 1, *[0] * (3 - level)]
        parts = list(map(str, self.sections[:level]))
        if self.here.kind == "appendix":
            parts[0] = chr(ord("A") + self.sections[0] - 1)
        self.here = self.targets[label] = Target(self.here.kind, self.prefix + ".".join(parts))
        return self.here.number

    def appendix(self) -> None:
        self.sections, self.here = [0, 0, 0], Target("appendix", "")


def load(document: Document, *, derivations: bool = True) -> dict[str, Node]:
    """The tree, numbered and resolved, its colours in #rrggbb (`derivations`: see `normalised`)."""
    tree = normalised(document, derivations=derivations)
    targets: Targets = {}
    language = document.language
    printed, supplement = _Numbering(targets, language), _Numbering(targets, language, "S")
    beyond = {id(inner) for node in nodes(tree) if _is_supplement(node) for inner in nodes(node)}
    references = [
        node for node in nodes(tree) if _number(node, supplement if id(node) in beyond else printed, document)
    ]

    def words_of(style: str, names: str) -> list[Node]:
        for name in split(names):
            if name not in targets:
                raise document.error(document.find(name), f"undefined reference `{name}'")
        return refer(names, style, targets, language)

    for node in references:
        if node["t"] == "Link" and (page := _page(node)):
            section = [*text("§\N{NO-BREAK SPACE}"), *words_of("ref", page)]
            node.update(span(section, kind="pageref", target=page))  # where there are no pages
        elif node["t"] == "Link":
            style, names = (dict(node["c"][0][2])[key] for key in ("reference-type", "reference"))
            node.update(span(words_of(_STYLES[style], names)))
        else:
            node["c"][1] = _MATH_REFERENCE.sub(lambda m: plain(words_of(m[1], m[2])), node["c"][1])
    said = {"language": language.tag, "abstract-title": language.abstract}
    tree["meta"] |= {name: {"t": "MetaInlines", "c": text(one)} for name, one in said.items()}
    tree["meta"]["pagemark"] = {"t": "MetaInlines", "c": text(document.pagemark)}
    return tree


def _number(node: Node, numbering: _Numbering, document: Document) -> bool:
    """Writes its number into one element; whether it is a reference, or a formula with references."""
    match node["t"], node.get("c"):
        case "Div", [["appendix:", _, _] as attributes, _]:
            attributes[0] = ""
            numbering.appendix()
        case "Header", [level, [label, classes, _], title] if level <= 3 and "unnumbered" not in classes:
            title[:0] = [span(text(numbering.section(level, label)), kind="number"), *text(" ")]
        case "Figure", [attributes, [_, [caption, *_]], _]:
            kind = "subfigure" if "subfigure" in attributes[1] else "figure"
            _caption(kind, attributes, caption["c"], numbering)
        case "Table", [attributes, [_, [caption, *_]], *_]:
            _caption("table", attributes, caption["c"], numbering)
        case "Div", [[_, ["captioned", kind], _] as attributes, [caption, *_]]:
            _caption(kind, attributes, caption["c"], numbering)
        case "Div", [[label, ["headed", kind, *_], _], [first, *_]] if ELEMENTS[kind].numbered:
            head = first["c"][0]["c"]
            title = [*text(" ("), *head[1], *text(")")] if head[1] else []
            shown = f"{numbering.language.head(kind)} {numbering.count(kind, label)}"
            head[1] = [span(text(shown), kind="caption-number"), *title, *text(".")]
        case "Span", [[label, [kind], [["tag", tag]] as pairs], inlines]:
            number = text(f"({numbering.count('equation', label, tag)})")
            pairs.clear()
            inlines += number if kind == "number" else [span(number, kind="number")]
        case "Span", [[label, _, [["label", _]] as pairs], _]:
            pairs.clear()
            numbering.targets[label] = numbering.here  # as in LaTeX, of running text: the section around it
        case "Span", [[_, _, [["style", style] as pair]], _] if style.startswith("color: "):
            name = style.removeprefix("color: ")
            if name not in document.colours:
                problem = f"unknown colour {name}, give it by \\definecolor"
                raise document.error(document.find(f"{{{name}}}"), problem)
            pair[1] = f"color: {document.colours[name]}"
        case "Math", content:
            content[1] = _LABEL.sub(
                lambda m: rf"\tag{{{numbering.count('equation', m[2], m[1] or m[3] or '')}}}\label{{{m[2]}}}",
                content[1],
            )
            return bool(_MATH_REFERENCE.search(content[1]))
        case "Link", [_, _, ["#pageword:", _]]:
            node.update(span(text("section"), kind="pageword"))
        case "Link", [[_, _, pairs], *_]:
            return dict(pairs).get("reference-type") in _STYLES or bool(_page(node))
    return False


def _is_supplement(node: Node) -> bool:
    return bool(node["t"] == "Div" and node["c"][0][1] == ["supplement"])


def _page(link: Node) -> str:
    """The label whose page a link stands for (`\\pageref`, see pandoc.tex), else ""."""
    head, colon, label = link["c"][2][0].partition("#pageref:")
    return label if colon and not head else ""


def _caption(kind: str, attributes: Node, caption: list[Node], numbering: _Numbering) -> None:
    """Puts the number in front; a label within the caption stands for all that bears the caption."""
    for node in nodes(caption):
        if node["t"] == "Span" and dict(node["c"][0][2]).get("label"):
            attributes[0], node["c"][0] = attributes[0] or node["c"][0][0], ["", [], []]
    number = numbering.count(kind, attributes[0])
    shown = f"({number})" if ELEMENTS[kind].part_of else f"{numbering.language.head(kind)} {number}:"
    caption[:0] = [span(text(shown), kind="caption-number"), *text(" ")]


# --- references as cleveref writes them: "equations (1) to (3) and figure 2" ---


def refer(names: str, style: str, targets: Targets, language: Language) -> list[Node]:
    """The inline elements of `\\cref{names}` (or Cref, ref, eqref), `names` separated by commas."""
    labels = split(names)
    if style in {"ref", "eqref"}:
        number = targets[labels[0]].number
        return [_link(f"({number})" if style == "eqref" else number, labels[0])]
    groups: list[list[Node]] = []
    for kind in dict.fromkeys(targets[label].kind for label in labels):
        chosen = [label for label in targets if label in labels and targets[label].kind == kind]
        name = language.named(kind, len(chosen))
        name = name[:1].upper() + name[1:] if style == "Cref" and not groups else name
        series = _series([_range(run, targets, language) for run in _runs(chosen, targets)], language.both)
        first = series[0]["c"][1][0]
        first["c"] = f"{name}\N{NO-BREAK SPACE}{first['c']}"
        groups.append(series)
    return _series(groups, language.lastly if len(groups) > 2 else language.both)


def split(names: str) -> list[str]:
    """The labels in `a, b`."""
    return [name.strip() for name in names.split(",")]


def _link(shown: str, label: str) -> Node:
    return {"t": "Link", "c": [["", [], []], [{"t": "Str", "c": shown}], [f"#{label}", ""]]}


def _runs(labels: list[str], targets: Targets) -> list[list[str]]:
    """Labels with consecutive numbers together, where that makes at least three; the others alone."""

    def offset(item: tuple[int, str]) -> tuple[str, int]:
        number = targets[item[1]].number
        head = number.rstrip("0123456789") if number[-1:].isdigit() else number[:-1]
        last = number.removeprefix(head)
        return head, (int(last) if last.isdigit() else ord(last or "?")) - item[0]

    runs = [[label for _, label in run] for _, run in groupby(enumerate(labels), offset)]
    return [piece for run in runs for piece in ([run] if len(run) > 2 else [[label] for label in run])]


def _range(run: list[str], targets: Targets, language: Language) -> list[Node]:
    shown = [
        f"({t.number})" if ELEMENTS[t.kind].brackets else t.number for t in map(targets.__getitem__, run)
    ]
    first = _link(shown[0], run[0])
    return [first] if len(run) == 1 else [first, *text(language.upto), _link(shown[-1], run[-1])]


def _series(items: list[list[Node]], last: str) -> list[Node]:
    """Items as in "a, b and c"."""
    joined: list[Node] = []
    for index, item in enumerate(items):
        joined += [*text("" if index == 0 else last if index == len(items) - 1 else ", "), *item]
    return joined
