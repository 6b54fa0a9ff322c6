"""Numbers and cross-references in pandoc's tree, as LaTeX with cleveref would set them.

pandoc numbers nothing and leaves `\\cref` unresolved. Here sections, figures, tables, listings and labelled
equations get their numbers in the order of the text, and every reference its words and its link, so that the
embedded PDF, the HTML and the Markdown say "figure 3" where the LaTeX PDF does.
"""

import re
from collections.abc import Callable
from itertools import groupby, pairwise
from typing import NamedTuple

from writeup.errors import UserError
from writeup.page.latex import Document
from writeup.page.pandoc import Node, nodes, read, span, text, transform, words

_PLURALS = {"appendix": "appendices"}
_DISPLAY = re.compile(r"\\begin\{(equation|align)(\*?)\}(.*)\\end\{\1\2\}", re.DOTALL)
_LABEL = re.compile(r"(?:\\tag\{([^}]*)\}\s*)?\\label\{([^}]*)\}(?:\s*\\tag\{([^}]*)\})?")
_MATH_REFERENCE = re.compile(r"\\(ref|eqref|cref|Cref)\{([^}]*)\}")
_COLOURS = {  # as xcolor defines them
    "black": "#000000",
    "gray": "#808080",
    "red": "#ff0000",
    "green": "#00ff00",
    "blue": "#0000ff",
    "orange": "#ff8000",
    "purple": "#bf0040",
    "teal": "#008080",
}
_STYLES = {"ref": "ref", "eqref": "eqref", "ref+label": "cref", "ref+Label": "Cref"}


class Target(NamedTuple):
    """What a label stands for: its kind ("section", "equation", ...) and its number ("A.1")."""

    kind: str
    number: str


Targets = dict[str, Target]
Counter = Callable[[str, str], str]  # (label, tag or "") -> the number to print


def load(document: Document, *, tags: bool = False) -> dict[str, Node]:
    """The document's tree, numbered and resolved (`tags`: see `resolve`), its colours in #rrggbb."""
    tree = resolve(read(document, derivations=not tags), tags=tags)
    colours = _COLOURS | document.colours
    for node in nodes(tree):
        if node["t"] == "Span":
            for pair in node["c"][0][2]:
                if pair[0] == "style" and pair[1].startswith("color: "):
                    name = pair[1].removeprefix("color: ")
                    if name not in colours:
                        raise UserError(
                            f"{document.path.name}: unknown colour {name}, give it by \\definecolor"
                        )
                    pair[1] = f"color: {colours[name]}"
    return tree


def resolve(tree: dict[str, Node], *, tags: bool = False) -> dict[str, Node]:
    """The tree with all numbers and references filled in.

    A numbered equation becomes Span(class "equation", number "(3)") around its Math; with `tags` it keeps its
    environment and gets `\\tag{3}` instead, for Markdown. Raises UserError for a reference without a target.
    """
    targets = _number(tree, tags)

    def visit(node: Node) -> list[Node] | None:
        if node["t"] == "Link":
            attributes = dict(node["c"][0][2])
            if style := _STYLES.get(attributes.get("reference-type", "")):
                return refer(attributes["reference"], style, targets)
        elif node["t"] == "Math":
            node["c"][1] = _MATH_REFERENCE.sub(lambda m: words(refer(m[2], str(m[1]), targets)), node["c"][1])
        elif node["t"] == "Span" and node["c"] == [["", [], []], []]:
            return []
        elif node["t"] == "Div" and node["c"][0] == ["", [], []]:
            return list(node["c"][1])
        return None

    _run_in(tree)
    return dict(transform(tree, visit))


def refer(names: str, style: str, targets: Targets) -> list[Node]:
    """The inline elements of `\\cref{names}` (or Cref, ref, eqref), `names` separated by commas."""
    labels = [name.strip() for name in names.split(",")]
    for label in labels:
        if label not in targets:
            raise UserError(f"undefined reference `{label}'")
    if style in {"ref", "eqref"}:
        number = targets[labels[0]].number
        return [_link(f"({number})" if style == "eqref" else number, labels[0])]
    kinds = list(dict.fromkeys(targets[label].kind for label in labels))
    groups: list[list[Node]] = []
    for kind in kinds:
        chosen = sorted(
            {label for label in labels if targets[label].kind == kind}, key=lambda x: _key(targets[x])
        )
        name = kind if len(chosen) == 1 else _PLURALS.get(kind, kind + "s")
        name = name.capitalize() if style == "Cref" and not groups else name
        groups.append(_series([_range(run, targets) for run in _runs(chosen, targets)], " and "))
        groups[-1][0] = _prefixed(name, groups[-1][0])
    return _series(groups, ", and " if len(groups) > 2 else " and ")


