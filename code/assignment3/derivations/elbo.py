r"""The evidence lower bound of a conditional variational autoencoder (problem 3.1; Sohn et al. 2015,
NeurIPS).

Everything is conditioned on the label y from the first line. The derivation is proved for a discrete latent
whose joint distribution with x is arbitrary (every probability a symbol), and once more for a linear-Gaussian
model, where each term has a closed form; the second derivation prints these forms.
"""

from sympy import (
    Derivative,
    Expr,
    ImmutableMatrix,
    IndexedBase,
    Integral,
    Rational,
    Symbol,
    expand_log,
    factor,
    log,
    oo,
    pi,
    sqrt,
    symbols,
)

from assignment3.derivations.gaussian_kl import density, gaussian_mean
from writeup.proofs.notation import add, at, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Model, Step

HALF = Rational(1, 2)
EVIDENCE = Symbol(r"p(x \mid y)", positive=True)
LIKELIHOOD = Symbol(r"p(x \mid z, y)", positive=True)
PRIOR = Symbol(r"p(z \mid y)", positive=True)
POSTERIOR = Symbol(r"p(z \mid x, y)", positive=True)
Q = Symbol(r"q(z \mid x, y)", positive=True)

Eq = notation("Eq", r"\mathbb{E}_{q}\left[#1\right]", operator=True)
KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)", operator=True)


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

    def mean(f: Expr) -> Expr:
        return sum((q * f).subs(z, k) for k in range(values))

    return Model(
        f"z with {values} values, all probabilities symbols",
        {
            EVIDENCE: evidence,
            LIKELIHOOD: (joint[0, z] / total) / prior,
            PRIOR: prior,
            POSTERIOR: (joint[0, z] / total) / evidence,
            Q: q,
            Eq: mean,
            KL: lambda a, b: sum((a * log(a / b)).subs(z, k) for k in range(values)),
        },
    )


# --- the linear-Gaussian model ------------------------------------------------------------------------------
# z ~ N(m, t^2), x = a z + c + noise of variance s^2, q = N(mu, sigma^2), all given y, as are m and c.

x, z, m, c, mu = symbols(r"x z m c \mu", real=True)
a = Symbol("a", real=True, nonzero=True)
t, s, sigma = symbols(r"t s \sigma", positive=True)
MU_STAR, SIGMA_STAR = Symbol(r"\mu_{\ast}", real=True), Symbol(r"\sigma_{\ast}", positive=True)
Normal = notation("Normal", r"\mathcal{N}\left(#1;\, #2, #3\right)")
JOINT = Symbol(r"p(x, z \mid y)", positive=True)
BOUND = Symbol(r"\mathrm{ELBO}", real=True)
Excess = notation("Excess", r"h\left(#1\right)", operator=True)


def _mean_q(f: Expr) -> Expr:
    """E_q of a quadratic in z, and of the logarithm of a Gaussian density."""
    one = ImmutableMatrix([[1]])
    return gaussian_mean(expand_log(f), at=one * z, mean=one * mu, factor=one * sigma)


_spread = a**2 * t**2 + s**2  # variance of x given y
_gain = a * t**2 / _spread
_mu_star = m + _gain * (
    x - a * m - c
)  # the posterior as Kalman's update has it; the derivation arrives at another form
_variance_star = factor((1 - _gain * a) * t**2)

LINEAR_GAUSSIAN = Model(
    "linear-Gaussian model",
    {
        EVIDENCE: density(x, a * m + c, _spread),
        LIKELIHOOD: density(x, a * z + c, s**2),
        PRIOR: density(z, m, t**2),
        POSTERIOR: density(z, _mu_star, _variance_star),
        Q: density(z, mu, sigma**2),
        Eq: _mean_q,
        KL: lambda q, p: _mean_q(log(q) - log(p)),  # q is always Q
        MU_STAR: _mu_star,
        SIGMA_STAR: sqrt(_variance_star),
        Normal: density,
        Excess: lambda ratio: ratio - 1 - log(ratio),
    },
)
_joint_density = LINEAR_GAUSSIAN.meaning[LIKELIHOOD] * LINEAR_GAUSSIAN.meaning[PRIOR]
BY_DEFINITION = Model(
    "linear-Gaussian model, evidence and posterior by definition",
    {
        **LINEAR_GAUSSIAN.meaning,
        JOINT: _joint_density,
        EVIDENCE: Integral(_joint_density, (z, -oo, oo)),
        POSTERIOR: _joint_density / LINEAR_GAUSSIAN.meaning[EVIDENCE],
    },
)
JOINT_SPLIT = Model(
    "the joint density in its two factors, for any mean and variance of the second",
    {JOINT: density(x, a * m + c, _spread) * density(z, MU_STAR, SIGMA_STAR**2), Normal: density},
)
ANY_GAUSSIAN = Model("Gaussian integral", {Normal: density})

_RECONSTRUCTION = Eq(log(LIKELIHOOD))
_ELBO = add(_RECONSTRUCTION, minus(KL(Q, PRIOR)))

elbo = Derivation(
    "elbo",
    "The evidence lower bound",
    assumptions=(
        r"all densities are conditioned on the label $y$ and positive",
        r"$q(z \mid x, y)$ is any density in $z$; $\mathbb{E}_q$ is the expectation over it",
    ),
    models=(_discrete_model(3), LINEAR_GAUSSIAN),
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
            rule=r"Gibbs' inequality: $\mathrm{KL} \ge 0$",
            text="The last term is never negative, therefore",
            label="eq:elbo",
        ),
    ),
)

