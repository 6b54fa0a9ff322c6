"""The rubric: what a sheet asks for and what each answer is worth, in TOML that an instructor edits."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup.errors import UserError
from writeup.files import read_toml

FILE = "rubric.toml"
KINDS = ("text", "table", "listing", "seen", "file")  # of differences from the report rendered anew
CHECKS = ("fonts", "pages", "visible")


@dataclass(frozen=True)
class Item:
    """What is looked for. id: problem.number, or w.number. kind: a key of FORMS, `target` its value.

    points: what it is worth; section: the numbered section that it may stand in, "": anywhere.
    """

    id: str
    what: str
    points: float
    kind: str
    target: Any
    section: str
    options: Mapping[str, Any]

    @property
    def recorded(self) -> bool:
        """Whether it is held against runs, which a stranger's report does not have."""
        return self.kind == "recorded"


@dataclass(frozen=True)
class Rubric:
    """items in the order of the file; titles by problem; whole: what costs points wherever it fails."""

    path: Path
    items: Sequence[Item]
    whole: Sequence[Item]
    titles: Mapping[str, str]

    @property
    def total(self) -> float:
        return sum(item.points for item in self.items)


Test = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _count(value: Any) -> bool:
    return type(value) is int and 0 < value < 1000


def _pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


def _patterns(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_pattern, value))


def _some_of(names: Sequence[str]) -> Test:
    return lambda value: isinstance(value, list) and bool(value) and set(map(str, value)) <= set(names)


FORMS: Mapping[str, tuple[str, Test]] = {  # what is looked for, and what its value may be
    "answer": ("a question of answers.toml", _text),
    "numbers": ("a whole number from 1 on", _count),
    "agrees": ("two patterns", lambda value: _patterns(value) and len(value) == 2),
    "figure": ("a pattern of its caption", _pattern),
    "log": ("a pattern of its lines, the number in its first group", _pattern),
    "words": ("a list of patterns", _patterns),
    "recorded": (f"some of {', '.join(KINDS)}", _some_of(KINDS)),
    "check": (f"one of {', '.join(CHECKS)}", lambda value: value in CHECKS),
    "person": ("a text", _text),
}
OPTIONS: Mapping[str, tuple[str, Test]] = {
    "what": ("a text", _text),
    "weight": ("a number from 0 on", _number),
    "section": ("a section's number", _text),
    "least": ("a number from 0 on", _number),
    "most": ("a number from 0 on", _number),
    "near": ("a pattern", _pattern),
    "falls": ("true or false", lambda value: isinstance(value, bool)),
}


def read(path: Path) -> Rubric:
    """UserError, one line, says what is wrong with a rubric, and where."""
    raw = read_toml(path)
    where = path.name
    _allowed(raw, ("problem", "whole"), where)
    problems = _tables(raw, "problem", where)
    if not problems:
        raise UserError(f"{where}: no [[problem]]; see the rubric that writeup init lays down")
    items: list[Item] = []
    titles = {}
    for p, problem in enumerate(problems, 1):
        at = f"{where}: problem {p}"
        _allowed(problem, ("title", "points", "section", "item"), at)
        titles[str(p)] = _value(problem, "title", "a text", _text, at)
        points = _value(problem, "points", "a number from 0 on", _number, at)
        found = _items(problem, "item", f"{p}", str(problem.get("section", "")), at)
        weight = sum(item.points for item in found)
        if not weight and points:
            raise UserError(f"{at}: none of its items bears points")
        items += [replace(item, points=item.points * points / (weight or 1)) for item in found]
    return Rubric(path, items, _items(raw, "whole", "w", "", f"{where}: whole"), titles)


def _items(table: Mapping[str, Any], key: str, id: str, section: str, at: str) -> list[Item]:
    found = []
    for k, row in enumerate(_tables(table, key, at), 1):
        here = f"{at}, {key} {k}"
        _allowed(row, (*FORMS, *OPTIONS), here)
        kinds = [kind for kind in FORMS if kind in row]
        if len(kinds) != 1:
            found_ = ", ".join(kinds) or "none"
            raise UserError(f"{here}: one of {', '.join(FORMS)} is wanted, found {found_}")
        for name in row:
            _value(row, name, *{**FORMS, **OPTIONS}[name], here)
        what = _value(row, "what", "a text", _text, here)
        weight = 0.0 if kinds[0] == "person" else float(row.get("weight", 1.0))
        options = {name: row[name] for name in ("least", "most", "near", "falls") if name in row}
        place = row.get("section", section)
        found.append(Item(f"{id}.{k}", what, weight, kinds[0], row[kinds[0]], place, options))
    return found


def _value(table: Mapping[str, Any], name: str, form: str, fits: Test, at: str) -> Any:
    if not fits(table.get(name)):
        raise UserError(f"{at}: {name} must be {form}, found {table.get(name)!r}")
    return table[name]


def _allowed(table: Mapping[str, Any], names: Sequence[str], at: str) -> None:
    for name in table:
        if name not in names:
            raise UserError(f"{at}: unknown key {name!r}; allowed: {', '.join(sorted(names))}")


def _tables(table: Mapping[str, Any], name: str, at: str) -> list[Any]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise UserError(f"{at}: {name} must be a list of tables: write [[{name}]]")
    return found
