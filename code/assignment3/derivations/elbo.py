r"""The evidence lower bound of a conditional variational autoencoder (problem 3.1; Sohn et al. 2015,
NeurIPS).

Everything is conditioned on the label y from the first line. The bound is proved for all densities, by the
algebra of integrals; numbers try every line first for a latent with three values. For a linear-Gaussian
model, where each term has a closed form, a second derivation proves and prints these forms.
"""

from sympy import (
    Expr,
    ImmutableMatrix,
    IndexedBase,
    Integral,
    Rational,
    S,
    Symbol,
    expand_log,
    factor,
    log,
    oo,
    pi,
    sqrt,
    symbols,
)

from assignment3.derivations.gaussian_kl import SOME_GAUSSIANS, density, gaussian_mean, pdf, shown_density
from assignment3.derivations.gibbs import (
    EXCESS,
    GIBBS,
    KL,
    TANGENT,
    Eq,
    Excess,
    Total,
    divergence,
    g,
    normalised,
    w,
)
from writeup.proofs.models import Definition, Linear, Model
from writeup.proofs.notation import add, at, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Step

HALF = Rational(1, 2)
EVIDENCE = Symbol(r"p(x \mid y)", positive=True)
LIKELIHOOD = Symbol(r"p(x \mid z, y)", positive=True)
PRIOR = Symbol(r"p(z \mid y)", positive=True)
POSTERIOR = Symbol(r"p(z \mid x, y)", positive=True)
Q = Symbol(r"q(z \mid x, y)", positive=True)
JOINT = Symbol(r"p(x, z \mid y)", positive=True)


def _discrete_model(values: int) -> Model:
    """z takes `values` values, x two; given y their joint distribution is a table of arbitrary positive
    weights.

    x is the observed value 0. Every term is the marginal or conditional that it names, computed from the
    table.
    """
    z = Symbol("z", integer=True, nonnegative=True)
    joint, weight = IndexedBase("w", positive=True), IndexedBase("v", positive=True)
    total = sum(joint[x, k] for x in (0, 1) for k in range(values))
    evidence = sum(joint[0, k] for k in range(values)) / total
    prior = (joint[0, z] + joint[1, z]) / total
    q = weight[z] / sum(weight[k] for k in range(values))

    def over(f: Expr) -> Expr:
        return sum(f.subs(z, k) for k in range(values))

    return Model(
        f"z with {values} values",
        {
            EVIDENCE: evidence,
            LIKELIHOOD: (joint[0, z] / total) / prior,
            PRIOR: prior,
            JOINT: joint[0, z] / total,
            POSTERIOR: (joint[0, z] / total) / evidence,
            Q: q,
            Total: over,
            Eq: lambda f: over(q * f),
            KL: lambda a, b: over(a * log(a / b)),
        },
    )


PRODUCT = Definition(JOINT, mul(LIKELIHOOD, PRIOR))
MARGINAL = Definition(EVIDENCE, Total(JOINT))
BAYES = Definition(POSTERIOR, frac(mul(LIKELIHOOD, PRIOR), EVIDENCE))
ANY_DENSITIES = Model(
    "any densities",
    definitions=(PRODUCT, MARGINAL, BAYES, Definition(Eq(g), Total(mul(Q, g))), divergence(Total)),
    linear=Linear(Total, (Q, PRIOR, LIKELIHOOD), normalised(Total, Q, PRIOR)),
    instances=(_discrete_model(3),),
)

_RECONSTRUCTION = Eq(log(LIKELIHOOD))
_ELBO = add(_RECONSTRUCTION, minus(KL(Q, PRIOR)))

elbo = Derivation(
    "elbo",
    "The evidence lower bound",
    assumptions=(
        r"all densities are conditioned on the label $y$ and positive",
        r"$q(z \mid x, y)$ is any density in $z$; $\mathbb{E}_q$ is the expectation over it",
    ),
    models=(ANY_DENSITIES,),
    steps=(
        Step(
            "Bayes",
            lhs=log(EVIDENCE),
            rhs=log(frac(mul(LIKELIHOOD, PRIOR), POSTERIOR)),
            rule="Bayes' rule given $y$, for every $z$",
        ),
        Step(
            "expectation",
            rhs=Eq(log(frac(mul(LIKELIHOOD, PRIOR), POSTERIOR))),
            rule="the left side is free of $z$ and $q$ integrates to one",
        ),
        Step(
            "bring in q",
            rhs=Eq(log(mul(LIKELIHOOD, frac(PRIOR, Q), frac(Q, POSTERIOR)))),
            rule=r"multiply and divide by $q(z \mid x, y)$",
        ),
        Step(
            "split",
            rhs=add(_RECONSTRUCTION, minus(Eq(log(frac(Q, PRIOR)))), Eq(log(frac(Q, POSTERIOR)))),
            rule="logarithm of a product; linearity of the expectation",
        ),
        Step(
            "identity",
            rhs=add(_ELBO.args[0], _ELBO.args[1], KL(Q, POSTERIOR)),
            rule="definition of the divergence",
            label="eq:elbo-identity",
        ),
        Step(
            "bound",
            lhs=log(EVIDENCE),
            relation=">=",
            rhs=_ELBO,
            gap=KL(Q, POSTERIOR),
            rule=r"Gibbs' inequality",
            using=(GIBBS,),
            text="The last term is never negative, therefore",
            label="eq:elbo",
            answers="bound",
        ),
    ),
)

