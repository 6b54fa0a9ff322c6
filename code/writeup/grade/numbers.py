"""Every number that a PDF prints, bound to what it is: to its printed digits, and by the words around it.

A number is bound where it stands in something that was made anew as a whole (a row of a table, a line of a
log or listing, a formula, a tested sentence), or where words beside it name a number that its section may
show and whose digits it has. That a value of such digits exists somewhere is not enough.
"""

import ast
import fnmatch
import itertools
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from writeup.errors import UserError
from writeup.results.values import Value

PRINTED = re.compile(r"[−-]?\d+(?:(?:[,\u202f]|[ ]?\n|[ ])(?=\d{3}(?!\d))\d{3})*(?:\.\d+)?")
LOOSE = re.compile(r"[−-]?\d+(?:\.\d+)?")
TOLERANCE = 1 + 1e-6
UNITS = re.compile(
    r"\s*(nats|bits|points|percent|seconds?|minutes?|hours?|days?|m?s|[KMGT]i?B|[KMGT]?FLOP(/s)?|dB)\b"
)


@dataclass(frozen=True)
class Token:
    """A number as it is printed; spread: what stands behind a plus-minus sign that follows it."""

    begin: int
    end: int
    text: str
    value: float
    half: float  # half a unit of its last digit
    percent: bool = False


def tokens(text: str) -> list[Token]:
    """The numbers of a text; digits within names (conv1d, H100, CIFAR-10) are none."""
    return [
        _token(text, *found.span()) for found in PRINTED.finditer(text) if not _named(text, *found.span())
    ]


def pieces(text: str, token: Token) -> list[Token]:
    """The numbers in a token that was read as one with spaces between its thousands."""
    return [
        _token(text, token.begin + found.start(), token.begin + found.end())
        for found in LOOSE.finditer(text[token.begin : token.end])
    ]


def _token(text: str, begin: int, end: int) -> Token:
    if text[begin] == "-" or (
        text[begin] == "−" and begin and (text[begin - 1].isalnum() or text[begin - 1] in ")]")
    ):
        begin += 1  # a hyphen, or a difference
    shown = text[begin:end]
    bare = re.sub(r"[\s,\u202f]", "", shown).replace("−", "-")
    half = 0.5 * 10.0 ** -len(bare.partition(".")[2])
    return Token(begin, end, shown, float(bare), half, text[end : end + 3].lstrip().startswith("%"))


def _named(text: str, begin: int, end: int) -> bool:
    before, behind = text[begin - 1 : begin], text[end : end + 1]
    if text[begin] in "−-":
        return before.isalpha() and text[begin] == "-" and text[begin - 2 : begin - 1].isupper()
    letter = re.compile(r"[A-Za-z_]")
    return bool(letter.match(before) or letter.match(behind))


def equal(token: Token, number: float) -> bool:
    """Whether a number is printed so, rounded to these digits; a share may be printed in percent."""
    if token.half == 0.5 and 0 < abs(number) < 0.5:
        return False  # what rounds to nothing is not printed as a whole number
    wanted = token.half * TOLERANCE + 1e-12
    return abs(token.value - number) <= wanted or (
        token.percent and abs(token.value - 100 * number) <= wanted
    )


def printed_as(token: Token, number: Any, spread: Token | None) -> bool:
    """Whether a named number is printed so: its mean alone, or with the spread over its runs."""
    mean = number.mean if isinstance(number, Value) else float(number)
    if spread is None:
        return equal(token, mean)
    return isinstance(number, Value) and number.runs > 1 and equal(token, mean) and equal(spread, number.std)


@dataclass(frozen=True)
class Rule:
    """What may stand beside words: names (patterns) of numbers, arithmetic of these, or constants.

    near: a pattern, tried on the text around a number. places: sections that it is for ("" all).
    """

    near: str
    values: Sequence[str] = ()
    constants: Sequence[float] = ()
    computed: Sequence[str] = ()


OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
NAME = re.compile(r"\{([^{}]+)\}")


