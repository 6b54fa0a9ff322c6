r"""The reparameterisation z = mu + sigma eps (problem 3; Kingma and Welling 2014, section 2.4).

It has the density N(mu, sigma^2), and the gradient through it is the gradient of the expectation.
"""

from sympy import Derivative, Expr, Integral, S, Symbol, erf, oo, sqrt, symbols

from assignment3.derivations.gaussian_kl import density
from writeup.proofs.notation import add, frac, mul, notation
from writeup.proofs.steps import Derivation, Model, Step

mu, z, eps = symbols(r"\mu z \varepsilon", real=True)
sigma = Symbol(r"\sigma", positive=True)
coefficients = symbols("a_0:4", real=True)

Normal = notation("Normal", r"\mathcal{N}\left(#1;\, #2, #3\right)")
Density = notation("Density", r"p_z(#1)")
Cdf = notation("Cdf", r"\Phi\left(#1\right)", operator=True)
F = notation("F", r"f(#1)")
Slope = notation("Slope", r"f'(#1)")
Ez = notation("Ez", r"\mathbb{E}_{z \sim \mathcal{N}(#2, #3)}\left[#1\right]", operator=True)
Eeps = notation("Eeps", r"\mathbb{E}_{\varepsilon}\left[#1\right]", operator=True)


def _polynomial(at: Expr) -> Expr:
    return sum((a * at**k for k, a in enumerate(coefficients)), start=S.Zero)


def _slope(at: Expr) -> Expr:
    return sum((k * a * at ** (k - 1) for k, a in enumerate(coefficients) if k), start=S.Zero)


def _cdf(at: Expr) -> Expr:
    return (1 + erf(at / sqrt(2))) / 2


def _mean_z(f: Expr, mean: Expr, variance: Expr) -> Expr:
    return Integral(density(z, mean, variance) * f, (z, -oo, oo))


def _mean_eps(f: Expr) -> Expr:
    return Integral(density(eps, S.Zero, S.One) * f, (eps, -oo, oo))


INTEGRALS = Model(
    "f any polynomial of degree 3, expectations as integrals",
    {
        F: _polynomial,
        Slope: _slope,
        Ez: _mean_z,
        Eeps: _mean_eps,
        Normal: density,
        Cdf: _cdf,
        Density: lambda at: Derivative(_cdf((at - mu) / sigma), at),  # slope of P(mu + sigma eps <= z)
    },
)

_standard = frac(add(z, -mu), sigma)
_path = add(mu, mul(sigma, eps))

reparameterisation = Derivation(
    "reparameterisation",
    "The reparameterisation",
    assumptions=(
        r"$z = \mu + \sigma \varepsilon$ with $\sigma > 0$ and $\varepsilon \sim \mathcal{N}(0, 1)$, whose "
        r"distribution function is $\Phi$",
        r"$f$ a polynomial of degree at most three with arbitrary coefficients",
    ),
    models=(INTEGRALS,),
    steps=(
        Step(
            "distribution function",
            lhs=Density(z),
            rhs=Derivative(Cdf(_standard), z),
            rule=r"$\mu + \sigma \varepsilon \le z$ exactly when $\varepsilon \le (z - \mu) / \sigma$",
        ),
        Step(
            "change of variables",
            rhs=mul(Normal(_standard, 0, 1), Derivative(_standard, z)),
            rule="chain rule",
        ),
        Step("density", rhs=Normal(z, mu, sigma**2), rule="write out", label="eq:reparameterisation"),
        Step(
            "one expectation",
            lhs=Derivative(Ez(F(z), mu, sigma**2), mu),
            rhs=Derivative(Eeps(F(_path)), mu),
            rule="change of variables",
            text=r"The gradient of an expectation is the mean of the gradient along the path, in $\mu$",
        ),
        Step("in the mean", rhs=Eeps(Slope(_path)), rule="differentiate under the integral"),
        Step(
            "other expectation",
            lhs=Derivative(Ez(F(z), mu, sigma**2), sigma),
            rhs=Derivative(Eeps(F(_path)), sigma),
            rule="change of variables",
            text=r"and in $\sigma$:",
        ),
        Step("in the deviation", rhs=Eeps(mul(eps, Slope(_path))), rule="differentiate under the integral"),
    ),
)
