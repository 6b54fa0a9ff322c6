"""No template types a measured number, a comparison or a formula: what a page asserts comes from a result.

Found are, in the text and in the strings of a template, numbers in figures or words, words that compare, and
formulas that compute; in its expressions numbers that are printed, and arithmetic. Mathematics without a
number of its own, names (`bf16`, `CIFAR-10`), years, references and lengths are not meant, nor is text that a
comparison's `verdict` chooses.

What is harmless is marked where it stands, with the reason, and prints as it is:

    The data show << plain("40", "so many subjects the data set has") >> subjects.
    << plain(100 - v["descent/accuracy"].mean, "the share that is left") | pct(1) >>

No check knows what a sentence means: a value under another value's name, say, is for the reader to notice.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from writeup.errors import UserError
from writeup.files import read_text
from writeup.page.source import templating

COMPARING = re.compile(
    r"\b(beat(s|en)?|better|best|worse|worst|higher|highest|lower(s|ed)?(?! bound)|lowest|rais(es?|ed)"
    r"|fewer|fewest|(more|less|greater|larger|smaller) than|greatest|superior|inferior|faster|fastest"
    r"|slower|slowest"
    r"|outperform(s|ed)?|exceed(s|ed)?|surpass(es|ed)?|improve(s|d|ment)?|increase[sd]?|decrease[sd]?"
    r"|reduce[sd]?|gain(s|ed)?|wins?|loses|twice|halve[sd]?|doubles?|significant(ly)?|state of the art)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(
    r"\d[\d.,]*|\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?)\b",
    re.IGNORECASE,
)
FORMULA = re.compile(r"\\(frac|sum|prod|int|exp|sqrt|nabla|mathbb\s*\{E\})(?![A-Za-z])")
DISPLAYED = re.compile(r"(?<!\\)\\\[|\\begin\{(equation|align|gather|multline|displaymath)\*?\}|\$\$")
MATHS = re.compile(r"(?<!\\)\$(?P<body>[^$]*)\$")
DOLLAR = re.compile(r"(?<!\\)\$")
PARAGRAPH = re.compile(r"(?:.+\n?)+")  # up to a blank line
FONT = re.compile(r"\\(math(bf|rm|it|sf|tt)|text(bf|it|rm)?|pm|times|approx|cdot|quad|leq?|geq?)(?![A-Za-z])")
HARMLESS = re.compile(
    r"\\(cref|Cref|ref|eqref|label|cite|hypertarget|include|input|documentclass|usepackage)(\[[^\]]*\])?\{[^{}]*\}"
    r"|arXiv:\d+\.\d+|(\(|et al\.,? )(19|20)\d\d\b|(?<![\\A-Za-z])[A-Za-z][A-Za-z'_]*-?\d\w*"
    r"|\b\d*\.?\d+(pt|mm|cm|em|ex)\b|\b\d*\.?\d+\\(linewidth|textwidth)"
)
SPLIT = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+(\\-|\{\}|\\/)[a-z]+")
MEASURED = re.compile(r"\d*\.\d+|\d{2,}")  # numbers that no mathematics needs
NAME = re.compile(r"[A-Za-z_][\w./:-]*")  # a string that names something and is not prose
COUNTING = {"abs", "float", "int", "round", "sum"}  # filters that compute
MARK = "plain"
GAP = "\ufffc"  # stands where an expression is printed


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
                for part in node.nodes:
                    if isinstance(part, nodes.TemplateData):
                        text.add(part.data, part.lineno, chosen)
                    else:
                        text.add(GAP, part.lineno, chosen)
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
                for default in node.defaults:
                    yield from _argument(default, node.name, chosen)
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
                if not names or not str(names[-1]).endswith(".j2"):
                    yield node.lineno, "a file is included that is no template (*.j2)"
            case nodes.With():
                for value in node.values:
                    yield from _printed(value, chosen)
                yield from _body(node.body, text, chosen)
            case _:
                yield from _body(getattr(node, "body", None) or (), text, chosen)


def _verdict(test: nodes.Node) -> bool:
    """Whether a condition asks what a comparison found."""
    return any(one.attr == "verdict" for one in test.find_all(nodes.Getattr))


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
    if isinstance(node, nodes.Const):
        if isinstance(node.value, int) and abs(node.value) <= 12:
            return
        if called == "figure":
            return
    yield from _printed(node, chosen)


def _marked(call: nodes.Call) -> Iterator[str]:
    """A mark says why, in words, and stands in the template itself."""
    reason = call.args[1] if len(call.args) == 2 else None
    if not isinstance(reason, nodes.Const) or len(str(reason.value).split()) < 2:
        yield f'{MARK} without a reason: {MARK}("...", "why it is harmless")'


def _string(text: str, chosen: bool) -> Iterator[str]:
    if not chosen:
        yield from (f"{match[0]!r} compares" for match in COMPARING.finditer(text))
    if not NAME.fullmatch(text):
        yield from (
            f"the number {match[0]!r} is typed" for match in NUMBER.finditer(_blanked(HARMLESS, text))
        )


def _prose(text: _Text) -> Iterator[tuple[int, str]]:
    whole = "".join(text.pieces)
    for match in DISPLAYED.finditer(whole):
        yield text.at(match.start())[0], "a displayed formula is typed that no derivation proves"
    for match in SPLIT.finditer(whole):
        yield text.at(match.start())[0], f"{match[0]!r} splits a word, which hides it"
    for match in MATHS.finditer(whole):
        line, _ = text.at(match.start())
        body = match["body"]
        if FORMULA.search(body):
            yield line, f"the formula ${' '.join(body.split())}$ is typed".replace(GAP, "...")
            continue
        letters = re.search(r"[A-Za-z]", FONT.sub("", body))
        if number := (MEASURED if letters or GAP in body else NUMBER).search(body):
            yield line, f"the number {number[0]!r} is typed"
    plain = _blanked(HARMLESS, _blanked(MATHS, whole))
    for match in COMPARING.finditer(plain):
        line, chosen = text.at(match.start())
        if not chosen:
            yield line, f"{match[0]!r} compares"
    for match in NUMBER.finditer(plain):
        yield text.at(match.start())[0], f"the number {match[0].rstrip('.,')!r} is typed"


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with what matches made blank; lines and offsets stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
