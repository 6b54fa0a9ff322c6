"""The rubric: a tree of problems, questions and items with their points, in TOML that an instructor edits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import read_toml
from writeup.grade import forms
from writeup.grade.numbers import Rule, Vocabulary

FILE = "rubric.toml"
KINDS = ("formula", "proof", "table", "figure", "log", "claim", "says", "check", "person")
BESIDE = {"what", "weight", "in", "caption", "panels", "lines", "format", "width", "height", "each", "of"}
CHECKS = (
    *("comparisons", "abstract", "tables", "figures", "captions", "references", "citations", "fonts"),
    *("accessible", "derivations", "listings"),
)

ITEM = {
    **dict.fromkeys(KINDS, forms.TEXT),
    "formula": forms.TEXT_OR_TEXTS,
    "says": forms.TEXT_OR_TEXTS,
    "caption": forms.TEXT,
    "panels": forms.COUNT,
    "lines": forms.COUNT,
    "format": forms.PATTERN,
    "width": forms.NUMBER,
    "height": forms.NUMBER,
    "each": forms.YES,
    "of": forms.TEXT,
}
RULE = {
    "near": forms.PATTERN,
    "values": forms.TEXTS,
    "constants": forms.NUMBERS,
    "computed": forms.TEXTS,
}
CLAIMS = {
    "sign": forms.PATTERN,
    **dict.fromkeys(("undecided", "equivalent", "described", "table", "stale"), forms.TEXT),
    "harmless": forms.TEXTS,
}
PATTERNS = ("words", "also", "units")  # tables of a vocabulary


@dataclass(frozen=True)
class Item:
    """What is looked for. id: problem.question.number.

    kind: one of KINDS, `target` its value. points: what it is worth. within: words at which the piece of the
    report begins that it must stand in; none: anywhere.
    """

    id: str
    what: str
    points: float
    kind: str
    target: Any
    within: Sequence[str]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Rubric:
    """items: in the order of the file. rules, vocabulary, sections: how numbers are bound, see `numbers`.

    captions: words in the caption of a figure or table, by its name. sign: how a comparing sentence is known;
    verdicts: how it says each. evidence: the declared table that has the tests of all claims. harmless: what
    else may compare. stale: the word that marks what is stale.
    """

    path: Path
    items: Sequence[Item]
    titles: Mapping[str, str]
    rules: Sequence[Rule]
    vocabulary: Vocabulary
    sections: Mapping[str, Sequence[str]]
    captions: Mapping[str, str]
    sign: str
    verdicts: Mapping[str, str]
    evidence: str
    harmless: Sequence[str]
    stale: str
    total: float


def read(path: Path) -> Rubric:
    """UserError, one line, says what is wrong with a rubric, and where."""
    raw = read_toml(path)
    where = f"{path.name}"
    _keys(
        raw,
        {"total", "problem", "numbers", "words", "also", "units", "sections", "captions", "claims"},
        where,
    )
    problems = _list(raw, "problem", where)
    if not problems:
        raise UserError(f"{where}: no [[problem]]; see the rubric that writeup init lays down")
    items: list[Item] = []
    titles: dict[str, str] = {}
    for p, problem in enumerate(problems, 1):
        at = f"{where}: problem {p}"
        _keys(problem, {"title", "points", "in", "question"}, at)
        titles[str(p)] = _text(problem, "title", at)
        points = _number(problem, "points", at)
        questions = _list(problem, "question", at)
        if not questions:
            raise UserError(f"{at}: it has no [[problem.question]]")
        shares = [_number(one, "weight", f"{at}, question {k}", 1.0) for k, one in enumerate(questions, 1)]
        for q, (question, share) in enumerate(zip(questions, shares, strict=True), 1):
            _keys(question, {"title", "weight", "in", "item"}, f"{at}, question {q}")
            titles[f"{p}.{q}"] = _text(question, "title", f"{at}, question {q}")
            within = question.get("in", problem.get("in", []))
            worth = points * share / (sum(shares) or 1)
            items += _items(question, f"{p}.{q}", worth, within, f"{at}, question {q}")
    total = _number(raw, "total", where, 100.0)
    summed = sum(item.points for item in items)
    if abs(summed - total) > 1e-6:
        raise UserError(f"{where}: the points add up to {summed:g}, total says {total:g}")
    said = raw.get("claims", {})
    _keys(said, set(CLAIMS), f"{where}: claims")
    forms.check(said, CLAIMS, f"{where}: claims")
    sections = _table(raw, "sections", where)
    forms.check(sections, dict.fromkeys(sections, forms.PATTERNS), f"{where}: sections")
    return Rubric(
        path,
        items,
        titles,
        [_rule(one, f"{where}: numbers {k}") for k, one in enumerate(_list(raw, "numbers", where), 1)],
        Vocabulary(*(_texts(raw, name, where) for name in PATTERNS)),
        sections,
        _texts({"captions": raw.get("captions", {})}, "captions", where, patterns=False),
        said.get("sign", r"adjusted p ?[=<>≤≥]|too few to compare"),
        {
            "undecided": said.get("undecided", "no significant difference"),
            "equivalent": said.get("equivalent", "equivalent"),
            "described": said.get("described", "too few to compare"),
        },
        said.get("table", "claims"),
        said.get("harmless", []),
        said.get("stale", "Stale"),
        total,
    )


def _items(question: Mapping[str, Any], id: str, worth: float, within: Any, at: str) -> list[Item]:
    rows = _list(question, "item", at)
    if not rows:
        raise UserError(f"{at}: it has no [[problem.question.item]]")
    found = []
    weights = []
    for k, row in enumerate(rows, 1):
        here = f"{at}, item {k}"
        _keys(row, {*KINDS, *BESIDE}, here)
        forms.check(row, ITEM, here)
        kinds = [kind for kind in KINDS if kind in row]
        if len(kinds) != 1:
            raise UserError(
                f"{here}: it needs one of {', '.join(KINDS)}, it has {', '.join(kinds) or 'none'}"
            )
        if kinds[0] == "check" and row["check"] not in CHECKS:
            raise UserError(f"{here}: check = {row['check']!r}; allowed: {', '.join(CHECKS)}")
        weights.append(0.0 if kinds[0] == "person" else _number(row, "weight", here, 1.0))
        inside = row.get("in", within)
        inside = [inside] if isinstance(inside, str) else inside
        if not isinstance(inside, list) or not all(isinstance(one, str) for one in inside):
            raise UserError(f"{here}: in must be a list of words")
        options = {name: value for name, value in row.items() if name in BESIDE - {"what", "weight", "in"}}
        found.append((f"{id}.{k}", _text(row, "what", here), kinds[0], row[kinds[0]], inside, options))
    if not sum(weights) and worth:
        raise UserError(f"{at}: none of its items bears points")
    return [
        Item(id, what, worth * weight / (sum(weights) or 1), kind, target, inside, options)
        for weight, (id, what, kind, target, inside, options) in zip(weights, found, strict=True)
    ]


def _rule(row: Mapping[str, Any], at: str) -> Rule:
    _keys(row, set(RULE), at)
    forms.check(row, RULE, at)
    return Rule(
        _text(row, "near", at),
        row.get("values", []),
        row.get("constants", []),
        row.get("computed", []),
    )


def _table(table: Mapping[str, Any], name: str, at: str) -> dict[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, Mapping):
        raise UserError(f"{at}: {name} must be a table: write [{name}]")
    return dict(found)


def _keys(table: Any, allowed: set[str], at: str) -> None:
    if not isinstance(table, Mapping):
        raise UserError(f"{at}: a table is wanted, found {table!r}")
    for name in table:
        if name not in allowed:
            raise UserError(f"{at}: unknown key {name!r}; allowed: {', '.join(sorted(allowed))}")


def _list(table: Mapping[str, Any], name: str, at: str) -> list[Any]:
    found = table.get(name, [])
    if not isinstance(found, list):
        raise UserError(f"{at}: {name} must be a list: write [[{name}]]")
    for k, one in enumerate(found, 1):
        if not isinstance(one, Mapping):
            raise UserError(f"{at}: {name} {k} must be a table: write [[{name}]], found {one!r}")
    return found


def _texts(table: Mapping[str, Any], name: str, at: str, *, patterns: bool = True) -> dict[str, str]:
    found = table.get(name, {})
    if not isinstance(found, Mapping) or not all(isinstance(one, str) for one in found.values()):
        raise UserError(f"{at}: {name} must be a table of patterns")
    for pattern in found.values() if patterns else ():
        _compiled(pattern, f"{at}: {name}")
    return dict(found)


def _compiled(pattern: str, at: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise UserError(f"{at}: {pattern!r} is no pattern ({error})") from None
    return pattern


def _text(table: Mapping[str, Any], name: str, at: str) -> str:
    found = table.get(name)
    if not isinstance(found, str) or not found:
        raise UserError(f"{at}: {name} is missing, or no text")
    return found


def _number(table: Mapping[str, Any], name: str, at: str, default: float | None = None) -> float:
    found = table.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e6:
        raise UserError(f"{at}: {name} must be a number from 0 on, found {found!r}")
    return float(found)