# --- the same in closed form --------------------------------------------------------------------------------
# z ~ N(b, t^2), x = a z + c + noise of variance s^2, q = N(mu, sigma^2), all given y, as are b and c.

x, z, b, c, mu = symbols(r"x z b c \mu", real=True)
a = Symbol("a", real=True, nonzero=True)
t, s, sigma = symbols(r"t s \sigma", positive=True)
BOUND = Symbol(r"\mathrm{ELBO}", real=True)
MU_STAR, SIGMA_STAR = Symbol(r"\mu_{\ast}", real=True), Symbol(r"\sigma_{\ast}", positive=True)
Normal = notation("Normal", r"\mathcal{N}\left(#1;\, #2, #3\right)")
Divergence = notation("Divergence", rf"\mathrm{{KL}}\left({Q.name} \,\|\, #1\right)", operator=True)

_three = symbols("v w g")
NORMAL = Definition(
    Normal(*_three),
    shown_density(*_three),
    computed=pdf,
    at=tuple(dict(zip(_three, one, strict=True)) for one in SOME_GAUSSIANS),
)
INTEGRAL = Definition(EVIDENCE, Integral(JOINT, (z, -oo, oo)))
CENTRE = Definition(MU_STAR, mul(SIGMA_STAR**2, add(frac(b, t**2), frac(mul(a, add(x, -c)), s**2))))
_shown_spread = add(mul(a**2, t**2), s**2)  # variance of x given y
_definitions = (
    NORMAL,
    PRODUCT,
    Definition(LIKELIHOOD, Normal(x, add(mul(a, z), c), s**2)),
    Definition(PRIOR, Normal(z, b, t**2)),
    Definition(Q, Normal(z, mu, sigma**2)),
    INTEGRAL,
    BAYES,
    Definition(SIGMA_STAR, add(frac(1, t**2), frac(a**2, s**2)) ** -HALF),
    CENTRE,
    Definition(Divergence(w), Eq(log(frac(Q, w)))),
    Definition(BOUND, add(_RECONSTRUCTION, minus(Divergence(PRIOR)))),
)


def _solved_model() -> Model:
    """Every sign by a formula of its own: the posterior as Kalman's update has it, means of polynomials."""
    spread = a**2 * t**2 + s**2
    gain = a * t**2 / spread
    centre, variance = b + gain * (x - a * b - c), factor((1 - gain * a) * t**2)

    def mean(f: Expr) -> Expr:
        one = ImmutableMatrix([[1]])
        return gaussian_mean(expand_log(f), at=one * z, mean=one * mu, factor=one * sigma)

    q, likelihood, prior = density(z, mu, sigma**2), density(x, a * z + c, s**2), density(z, b, t**2)
    return Model(
        "solved by hand",
        {
            EVIDENCE: density(x, a * b + c, spread),
            LIKELIHOOD: likelihood,
            PRIOR: prior,
            JOINT: likelihood * prior,
            BOUND: mean(log(likelihood)) - mean(log(q) - log(prior)),
            POSTERIOR: density(z, centre, variance),
            Q: q,
            Eq: mean,
            Divergence: lambda p: mean(log(q) - log(p)),
            MU_STAR: centre,
            SIGMA_STAR: sqrt(variance),
            Normal: density,
        },
    )


LINEAR_GAUSSIAN = Model("linear-Gaussian model", definitions=_definitions)
ANY_SPLIT = Model("any Gaussian in z", definitions=(NORMAL, INTEGRAL))
MEANS = Model(
    "means in the linear-Gaussian model",
    definitions=_definitions,
    linear=Linear(
        Eq,
        (z,),
        (Definition(Eq(S.One), S.One), Definition(Eq(z), mu), Definition(Eq(z**2), add(mu**2, sigma**2))),
    ),
    instances=(_solved_model(),),
)
ANY_GAUSSIAN = Model("any two Gaussians", definitions=(EXCESS,))

