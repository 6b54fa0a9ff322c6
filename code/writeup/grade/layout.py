"""Where glyphs stand to each other: fractions, roots, scripts and limits, as rows of items.

From the inside out: what stands over and under a rule becomes a fraction, what stands above and below a large
operator its limits; the rest are lines, in which small glyphs off the baseline are scripts of what stands
before them. Lengths are in units of the size of the letters concerned, as no engine sets them alike.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from writeup.grade.glyphs import Box, Glyph, hull

OPERATORS = frozenset("∑∏∫⋃⋂")
FENCES = frozenset("()[]{}|∥⟨⟩√")
PRIMES = {"′": 1, "″": 2, "‴": 3, "'": 1}


@dataclass(frozen=True)
class Item:
    """A sign of a row. text: a character, or what it is: "frac" and "root" have `inside`.

    sub, sup: its scripts, or the limits of an operator. upright: a letter of a word; joined: without a gap
    behind the item before it. maths: set in a font for formulas. GAP is what parts columns.
    """

    text: str
    inside: tuple["Row", ...] = ()
    sub: "Row" = ()
    sup: "Row" = ()
    upright: bool = False
    joined: bool = False
    maths: bool = True
    order: int = -1


Row = tuple[Item, ...]
GAP = Item(" ")
STRETCHED = frozenset("=≥≤<>∈|∥+-")  # what a line that is set to its full width has room around
WIDE = 0.9  # of the size of letters: a wider gap is none of a formula's own


@dataclass(frozen=True)
class _Atom:
    """An item on its way into a row. y: its baseline; size: of its letters; centred: it has no baseline."""

    item: Item
    box: Box
    y: float
    size: float
    centred: bool = False

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2


def lines(glyphs: Sequence[Glyph], rules: Sequence[Box]) -> list[Row]:
    """The lines of a piece of a page, from above; a paragraph's formulas go on from line to line."""
    atoms = [_atom(one) for one in glyphs]
    for rule in sorted(rules, key=lambda box: box[2] - box[0]):
        atoms = _under_root(atoms, rule) or _fraction(atoms, rule) or atoms
    return [_row(line) for line in _lines(_limits(_joined(atoms)))]


def _atom(glyph: Glyph) -> _Atom:
    large = glyph.font.large or glyph.text in OPERATORS
    item = Item(glyph.text, upright=glyph.upright, maths=glyph.maths, order=glyph.order)
    middle = (glyph.box[1] + glyph.box[3]) / 2
    y = middle - 0.25 * glyph.size if large else glyph.y
    if glyph.text in FENCES and glyph.box[3] - glyph.box[1] > 1.15 * glyph.size:
        large, y = True, middle - 0.25 * glyph.size
    box = glyph.box if glyph.box[2] > glyph.box[0] else (glyph.x, glyph.box[1], glyph.x + 0.1, glyph.box[3])
    return _Atom(item, box, y, glyph.size, large)


def _joined(atoms: list[_Atom]) -> list[_Atom]:
    """Brackets that are put together of several pieces, one above the other, become one."""
    found: list[_Atom] = []
    for atom in atoms:
        last = found[-1] if found else atom
        alike = atom.item.text == last.item.text and atom.item.text in FENCES
        if (
            found
            and atom.centred
            and last.centred
            and alike
            and abs(atom.box[0] - last.box[0]) < 0.1 * atom.size
        ):
            box = hull((last.box, atom.box))
            found[-1] = replace(last, box=box, y=(box[1] + box[3]) / 2 - 0.25 * atom.size)
        else:
            found.append(atom)
    return found


def _hull(atoms: Sequence[_Atom], *more: Box) -> Box:
    return hull([*(atom.box for atom in atoms), *more])


def _under_root(atoms: list[_Atom], rule: Box) -> list[_Atom] | None:
    """The atoms with what stands below a root's bar as one; None where the rule is no root's bar."""
    for root in atoms:
        if root.item.text != "√" or abs(root.box[2] - rule[0]) > 0.25 * root.size:
            continue
        if not root.box[3] - 0.3 * root.size < rule[3] < root.box[3] + 0.3 * root.size:
            continue
        under = [
            a for a in atoms if rule[0] - 0.5 < a.middle < rule[2] + 0.5 and root.box[1] - 1 < a.y < rule[1]
        ]
        if not under:
            return None
        inside = _one_row(under)
        item = Item("root", (inside,), order=root.item.order)
        one = _Atom(item, _hull(under, root.box, rule), _baseline(under), _size(under))
        return [one if a is root else a for a in atoms if a not in under]
    return None


