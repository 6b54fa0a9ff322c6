r"""The reparameterisation z = mu + sigma eps (problem 3; Kingma and Welling 2014, section 2.4).

It has the density N(mu, sigma^2), and the gradient through it is the gradient of the expectation.
"""

import math
from statistics import NormalDist

import numpy as np
from sympy import Derivative, Expr, Integral, Rational, S, Symbol, erf, oo, sqrt, symbols

from assignment3.derivations.gaussian_kl import DENSITY, Density, pdf
from writeup.proofs.models import Definition, Model
from writeup.proofs.notation import add, frac, mul, notation
from writeup.proofs.steps import Derivation, Step

mu, z, eps = symbols(r"\mu z \varepsilon", real=True)
sigma = Symbol(r"\sigma", positive=True)
HALF = Rational(1, 2)
OfZ = notation("OfZ", r"p_z(#1)")
Cdf = notation("Cdf", r"\Phi\left(#1\right)", operator=True)
F = notation("F", r"f(#1)")
Slope = notation("Slope", r"f'(#1)")
Ez = notation("Ez", r"\mathbb{E}_{z \sim \mathcal{N}(#2, #3)}\left[#1\right]", operator=True)
Eeps = notation("Eeps", r"\mathbb{E}_{\varepsilon}\left[#1\right]", operator=True)


def hermite_mean(f: Expr, mean: float, variance: float) -> float:
    """E f over N(mean, variance) of a polynomial in one variable, by Gauss and Hermite's quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    (variable,) = f.free_symbols
    values = [float(f.subs(variable, mean + math.sqrt(variance) * node)) for node in nodes]
    return float(weights @ values / weights.sum())


def _cdf(at: Expr) -> Expr:
    return mul(HALF, add(1, erf(frac(at, sqrt(2)))))


_standard = frac(add(z, -mu), sigma)
_path = add(mu, mul(sigma, eps))
_v, _w, _f = symbols("v w g")
F.fdiff = lambda self, argindex=1: Slope(self.args[0])  # what f' stands for


def _over_line(density_of: Expr, f: Expr, variable: Symbol) -> Expr:
    return Integral(mul(density_of, f), (variable, -oo, oo))


DEFINITIONS = (
    DENSITY,
    Definition(Cdf(_v), _cdf(_v), computed=NormalDist().cdf, at=({_v: -0.5}, {_v: 1.25})),
    Definition(
        OfZ(z),
        Derivative(Cdf(_standard), z),
        computed=lambda at, mean, deviation: pdf(at, mean, deviation**2),
        at=({z: 0.75, mu: -0.5, sigma: 1.5}, {z: -1.0, mu: 0.25, sigma: 0.5}),
    ),
    Definition(
        Ez(_f, _v, _w),
        _over_line(Density(z, _v, _w), _f, z),
        computed=hermite_mean,
        at=({_f: z**4 + z, _v: 0.5, _w: 2.25}, {_f: z**3, _v: -1.0, _w: 0.25}),
    ),
    Definition(
        Eeps(_f),
        _over_line(Density(eps, 0, 1), _f, eps),
        computed=lambda f: hermite_mean(f, 0.0, 1.0),
        at=({_f: eps**4 + eps}, {_f: eps**2}),
    ),
)


def _cubic(name: str, argument: Expr, derivative: bool) -> Expr:
    coefficients = symbols(f"{name}_0:4", real=True)
    at = Symbol("at")
    polynomial = sum((a * at**k for k, a in enumerate(coefficients)), start=S.Zero)
    return (polynomial.diff(at) if derivative else polynomial).subs(at, argument)


CUBIC = Model(
    "f a cubic",
    {F: lambda at: _cubic("a", at, False), Slope: lambda at: _cubic("a", at, True)},
    definitions=DEFINITIONS,
)
DENSITIES = Model("as defined", definitions=DEFINITIONS)
ANY_FUNCTION = Model("any f", definitions=DEFINITIONS, instances=(CUBIC,))

reparameterisation = Derivation(
    "reparameterisation",
    "The reparameterisation",
    assumptions=(
        r"$z = \mu + \sigma \varepsilon$ with $\sigma > 0$ and $\varepsilon \sim \mathcal{N}(0, 1)$, whose "
        r"distribution function is $\Phi$",
        r"$f$ is differentiable, and neither $f$ nor $f'$ grows so fast that a mean does not exist or that "
        r"derivative and integral may not be exchanged",
    ),
    models=(ANY_FUNCTION,),
    steps=(
        Step(
            "distribution function",
            lhs=OfZ(z),
            rhs=Derivative(Cdf(_standard), z),
            rule=r"$\Phi$ at the value of $\varepsilon$ that gives $z$",
            models=(DENSITIES,),
        ),
        Step(
            "change of variables",
            rhs=mul(Density(_standard, 0, 1), Derivative(_standard, z)),
            rule="chain rule",
            models=(DENSITIES,),
        ),
        Step(
            "density",
            rhs=Density(z, mu, sigma**2),
            rule="write out",
            label="eq:reparameterisation",
            models=(DENSITIES,),
        ),
        Step(
            "change of variables under the mean",
            lhs=Ez(F(z), mu, sigma**2),
            rhs=Eeps(F(_path)),
            rule="change of variables",
            text=r"So an expectation over $z$ is one over $\varepsilon$,",
            substitution=(z, _path, eps),
        ),
        Step(
            "in the mean",
            lhs=Derivative(Eeps(F(_path)), mu),
            rhs=Eeps(Slope(_path)),
            rule="differentiate under the integral",
            text=r"and its gradient is the mean of the gradient along the path, in $\mu$",
        ),
        Step(
            "in the deviation",
            lhs=Derivative(Eeps(F(_path)), sigma),
            rhs=Eeps(mul(eps, Slope(_path))),
            rule="differentiate under the integral",
            text=r"and in $\sigma$:",
        ),
    ),
)