# --- the same in closed form --------------------------------------------------------------------------------

r = Symbol("r", positive=True)
_shown_spread = add(mul(a**2, t**2), s**2)
_log_evidence = mul(
    -HALF, add(log(mul(2, pi, _shown_spread)), frac(add(x, minus(mul(a, m)), -c) ** 2, _shown_spread))
)
_posterior = Normal(z, MU_STAR, SIGMA_STAR**2)
_joint = mul(Normal(x, add(mul(a, z), c), s**2), Normal(z, m, t**2))
_split_joint = mul(Normal(x, add(mul(a, m), c), _shown_spread), _posterior)
_reconstruction = mul(
    -HALF,
    add(log(mul(2, pi, s**2)), frac(add(add(x, minus(mul(a, mu)), -c) ** 2, mul(a**2, sigma**2)), s**2)),
)
_kl_prior = mul(HALF, add(frac(add(sigma**2, add(mu, -m) ** 2), t**2), -1, minus(log(frac(sigma**2, t**2)))))
_gap = mul(
    HALF,
    add(
        frac(add(sigma**2, add(mu, -MU_STAR) ** 2), SIGMA_STAR**2),
        -1,
        minus(log(frac(sigma**2, SIGMA_STAR**2))),
    ),
)
_excess = add(r, -1, minus(log(r)))

CLOSED_FORM = Model(
    "linear-Gaussian model, the bound as the two closed forms",
    {**LINEAR_GAUSSIAN.meaning, BOUND: LINEAR_GAUSSIAN.interpret(add(_reconstruction, minus(_kl_prior)))},
)

elbo_linear_gaussian = Derivation(
    "elbo_linear_gaussian",
    "The bound in a model that can be solved",
    assumptions=(
        r"$z \mid y \sim \mathcal{N}(m, t^2)$ and $x \mid z, y \sim \mathcal{N}(a z + c, s^2)$, where $m$ "
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
            rhs=mul(SIGMA_STAR**2, add(frac(m, t**2), frac(mul(a, add(x, -c)), s**2))),
            rule="precision-weighted mean",
        ),
        Step(
            "joint",
            lhs=JOINT,
            rhs=mul(LIKELIHOOD, PRIOR),
            rule="product rule",
            text="Then the joint density is a factor free of $z$ times a density in $z$,",
            models=(BY_DEFINITION,),
        ),
        Step("complete the square", rhs=_split_joint, rule="complete the square in $z$"),
        Step(
            "total probability",
            lhs=EVIDENCE,
            rhs=Integral(JOINT, (z, -oo, oo)),
            rule="law of total probability",
            text="so that",
            models=(BY_DEFINITION,),
        ),
        Step(
            "marginal",
            rhs=Normal(x, add(mul(a, m), c), _shown_spread),
            rule="the density in $z$ integrates to one",
            models=(JOINT_SPLIT,),
        ),
        Step(
            "posterior",
            lhs=POSTERIOR,
            rhs=_posterior,
            rule="Bayes' rule: the other factor",
            models=(BY_DEFINITION,),
        ),
        Step(
            "evidence",
            lhs=log(EVIDENCE),
            rhs=_log_evidence,
            rule="logarithm of the marginal",
            text="Every term of the identity now has a closed form:",
        ),
        Step("reconstruction", lhs=_RECONSTRUCTION, rhs=_reconstruction, rule="two moments of $q$"),
        Step("divergence from the prior", lhs=KL(Q, PRIOR), rhs=_kl_prior, rule="Gaussian divergence"),
        Step("divergence from the posterior", lhs=KL(Q, POSTERIOR), rhs=_gap, rule="Gaussian divergence"),
        Step(
            "gap",
            lhs=add(log(EVIDENCE), minus(BOUND)),
            rhs=_gap,
            rule="algebra, with $\\mu_{\\ast}$ and $\\sigma_{\\ast}$ put in",
            text="The evidence less the bound is the divergence from the posterior, as the identity says:",
            label="eq:elbo-gap",
            models=(CLOSED_FORM,),
        ),
        Step(
            "gap in two parts",
            rhs=add(
                frac(add(mu, -MU_STAR) ** 2, mul(2, SIGMA_STAR**2)),
                mul(HALF, Excess(frac(sigma**2, SIGMA_STAR**2))),
            ),
            rule=r"with $h(r) = r - 1 - \log r$",
        ),
        Step(
            "tight at the posterior",
            lhs=at(_gap, {mu: MU_STAR, sigma: SIGMA_STAR}),
            rhs=0,
            rule="substitution",
            text="At the true posterior it vanishes,",
            models=(ANY_GAUSSIAN,),
        ),
        Step(
            "minimum of h",
            lhs=Excess(1),
            rhs=0,
            rule="$\\log 1 = 0$",
            text=r"and nowhere else: the first part is zero only where $\mu = \mu_{\ast}$; the second",
        ),
        Step("slope of h", lhs=Derivative(_excess, r), rhs=frac(add(r, -1), r), rule="zero at $r = 1$ alone"),
        Step(
            "h is convex",
            lhs=Derivative(_excess, (r, 2)),
            rhs=frac(1, r**2),
            rule="differentiate again",
        ),
        Step("strictly", relation=">", rhs=0, rule="$r > 0$: strictly convex, so $r = 1$ is the only zero"),
    ),
)
