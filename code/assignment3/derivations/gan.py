r"""The discriminator's optimum, the value there, and the loss from logits (problem 4; Goodfellow et al. 2014,
arXiv:1406.2661, proposition 1 and theorem 1).

p is the density of the data, q that of the generator's samples.
"""

from sympy import Abs, Derivative, Expr, IndexedBase, Max, Rational, S, Symbol, exp, log, symbols

from writeup.proofs.notation import add, at, frac, minus, mul, notation
from writeup.proofs.steps import LITERAL, Derivation, Model, Step

HALF = Rational(1, 2)
p, q, D = symbols("p q D", positive=True)
_a, _b = symbols("a b", positive=True)

# --- the optimal discriminator at one point x ---------------------------------------------------------------

BETWEEN_0_AND_1 = Model("D = a / (a + b), any a, b > 0", {D: _a / (_a + _b)})
_value = add(mul(p, log(D)), mul(q, log(add(1, -D))))
_slope = add(frac(p, D), minus(frac(q, add(1, -D))))

gan_optimum = Derivation(
    "gan_optimum",
    "The optimal discriminator",
    assumptions=(
        r"at one point $x$: densities $p = p(x) > 0$ and $q = q(x) > 0$, and $0 < D < 1$ for $D = D(x)$",
    ),
    steps=(
        Step(
            "slope",
            lhs=Derivative(_value, D),
            rhs=_slope,
            rule="derivative of the logarithm",
        ),
        Step(
            "one fraction",
            rhs=frac(add(p, minus(mul(add(p, q), D))), mul(D, add(1, -D))),
            rule="common denominator: one zero, at $p = (p + q) D$",
        ),
        Step(
            "zero",
            lhs=at(_slope, {D: frac(p, add(p, q))}),
            rhs=0,
            rule=r"hence $D^{\ast} = \frac{p}{p + q}$",
            text="The slope vanishes at",
            label="eq:gan-optimum",
        ),
        Step(
            "curvature",
            lhs=Derivative(_value, (D, 2)),
            rhs=add(minus(frac(p, D**2)), minus(frac(q, add(1, -D) ** 2))),
            rule="differentiate again",
            text="and this is the maximum, for the value is strictly concave in $D$:",
        ),
        Step("concave", relation="<", rhs=0, rule="$p, q > 0$ and $0 < D < 1$", models=(BETWEEN_0_AND_1,)),
    ),
)

# --- the value at the optimum, any two distributions on three points ----------------------------------------

P, Q, MIX = symbols(r"p(x) q(x) m(x)", positive=True)
D_STAR = Symbol(r"D^{\ast}(x)", positive=True)
Ep = notation("Ep", r"\mathbb{E}_{x \sim p}\left[#1\right]", operator=True)
Eg = notation("Eg", r"\mathbb{E}_{x \sim q}\left[#1\right]", operator=True)
KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)", operator=True)
JSD = notation("JSD", r"\mathrm{JSD}\left(#1 \,\|\, #2\right)", operator=True)
p_, q_, m_ = symbols("p q m", positive=True)
VALUE = Symbol(r"V(D^{\ast})", real=True)


