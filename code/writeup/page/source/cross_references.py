"""References as LaTeX with cleveref writes them: "equations (1) to (3) and figure 2"."""

from itertools import groupby
from typing import NamedTuple

from writeup.page.elements import ELEMENTS, Language
from writeup.page.source.pandoc import Node, text


class Target(NamedTuple):
    """What a label stands for: its kind ("section", "equation", ...) and its number ("A.1")."""

    kind: str
    number: str


Targets = dict[str, Target]  # by label, in the order of the document


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
