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
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
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
# Filters that put a text together of others, or take one apart, and functions that make values: what is given
# to them may not be typed.
COMPOSING = {"format", "replace", "truncate", "center", "batch", "slice", "wordcount", "random", "default"}
COMPOSING |= {"d", "dict", "range", "namespace", "cycler", "joiner", "lipsum"}
NUMBERS = {"fixed", "pct", "integer", "spread", "spread_pct", "sig", "p_value"}  # filters that print a number
VERDICTS = frozenset(get_args(Verdict))
MARK, FIGURE = "plain", "figure"


@dataclass
class _Text:
    """The text of a template in its order; of each piece its place, its line, and if a verdict chooses it."""

    whole: str = ""
    pieces: list[tuple[int, int, bool]] = field(default_factory=list)

    def add(self, text: str, line: int, chosen: bool) -> None:
        self.pieces.append((len(self.whole), line, chosen))
        self.whole += text

    def at(self, offset: int) -> tuple[int, bool]:
        """Line of a character, and whether a verdict chooses it."""
        begin, line, chosen = self.pieces[bisect_right(self.pieces, offset, key=itemgetter(0)) - 1]
        return line + self.whole.count("\n", begin, offset), chosen


def check(folder: Path) -> None:
    """UserError names the first place at which a template asserts something by itself."""
    for path in sorted(folder.rglob("*.j2")):
        for line, why in _wrong(read_text(path)):
            raise UserError(f"{folder.name}/{path.relative_to(folder)}:{line}: {why}")


@lru_cache(maxsize=128)
def _wrong(source: str) -> list[tuple[int, str]]:
    cure = f'; take it from a result, or mark it: << {MARK}("...", "why it is harmless") >>'
    alone = [(line, "a $ without a partner in its paragraph") for line in dollars_alone(source)]
    return alone + [(line, why + cure) for line, why in sorted(found(source))]


def found(source: str) -> Iterator[tuple[int, str]]:
    """Line and reason of all that a template asserts by itself."""
    text, asserted = _parsed(source)
    yield from asserted
    for one in asserting.found(text.whole):
        line, chosen = text.at(one.offset)
        if not (one.compares and chosen):
            yield line, one.why


def dollars_alone(source: str) -> Iterator[int]:
    """The lines with a $ that its paragraph does not close: from there on text and formulas change places."""
    text, _ = _parsed(source)
    for paragraph in PARAGRAPH.finditer(text.whole):
        lines = [text.at(paragraph.start() + match.start())[0] for match in DOLLAR.finditer(paragraph[0])]
        if len(lines) % 2:
            yield next(line for line in lines if lines.count(line) % 2)


def _parsed(source: str) -> tuple[_Text, list[tuple[int, str]]]:
    """The text of a template, and what its expressions assert; nothing of one that cannot be parsed."""
    text = _Text()
    try:
        tree = templating.parsed(source)
    except TemplateSyntaxError:
        return text, []  # rendering names it
    return text, list(_asserted(tree, text, chosen=False))


def _asserted(node: nodes.Node, text: _Text, chosen: bool) -> Iterator[tuple[int, str]]:
    """What a statement asserts, or an expression that is printed or kept to be printed; text is collected."""
    match node:
        case nodes.TemplateData(data=data):
            text.add(data, node.lineno, chosen)
        case nodes.Output(nodes=parts):
            for one, other in pairwise(parts):
                if _is_number(one) and _is_number(other):
                    yield other.lineno, "two numbers are printed without a sign between them"
            for part in parts:
                if not isinstance(part, nodes.TemplateData):
                    text.add(asserting.GAP, part.lineno, chosen)
                yield from _asserted(part, text, chosen)
        case nodes.If() | nodes.CondExpr():
            within = chosen or _verdict(node.test)
            for child in node.iter_child_nodes(exclude=["test"]):
                yield from _asserted(child, text, within)
        case nodes.Macro():
            outputs = node.find_all(nodes.Output)
            printed = {name for one in outputs for part in one.nodes for name in _subjects(part)}
            for name, default in zip(node.args[::-1], node.defaults[::-1], strict=False):
                if name.name in printed and (node.name, name.name) != (FIGURE, "width"):
                    yield from _asserted(default, text, chosen)
            for child in node.body:
                yield from _asserted(child, text, chosen)
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
            whole = node.template
            names = [whole] if isinstance(whole, nodes.Const) else list(whole.find_all(nodes.Const))
            meant = names if isinstance(whole, nodes.List | nodes.Tuple) else names[-1:]
            if not meant or not all(str(one.value).endswith(".j2") for one in meant):
                yield node.lineno, "a file is included that is no template (*.j2)"
        case nodes.Compare() | nodes.And() | nodes.Or() | nodes.Not() | nodes.Test():
            return  # a condition prints nothing
        case nodes.Const(value=bool() | None):
            return
        case nodes.Const(value=str() as string):
            for said in asserting.found(string):
                if not (chosen if said.compares else NAME.fullmatch(string)):
                    yield node.lineno, said.why
        case nodes.Const():
            yield node.lineno, f"the number {node.value} is typed"
        case nodes.BinExpr() | nodes.Neg() | nodes.Pos():
            yield node.lineno, "arithmetic in a template"
        case nodes.Getitem(node=nodes.Const()):
            yield node.lineno, "a piece of a literal is printed"
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=attr) if attr not in ("first", "last"):
            yield node.lineno, f"loop.{attr} is printed, which no result says"
        case nodes.Getattr(node=inner) | nodes.Getitem(node=inner):
            yield from _asserted(inner, text, chosen)
        case nodes.Call(node=nodes.Name(name="plain")):
            yield from _marked(node)
        case nodes.Call() | nodes.Filter():
            called = node.name if isinstance(node, nodes.Filter) else getattr(node.node, "name", "")
            if called in COUNTING and not (chosen and called == "abs"):  # the sign is in the words
                yield node.lineno, f"the filter {called} computes in a template"
            if node.node is not None:
                yield from _asserted(node.node, text, chosen)
            for argument in (*node.args, *(pair.value for pair in node.kwargs)):
                if not _lays_out(argument, called):
                    yield from _asserted(argument, text, chosen)
        case _:
            for child in node.iter_child_nodes(exclude=["target", "targets", "test", "args", "defaults"]):
                yield from _asserted(child, text, chosen)


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


def _lays_out(argument: nodes.Node, called: str) -> bool:
    """Small whole numbers say how many digits or which steps; the width of a figure is a length."""
    if not isinstance(argument, nodes.Const) or called in COMPOSING:
        return False
    return called == FIGURE or (isinstance(argument.value, int) and abs(argument.value) <= 12)


def _marked(call: nodes.Call) -> Iterator[tuple[int, str]]:
    """A mark says why, in words, and stands in the template itself."""
    reason = call.args[1] if len(call.args) == 2 else None
    if not isinstance(reason, nodes.Const) or len(str(reason.value).split()) < 2:
        yield call.lineno, f'{MARK} without a reason: {MARK}("...", "why it is harmless")'
