r"""The contrastive loss (problem 2) in the sheet's notation: y = 1 for a pair of different people.

It is twice that of Hadsell, Chopra and LeCun (2006, equation 4), who halve both terms.
"""

from sympy import Derivative, Expr, Max, Rational, S, Symbol, symbols

from writeup.proofs.models import Definition, Model, Values
from writeup.proofs.notation import add, at, mul, notation
from writeup.proofs.steps import Derivation, Step

HALF = Rational(1, 2)
d, m = symbols("d m", positive=True)
g = Symbol("g", nonnegative=True)  # how far beyond the margin the distance lies
_short = Symbol("h", positive=True)  # how far short of it
y = symbols("y", real=True)
Loss = notation("Loss", r"L(#1, #2)")


def loss(distance: Expr, different: Expr) -> Expr:
    """Loss of one pair at a distance, `different` = 0 or 1; the tests hold the code against it."""
    return (1 - different) * distance**2 + different * Max(0, m - distance) ** 2


_v, _w = symbols("v w")


def _by_branches(distance: float, different: int, margin: float) -> float:
    """One person: the square of the distance; two people: that of what is missing to the margin."""
    if not different:
        return distance**2
    return (margin - distance) ** 2 if distance < margin else 0.0


DEFINITIONS = (
    Definition(
        Loss(_v, _w),
        add(mul(add(1, -_w), _v**2), mul(_w, Max(0, add(m, -_v)) ** 2)),
        computed=_by_branches,
        at=tuple({_v: far, _w: label, m: 1.25} for far in (0.5, 2.0) for label in (0, 1)),
    ),
)
DEFINED = Model("any distance", definitions=DEFINITIONS)
WITHIN = Model(
    "distance below the margin", definitions=DEFINITIONS, values=(Values(m, d + _short, _short, add(m, -d)),)
)
BEYOND = Model(
    "distance from the margin on", definitions=DEFINITIONS, values=(Values(d, m + g, g, add(d, -m)),)
)
EACH_LABEL = tuple(Model(f"$y = {label}$", {y: S(label)}, definitions=DEFINITIONS) for label in (0, 1))

_hinge = Max(0, add(m, -d))
_near = add(m, -d) ** 2
_whole = add(mul(add(1, -y), d**2), mul(y, _hinge**2))

contrastive = Derivation(
    "contrastive",
    "The contrastive loss",
    assumptions=(
        r"distance $d > 0$ of the two embeddings, margin $m > 0$",
        r"$y = 1$ for images of two people, $y = 0$ for two images of one person",
    ),
    models=(DEFINED,),
    steps=(
        Step(
            "on the sheet",
            lhs=Loss(d, y),
            rhs=_whole,
            rule="the sheet",
            label="eq:contrastive",
            answers="contrastive",
        ),
        Step(
            "in the paper",
            rhs=mul(2, add(mul(HALF, add(1, -y), d**2), mul(HALF, y, _hinge**2))),
            rule="twice equation 4 of Hadsell et al.",
        ),
    ),
)

contrastive_slopes = Derivation(
    "contrastive_slopes",
    "Slopes and minimum of the contrastive loss",
    assumptions=contrastive.assumptions,
    models=(DEFINED,),
    steps=(
        Step("same", lhs=Loss(d, 0), rhs=d**2, rule="one person", text="Its branches are"),
        Step(
            "different, near",
            lhs=Loss(d, 1),
            rhs=_near,
            rule="two people, within the margin",
            models=(WITHIN,),
        ),
        Step(
            "different, far",
            lhs=Loss(d, 1),
            rhs=0,
            rule="two people, beyond the margin",
            models=(BEYOND,),
        ),
        Step(
            "slope, same",
            lhs=Derivative(d**2, d),
            rhs=mul(2, d),
            rule="the pair is drawn together",
            text="and their slopes in the distance",
        ),
        Step(
            "slope, near",
            lhs=Derivative(_near, d),
            rhs=mul(-2, add(m, -d)),
            rule="the pair is pushed apart, less so near the margin",
        ),
        Step(
            "slope at the margin",
            lhs=at(mul(-2, add(m, -d)), {d: m}),
            rhs=0,
            rule="the push ends where the margin begins",
            text="Beyond the margin the loss is constant. The slope within it ends at the same value,",
        ),
        Step(
            "non-negative",
            lhs=Loss(d, y),
            relation=">=",
            rhs=0,
            gap=_whole,
            rule="squares, of which the label picks one",
            text="and the loss is never negative.",
            models=EACH_LABEL,
        ),
        Step(
            "minimum, same",
            lhs=Loss(0, 0),
            rhs=0,
            rule="one person, distance zero",
            text="Its minimum, zero, is reached for one person at distance zero alone,",
        ),
        Step("above, same", lhs=Loss(d, 0), relation=">", rhs=0, gap=d**2, rule="$d > 0$"),
        Step(
            "minimum, different",
            lhs=Loss(add(m, g), 1),
            rhs=0,
            rule="the margin is kept",
            text="and for two people at every distance from the margin on, and at no smaller one:",
            models=(BEYOND,),
        ),
        Step(
            "above, different",
            lhs=Loss(d, 1),
            relation=">",
            rhs=0,
            gap=_near,
            rule="a square of what is missing to the margin",
            models=(WITHIN,),
        ),
    ),
)