def _fraction(atoms: list[_Atom], rule: Box) -> list[_Atom] | None:
    """The atoms with what stands over and under a rule as one; None where no fraction stands there."""
    inside = [a for a in atoms if rule[0] - 0.15 * a.size < a.middle < rule[2] + 0.15 * a.size]
    above = _nearest([a for a in inside if (a.box[1] + a.box[3]) / 2 > rule[3]], rule[3], up=True)
    below = _nearest([a for a in inside if (a.box[1] + a.box[3]) / 2 < rule[1]], rule[1], up=False)
    if not above or not below:
        return None
    wide = max(_hull(some)[2] - _hull(some)[0] for some in (above, below))
    size = max(_size(above), _size(below))
    if rule[2] - rule[0] > wide + 1.2 * size or wide > rule[2] - rule[0] + 0.8 * size:
        return None  # the rule of a table
    if any(_sparse(some) for some in (above, below)):
        return None
    item = Item("frac", (_one_row(above), _one_row(below)), order=min(a.item.order for a in above))
    box = _hull([*above, *below], rule)
    taken = {id(a) for a in (*above, *below)}
    rest = [a for a in atoms if id(a) not in taken]
    outer = max(size, min((a.size for a in rest), default=size))
    one = _Atom(item, box, (rule[1] + rule[3]) / 2 - 0.25 * outer, size, True)
    at = next((k for k, a in enumerate(rest) if a.item.order > item.order), len(rest))
    return [*rest[:at], one, *rest[at:]]


def _nearest(atoms: list[_Atom], edge: float, *, up: bool) -> list[_Atom]:
    """What stands next to a rule: the row whose baseline is the nearest, with its scripts."""
    if not atoms:
        return []
    gap = _gap(edge, up)
    near = min(atoms, key=gap)
    if gap(near) > 0.7 * near.size:
        return []
    size = max(a.size for a in atoms if gap(a) < 0.9 * near.size)
    found = [near]
    left = [a for a in atoms if a is not near]
    while True:
        low, high = _hull(found)[1], _hull(found)[3]
        more = [a for a in left if a.box[1] < high + 0.02 * size and a.box[3] > low - 0.02 * size]
        base = _baseline(found)
        more = [a for a in more if a.centred or abs(a.y - base) < 0.65 * size]
        if not more:
            return found
        found += more
        left = [a for a in left if a not in more]


def _gap(edge: float, up: bool) -> Callable[[_Atom], float]:
    """How far above (or below) a height an atom stands."""
    return (lambda a: a.box[1] - edge) if up else (lambda a: edge - a.box[3])


def _sparse(atoms: list[_Atom]) -> bool:
    """Whether there are gaps that no formula has."""
    ordered = sorted(atoms, key=lambda a: a.box[0])
    return any(b.box[0] - a.box[2] > 2.2 * b.size for a, b in pairwise(ordered))


def _limits(atoms: list[_Atom]) -> list[_Atom]:
    """The atoms with what stands above and below a large operator as its scripts."""
    for op in [a for a in atoms if a.item.text in OPERATORS]:
        small = [a for a in atoms if a.size < 0.9 * op.size and a is not op]
        over = _stacked(small, op, up=True)
        under = _stacked(small, op, up=False)
        if not over and not under:
            continue
        item = replace(op.item, sub=_one_row(under) if under else (), sup=_one_row(over) if over else ())
        taken = {id(a) for a in (*over, *under)}
        done = replace(op, item=item)
        atoms = [done if a is op else a for a in atoms if id(a) not in taken]
    return atoms


def _stacked(small: list[_Atom], op: _Atom, *, up: bool) -> list[_Atom]:
    """The row of small glyphs that is centred above or below an operator."""
    edge = op.box[3] if up else op.box[1]
    gap = _gap(edge, up)
    beside = [a for a in small if op.box[0] - 0.3 * op.size < a.middle < op.box[2] + 0.3 * op.size]
    near = [a for a in beside if -0.15 * op.size < gap(a) < 0.6 * op.size]
    if not near:
        return []
    found = [min(near, key=gap)]
    base = found[0].y
    ordered = sorted((a for a in small if abs(a.y - base) < 0.55 * a.size), key=lambda a: a.box[0])
    at = ordered.index(found[0])
    for side in (range(at - 1, -1, -1), range(at + 1, len(ordered))):
        reach = found[0]
        for k in side:
            apart = max(ordered[k].box[0] - reach.box[2], reach.box[0] - ordered[k].box[2])
            if apart > 0.55 * reach.size:
                break
            found.append(ordered[k])
            reach = ordered[k]
    row = _hull(found)
    centred = abs((row[0] + row[2]) / 2 - op.middle) < max(0.35 * op.size, 0.2 * (row[2] - row[0]))
    return found if centred else []


