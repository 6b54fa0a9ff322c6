r"""The contrastive loss (problem 2; Hadsell, Chopra and LeCun 2006, equation 4).

The paper's Y is 0 for a pair of the same subject; `siamese.contrastive_loss` and this page use s = 1 - Y,
which is 1 for the same subject.
"""

from sympy import Derivative, Expr, Max, Rational, S, Symbol, symbols

from writeup.proofs.models import Definition, Model, Values
from writeup.proofs.notation import add, at, minus, mul, notation
from writeup.proofs.steps import Derivation, Step

HALF = Rational(1, 2)
d, m = symbols("d m", positive=True)
g = Symbol("g", nonnegative=True)  # how far beyond the margin the distance lies
_short = Symbol("h", positive=True)  # how far short of it
s, Y_PAPER = symbols("s Y", real=True)
Loss = notation("Loss", r"L(#1, #2)")


def loss(distance: Expr, same: Expr) -> Expr:
    """Loss of one pair at a distance, `same` = 1 or 0; the tests hold the code against it."""
    return same * distance**2 / 2 + (1 - same) * Max(0, m - distance) ** 2 / 2


_v, _w = symbols("v w")
DEFINITIONS = (
    Definition(Loss(_v, _w), add(mul(HALF, _w, _v**2), mul(HALF, add(1, -_w), Max(0, add(m, -_v)) ** 2))),
    Definition(Y_PAPER, add(1, -s)),
)
DEFINED = Model("any distance", definitions=DEFINITIONS)
WITHIN = Model(
    "distance below the margin", definitions=DEFINITIONS, values=(Values(m, d + _short, _short, add(m, -d)),)
)
BEYOND = Model(
    "distance from the margin on", definitions=DEFINITIONS, values=(Values(d, m + g, g, add(d, -m)),)
)
EACH_LABEL = tuple(Model(f"$s = {label}$", {s: S(label)}, definitions=DEFINITIONS) for label in (0, 1))

_hinge = Max(0, add(m, -d))
_near = mul(HALF, add(m, -d) ** 2)

contrastive = Derivation(
    "contrastive",
    "The contrastive loss",
    assumptions=(
        r"distance $d > 0$ of the two embeddings, margin $m > 0$",
        r"$s = 1$ for two images of one subject, $s = 0$ for two subjects; the paper's $Y$ is $1 - s$",
    ),
    models=(DEFINED,),
    steps=(
        Step(
            "as in the paper",
            lhs=Loss(d, s),
            rhs=add(mul(HALF, add(1, -Y_PAPER), d**2), mul(HALF, Y_PAPER, _hinge**2)),
            rule="Hadsell et al., equation 4",
        ),
        Step(
            "as in the code",
            rhs=add(mul(HALF, s, d**2), mul(HALF, add(1, -s), _hinge**2)),
            rule="$s$ in place of $Y$",
            label="eq:contrastive",
        ),
        Step("same", lhs=Loss(d, 1), rhs=mul(HALF, d**2), rule="same subject", text="Its branches are"),
        Step(
            "different, near",
            lhs=Loss(d, 0),
            rhs=_near,
            rule="different subjects, within the margin",
            models=(WITHIN,),
        ),
        Step(
            "different, far",
            lhs=Loss(d, 0),
            rhs=0,
            rule="different subjects, beyond the margin",
            models=(BEYOND,),
        ),
        Step(
            "slope, same",
            lhs=Derivative(mul(HALF, d**2), d),
            rhs=d,
            rule="the pair is drawn together",
            text="and their slopes in the distance",
        ),
        Step(
            "slope, near",
            lhs=Derivative(_near, d),
            rhs=minus(add(m, -d)),
            rule="the pair is pushed apart, less so near the margin",
        ),
        Step(
            "slope at the margin",
            lhs=at(minus(add(m, -d)), {d: m}),
            rhs=0,
            rule="both one-sided slopes agree",
            text="Beyond the margin the loss is constant and pushes no more; its slope is continuous there,",
        ),
        Step(
            "non-negative",
            lhs=Loss(d, s),
            relation=">=",
            rhs=0,
            gap=add(mul(HALF, s, d**2), mul(HALF, add(1, -s), _hinge**2)),
            rule="squares, of which the label picks one",
            text="and the loss is never negative.",
            models=EACH_LABEL,
        ),
        Step(
            "minimum, same",
            lhs=Loss(0, 1),
            rhs=0,
            rule="same subject, distance zero",
            text="Its minimum, zero, is reached for the same subject at distance zero alone,",
        ),
        Step("above, same", lhs=Loss(d, 1), relation=">", rhs=0, gap=mul(HALF, d**2), rule="$d > 0$"),
        Step(
            "minimum, different",
            lhs=Loss(add(m, g), 0),
            rhs=0,
            rule="the margin is kept",
            text="and for different subjects at every distance from the margin on, and at no smaller one:",
            models=(BEYOND,),
        ),
        Step(
            "above, different",
            lhs=Loss(d, 0),
            relation=">",
            rhs=0,
            gap=_near,
            rule="a square of what is missing to the margin",
            models=(WITHIN,),
        ),
    ),
)
