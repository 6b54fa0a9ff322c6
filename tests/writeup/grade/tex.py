"""Formulas in TeX, as far as forms of answers are written in it, as the rows that a page should give."""

import re
from collections.abc import Sequence

from writeup.grade.expressions import FUNCTIONS
from writeup.grade.layout import Item, Row

_COMMANDS = (
    "mid ge geq le leq | lVert rVert Vert parallel sum prod int ast cdot times in ne approx sim sigma mu "
    "theta phi varphi Sigma top infty lambda psi pi alpha beta gamma { }"
)
_SIGNS = dict(zip(_COMMANDS.split(), "|≥≥≤≤∥∥∥∥∥∑∏∫*·×∈≠≈∼σμθϕϕΣ⊤∞λψπαβγ{}", strict=True))
_STYLES = dict.fromkeys(("mathrm", "operatorname", "text"), True) | dict.fromkeys(
    ("mathbb", "mathcal", "mathbf", "boldsymbol", "bm"), False
)
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}_^&'])|(\s+)|(.)", re.DOTALL)


def row(tex: str) -> Row:
    """The row of a formula. Raises LookupError for a command that is not known."""
    return _items([found[0] for found in _TOKEN.finditer(tex) if not found[3]], 0, upright=False)[0]


def _items(tokens: Sequence[str], k: int, *, upright: bool) -> tuple[Row, int]:
    found: list[Item] = []
    joined = False
    while k < len(tokens) and tokens[k] != "}":
        token = tokens[k]
        k += 1
        name = token[1:] if token.startswith("\\") else ""
        if token in ("_", "^"):
            script, k = _argument(tokens, k)
            last = found[-1]
            side = {"sub": last.sub + script} if token == "_" else {"sup": last.sup + script}
            found[-1] = Item(**{**last.__dict__, **side})
        elif token == "'":
            found[-1] = Item(**{**found[-1].__dict__, "sup": (*found[-1].sup, Item("′"))})
        elif token == "{":
            inner, k = _items(tokens, k, upright=upright)
            found += inner
            k += 1
        elif name in ("frac", "dfrac", "tfrac"):
            over, k = _argument(tokens, k)
            under, k = _argument(tokens, k)
            found.append(Item("frac", (over, under)))
        elif name == "sqrt":
            inner, k = _argument(tokens, k)
            found.append(Item("root", (inner,)))
        elif name in ("left", "right", "big", "Big", ",", ";", "!", " ", ":", "quad"):
            pass
        elif name in _STYLES:
            inner, k = _argument(tokens, k, upright=_STYLES[name])
            found += inner
        elif name in FUNCTIONS:
            found += [Item(letter, upright=True, joined=bool(at)) for at, letter in enumerate(name)]
        elif name:
            found.append(Item(_SIGNS[name]))
        else:
            found.append(Item(token, upright=upright and token.isalpha(), joined=upright and joined))
            joined = True
            continue
        joined = False
    return tuple(found), k


def _argument(tokens: Sequence[str], k: int, *, upright: bool = False) -> tuple[Row, int]:
    if tokens[k] == "{":
        inner, k = _items(tokens, k + 1, upright=upright)
        return inner, k + 1
    inner, _ = _items([tokens[k]], 0, upright=upright)
    return inner, k + 1