def _size(atoms: Sequence[_Atom]) -> float:
    own = [a.size for a in atoms if not a.centred] or [a.size for a in atoms]
    return max(own)


def _baseline(atoms: Sequence[_Atom]) -> float:
    """The baseline of the largest letters; that of most of them."""
    size = _size(atoms)
    main = [a for a in atoms if a.size > 0.87 * size]
    counted = Counter(round(a.y, 0) for a in main if not a.centred) or Counter(round(a.y, 0) for a in main)
    common = counted.most_common(1)[0][0]
    return median(a.y for a in main if abs(a.y - common) < 1.1)


def _lines(atoms: list[_Atom]) -> Iterator[list[_Atom]]:
    """The atoms by lines of text. Small ones belong to the line that is near enough for a script of it."""
    if not atoms:
        return
    sizes = Counter(round(a.size, 1) for a in atoms)
    size = max(one for one, count in sizes.items() if count >= 0.08 * len(atoms))  # a heading has few
    main = [a for a in atoms if a.size > 0.87 * size and not a.centred]
    baselines: list[float] = []
    for y in sorted((a.y for a in main), reverse=True):
        if not baselines or baselines[-1] - y > 0.3 * size:
            baselines.append(y)
    if not baselines:
        yield atoms
        return
    found: dict[float, list[_Atom]] = {y: [] for y in baselines}
    for a in atoms:
        if a.centred or a.size > 0.87 * size:
            nearest = min(baselines, key=lambda y: abs(a.y - y))
        else:
            nearest = min(baselines, key=lambda y: _script_distance(a.y - y, size))
        found[nearest].append(a)
    yield from (line for line in found.values() if line)


def _script_distance(shift: float, size: float) -> float:
    """How odd it were for a script to be shifted so far from a baseline."""
    return min(abs(shift - 0.38 * size), abs(shift + 0.2 * size))


def _one_row(atoms: Sequence[_Atom]) -> Row:
    """The row of atoms that are one line: a numerator, a script, a limit."""
    return _row(_limits(list(atoms)))


def _row(atoms: Sequence[_Atom]) -> Row:
    """The items of one line from the left, with their scripts."""
    if not atoms:
        return ()
    size, base = _size(atoms), _baseline(atoms)
    ordered = sorted(atoms, key=lambda a: (a.box[0], a.item.order))
    main = [a for a in ordered if a.centred or (a.size > 0.87 * size and abs(a.y - base) < 0.14 * size)]
    if not main:
        return ()
    ids = {id(a) for a in main}
    over: dict[int, list[_Atom]] = {}
    under: dict[int, list[_Atom]] = {}
    for a in (a for a in ordered if id(a) not in ids):
        before = [k for k, m in enumerate(main) if m.box[0] <= a.box[0] + 0.05 * size]
        k = before[-1] if before else 0
        nested = [m for m in (*over.get(k, ()), *under.get(k, ())) if m.size > 1.12 * a.size]
        if nested:  # a script's script goes where the script is
            near = min(nested, key=lambda m: abs(m.box[2] - a.box[0]) + abs(m.y - a.y))
            (over if near in over.get(k, ()) else under).setdefault(k, []).append(a)
            continue
        height = main[k].box[3] - main[k].box[1]
        raised = a.y - base > 0.12 * size
        if main[k].centred and height > 1.6 * size:  # beside something tall
            raised = (a.box[1] + a.box[3]) / 2 > (main[k].box[1] + main[k].box[3]) / 2
        (over if raised else under).setdefault(k, []).append(a)
    items: list[Item] = []
    for k, m in enumerate(main):
        item = m.item
        sub, sup = under.get(k, []), over.get(k, [])
        if sub or sup:
            item = replace(item, sub=item.sub or _row(sub), sup=item.sup or _row(sup))
        apart = (
            m.box[0] - max(a.box[2] for a in (main[k - 1], *under.get(k - 1, []), *over.get(k - 1, [])))
            if k
            else 0.0
        )
        if apart > WIDE * size and not {item.text, main[k - 1].item.text} & STRETCHED:
            items.append(GAP)
        joined = bool(k) and apart < 0.14 * size and not (items[-1].sub or items[-1].sup)
        items.append(replace(item, joined=joined))
    return tuple(items)
