r"""Gibbs' and Jensen's inequality from one bound of the logarithm, log t <= t - 1 (for problems 3 and 4).

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
_from, _beyond = Symbol("u", nonnegative=True), Symbol("u", positive=True)
Excess = notation("Excess", r"h\left(#1\right)", operator=True)
EXCESS = Definition(
    Excess(t),
    add(t, -1, minus(log(t))),
    computed=lambda to: mpmath.quad(lambda s: 1 - 1 / s, [1, to]),  # its slope, from its zero on
    at=tuple({t: to} for to in (0.25, 1.0, 4.0)),
)


def _both_sides_of_one(parameter: Symbol) -> tuple[Model, Model]:
    """t = 1 + u and t = 1 / (1 + u)."""
    return (
        Model("t above 1", definitions=(EXCESS,), values=(Values(t, 1 + parameter, parameter, add(t, -1)),)),
        Model(
            "t below 1",
            definitions=(EXCESS,),
            values=(Values(t, 1 / (1 + parameter), parameter, add(frac(1, t), -1)),),
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
            rule=r"zero at one, and rising away from it on both sides",
            models=_both_sides_of_one(_from),
            rises=_from,
            text=rf"Let ${EXCESS.latex}$. Then",
            label="eq:log-bound",
        ),
        Step(
            "away from one",
            lhs=Excess(t),
            relation=">",
            rhs=0,
            gap=EXCESS.rhs,
            rule="by the same slope",
            models=_both_sides_of_one(_beyond),
            rises=_beyond,
            text="and it is zero at one alone: elsewhere",
        ),
    ),
)
TANGENT = Lemma(log_bound, "tangent")

# --- densities in z -----------------------------------------------------------------------------------------

P, Q, F = (Symbol(name, positive=True) for name in ("p", "q", "f"))
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
    functions: Mapping[Symbol, str],
    means: Callable[[dict[Any, Any], Callable[[Expr], Expr]], Mapping[Any, Any]],
) -> Model:
    """Densities and positive functions on three points, all their values symbols; integrals are sums.

    means(values, sum over the points) -> what the other signs mean.
    """
    x = Symbol("k", integer=True, nonnegative=True)

    def over(f: Expr) -> Expr:
        return sum(f.subs(x, k) for k in range(3))

    weights = {one: IndexedBase(letter, positive=True)[x] for one, letter in densities.items()}
    values = {one: weight / over(weight) for one, weight in weights.items()}
    values |= {one: IndexedBase(letter, positive=True)[x] for one, letter in functions.items()}
    return Model(name, {**values, total: over, **means(values, over)})


DENSITIES = Model(
    "any densities",
    definitions=(EXCESS, Definition(Eq(g), Total(mul(Q, g))), divergence(Total)),
    linear=Linear(Total, (P, Q, F), normalised(Total, P, Q)),
    instances=(
        finite(
            "three points",
            Total,
            {P: "a", Q: "b"},
            {F: "c"},
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
    "Gibbs' and Jensen's inequality",
    assumptions=(
        r"$p$ and $q$ are positive densities in $z$, $f$ is a positive function, and all means exist",
        r"a function that is nowhere negative and whose mean over $q$ is zero is zero (almost everywhere)",
    ),
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
            text="therefore",
        ),
        Step(
            "equality",
            lhs=Eq(Excess(S.One)),
            rhs=0,
            rule="every logarithm is zero",
            text=r"Equality holds if the two densities are equal, for then their quotient is one,",
        ),
        Step(
            "Jensen",
            lhs=add(log(Eq(F)), minus(Eq(log(F)))),
            rhs=Eq(Excess(frac(F, Eq(F)))),
            rule="the mean is a constant",
            text="and only then: $h$ is zero at one alone, and what is nowhere negative has mean zero only "
            "where it is zero itself (almost everywhere). In the same way",
        ),
        Step(
            "not negative",
            relation=">=",
            rhs=0,
            rule="Jensen's inequality",
            using=(TANGENT,),
        ),
    ),
)
GIBBS = Lemma(gibbs, "Gibbs")