def _number(tree: dict[str, Node], tags: bool) -> Targets:
    """Writes the numbers into the tree, in document order, and returns what each label stands for."""
    targets: Targets = {}
    counts = {"equation": 0, "figure": 0, "table": 0, "listing": 0}
    sections = [0, 0, 0]
    appendix = False
    here = Target("section", "")
    rules: list[str] = []  # of the tables to come, see latex.for_pandoc

    def count(kind: str, label: str = "") -> str:
        counts[kind] += 1
        if label:
            targets[label] = Target(kind, str(counts[kind]))
        return str(counts[kind])

    def equation(label: str, tag: str) -> str:
        number = tag or count("equation")
        targets[label] = Target("equation", number)
        return number

    for node in nodes(tree["blocks"]):
        kind: str = node["t"]
        content: Node = node.get("c")
        name = content[0][0] if kind in {"Div", "Span"} else ""
        if name == "appendix:":
            content[0][0], sections, appendix = "", [0, 0, 0], True
        elif name.startswith("rules:"):
            content[0][0] = ""
            rules.append(name.removeprefix("rules:"))
        elif kind == "Header" and content[0] <= 3 and "unnumbered" not in content[1][1]:
            level = content[0]
            sections = [*sections[: level - 1], sections[level - 1] + 1, *[0] * (3 - level)]
            parts = [str(part) for part in sections[:level]]
            if appendix:
                parts[0] = chr(ord("A") + sections[0] - 1)
            here = Target("appendix" if appendix else "section", ".".join(parts))
            targets[content[1][0]] = here
            content[2][:0] = [span(text(here.number), kind="number"), {"t": "Space"}]
        elif kind == "Div" and "derivation" in content[0][1]:
            _number_rows(content[1][0], equation)
        elif kind == "Div" and "codelisting" in content[0][1]:
            caption = content[1][0]
            for label in [n["c"][0] for n in nodes(caption) if n["t"] == "Span" and n["c"][0][2]][:1]:
                content[0][0], label[0], label[2] = label[0], "", []  # the label moves to the whole listing
            caption["c"][:0] = _head("Listing", count("listing", content[0][0]))
        elif kind == "Figure" and content[1][1]:
            content[1][1][0]["c"][:0] = _head("Figure", count("figure", content[0][0]))
        elif kind == "Div" and any(child["t"] == "Table" and child["c"][1][1] for child in content[1]):
            targets[name] = Target("table", str(counts["table"] + 1))
            next(child for child in content[1] if child["t"] == "Table")["c"][0][0] = name
            content[0][0] = ""
        elif kind == "Table":
            if rules and content[0][1] != ["derivation"]:
                _rule(content, *rules.pop(0).split(":"))
            if content[1][1]:
                content[1][1][0]["c"][:0] = _head("Table", count("table"))
        elif kind == "Math" and content[0]["t"] == "DisplayMath":
            _number_display(node, equation, tags)
        elif kind == "Span" and dict(content[0][2]).get("label"):
            targets[name] = here  # as in LaTeX: a label in running text stands for the section around it
            content[0][2] = []
    return targets


def _number_rows(table: Node, equation: Counter) -> None:
    """The rows of a `derivation`: the last cell holds the label and perhaps a tag, and gets the number."""
    table["c"][0][1] = ["derivation"]
    for body in table["c"][4]:
        for row in body[3]:
            for node in nodes(row):
                if node["t"] == "Math" and node["c"][1].startswith("\\displaystyle "):
                    node["c"] = [{"t": "DisplayMath"}, node["c"][1].removeprefix("\\displaystyle ")]
            last = row[1][-1]
            label = next((n["c"][0][0] for n in nodes(last) if n["t"] == "Span" and n["c"][0][0]), "")
            if label or words(last).strip():
                number = f"({equation(label, words(last).strip())})"
                last[4] = [{"t": "Plain", "c": [span(text(number), name=label, kind="number")]}]