_log_evidence = mul(
    -HALF, add(log(mul(2, pi, _shown_spread)), frac(add(x, minus(mul(a, b)), -c) ** 2, _shown_spread))
)
_posterior = Normal(z, MU_STAR, SIGMA_STAR**2)
_marginal = Normal(x, add(mul(a, b), c), _shown_spread)
_reconstruction = mul(
    -HALF,
    add(log(mul(2, pi, s**2)), frac(add(add(x, minus(mul(a, mu)), -c) ** 2, mul(a**2, sigma**2)), s**2)),
)
_kl_prior = mul(HALF, add(frac(add(sigma**2, add(mu, -b) ** 2), t**2), -1, minus(log(frac(sigma**2, t**2)))))
_gap = mul(
    HALF,
    add(
        frac(add(sigma**2, add(mu, -MU_STAR) ** 2), SIGMA_STAR**2),
        -1,
        minus(log(frac(sigma**2, SIGMA_STAR**2))),
    ),
)

elbo_linear_gaussian = Derivation(
    "elbo_linear_gaussian",
    "The bound in a model that can be solved",
    assumptions=(
        r"$z \mid y \sim \mathcal{N}(b, t^2)$ and $x \mid z, y \sim \mathcal{N}(a z + c, s^2)$, where $b$ "
        r"and $c$ may depend on $y$; $a \ne 0$; $s, t > 0$",
        r"$q(z \mid x, y) = \mathcal{N}(z; \mu, \sigma^2)$ with any $\mu$ and any $\sigma > 0$",
    ),
    models=(LINEAR_GAUSSIAN,),
    steps=(
        Step(
            "posterior variance",
            lhs=SIGMA_STAR**-2,
            rhs=add(frac(1, t**2), frac(a**2, s**2)),
            rule="precisions add",
            text="Write",
        ),
        Step(
            "posterior mean",
            lhs=MU_STAR,
            rhs=CENTRE.rhs,
            rule="precision-weighted mean",
        ),
        Step(
            "complete the square",
            lhs=JOINT,
            rhs=mul(_marginal, _posterior),
            rule="complete the square in $z$",
            text="Then the joint density is a factor free of $z$ times a density in $z$,",
        ),
        Step(
            "marginal",
            lhs=EVIDENCE,
            rhs=_marginal,
            rule="the density in $z$ integrates to one",
            text="so that",
            models=(ANY_SPLIT,),
            given=("complete the square",),
        ),
        Step(
            "posterior",
            lhs=POSTERIOR,
            rhs=_posterior,
            rule="Bayes' rule: the other factor",
            given=("marginal",),
        ),
        Step(
            "evidence",
            lhs=log(EVIDENCE),
            rhs=_log_evidence,
            rule="logarithm of the marginal",
            text="Every term of the identity now has a closed form:",
            given=("marginal",),
        ),
        Step(
            "reconstruction",
            lhs=_RECONSTRUCTION,
            rhs=_reconstruction,
            rule="two moments of $q$",
            models=(MEANS,),
        ),
        Step(
            "divergence from the prior",
            lhs=Divergence(PRIOR),
            rhs=_kl_prior,
            rule="two moments of $q$",
            models=(MEANS,),
        ),
        Step(
            "divergence from the posterior",
            lhs=Divergence(POSTERIOR),
            rhs=_gap,
            rule="two moments of $q$",
            models=(MEANS,),
            given=("posterior",),
        ),
        Step(
            "gap",
            lhs=add(log(EVIDENCE), minus(BOUND)),
            rhs=_gap,
            rule="the closed forms put in",
            text="The evidence less the bound is the divergence from the posterior, as the identity says:",
            label="eq:elbo-gap",
            models=(MEANS,),
            given=("marginal",),
        ),
        Step(
            "gap in two parts",
            rhs=add(
                frac(add(mu, -MU_STAR) ** 2, mul(2, SIGMA_STAR**2)),
                mul(HALF, Excess(frac(sigma**2, SIGMA_STAR**2))),
            ),
            rule=r"with $h$ of \cref{eq:log-bound}",
            models=(ANY_GAUSSIAN,),
        ),
        Step(
            "not negative",
            relation=">=",
            rhs=0,
            rule=r"a square, and \cref{eq:log-bound}",
            models=(ANY_GAUSSIAN,),
            using=(TANGENT,),
        ),
        Step(
            "tight at the posterior",
            lhs=at(_gap, {mu: MU_STAR, sigma: SIGMA_STAR}),
            rhs=0,
            rule="substitution",
            text="At the true posterior it vanishes, and nowhere else, since both parts must:",
            models=(ANY_GAUSSIAN,),
        ),
    ),
)