def compute(formula: str, numbers: Mapping[str, Any]) -> Iterator[float]:
    """Arithmetic of named numbers, as "100 - {cvae/accuracy}"; a name with a * is each that it fits, in turn.

    Nothing, where one of them is not there.
    """
    names = dict.fromkeys(NAME.findall(formula))
    for chosen in itertools.product(*(fnmatch.filter(numbers, name) for name in names)):
        some = dict(zip(names, (numbers[one] for one in chosen), strict=True))
        yield _computed(formula, some)


def _computed(formula: str, numbers: Mapping[str, Any]) -> float:
    def put(found: re.Match[str]) -> str:
        number = numbers[found[1]]
        return repr(float(number.mean if isinstance(number, Value) else number))

    try:
        return _evaluate(ast.parse(NAME.sub(put, formula), mode="eval").body)
    except (SyntaxError, ZeroDivisionError):
        raise UserError(f"rubric: {formula!r} is no arithmetic of numbers and {{names}}") from None


def _evaluate(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return float(OPERATORS[type(node.op)](_evaluate(node.left), _evaluate(node.right)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand)
    raise SyntaxError


@dataclass(frozen=True)
class Vocabulary:
    """By which words a number is known: those of its name or, in their place, `words`, by patterns of names;
    besides, what `also` demands. units: what has to stand behind the number.
    """

    words: Mapping[str, str]
    also: Mapping[str, str]
    units: Mapping[str, str] = field(default_factory=dict)

    def name(self, name: str, around: str) -> bool:
        """Whether the text around a number speaks of what the name means."""
        near = _pattern(name, tuple(self.words.items()))
        if near is None or not near.search(around):
            return False
        return all(
            re.search(text, around, re.IGNORECASE) for text in _demands(name, tuple(self.also.items()))
        )

    def unit(self, name: str, behind: str) -> bool:
        """Whether the text behind a number goes on with its unit, or with none where it has none."""
        wanted = next((text for pattern, text in self.units.items() if fnmatch.fnmatch(name, pattern)), None)
        if wanted is None:
            return UNITS.match(behind) is None
        return re.match(rf"\s*(?:{wanted})", behind) is not None


PLAIN = {"config", "mean", "std", "test", "of", "at", "the", "cvae", "gan", "cnn", "text", "kernel", "full"}


@cache
def _pattern(name: str, words: tuple[tuple[str, str], ...]) -> "re.Pattern[str] | None":
    for pattern, text in words:
        if fnmatch.fnmatch(name, pattern):
            return re.compile(text, re.IGNORECASE) if text else None
    leaf = name.rpartition("/")[2]
    stems = [_stem(word) for word in re.split(r"[_\W\d]+", leaf) if len(word) > 2 and word not in PLAIN]
    return re.compile(r"\b(" + "|".join(map(re.escape, stems)) + ")", re.IGNORECASE) if stems else None


@cache
def _demands(name: str, also: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(text for pattern, text in also if fnmatch.fnmatch(name, pattern))


def _stem(word: str) -> str:
    return word[: max(4, len(word) - 2)] if len(word) > 4 else word


def bound(
    token: Token,
    spread: Token | None,
    around: str,
    numbers: Mapping[str, Any],
    vocabulary: Vocabulary,
    rules: Sequence[Rule],
    behind: str = "",
) -> str:
    """The name of what a number is, by the text around it and its digits; "" where it is nothing known.

    spread: the number behind a plus-minus sign, which has to be that of the same runs.
    behind: the text behind both, which begins with the unit.
    """
    for rule in rules:
        if re.search(rule.near, around):
            for name in rule.values:
                for known in fnmatch.filter(numbers, name):
                    if printed_as(token, numbers[known], spread) and vocabulary.unit(known, behind):
                        return known
            if spread is not None:
                continue
            for formula in rule.computed:
                if any(equal(token, number) for number in compute(formula, numbers)):
                    return formula
            if any(equal(token, one) for one in rule.constants):
                return f"constant {token.text}"
    for name, number in numbers.items():
        if (
            printed_as(token, number, spread)
            and vocabulary.name(name, around)
            and vocabulary.unit(name, behind)
        ):
            return name
    return ""
