"""No template types a measured number, a comparison or a formula: what a page asserts comes from a result.

Found are, in the text and in the strings of a template, what `asserting` knows: numbers in figures or words,
words that compare, formulas. In its expressions: numbers that are printed, arithmetic, and what puts a number
together. Words that compare may stand where a comparison's verdict chooses them.

What is harmless is marked where it stands, with the reason, and prints as it is:

    The data show << plain("40", "so many subjects the data set has") >> subjects.
    << plain(100 - v["descent/accuracy"].mean, "the share that is left") | pct(1) >>

This is a lint: it reads words, and does not know what a sentence means. A value under another value's name, a
claim in other words or in another language passes; independent answers, ties and reviewers are for these.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

from jinja2 import TemplateSyntaxError, nodes

from writeup.errors import UserError
from writeup.files import read_text
from writeup.page.source import asserting, templating
from writeup.results.compare import Verdict

DOLLAR = re.compile(r"(?<!\\)\$")
PARAGRAPH = re.compile(r"(?:.+\n?)+")  # up to a blank line
NAME = re.compile(r"[A-Za-z_][\w./:-]*")  # a string that names something and is not prose
COUNTING = {"abs", "float", "int", "round", "sum"}  # filters that compute
# Filters that put a text together of others, or take one apart; and what is given to them may not be typed.
COMPOSING = {
    "format",
    "replace",
    "truncate",
    "center",
    "batch",
    "slice",
    "wordcount",
    "random",
    "default",
    "d",
}
MAKING = {"dict", "range", "namespace", "cycler", "joiner", "lipsum"}  # functions that make values
NUMBERS = {"fixed", "pct", "integer", "spread", "spread_pct", "sig", "p_value"}  # filters that print a number
VERDICTS = frozenset(get_args(Verdict))
MARK, FIGURE = "plain", "figure"


@dataclass
class _Text:
    """The text of a template in the order in which it stands, with the line of each piece."""

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    free: list[bool] = field(default_factory=list)  # whether a verdict chooses it
    length: int = 0

    def add(self, text: str, line: int, chosen: bool) -> None:
        self.pieces.append(text)
        self.starts.append(self.length)
        self.lines.append(line)
        self.free.append(chosen)
        self.length += len(text)

    def at(self, offset: int) -> tuple[int, bool]:
        """Line of a character, and whether a verdict chooses it."""
        k = bisect_right(self.starts, offset) - 1
        before = self.pieces[k][: offset - self.starts[k]]
        return self.lines[k] + before.count("\n"), self.free[k]


def check(folder: Path) -> None:
    """UserError names the first place at which a template asserts something by itself."""
    for path in sorted(folder.rglob("*.j2")):
        name, source = f"{folder.name}/{path.relative_to(folder)}", read_text(path)
        for line in _alone(source):
            raise UserError(f"{name}:{line}: a $ without a partner in its paragraph")
        for line, why in _asserted(source):
            raise UserError(
                f"{name}:{line}: {why}; take it from a result, "
                f'or mark it: << {MARK}("...", "why it is harmless") >>'
            )


@lru_cache(maxsize=128)
def _asserted(source: str) -> list[tuple[int, str]]:
    return sorted(found(Path(), source))


def found(folder: Path, source: str) -> Iterator[tuple[int, str]]:
    """Line and reason of all that a template asserts by itself."""
    text, asserted = _parsed(folder, source)
    yield from asserted
    yield from _prose(text)


def _parsed(folder: Path, source: str) -> tuple[_Text, list[tuple[int, str]]]:
    """The text of a template, and what its expressions assert; nothing of one that cannot be parsed."""
    text = _Text()
    try:
        tree = templating.environment(folder).parse(source)
    except TemplateSyntaxError:
        return text, []  # rendering names it
    return text, list(_body(tree.body, text, chosen=False))


@lru_cache(maxsize=128)
def _alone(source: str) -> list[int]:
    """The lines with a $ that its paragraph does not close: from there on text and formulas change places."""
    text, _ = _parsed(Path(), source)
    lines = []
    for paragraph in PARAGRAPH.finditer("".join(text.pieces)):
        places = [paragraph.start() + match.start() for match in DOLLAR.finditer(paragraph[0])]
        if len(places) % 2:
            # of the line on which the number of them is odd first
            odd = [place for place in places if sum(text.at(p)[0] == text.at(place)[0] for p in places) % 2]
            lines.append(text.at(odd[0])[0])
    return lines


def _body(body: Iterable[nodes.Node], text: _Text, chosen: bool) -> Iterator[tuple[int, str]]:
    """What is found in the expressions of `body`; its text is collected."""
    for node in body:
        match node:
            case nodes.Output():
                for one, other in pairwise(node.nodes):
                    if _is_number(one) and _is_number(other):
                        yield other.lineno, "two numbers are printed without a sign between them"
                for part in node.nodes:
                    if isinstance(part, nodes.TemplateData):
                        text.add(part.data, part.lineno, chosen)
                    else:
                        text.add(asserting.GAP, part.lineno, chosen)
                        yield from _printed(part, chosen)
            case nodes.If():
                within = chosen or _verdict(node.test)
                yield from _body(node.body, text, within)
                yield from _body(node.elif_, text, within)
                yield from _body(node.else_, text, within)
            case nodes.For():
                yield from _printed(node.iter, chosen)
                yield from _body((*node.body, *node.else_), text, chosen)
            case nodes.CallBlock():
                yield from _printed(node.call, chosen)
                yield from _body(node.body, text, chosen)
            case nodes.Macro():
                outputs = node.find_all(nodes.Output)
                printed = {name for one in outputs for part in one.nodes for name in _subjects(part)}
                for name, default in zip(node.args[::-1], node.defaults[::-1], strict=False):
                    is_width = node.name == FIGURE and name.name == "width"
                    if name.name in printed and not is_width:
                        yield from _printed(default, chosen)
                yield from _body(node.body, text, chosen)
            case nodes.Assign():
                yield from _printed(node.node, chosen)
            case nodes.FilterBlock():
                yield from _printed(node.filter, chosen)
                yield from _body(node.body, text, chosen)
            case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                names = [
                    one.value
                    for one in [node.template, *node.template.find_all(nodes.Const)]
                    if isinstance(one, nodes.Const)
                ]
                lists = isinstance(node.template, nodes.List | nodes.Tuple)
                if not names or not all(str(one).endswith(".j2") for one in (names if lists else names[-1:])):
                    yield node.lineno, "a file is included that is no template (*.j2)"
            case nodes.With():
                for value in node.values:
                    yield from _printed(value, chosen)
                yield from _body(node.body, text, chosen)
            case _:
                yield from _body(getattr(node, "body", None) or (), text, chosen)


def _is_number(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Filter) and node.name in NUMBERS


def _subjects(node: nodes.Node) -> Iterator[str]:
    """The names whose values an expression prints."""
    match node:
        case nodes.Name(name=name):
            yield name
        case nodes.Filter(node=nodes.Expr() as inner):
            yield from _subjects(inner)
        case nodes.Concat(nodes=parts):
            for one in parts:
                yield from _subjects(one)
        case nodes.CondExpr(expr1=one, expr2=other):
            for branch in (one, other):
                if branch is not None:
                    yield from _subjects(branch)


def _verdict(test: nodes.Node) -> bool:
    """Whether a condition holds only where a comparison found something: a verdict of `compare`, by name."""
    match test:
        case nodes.And(left=left, right=right):
            return _verdict(left) or _verdict(right)
        case nodes.Or(left=left, right=right):
            return _verdict(left) and _verdict(right)
        case nodes.Compare(
            expr=nodes.Getattr(attr="verdict"), ops=[nodes.Operand(op="eq" | "in", expr=asked)]
        ):
            names = asked.items if isinstance(asked, nodes.Tuple | nodes.List) else [asked]
            return all(isinstance(one, nodes.Const) and one.value in VERDICTS for one in names)
    return False


def _printed(node: nodes.Node, chosen: bool) -> Iterator[tuple[int, str]]:
    """What an expression that is printed, or kept to be printed, asserts by itself."""
    match node:
        case nodes.Const(value=bool() | None):
            return
        case nodes.Const(value=str() as text):
            yield from ((node.lineno, why) for why in _string(text, chosen))
        case nodes.Const():
            yield node.lineno, f"the number {node.value} is typed"
        case nodes.BinExpr() | nodes.Neg() | nodes.Pos():
            yield node.lineno, "arithmetic in a template"
        case nodes.Getitem(node=nodes.Const()):
            yield node.lineno, "a piece of a literal is printed"
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=attr) if attr not in ("first", "last"):
            yield node.lineno, f"loop.{attr} is printed, which no result says"
        case nodes.Getattr(node=inner) | nodes.Getitem(node=inner):
            yield from _printed(inner, chosen)
        case nodes.Compare() | nodes.And() | nodes.Or() | nodes.Not() | nodes.Test():
            return  # a condition prints nothing
        case nodes.CondExpr():
            within = chosen or _verdict(node.test)
            for branch in (node.expr1, node.expr2):
                if branch is not None:
                    yield from _printed(branch, within)
        case nodes.Call():
            name = node.node.name if isinstance(node.node, nodes.Name) else ""
            if name == MARK:
                yield from ((node.lineno, why) for why in _marked(node))
                return
            for argument in (*node.args, *(pair.value for pair in node.kwargs)):
                yield from _argument(argument, name, chosen)
        case nodes.Filter():
            if node.name in COUNTING and not (chosen and node.name == "abs"):  # the sign is in the words
                yield node.lineno, f"the filter {node.name} computes in a template"
            if node.node is not None:
                yield from _printed(node.node, chosen)
            for argument in (*node.args, *(pair.value for pair in node.kwargs)):
                yield from _argument(argument, node.name, chosen)
        case _:
            for child in node.iter_child_nodes():
                yield from _printed(child, chosen)


def _argument(node: nodes.Node, called: str, chosen: bool) -> Iterator[tuple[int, str]]:
    """Small whole numbers say how many digits or which steps; the width of a figure is a length."""
    if isinstance(node, nodes.Const) and called not in COMPOSING | MAKING:
        if isinstance(node.value, int) and abs(node.value) <= 12:
            return
        if called == FIGURE:
            return
    yield from _printed(node, chosen)


def _marked(call: nodes.Call) -> Iterator[str]:
    """A mark says why, in words, and stands in the template itself."""
    reason = call.args[1] if len(call.args) == 2 else None
    if not isinstance(reason, nodes.Const) or len(str(reason.value).split()) < 2:
        yield f'{MARK} without a reason: {MARK}("...", "why it is harmless")'


def _string(text: str, chosen: bool) -> Iterator[str]:
    for one in asserting.found(text):
        if not (chosen if one.compares else NAME.fullmatch(text)):
            yield one.why


def _prose(text: _Text) -> Iterator[tuple[int, str]]:
    whole = "".join(text.pieces)
    for one in asserting.found(whole):
        line, chosen = text.at(one.offset)
        if not (one.compares and chosen):
            yield line, one.why