def _discrete_model(values: int) -> Model:
    """Two arbitrary distributions on `values` points."""
    x = Symbol("x", integer=True, nonnegative=True)
    u, w = IndexedBase("u", positive=True), IndexedBase("w", positive=True)
    support = range(values)
    p_x, q_x = u[x] / sum(u[k] for k in support), w[x] / sum(w[k] for k in support)

    def mean(density: Expr, f: Expr) -> Expr:
        return sum((density * f).subs(x, k) for k in support)

    def kl(a: Expr, b: Expr) -> Expr:
        return mean(a, log(a / b))

    def jsd(a: Expr, b: Expr) -> Expr:
        return (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2

    best = p_x / (p_x + q_x)
    return Model(
        f"any two distributions on {values} points",
        {
            P: p_x,
            Q: q_x,
            p_: p_x,
            q_: q_x,
            MIX: (p_x + q_x) / 2,
            m_: (p_x + q_x) / 2,
            D_STAR: best,
            VALUE: mean(p_x, log(best)) + mean(q_x, log(1 - best)),
            Ep: lambda f: mean(p_x, f),
            Eg: lambda f: mean(q_x, f),
            KL: kl,
            JSD: jsd,
        },
    )


gan_value = Derivation(
    "gan_value",
    "The value at the optimum",
    assumptions=(
        r"$p, q > 0$ distributions on a finite set; $D^{\ast} = p / (p + q)$, $m = \frac{1}{2} (p + q)$",
        r"$2 \, \mathrm{JSD}(p \,\|\, q) = \mathrm{KL}(p \,\|\, m) + \mathrm{KL}(q \,\|\, m)$",
    ),
    models=(_discrete_model(2), _discrete_model(3)),
    steps=(
        Step(
            "value",
            lhs=VALUE,
            rhs=add(Ep(log(D_STAR)), Eg(log(add(1, -D_STAR)))),
            rule="definition of the value",
        ),
        Step(
            "optimum",
            rhs=add(Ep(log(frac(P, add(P, Q)))), Eg(log(frac(Q, add(P, Q))))),
            rule=r"$D^{\ast}$ put in",
        ),
        Step(
            "mixture",
            rhs=add(Ep(log(frac(P, mul(2, MIX)))), Eg(log(frac(Q, mul(2, MIX))))),
            rule="$p + q = 2 m$",
        ),
        Step(
            "split",
            rhs=add(minus(mul(2, log(2))), Ep(log(frac(P, MIX))), Eg(log(frac(Q, MIX)))),
            rule="logarithm of a product; $p$ and $q$ sum to one",
        ),
        Step(
            "divergences",
            rhs=add(minus(log(4)), KL(p_, m_), KL(q_, m_)),
            rule="definition of the divergence",
        ),
        Step(
            "Jensen-Shannon",
            rhs=add(minus(log(4)), mul(2, JSD(p_, q_))),
            rule="definition of the Jensen-Shannon divergence",
            label="eq:gan-value",
        ),
        Step(
            "lower bound",
            relation=">=",
            rhs=minus(log(4)),
            gap=mul(2, JSD(p_, q_)),
            rule="Gibbs' inequality, twice",
        ),
        Step(
            "equality",
            lhs=JSD(p_, p_),
            rhs=0,
            rule="$m = p$: every logarithm is zero",
            text="The bound is reached when the generator has the distribution of the data, $q = p$:",
        ),
    ),
)

# --- the loss from logits -----------------------------------------------------------------------------------

ELL, TARGET = symbols(r"\ell t", real=True)
REAL, FAKE = symbols(r"\ell_{\mathrm{real}} \ell_{\mathrm{fake}}", real=True)
Sigmoid = notation("Sigmoid", r"\varsigma(#1)", operator=True)
BCE = notation("BCE", r"\mathrm{BCE}(#1, #2)", operator=True)
_u = Symbol("u", positive=True)


def sigmoid(logit: Expr) -> Expr:
    """D as a function of its logit."""
    return 1 / (1 + exp(-logit))


def bce(logit: Expr, target: Expr) -> Expr:
    """Binary cross-entropy by its definition; the expression that the tests hold against the code."""
    return -target * log(sigmoid(logit)) - (1 - target) * log(1 - sigmoid(logit))


_MEANING = {Sigmoid: sigmoid, BCE: bce}
ANY_LOGIT = Model("logit l = log u, any u > 0", {**_MEANING, ELL: log(_u)})
BY_SIGN = (
    Model("logit l = log(1 + u) > 0", {**_MEANING, ELL: log(1 + _u)}),
    Model("logit l = -log(1 + u) < 0", {**_MEANING, ELL: -log(1 + _u)}),
    Model("logit l = 0", {**_MEANING, ELL: S.Zero}),
)
MEANT = Model("any logits", _MEANING)
_discriminator = add(log(add(1, exp(minus(REAL)))), log(add(1, exp(FAKE))))

gan_logits = Derivation(
    "gan_logits",
    "The loss from logits, and where it starts",
    assumptions=(
        r"$D = \varsigma(\ell) = 1 / (1 + e^{-\ell})$ for a logit $\ell \in \mathbb{R}$",
        r"target $t = 1$ for real and $t = 0$ for generated images",
    ),
    models=(ANY_LOGIT,),
    steps=(
        Step(
            "definition",
            lhs=BCE(ELL, TARGET),
            rhs=add(
                minus(mul(TARGET, log(Sigmoid(ELL)))),
                minus(mul(add(1, -TARGET), log(add(1, minus(Sigmoid(ELL)))))),
            ),
            rule="binary cross-entropy",
        ),
        Step(
            "softplus",
            rhs=add(log(add(1, exp(ELL))), minus(mul(TARGET, ELL))),
            rule=r"$1 - \varsigma(\ell) = 1 / (1 + e^{\ell}) = e^{-\ell} \varsigma(\ell)$",
        ),
        Step(
            "stable",
            rhs=add(Max(0, ELL), minus(mul(TARGET, ELL)), log(add(1, exp(minus(Abs(ELL)))))),
            rule=r"draw out the larger of $1$ and $e^{\ell}$: nothing overflows",
            label="eq:bce-logits",
            models=BY_SIGN,
        ),
        Step(
            "discriminator's loss",
            lhs=add(BCE(REAL, 1), BCE(FAKE, 0)),
            rhs=_discriminator,
            rule="the two targets put in",
            text="For one real and one generated image the discriminator's loss is",
            models=(
                Model(
                    "logits log u and log w",
                    {**_MEANING, REAL: log(_u), FAKE: log(Symbol("w", positive=True))},
                ),
            ),
        ),
        Step(
            "start",
            lhs=at(_discriminator, {REAL: 0, FAKE: 0}),
            rhs=mul(2, log(2)),
            rule=r"both logits zero, $D = \frac{1}{2}$",
            text="An untrained discriminator gives logits near zero, and there",
            label="eq:gan-start",
            models=(LITERAL,),
        ),
        Step(
            "slope in the real logit",
            lhs=at(Derivative(log(add(1, exp(minus(REAL)))), REAL), {REAL: 0}),
            rhs=-HALF,
            rule="differentiate",
            text="Small logits move it little, since",
            models=(LITERAL,),
        ),
        Step(
            "slope in the generated logit",
            lhs=at(Derivative(log(add(1, exp(FAKE))), FAKE), {FAKE: 0}),
            rhs=HALF,
            rule="differentiate",
            models=(LITERAL,),
        ),
        Step(
            "generator's start",
            lhs=BCE(S.Zero, S.One),
            rhs=log(2),
            rule="the generator's loss takes its images for real",
            text="The generator's loss starts near",
            models=(MEANT,),
        ),
    ),
)
