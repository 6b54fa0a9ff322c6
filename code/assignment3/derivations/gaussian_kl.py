r"""KL divergence of a Gaussian with independent coordinates from the standard normal (problem 3.2; Kingma and
Welling 2014, arXiv:1312.6114, appendix B), in the form that `cvae.gaussian_kl` computes:
-1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2).
"""

import math
from statistics import NormalDist

from sympy import (
    Expr,
    Indexed,
    IndexedBase,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    exp,
    expand_log,
    factorial,
    log,
    pi,
    sqrt,
    symbols,
)

from assignment3.derivations.gibbs import KL, Eq
from writeup.proofs.models import Definition, Linear, Model
from writeup.proofs.notation import add, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Step

HALF = Rational(1, 2)
m = Symbol("m", integer=True, positive=True)  # the dimension of z, as on the sheet
i, j = symbols("i j", integer=True, positive=True)
z, mu = IndexedBase("z", real=True), IndexedBase(r"\mu", real=True)
sigma = IndexedBase(r"\sigma", positive=True)
COORDINATES = mu, sigma
Q, P = symbols("q p")
LOG_Q, LOG_P = (Symbol(rf"\log {name}(\mathbf{{z}})", real=True) for name in "qp")
Density = notation("Density", r"\mathcal{N}(#1;\, #2, #3)")


def pdf(x: float, mean: float, variance: float) -> float:
    """The density as the standard library has it."""
    return NormalDist(mean, math.sqrt(variance)).pdf(x)


_x, _mean = symbols("x a", real=True)
_variance = Symbol("v", positive=True)
_root = Pow(mul(2, pi, _variance), HALF, evaluate=False)
DENSITY = Definition(
    Density(_x, _mean, _variance),
    frac(exp(minus(frac(add(_x, -_mean) ** 2, mul(2, _variance)))), _root),
    computed=pdf,
    at=({_x: 0.5, _mean: -0.25, _variance: 1.0}, {_x: -1.0, _mean: 0.5, _variance: 2.25}),
)


def gaussian_mean(f: Expr, x: Expr, mean: Expr, deviation: Expr) -> Expr:
    """E f(x) over x ~ N(mean, deviation^2) for f a polynomial in x, exactly.

    It is exp(deviation^2 / 2 d^2/dx^2) f at the mean, a series that ends for a polynomial.
    """
    if not f.is_polynomial(x):
        raise ValueError("the mean over a Gaussian is taken of polynomials only")
    total, term, k = S.Zero, f, 0
    while term != 0:
        total += term.subs(x, mean) / factorial(k)
        term, k = deviation**2 / 2 * term.diff(x, 2), k + 1
    return total


def _density(x: Expr, mean: Expr, variance: Expr) -> Expr:
    return exp(-((x - mean) ** 2) / variance / 2) / sqrt(2 * pi * variance)


def _in_dimensions(size: int) -> Model:
    """Every sign by its coordinates, one by one; i is the last of them."""

    def expectation(f: Expr) -> Expr:
        f = expand_log(f.doit()).expand()
        for one in sorted(f.atoms(Indexed), key=str):
            if one.base == z:  # of a coordinate with a number, or with the index of a sum around f
                f = gaussian_mean(f, one, mu[one.indices], sigma[one.indices]).expand()
        return f

    q = sum(log(_density(z[k], mu[k], sigma[k] ** 2)) for k in range(1, size + 1))
    p = sum(log(_density(z[k], S.Zero, S.One)) for k in range(1, size + 1))
    return Model(
        f"m = {size}",
        {
            m: S(size),
            **{one[i]: one[size] for one in (z, mu, sigma)},
            LOG_Q: q,
            LOG_P: p,
            Eq: expectation,
            KL: lambda *_: expectation(q - p),
            Density: _density,
        },
    )


def _sum(term: Expr) -> Expr:
    return Sum(term, (j, 1, m))


GAUSSIANS = Model(
    "any m",
    definitions=(
        DENSITY,
        Definition(LOG_Q, _sum(log(Density(z[j], mu[j], sigma[j] ** 2)))),
        Definition(LOG_P, _sum(log(Density(z[j], S.Zero, S.One)))),
        Definition(KL(Q, P), Eq(add(LOG_Q, minus(LOG_P))), (Q, P)),
    ),
    linear=Linear(
        Eq,
        (z,),
        (
            Definition(Eq(S.One), S.One),
            Definition(Eq(z[i]), mu[i]),
            Definition(Eq(z[i] ** 2), add(mu[i] ** 2, sigma[i] ** 2)),
        ),
    ),
    instances=(_in_dimensions(1), _in_dimensions(2)),
)

_own, _prior = add(z[j], -mu[j]) ** 2, z[j] ** 2

gaussian_kl = Derivation(
    "gaussian_kl",
    "The KL divergence from the standard normal",
    assumptions=(
        r"under $q$ the coordinates of $\mathbf{z}$ are independent, $z_j \sim \mathcal{N}(\mu_j, "
        r"\sigma_j^2)$ with $\sigma_j > 0$, under $p$ they are independent $\mathcal{N}(0, 1)$",
        r"$\mathcal{N}(\mu_j, \sigma_j^2)$ has mean $\mu_j$ and variance $\sigma_j^2$",
    ),
    models=(GAUSSIANS,),
    steps=(
        Step(
            "about the mean",
            lhs=Eq(add(z[i], -mu[i]) ** 2),
            rhs=sigma[i] ** 2,
            rule="the variance",
            text="For each coordinate",
        ),
        Step(
            "about zero",
            lhs=Eq(z[i] ** 2),
            rhs=add(mu[i] ** 2, sigma[i] ** 2),
            rule="the variance and the squared mean",
        ),
        Step(
            "definition",
            lhs=KL(Q, P),
            rhs=Eq(add(LOG_Q, minus(LOG_P))),
            rule="definition",
            text="With these,",
        ),
        Step(
            "log densities",
            rhs=Eq(
                _sum(add(minus(log(sigma[j])), minus(frac(_own, mul(2, sigma[j] ** 2))), frac(_prior, 2)))
            ),
            rule="both logarithms",
        ),
        Step(
            "linearity",
            rhs=_sum(
                add(
                    minus(log(sigma[j])),
                    minus(frac(Eq(_own), mul(2, sigma[j] ** 2))),
                    frac(Eq(_prior), 2),
                )
            ),
            rule="linearity",
        ),
        Step(
            "moments",
            rhs=_sum(add(minus(log(sigma[j])), -HALF, frac(add(mu[j] ** 2, sigma[j] ** 2), 2))),
            rule="the two means",
        ),
        Step(
            "as the code has it",
            rhs=mul(-HALF, _sum(add(1, log(sigma[j] ** 2), minus(mu[j] ** 2), minus(sigma[j] ** 2)))),
            rule="drawn out",
            label="eq:gaussian-kl",
            answers="divergence",
        ),
    ),
)
