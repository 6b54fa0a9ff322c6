r"""The evidence lower bound of a conditional variational autoencoder (problem 3.1; Sohn et al. 2015,
NeurIPS).

Everything is conditioned on the label y from the first line. The bound is proved for all densities, by the
algebra of integrals; numbers try every line first for a latent with three values.
"""

from sympy import Expr, IndexedBase, Symbol, log

from assignment3.derivations.gibbs import GIBBS, KL, Eq, Total, divergence, g, normalised
from writeup.proofs.models import Definition, Linear, Model
from writeup.proofs.notation import add, frac, minus, mul
from writeup.proofs.steps import Derivation, Step

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
            rhs=Eq(log(frac(mul(LIKELIHOOD, PRIOR), POSTERIOR))),
            rule="Bayes' rule, whose left side is the same for every $z$",
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
