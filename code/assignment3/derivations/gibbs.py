r"""Gibbs' inequality from a bound of the logarithm, log t <= t - 1 (for problems 3 and 4).

The bound is proved by its derivative; the rest is the algebra of integrals: they are linear, and densities
integrate to one. Numbers try every line first in distributions on three points.
"""

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
from sympy import Expr, IndexedBase, S, Symbol, log, symbols

from writeup.proofs.models import Definition, Linear, Model, Values
from writeup.proofs.notation import add, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Lemma, Step

t = Symbol("t", positive=True)
_from = Symbol("u", nonnegative=True)
Excess = notation("Excess", r"h\left(#1\right)", operator=True)
EXCESS = Definition(
    Excess(t),
    add(t, -1, minus(log(t))),
    computed=lambda to: mpmath.quad(lambda s: 1 - 1 / s, [1, to]),  # its slope, from its zero on
    at=tuple({t: to} for to in (0.25, 1.0, 4.0)),
)


# t = 1 + u and t = 1 / (1 + u)
BOTH_SIDES_OF_ONE = (
    Model("t from 1 on", definitions=(EXCESS,), values=(Values(t, 1 + _from, _from, add(t, -1)),)),
    Model(
        "t up to 1", definitions=(EXCESS,), values=(Values(t, 1 / (1 + _from), _from, add(frac(1, t), -1)),)
    ),
)

log_bound = Derivation(
    "log_bound",
    "A bound of the logarithm",
    assumptions=("$t > 0$",),
    steps=(
        Step(
            "tangent",
            lhs=Excess(t),
            relation=">=",
            rhs=0,
            gap=EXCESS.rhs,
            rule=r"zero at one, and rising on both sides",
            models=BOTH_SIDES_OF_ONE,
            rises=_from,
            text=rf"Let ${EXCESS.latex}$. Then",
            label="eq:log-bound",
        ),
    ),
)
TANGENT = Lemma(log_bound, "tangent")

# --- densities in z -----------------------------------------------------------------------------------------

P, Q = symbols("p q", positive=True)
v, w = symbols("v w", positive=True)  # stand for any density in a definition
g = Symbol("g")  # and this for any function
Total = notation("Total", r"\int #1 \, dz", operator=True, monotone=True)
Eq = notation("Eq", r"\mathbb{E}_{q}\left[#1\right]", operator=True)
KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)", operator=True)


def divergence(total: Callable[[Expr], Expr]) -> Definition:
    """KL(v || w), by an integral."""
    return Definition(KL(v, w), total(mul(v, log(frac(v, w)))))


def normalised(total: Callable[[Expr], Expr], *densities: Symbol) -> tuple[Definition, ...]:
    """That densities integrate to one."""
    return tuple(Definition(total(density), S.One) for density in densities)


def finite(
    name: str,
    total: Any,
    densities: Mapping[Symbol, str],
    means: Callable[[dict[Any, Any], Callable[[Expr], Expr]], Mapping[Any, Any]],
) -> Model:
    """Densities on three points, all their values symbols; integrals are sums.

    means(values, sum over the points) -> what the other signs mean.
    """
    x = Symbol("k", integer=True, nonnegative=True)

    def over(f: Expr) -> Expr:
        return sum(f.subs(x, k) for k in range(3))

    weights = {one: IndexedBase(letter, positive=True)[x] for one, letter in densities.items()}
    values = {one: weight / over(weight) for one, weight in weights.items()}
    return Model(name, {**values, total: over, **means(values, over)})


DENSITIES = Model(
    "any densities",
    definitions=(EXCESS, Definition(Eq(g), Total(mul(Q, g))), divergence(Total)),
    linear=Linear(Total, (P, Q), normalised(Total, P, Q)),
    instances=(
        finite(
            "three points",
            Total,
            {P: "a", Q: "b"},
            lambda values, over: {
                Excess: lambda ratio: ratio - 1 - log(ratio),
                Eq: lambda f: over(values[Q] * f),
                KL: lambda one, other: over(one * log(one / other)),
            },
        ),
    ),
)

gibbs = Derivation(
    "gibbs",
    "Gibbs' inequality",
    assumptions=(r"$p$ and $q$ are positive densities in $z$, and all means exist",),
    models=(DENSITIES,),
    steps=(
        Step(
            "divergence",
            lhs=KL(Q, P),
            rhs=Eq(Excess(frac(P, Q))),
            rule="both densities integrate to one",
        ),
        Step(
            "Gibbs",
            lhs=KL(Q, P),
            relation=">=",
            rhs=0,
            gap=Eq(Excess(frac(P, Q))),
            rule="the mean of what is nowhere negative",
            using=(TANGENT,),
            label="eq:gibbs",
        ),
    ),
)
GIBBS = Lemma(gibbs, "Gibbs")
