"""Rows of signs, read as expressions: what a formula says, whoever wrote it down.

A row comes from a page (`layout`) or from TeX (`row`), so that the names of an answer and what is printed go
the same way. Precedence is that of print: a sum reaches over the product behind it, a logarithm over the
factors behind it, a bar inside the brackets of a density parts what is given.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from writeup.grade.layout import GAP, OPERATORS, PRIMES, Item, Row

RELATIONS = frozenset("=≥≤<>≠≈∈≡")
FUNCTIONS = frozenset({"log", "ln", "exp", "max", "min", "tr", "det", "diag", "KL", "Tr", "trace"})
CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩"}
LABELS = frozenset("θϕψλ")  # parameters that a density may bear or not


class Unreadable(Exception):
    """A formula that this reader cannot take apart, with the place."""


@dataclass(frozen=True)
class Expr:
    """kind, with parts:

    number; name (text, its indices); tuple; add, mul, convolve; neg; div; pow; call (text; arguments); norm;
    density (text; targets and what is given, two tuples); mean (the distribution, of what); sum, prod (text:
    the index; from, to, of what; "none" where no limit is written); integral (text: over what; of what);
    chain (text: its relations, a character each; its sides).
    """

    kind: str
    text: str = ""
    parts: tuple["Expr", ...] = ()

    def names(self) -> Iterator[str]:
        """Every name in it."""
        if self.kind in ("name", "density"):
            yield self.text
        for part in self.parts:
            yield from part.names()

    @property
    def listed(self) -> str:
        """The variables of a density, as they are written."""
        return " | ".join(",".join(part.text for part in side.parts) for side in self.parts if side.parts)


NONE = Expr("none")
LINE = Item("\n")
JOINING = RELATIONS | frozenset("+-·×*/|∥,")


def runs(lines: Sequence[Row]) -> Iterator[Row]:
    """The formulas among the words of some lines: what stands between words, wide gaps and full stops.

    One goes on from line to line where a line ends or begins with a sign that joins, or within a bracket.
    """
    run: list[Item] = []
    depth = 0
    items = [one for line in lines for one in (LINE, *line)]
    k = 0
    while k < len(items):
        word = _word(items, k)
        item = items[k]
        if item == LINE:
            last, first = (run[-1].text if run else ""), (items[k + 1].text if k + 1 < len(items) else "")
            if not depth and last not in JOINING and first not in JOINING:
                yield tuple(run)
                run = []
            k += 1
            continue
        decimal = k + 1 < len(items) and items[k + 1].joined and items[k + 1].text.isdigit()
        stop = item.text in ";:" or (item.text == "." and not decimal) or item == GAP
        stop = stop or (item.text == "," and depth == 0)
        if word and word not in FUNCTIONS and not (item.maths and len(word) > 1):
            stop = len(word) > 1 or not item.maths
        if stop:
            yield tuple(run)
            run, depth = [], 0
        else:
            run += items[k : k + max(len(word), 1)]
            depth = max(depth + (item.text in CLOSING) - (item.text in CLOSING.values()), 0)
        k += max(len(word), 1)
    yield tuple(run)


def _word(items: Sequence[Item], k: int) -> str:
    """The upright letters that follow each other from k on, without a gap."""
    end = k
    while end < len(items) and items[end].upright and (end == k or items[end].joined):
        end += 1
    return "".join(item.text for item in items[k:end])


@dataclass
class Reader:
    """Reads one row. functions: names that are applied to the bracket behind them, besides FUNCTIONS."""

    row: Row
    functions: frozenset[str] = frozenset()
    at: int = 0

    def statement(self) -> Expr:
        """The whole row: an expression, or a chain of relations."""
        sides, relations = [self._side()], ""
        while self._more():
            sign = self._here()
            if sign not in RELATIONS:
                raise self._wrong()
            self.at += 1
            relations += sign
            sides.append(self._side())
        return Expr("chain", relations, tuple(sides)) if relations else sides[0]

    def _more(self) -> bool:
        return self.at < len(self.row)

    def _here(self, ahead: int = 0) -> str:
        return self.row[self.at + ahead].text if self.at + ahead < len(self.row) else ""

    def _word(self) -> str:
        return _word(self.row, self.at)

    def _wrong(self) -> Unreadable:
        return Unreadable(
            f"{shown(self.row[max(self.at - 8, 0) : self.at])} ⟨{shown(self.row[self.at :])[:20]}⟩"
        )

    def _side(self) -> Expr:
        terms = []
        first = True
        while first or self._here() in ("+", "-"):
            sign = self._here() if self._here() in ("+", "-") else "+"
            self.at += self._here() in ("+", "-")
            term = self._term()
            terms.append(Expr("neg", "", (term,)) if sign == "-" else term)
            first = False
        return terms[0] if len(terms) == 1 else Expr("add", "", tuple(terms))

    def _term(self) -> Expr:
        """Factors beside each other, with signs of multiplication and division between them or none."""
        product = self._factor()
        while self._more():
            sign = self._here()
            if sign in ("·", "×", "*"):
                filtered = self.row[self.at].sub
                self.at += 1
                kind = "convolve" if filtered or sign == "*" else "mul"
                product = Expr(kind, sign, (product, self._factor()))
            elif sign == "/":
                self.at += 1
                product = Expr("div", "", (product, self._factor()))
            elif self._begins_factor():
                product = Expr("mul", "", (product, self._factor()))
            else:
                break
        return product

    def _begins_factor(self) -> bool:
        sign = self._here()
        return bool(sign) and (
            sign[0].isalnum() or sign in CLOSING or sign in OPERATORS or sign in ("√", "∞", "∥", "|")
        )

    def _factor(self) -> Expr:
        if not self._more():
            raise self._wrong()
        item = self.row[self.at]
        if item.text == "-":  # 2 · −1
            self.at += 1
            return Expr("neg", "", (self._factor(),))
        if item.text[0].isdigit():
            return self._number()
        if item.text == "frac":
            self.at += 1
            over, under = (self._inner(row) for row in item.inside)
            return self._powers(Expr("div", "", (over, under)), item)
        if item.text == "root":
            self.at += 1
            half = Expr("number", "0.5")
            return self._powers(Expr("pow", "", (self._inner(item.inside[0]), half)), item)
        if item.text in OPERATORS:
            return self._operator(item)
        if item.text in ("∥", "|"):
            return self._norm(item.text)
        if item.text in CLOSING:
            inside, last = self._bracket()
            return self._powers(self._tuple(inside), last)
        if item.text.isalpha() or item.text in ("∞", "∂"):
            return self._name()
        raise self._wrong()

    def _number(self) -> Expr:
        digits = ""
        while self._here().isdigit() or (self._here() == "." and self._here(1).isdigit()):
            digits += self._here()
            self.at += 1
            if self.row[self.at - 1].sub or self.row[self.at - 1].sup:
                break
        return self._powers(Expr("number", digits), self.row[self.at - 1])

    def _bracket(self) -> tuple[Row, Item]:
        """What stands in the bracket that opens here, and the item that closes it."""
        opening, begin = self._here(), self.at + 1
        depth = 0
        while self._more():
            depth += (self._here() in CLOSING) - (self._here() in CLOSING.values())
            self.at += 1
            if depth == 0:
                last = self.row[self.at - 1]
                if last.text != CLOSING[opening]:
                    break
                return self.row[begin : self.at - 1], last
        raise Unreadable(f"a bracket is not closed: {shown(self.row[begin - 1 :])[:40]}")

    def _inner(self, row: Row) -> Expr:
        """A row of its own: a numerator, what stands in brackets."""
        return Reader(row, self.functions)._whole()

    def _whole(self) -> Expr:
        side = self._side()
        if self._more():
            raise self._wrong()
        return side

    def _tuple(self, row: Row) -> Expr:
        pieces = parted(row, ",")
        if len(pieces) == 1:
            return self._inner(row)
        return Expr("tuple", "", tuple(map(self._inner, pieces)))

    def _norm(self, bar: str) -> Expr:
        begin = self.at + 1
        end, depth = begin, 0
        while end < len(self.row) and (self.row[end].text != bar or depth):
            depth += (self.row[end].text in CLOSING) - (self.row[end].text in CLOSING.values())
            end += 1
        if end == len(self.row):
            raise self._wrong()
        last = self.row[end]
        self.at = end + 1
        inside = Expr("norm", "", (self._inner(self.row[begin:end]),))
        sub = "".join(item.text for item in last.sub)
        if sub not in ("", "2"):
            raise Unreadable(f"the norm with {sub!r}")
        return self._powers(inside, last)

    def _powers(self, base: Expr, item: Item) -> Expr:
        sup = tuple(one for one in item.sup if one.text not in PRIMES)
        if base.kind in ("number", "div", "tuple", "add", "mul") and item.sub:
            return Expr("name", "?", (base, self._inner(item.sub)))  # no index is meant: has no value
        if not sup:
            return base
        if "".join(one.text for one in sup) in ("T", "⊤"):
            return Expr("call", "transpose", (base,))
        return Expr("pow", "", (base, self._inner(sup)))

    def _operator(self, item: Item) -> Expr:
        self.at += 1
        if item.text == "∫":
            body = self._term()
            factors = list(_factors(body))
            for k in range(len(factors) - 1):
                if factors[k] == Expr("name", "d") and factors[k + 1].kind == "name":
                    rest = factors[:k] + factors[k + 2 :]
                    return Expr("integral", factors[k + 1].text, (_product(rest),))
            raise Unreadable("an integral over nothing")
        kind = {"∑": "sum", "∏": "prod"}.get(item.text, "")
        if not kind:
            raise self._wrong()
        equals = parted(item.sub, "=")
        indices = [Reader(one).name() for one in parted(equals[0], ",")] if item.sub else []
        if not indices or len(equals) > 2:
            raise Unreadable(f"{item.text} over {shown(item.sub) or 'nothing'}")
        low = self._inner(equals[1]) if len(equals) == 2 else NONE
        high = self._inner(item.sup) if item.sup else NONE
        body = self._term()
        for index in reversed(indices):
            body = Expr(kind, index, (low, high, body))
        return body

    def name(self) -> str:
        """The row as a single name."""
        if len(self.row) != 1 or not self.row[0].text.isalpha():
            raise Unreadable(f"{shown(self.row)} as an index")
        return self.row[0].text

    def _name(self) -> Expr:
        word = self._word()
        if word in FUNCTIONS:
            last = self.row[self.at + len(word) - 1]
            self.at += len(word)
            return self._function("log" if word == "ln" else word, last)
        item = self.row[self.at]
        self.at += 1
        if item.text == "E" and (item.sub or self._here() == "["):
            return self._mean(item)
        text = item.text + "'" * sum(PRIMES.get(one.text, 0) for one in item.sup)
        if _label(item.sub) == "KL":
            return self._function("KL", item)
        sub = () if _label(item.sub) else item.sub
        if text in self.functions and self._here() == "(":
            inside, last = self._bracket()
            return self._powers(self._applied(text, inside), last)
        item = Item(item.text, sup=() if _label(item.sup) else item.sup)
        if text == "R" and any(one.text == "×" for one in item.sup):
            return Expr("tuple", "", tuple(map(self._inner, parted(item.sup, "×"))))
        if text in self.functions and not sub:
            return self._powers(Expr("name", text), item)
        indices = tuple(self._inner(one) for one in parted(sub, ",")) if sub else ()
        return self._powers(Expr("name", text, indices), item)

    def _applied(self, text: str, inside: Row) -> Expr:
        given = parted(inside, "|")
        if len(given) == 1 and text not in "pq":
            return Expr("call", text, tuple(map(self._inner, parted(inside, ","))))
        if len(given) > 2:
            raise Unreadable(f"{text}({shown(inside)})")
        pieces = [
            [self._inner(one) for side in parted(piece, ";") for one in parted(side, ",")] for piece in given
        ]
        sides = [Expr("tuple", "", tuple(sorted(some, key=lambda one: one.text))) for some in pieces]
        return Expr("density", text, (sides[0], sides[1] if len(sides) == 2 else Expr("tuple")))

    def _mean(self, item: Item) -> Expr:
        over = item.sub
        if len(over) > 1 and over[1].text == "∼":
            over = over[2:]
        under = self._inner(over) if over else NONE
        if self._here() in CLOSING:
            inside, last = self._bracket()
            return self._powers(Expr("mean", "", (under, self._inner(inside))), last)
        return Expr("mean", "", (under, self._term()))

    def _function(self, word: str, last: Item) -> Expr:
        if word == "KL":
            if self._here() not in CLOSING:
                return Expr("name", "KL")
            inside, last = self._bracket()
            for bar in ("∥", "||", ",", ";", ":"):
                sides = parted(inside, bar)
                if len(sides) == 2:
                    return self._powers(Expr("call", "KL", tuple(map(self._inner, sides))), last)
            raise Unreadable(f"KL({shown(inside)})")
        power = last.sup
        if self._here() in CLOSING:
            inside, last = self._bracket()
            call = Expr("call", word, tuple(map(self._inner, parted(inside, ","))))
            if last.sub:
                return Expr("name", "?", (call,))
            call = self._powers(call, last)
        else:
            argument = self._factor()
            while self._begins_factor() and self._word() not in FUNCTIONS and self._here() not in OPERATORS:
                argument = Expr("mul", "", (argument, self._factor()))
            call = Expr("call", word, (argument,))
        return Expr("pow", "", (call, self._inner(power))) if power else call


def _label(row: Row) -> str:
    """The text of a script that is a word or a label of parameters; "" of one that is an index or a power."""
    text = "".join(item.text for item in row)
    upright = len(row) > 1 and all(item.upright for item in row)
    return text if upright or text == "KL" or (text and set(text) <= LABELS) else ""


def _factors(body: Expr) -> Iterator[Expr]:
    if body.kind == "mul":
        for part in body.parts:
            yield from _factors(part)
    elif (
        body.kind == "call" and body.text == "log" and body.parts[0].kind == "mul"
    ):  # log p dz: the dz is outside
        *inside, d, over = _factors(body.parts[0])
        if d == Expr("name", "d") and inside:
            yield Expr("call", "log", (_product(inside),))
            yield from (d, over)
        else:
            yield body
    else:
        yield body


def _product(factors: Sequence[Expr]) -> Expr:
    if not factors:
        return Expr("number", "1")
    product = factors[0]
    for one in factors[1:]:
        product = Expr("mul", "", (product, one))
    return product


def parted(row: Row, sign: str) -> list[Row]:
    """The pieces of a row between the signs that stand outside all brackets; || is two signs."""
    pieces: list[list[Item]] = [[]]
    depth = k = 0
    while k < len(row):
        depth += (row[k].text in CLOSING) - (row[k].text in CLOSING.values())
        if depth == 0 and "".join(item.text for item in row[k : k + len(sign)]) == sign:
            pieces.append([])
            k += len(sign)
            continue
        pieces[-1].append(row[k])
        k += 1
    return [tuple(piece) for piece in pieces]


def shown(row: Row) -> str:
    """A row in a line of text, for the reader of a verdict."""
    text = ""
    for k, item in enumerate(row):
        if item.text in ("frac", "root"):
            inside = [shown(one) for one in item.inside]
            inside = [one if len(one) == 1 else f"({one})" for one in inside]
            sign = "/".join(inside) if item.text == "frac" else f"√{inside[0]}"
        else:
            sign = item.text
        if item.upright and not item.joined and k and row[k - 1].text.isalnum():
            text += " "
        if sign in RELATIONS or sign in "+-∥|" or item == GAP:
            sign = f" {sign} " if item != GAP else "  "
        text += sign
        primes = "".join("′" * PRIMES[one.text] for one in item.sup if one.text in PRIMES)
        sup = shown(tuple(one for one in item.sup if one.text not in PRIMES))
        sub = shown(item.sub)
        text += primes + (f"_{sub}" if len(sub) == 1 else f"_({sub})" if sub else "")
        text += f"^{sup}" if len(sup) == 1 else f"^({sup})" if sup else ""
    return re.sub(r"  +", " ", text).strip()


_SIGNS = re.compile(rf"({'|'.join(FUNCTIONS)})|([_^])(?:\{{([^{{}}]*)\}}|(\S))|(\S)")


def row(plain: str) -> Row:
    """The row of a formula in letters and signs, as answers are written: H'', q(z|x,y), ∑_{c=1}^{C} x_c."""
    found: list[Item] = []
    for word, side, braced, single, sign in _SIGNS.findall(plain):
        if side and found:
            script = {"_": "sub", "^": "sup"}[side]
            found[-1] = replace(found[-1], **{script: getattr(found[-1], script) + row(braced or single)})
        elif sign == "'" and found:
            found[-1] = replace(found[-1], sup=(*found[-1].sup, Item("′")))
        else:
            found += [Item(one, upright=bool(word), joined=bool(k)) for k, one in enumerate(word or sign)]
    return tuple(found)
