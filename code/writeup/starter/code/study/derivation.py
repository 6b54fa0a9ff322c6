"""The gradient that `experiment.gradient` computes, for one point and any one of the weights."""

from sympy import Derivative, Symbol
from writeup.proofs.notation import add, frac
from writeup.proofs.steps import Derivation, Step

w, x, y, s, penalty = (Symbol(name, real=True) for name in ("w", "x", "y", "s", "lambda"))
residual = add(y, -s, -w * x)
loss = add(frac(residual**2, 2), frac(penalty * w**2, 2))
steps = (
    Step("slope", lhs=Derivative(loss, w), rhs=add(penalty * w, -x * residual), rule="chain rule"),
    Step("as it stands in the closed form", rhs=add((penalty + x**2) * w, -x * (y - s)), rule="collect $w$"),
)
assumptions = ("$w$ is the weight of the feature $x$, and $s$ what all other weights contribute",)
gradient = Derivation("gradient", "The gradient of the loss", assumptions, steps)