def _number_display(node: Node, equation: Counter, tags: bool) -> None:
    """A display: the environment is taken off, labels and tags become numbers."""
    found = _DISPLAY.fullmatch(node["c"][1].strip())
    if not found:
        return
    inner = found[3].strip()
    labels = re.findall(r"\\label\{([^}]*)\}", inner)
    if tags and found[1] == "align":
        inner = _LABEL.sub(lambda m: rf"\tag{{{equation(m[2], m[1] or m[3] or '')}}}", inner)
        inner = re.sub(r"\\(?:notag|nonumber)\b", "", inner)
        environment = "align" if labels else "aligned"
        node["c"][1] = rf"\begin{{{environment}}}" + "\n" + inner + "\n" + rf"\end{{{environment}}}"
        return
    tag = re.search(r"\\tag\{([^}]*)\}", inner)
    inner = re.sub(r"\\(?:label|tag)\{[^}]*\}|\\(?:notag|nonumber)\b", "", inner).strip()
    node["c"][1] = inner
    if labels or tag:
        number = equation(labels[0] if labels else "", tag[1] if tag else "")
        if tags:
            node["c"][1] = rf"{inner} \tag{{{number}}}"
        else:
            math = {"t": "Math", "c": node["c"]}
            node["t"], node["c"] = (
                "Span",
                [[labels[0] if labels else "", ["equation"], [["number", f"({number})"]]], [math]],
            )


def _rule(table: Node, environment: str, below: str) -> None:
    """The rows above the first rule become the table's head, each further rule starts a new body."""
    table[0][1] = [environment]
    head, bodies = table[3], table[4]
    rows = [*head[1], *(row for body in bodies for row in body[3])]
    cuts = [*(int(row) for row in below.split(",") if row), len(rows)]
    cuts = cuts if len(cuts) > 1 else [0, *cuts]
    head[1] = rows[: cuts[0]]
    spans = [(start, stop) for start, stop in pairwise(cuts) if stop > start]
    table[4] = [[["", [], []], 0, [], rows[start:stop]] for start, stop in spans]


def _run_in(node: Node) -> None:
    """A `\\paragraph` heading becomes the bold beginning of the paragraph below it."""
    if isinstance(node, dict):
        for child in node.values():
            _run_in(child)
    elif isinstance(node, list):
        for index in range(len(node) - 2, -1, -1):
            first, second = node[index], node[index + 1]
            if isinstance(first, dict) and first.get("t") == "Header" and first["c"][0] >= 4:
                if second.get("t") != "Para":
                    continue
                heading = span([{"t": "Strong", "c": first["c"][2]}], name=first["c"][1][0], kind="runin")
                second["c"][:0] = [heading, {"t": "Space"}]
                del node[index]
        for child in node:
            _run_in(child)


def _head(kind: str, number: str) -> list[Node]:
    return [span(text(f"{kind} {number}:"), kind="caption-number"), {"t": "Space"}]


def _link(shown: str, label: str) -> Node:
    return {"t": "Link", "c": [["", [], []], text(shown), [f"#{label}", ""]]}


def _prefixed(name: str, inline: Node) -> Node:
    """The link "3" as "figure 3", on one line."""
    inline["c"][1][0]["c"] = f"{name}\N{NO-BREAK SPACE}{inline['c'][1][0]['c']}"
    return inline


def _key(target: Target) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in target.number.split(".")]


def _runs(labels: list[str], targets: Targets) -> list[list[str]]:
    """Labels with consecutive numbers together, where that makes at least three; the others alone."""

    def offset(item: tuple[int, str]) -> tuple[str, int]:
        head, _, last = targets[item[1]].number.rpartition(".")
        return head, (int(last) if last.isdigit() else ord(last[:1] or "?")) - item[0]

    runs = [[label for _, label in run] for _, run in groupby(enumerate(labels), offset)]
    return [piece for run in runs for piece in ([run] if len(run) > 2 else [[label] for label in run])]


def _range(run: list[str], targets: Targets) -> list[Node]:
    shown = [f"({targets[x].number})" if targets[x].kind == "equation" else targets[x].number for x in run]
    first = _link(shown[0], run[0])
    return [first] if len(run) == 1 else [first, *_spaced(" to "), _link(shown[-1], run[-1])]


def _series(items: list[list[Node]], last: str) -> list[Node]:
    """Items as in "a, b and c"."""
    joined: list[Node] = []
    for index, item in enumerate(items):
        separator = "" if index == 0 else last if index == len(items) - 1 else ", "
        joined += [*_spaced(separator), *item]
    return joined


def _spaced(string: str) -> list[Node]:
    ends = [{"t": "Space"}] if string.endswith(" ") else []
    starts = [{"t": "Space"}] if string.startswith(" ") else []
    return [*starts, *text(string.strip()), *ends] if string else []
