r"""The discriminator's optimum, the value there, and the loss from logits (problem 4; Goodfellow et al. 2014,
arXiv:1406.2661, proposition 1 and theorem 1).

p is the density of the data, q that of the generator's samples.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Abs, Derivative, Expr, Max, Rational, Symbol, exp, log, symbols

from assignment3.derivations.gibbs import GIBBS, KL, divergence, finite, g, normalised, v, w
from writeup.proofs.models import LITERAL, Definition, Linear, Model, Root, Values
from writeup.proofs.notation import add, at, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Lemma, Step

HALF = Rational(1, 2)
p, q, D = symbols("p q D", positive=True)

# --- the optimal discriminator at one point x ---------------------------------------------------------------

_u = Symbol("u", positive=True)
BETWEEN_0_AND_1 = Model("0 < D < 1", values=(Values(D, 1 / (1 + _u), _u, add(frac(1, D), -1)),))
_value = add(mul(p, log(D)), mul(q, log(add(1, -D))))
_slope = add(frac(p, D), minus(frac(q, add(1, -D))))
_numerator = add(p, minus(mul(add(p, q), D)))
D_STAR = Symbol(r"D^{\ast}", positive=True)
_OPTIMUM = Root(D_STAR, D, _numerator)

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
            rhs=frac(_numerator, mul(D, add(1, -D))),
            rule="common denominator",
        ),
        Step(
            "optimum",
            lhs=D_STAR,
            rhs=frac(p, add(p, q)),
            rule="its only zero: it is linear in $D$, and its slope is not zero",
            text=rf"The optimum $D^{{\ast}}$ is where the numerator vanishes, ${_OPTIMUM.latex}$,",
            label="eq:gan-optimum",
            root=_OPTIMUM,
            answers="optimum",
        ),
        Step(
            "curvature",
            lhs=Derivative(_value, (D, 2)),
            rhs=add(minus(frac(p, D**2)), minus(frac(q, add(1, -D) ** 2))),
            rule="differentiate again",
            text="and this is the maximum, for the value is strictly concave in $D$:",
        ),
        Step("concave", relation="<", rhs=0, rule="two negative terms", models=(BETWEEN_0_AND_1,)),
    ),
)

# --- the value at the optimum, any two densities ------------------------------------------------------------

MIX = Symbol("m", positive=True)
VALUE = Symbol(r"V(D^{\ast})", real=True)
Total = notation("Total", r"\int #1 \, dx", operator=True, monotone=True)
Ep = notation("Ep", r"\mathbb{E}_{x \sim p}\left[#1\right]", operator=True)
Eg = notation("Eg", r"\mathbb{E}_{x \sim q}\left[#1\right]", operator=True)
JSD = notation("JSD", r"\mathrm{JSD}\left(#1 \,\|\, #2\right)", operator=True)


def _three_points(values: dict[Any, Any], over: Callable[[Expr], Expr]) -> dict[Any, Any]:
    data, made = values[p], values[q]

    def kl(a: Expr, b: Expr) -> Expr:
        return over(a * log(a / b))

    best = data / (data + made)
    return {
        MIX: (data + made) / 2,
        D_STAR: best,
        VALUE: over(data * log(best)) + over(made * log(1 - best)),
        Ep: lambda f: over(data * f),
        Eg: lambda f: over(made * f),
        KL: kl,
        JSD: lambda a, b: (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2,
    }


_half_way = mul(HALF, add(v, w))
ANY_DENSITIES = Model(
    "any two densities",
    definitions=(
        Definition(MIX, mul(HALF, add(p, q))),
        Definition(VALUE, add(Ep(log(D_STAR)), Eg(log(add(1, -D_STAR))))),
        Definition(Ep(g), Total(mul(p, g))),
        Definition(Eg(g), Total(mul(q, g))),
        divergence(Total),
        Definition(JSD(v, w), add(mul(HALF, KL(v, _half_way)), mul(HALF, KL(w, _half_way)))),
    ),
    linear=Linear(Total, (p, q), normalised(Total, p, q)),
    instances=(finite("three points", Total, {p: "a", q: "b"}, _three_points),),
)

gan_value = Derivation(
    "gan_value",
    "The value at the optimum",
    assumptions=(
        r"$p, q > 0$ densities whose means exist; $D^{\ast} = p / (p + q)$, $m = \frac{1}{2} (p + q)$",
        r"$2 \, \mathrm{JSD}(p \,\|\, q) = \mathrm{KL}(p \,\|\, m) + \mathrm{KL}(q \,\|\, m)$",
    ),
    models=(ANY_DENSITIES,),
    steps=(
        Step(
            "value",
            lhs=VALUE,
            rhs=add(Ep(log(D_STAR)), Eg(log(add(1, -D_STAR)))),
            rule="definition of the value",
        ),
        Step(
            "optimum",
            rhs=add(Ep(log(frac(p, add(p, q)))), Eg(log(frac(q, add(p, q))))),
            rule=r"$D^{\ast}$ put in",
            given=(Lemma(gan_optimum, "optimum"),),
        ),
        Step(
            "mixture",
            rhs=add(Ep(log(frac(p, mul(2, MIX)))), Eg(log(frac(q, mul(2, MIX))))),
            rule="twice the mixture is the sum",
        ),
        Step(
            "split",
            rhs=add(minus(mul(2, log(2))), Ep(log(frac(p, MIX))), Eg(log(frac(q, MIX)))),
            rule="logarithm of a product; $p$ and $q$ integrate to one",
        ),
        Step(
            "divergences",
            rhs=add(minus(log(4)), KL(p, MIX), KL(q, MIX)),
            rule="definition of the divergence",
        ),
        Step(
            "Jensen-Shannon",
            rhs=add(minus(log(4)), mul(2, JSD(p, q))),
            rule="definition of the Jensen-Shannon divergence",
            label="eq:gan-value",
        ),
        Step(
            "lower bound",
            relation=">=",
            rhs=minus(log(4)),
            gap=add(KL(p, MIX), KL(q, MIX)),
            rule="Gibbs' inequality, twice",
            using=(GIBBS,),
        ),
        Step(
            "equality",
            lhs=Ep(log(frac(p, mul(HALF, add(p, p))))),
            rhs=0,
            rule="every logarithm is zero",
            text="The bound is reached when the generator has the density of the data, which the mixture "
            "then is too,",
        ),
    ),
)

# --- the loss from logits -----------------------------------------------------------------------------------

ELL, TARGET = symbols(r"\ell t", real=True)
REAL, FAKE = symbols(r"\ell_{\mathrm{real}} \ell_{\mathrm{fake}}", real=True)
Sigmoid = notation("Sigmoid", r"\varsigma(#1)", operator=True)
BCE = notation("BCE", r"\mathrm{BCE}(#1, #2)", operator=True)


def sigmoid(logit: Expr) -> Expr:
    """D as a function of its logit."""
    return 1 / (1 + exp(-logit))


def bce(logit: Expr, target: Expr) -> Expr:
    """Binary cross-entropy by its definition; the expression that the tests hold against the code."""
    return -target * log(sigmoid(logit)) - (1 - target) * log(1 - sigmoid(logit))


_w, _t = Symbol("w", positive=True), Symbol("t")
_u0 = Symbol("u", nonnegative=True)
SIGMOID = Definition(
    Sigmoid(g),
    frac(1, add(1, exp(minus(g)))),
    computed=lambda logit: (1 + math.tanh(logit / 2)) / 2,
    at=({g: -1.5}, {g: 0.5}),
)
ENTROPY = Definition(
    BCE(g, _t),
    add(minus(mul(_t, log(Sigmoid(g)))), minus(mul(add(1, -_t), log(add(1, minus(Sigmoid(g))))))),
    computed=lambda logit, target: target * np.logaddexp(0, -logit) + (1 - target) * np.logaddexp(0, logit),
    at=tuple({g: logit, _t: target} for logit in (-1.5, 0.5) for target in (0.0, 0.25, 1.0)),
)
LOSSES = (SIGMOID, ENTROPY)
ANY_LOGIT = Model("any logit", definitions=LOSSES, values=(Values(ELL, log(_u), _u, exp(ELL)),))
BY_SIGN = (
    Model(
        "logits from 0 on",
        definitions=LOSSES,
        values=(Values(ELL, log(1 + _u0), _u0, add(exp(ELL), -1)),),
    ),
    Model(
        "logits up to 0",
        definitions=LOSSES,
        values=(Values(ELL, -log(1 + _u0), _u0, add(exp(-ELL), -1)),),
    ),
)
TWO_LOGITS = Model(
    "any two logits",
    definitions=LOSSES,
    values=(Values(REAL, log(_u), _u, exp(REAL)), Values(FAKE, log(_w), _w, exp(FAKE))),
)
MEANT = Model("as defined", definitions=LOSSES)
ONE_LOGIT = Model("any logit", definitions=LOSSES, values=(Values(FAKE, log(_w), _w, exp(FAKE)),))
_generator = log(add(1, exp(minus(FAKE))))
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
            rule=r"logarithm of $\varsigma$ and of its complement",
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
            models=(TWO_LOGITS,),
        ),
        Step(
            "start",
            lhs=at(_discriminator, {REAL: 0, FAKE: 0}),
            rhs=mul(2, log(2)),
            rule=r"both logits zero",
            text="An untrained discriminator gives logits near zero, and there",
            label="eq:gan-start",
            models=(LITERAL,),
        ),
        Step(
            "generator's loss",
            lhs=BCE(FAKE, 1),
            rhs=_generator,
            rule="it takes its images for real",
            text="For one generated image the generator's loss is",
            models=(ONE_LOGIT,),
        ),
        Step(
            "generator's start",
            lhs=at(_generator, {FAKE: 0}),
            rhs=log(2),
            rule="the logit zero",
            text="which starts near",
            models=(LITERAL,),
        ),
    ),
)

# --- what the code trains the generator with ----------------------------------------------------------------

_shown_sigmoid = Sigmoid(ELL)
_saturating = Derivative(log(add(1, minus(_shown_sigmoid))), ELL)
_non_saturating = Derivative(minus(log(_shown_sigmoid)), ELL)

non_saturating = Derivation(
    "non_saturating",
    "The generator's gradient",
    assumptions=(
        r"$D = \varsigma(\ell)$ is the discriminator's answer to one generated image",
        r"$\ell \in \mathbb{R}$",
    ),
    models=(MEANT,),
    steps=(
        Step(
            "minimax",
            lhs=_saturating,
            rhs=minus(_shown_sigmoid),
            rule=r"derivative of the logarithm and of $\varsigma$",
            text="In the minimax game the generator descends",
            label="eq:saturating",
        ),
        Step(
            "non-saturating",
            lhs=_non_saturating,
            rhs=minus(add(1, minus(_shown_sigmoid))),
            rule="the same",
            text="the code lets it descend",
            label="eq:non_saturating",
        ),
        Step(
            "same direction",
            lhs=frac(add(1, minus(_shown_sigmoid)), _shown_sigmoid),
            rhs=exp(minus(ELL)),
            rule="the quotient of the two slopes",
            text="Both slopes are negative. The second is the first times",
        ),
        Step(
            "positive",
            relation=">",
            rhs=0,
            rule="so both push every logit up, with other weights",
        ),
    ),
)
