r"""KL divergence between Gaussians (problem 3.2; Kingma and Welling 2014, arXiv:1312.6114, appendix B).

One dimension by integration, then m dimensions with full covariance, then the diagonal case as a sum over
coordinates, down to the form that `cvae.gaussian_kl` computes: -1/2 sum_j (1 + log sigma_j^2 - mu_j^2 -
sigma_j^2).
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from sympy import (
    Expr,
    ImmutableMatrix,
    IndexedBase,
    Integral,
    Matrix,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    exp,
    expand_log,
    factorial,
    log,
    oo,
    pi,
    prod,
    sqrt,
    symbols,
)

from assignment3.derivations.gibbs import KL, Eq
from writeup.proofs.models import Definition, Linear, Model
from writeup.proofs.notation import add, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Lemma, Step

HALF = Rational(1, 2)
z, mu = symbols(r"z \mu", real=True)
sigma = Symbol(r"\sigma", positive=True)

# --- one dimension: every expectation is an integral that sympy solves --------------------------------------

Gauss = notation("Gauss", r"\mathcal{N}(#1, #2)")
GaussDensity = notation("GaussDensity", r"\mathcal{N}(#1;\, #2, #3)")


def density(x: Expr, mean: Expr, variance: Expr) -> Expr:
    """Density of N(mean, variance) at x."""
    return exp(-((x - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)


def shown_density(x: Expr, mean: Expr, variance: Expr) -> Expr:
    """The same as it is printed."""
    root = Pow(mul(2, pi, variance), HALF, evaluate=False)
    return frac(exp(minus(frac(add(x, -mean) ** 2, mul(2, variance)))), root)


def pdf(x: float, mean: float, variance: float) -> float:
    """The density as the standard library has it."""
    return NormalDist(mean, math.sqrt(variance)).pdf(x)


def hermite_mean(f: Expr, mean: float, variance: float) -> float:
    """E f over N(mean, variance) of a polynomial in one variable, by Gauss and Hermite's quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    (variable,) = f.free_symbols
    values = [float(f.subs(variable, mean + math.sqrt(variance) * node)) for node in nodes]
    return float(weights @ values / weights.sum())


def cross_entropy(mean: float, variance: float, of: float, spread: float) -> float:
    """-E log N(z; of, spread) over z ~ N(mean, variance): a polynomial of degree two."""
    return (math.log(2 * math.pi * spread) + (variance + (mean - of) ** 2) / spread) / 2


def _divergence_by_entropies(mean: float, variance: float, of: float, spread: float) -> float:
    return cross_entropy(mean, variance, of, spread) - cross_entropy(mean, variance, mean, variance)


SOME_GAUSSIANS = ((0.5, -0.25, 1.0), (-1.0, 0.5, 2.25))  # x, mean, variance
_a, _c = symbols("a c", real=True)
_b, _d = symbols("b d", positive=True)
g = Symbol("g")
INTEGRALS = Model(
    "integrals over the line",
    definitions=(
        Definition(
            GaussDensity(_a, _b, _c),
            shown_density(_a, _b, _c),
            computed=pdf,
            at=tuple(dict(zip((_a, _b, _c), one, strict=True)) for one in SOME_GAUSSIANS),
        ),
        Definition(
            KL(Gauss(_a, _b), Gauss(_c, _d)),
            Integral(
                mul(GaussDensity(z, _a, _b), log(frac(GaussDensity(z, _a, _b), GaussDensity(z, _c, _d)))),
                (z, -oo, oo),
            ),
            computed=_divergence_by_entropies,
            at=({_a: 0.5, _b: 0.25, _c: -0.5, _d: 2.0}, {_a: -1.0, _b: 1.5, _c: 0.25, _d: 0.5}),
        ),
        Definition(
            Eq(g),
            Integral(mul(GaussDensity(z, mu, sigma**2), g), (z, -oo, oo)),
            computed=lambda f, mean, deviation: hermite_mean(f, mean, deviation**2),
            at=({g: z**4 + z, mu: 0.5, sigma: 1.5}, {g: z**3, mu: -1.0, sigma: 0.5}),
        ),
    ),
)

_q, _p = GaussDensity(z, mu, sigma**2), GaussDensity(z, 0, 1)
_log_ratio = add(minus(log(sigma)), frac(z**2, 2), minus(frac(add(z, -mu) ** 2, mul(2, sigma**2))))

gaussian_kl_1d = Derivation(
    "gaussian_kl_1d",
    "The KL divergence from the standard normal in one dimension",
    assumptions=(
        r"$\mu \in \mathbb{R}$, $\sigma > 0$",
        r"$q = \mathcal{N}(\mu, \sigma^2)$, $p = \mathcal{N}(0, 1)$",
    ),
    models=(INTEGRALS,),
    steps=(
        Step(
            "second moment about the mean",
            lhs=Eq(add(z, -mu) ** 2),
            rhs=sigma**2,
            rule="Gaussian integral",
            text="The two moments that will be needed:",
        ),
        Step("second moment", lhs=Eq(z**2), rhs=add(mu**2, sigma**2), rule="Gaussian integral"),
        Step(
            "definition",
            lhs=KL(Gauss(mu, sigma**2), Gauss(0, 1)),
            rhs=Integral(mul(_q, log(frac(_q, _p))), (z, -oo, oo)),
            rule="definition of the divergence",
            text="With these,",
        ),
        Step(
            "logarithm of the ratio",
            rhs=Integral(mul(_q, _log_ratio), (z, -oo, oo)),
            rule="logarithm of the two densities",
        ),
        Step(
            "linearity",
            rhs=add(
                minus(log(sigma)),
                mul(HALF, Eq(z**2)),
                minus(mul(frac(1, mul(2, sigma**2)), Eq(add(z, -mu) ** 2))),
            ),
            rule="linearity of the integral",
        ),
        Step(
            "moments",
            rhs=add(minus(log(sigma)), mul(HALF, add(mu**2, sigma**2)), -HALF),
            rule="the two moments",
        ),
        Step(
            "collect",
            rhs=mul(HALF, add(sigma**2, mu**2, -1, minus(log(sigma**2)))),
            rule="logarithm of a square",
            label="eq:gaussian-kl-1d",
        ),
    ),
)

# --- m dimensions, by the components of vectors and matrices ------------------------------------------------

m = Symbol("m", integer=True, positive=True)  # the dimension of z, as on the sheet
i, j = symbols("i j", integer=True, positive=True)
Z, M, M0, ZERO = symbols(r"\mathbf{z} \boldsymbol{\mu} \boldsymbol{\mu}_0 \mathbf{0}")
SIGMA, SIGMA0, IDENTITY = symbols(r"\Sigma \Sigma_0 I")
LOG_Q, LOG_P = (Symbol(rf"\log {name}(\mathbf{{z}})", real=True) for name in "qp")
LOG_STANDARD = Symbol(r"\log \mathcal{N}(\mathbf{z};\, \mathbf{0}, I)", real=True)
_z, _mu, _mu0 = IndexedBase("z", real=True), IndexedBase(r"\mu", real=True), IndexedBase(r"\mu^0", real=True)
_cov = IndexedBase(r"\Sigma", real=True)
_inverse = IndexedBase(r"(\Sigma^{-1})", real=True)
_inverse0 = IndexedBase(r"(\Sigma_0^{-1})", real=True)

Norm = notation("Norm", r"\left\|#1\right\|_{#2}^2")
Square = notation("Square", r"#1^{\top} #1")
Trace = notation("Trace", r"\operatorname{tr}\left(#1^{-1} #2\right)", operator=True)
Tr = notation("Tr", r"\operatorname{tr} #1", operator=True)
Det = notation("Det", r"\det #1", positive=True)


def cholesky_factor(name: str, size: int) -> Matrix:
    """Lower triangular with a positive diagonal: factor @ factor.T runs through all covariance matrices."""

    def entry(i: int, j: int) -> Expr:
        return (
            S.Zero
            if j > i
            else Symbol(f"{name}_{i + 1}{j + 1}", real=True, positive=True if i == j else None)
        )

    return ImmutableMatrix(size, size, entry)


def gaussian_mean(f: Expr, at: Matrix, mean: Matrix, factor: Matrix) -> Expr:
    """E f(z) over z ~ N(mean, factor factor^T) for f a polynomial in the entries `at` of z, exactly.

    With z = mean + factor eps it is exp(Laplacian / 2) f at eps = 0, a series that ends for a polynomial.
    """
    eps = symbols(f"epsilon_1:{mean.rows + 1}", real=True)
    term = f.xreplace(dict(zip(at, mean + factor * Matrix(eps), strict=True)))
    if not term.is_polynomial(*eps):
        raise ValueError("the mean over a Gaussian is taken of polynomials only")
    total, k = S.Zero, 0
    while term != 0:
        total += term.xreplace(dict.fromkeys(eps, S.Zero)) / factorial(k)
        term, k = sum(term.diff(e, 2) for e in eps) / 2, k + 1
    return total


def _squared_norm(matrix: Matrix) -> Expr:
    return sum(entry**2 for entry in matrix)


def _solved(factor: Matrix, right: Matrix) -> Matrix:
    return factor.lower_triangular_solve(right)


def gaussian_model(name: str, mean: Matrix, factor: Matrix, mean0: Matrix, factor0: Matrix) -> Model:
    """q = N(mean, L L^T) against p = N(mean0, L0 L0^T). A covariance is represented by its Cholesky factor L.

    So x^T Sigma^-1 x = |L^-1 x|^2, tr(Sigma0^-1 Sigma) = |L0^-1 L|^2 (Frobenius) and det Sigma = (det L)^2.
    Of components, i and j are the first and the last.
    """
    size = mean.rows
    at = ImmutableMatrix(symbols(f"z_1:{size + 1}", real=True))
    covariance, last = factor * factor.T, size - 1

    def log_density(x: Matrix, centre: Matrix, L: Matrix) -> Expr:
        log_det = 2 * sum(log(entry) for entry in L.diagonal())
        return -(size * log(2 * pi) + log_det + _squared_norm(_solved(L, x - centre))) / 2

    def expectation(f: Expr) -> Expr:
        return gaussian_mean(expand_log(f), at, mean, factor)

    def divergence(q: tuple[Matrix, Matrix], p: tuple[Matrix, Matrix]) -> Expr:
        return gaussian_mean(log_density(at, *q) - log_density(at, *p), at, *q)

    none, one = ImmutableMatrix.zeros(size, 1), ImmutableMatrix.eye(size)
    return Model(
        name,
        {
            m: S(size),
            Z: at,
            M: mean,
            SIGMA: factor,
            M0: mean0,
            SIGMA0: factor0,
            ZERO: none,
            IDENTITY: one,
            LOG_Q: log_density(at, mean, factor),
            LOG_P: log_density(at, mean0, factor0),
            LOG_STANDARD: log_density(at, none, one),
            Gauss: lambda centre, L: (centre, L),
            KL: divergence,
            Eq: expectation,
            Norm: lambda x, L: _squared_norm(_solved(L, x)),
            Square: _squared_norm,
            Trace: lambda L0, L: _squared_norm(_solved(L0, L)),
            Tr: _squared_norm,
            Det: lambda L: prod(L.diagonal()) ** 2,
            **{
                base[index]: vector[at_]
                for base, vector in ((_z, at), (_mu, mean), (_mu0, mean0))
                for index, at_ in ((i, 0), (j, last))
            },
            **{
                base[i, j]: matrix[0, last]
                for base, matrix in ((_cov, covariance), (_inverse, covariance.inv()))
            },
            _cov[i, i]: covariance[0, 0],
            TRACE_OF_ONE: sum((covariance.inv() * covariance).diagonal()),
            **_spelled(size, at, mean, mean0, covariance, factor, factor0),
        },
    )


def _spelled(
    size: int, at: Matrix, mean: Matrix, mean0: Matrix, covariance: Matrix, factor: Matrix, factor0: Matrix
) -> dict[Expr, Expr]:
    """The sums over components that the definitions print, entry by entry."""
    precision, precision0 = covariance.inv(), (factor0 * factor0.T).inv()

    def form(matrix: Matrix, vector: Matrix) -> Expr:
        return (vector.T * matrix * vector)[0]

    return {
        NORM.rhs: form(precision, at - mean),
        NORM0.rhs: form(precision0, at - mean0),
        MEAN0.rhs: form(precision0, mean - mean0),
        TRACE0.rhs: (precision0 * covariance).trace(),
        TRACE.rhs: covariance.trace(),
        SQUARE_Z.rhs: sum(entry**2 for entry in at),
        SQUARE_M.rhs: sum(entry**2 for entry in mean),
    }


def _vector(name: str, size: int) -> Matrix:
    return ImmutableMatrix(symbols(f"{name}_1:{size + 1}", real=True))


def _over(term: Expr) -> Expr:
    return Sum(term, (i, 1, m), (j, 1, m))


def _form(matrix: IndexedBase, vector: IndexedBase, centre: IndexedBase) -> Expr:
    return _over(mul(matrix[i, j], add(vector[i], -centre[i]), add(vector[j], -centre[j])))


_own = (Z, M, M0, SIGMA, SIGMA0, ZERO, IDENTITY)
NORM = Definition(Norm(add(Z, -M), SIGMA), _form(_inverse, _z, _mu), _own)
NORM0 = Definition(Norm(add(Z, -M0), SIGMA0), _form(_inverse0, _z, _mu0), _own)
MEAN0 = Definition(Norm(add(M, -M0), SIGMA0), _form(_inverse0, _mu, _mu0), _own)
TRACE0 = Definition(Trace(SIGMA0, SIGMA), _over(mul(_inverse0[i, j], _cov[i, j])), _own)
TRACE = Definition(Tr(SIGMA), Sum(_cov[i, i], (i, 1, m)), _own)
SQUARE_Z = Definition(Square(Z), Sum(_z[i] ** 2, (i, 1, m)), _own)
SQUARE_M = Definition(Square(M), Sum(_mu[i] ** 2, (i, 1, m)), _own)
TRACE_OF_ONE = _over(_inverse[i, j] * _cov[i, j])


def _log_gauss(*terms: Expr) -> Expr:
    return mul(-HALF, add(mul(m, log(mul(2, pi))), *terms))


GAUSSIANS = Model(
    "any m, by components",
    definitions=(
        Definition(LOG_Q, _log_gauss(log(Det(SIGMA)), Norm(add(Z, -M), SIGMA))),
        Definition(LOG_P, _log_gauss(log(Det(SIGMA0)), Norm(add(Z, -M0), SIGMA0))),
        Definition(LOG_STANDARD, _log_gauss(Square(Z))),
        Definition(KL(Gauss(M, SIGMA), Gauss(M0, SIGMA0)), Eq(add(LOG_Q, minus(LOG_P))), _own),
        Definition(KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY)), Eq(add(LOG_Q, minus(LOG_STANDARD))), _own),
        NORM,
        NORM0,
        MEAN0,
        TRACE0,
        TRACE,
        SQUARE_Z,
        SQUARE_M,
    ),
    linear=Linear(
        Eq,
        (_z,),
        (
            Definition(Eq(S.One), S.One),
            Definition(Eq(_z[i]), _mu[i]),
            Definition(Eq(_z[i] ** 2), add(_cov[i, i], _mu[i] ** 2)),
            Definition(Eq(_z[i] * _z[j]), add(_cov[i, j], mul(_mu[i], _mu[j]))),
            Definition(TRACE_OF_ONE, m),
        ),
    ),
    instances=tuple(
        gaussian_model(
            f"m = {n}", _vector("mu", n), cholesky_factor("L", n), _vector("m", n), cholesky_factor("K", n)
        )
        for n in (1, 2)
    ),
)

_log_dets = mul(HALF, log(frac(Det(SIGMA0), Det(SIGMA))))
_norm, _norm0 = Norm(add(Z, -M), SIGMA), Norm(add(Z, -M0), SIGMA0)

gaussian_kl = Derivation(
    "gaussian_kl",
    "The KL divergence between two Gaussians",
    assumptions=(
        r"$\boldsymbol{\mu}, \boldsymbol{\mu}_0 \in \mathbb{R}^m$; $\Sigma, \Sigma_0$ positive definite",
        r"$q = \mathcal{N}(\boldsymbol{\mu}, \Sigma)$, $p = \mathcal{N}(\boldsymbol{\mu}_0, \Sigma_0)$; "
        r"$\|\mathbf{x}\|_{\Sigma}^2 = \mathbf{x}^{\top} \Sigma^{-1} \mathbf{x}$",
    ),
    models=(GAUSSIANS,),
    steps=(
        Step(
            "own quadratic form",
            lhs=Eq(_norm),
            rhs=m,
            rule=r"$\Sigma$ is the covariance under $q$",
            text="The two means that will be needed:",
        ),
        Step(
            "other quadratic form",
            lhs=Eq(_norm0),
            rhs=add(Trace(SIGMA0, SIGMA), Norm(add(M, -M0), SIGMA0)),
            rule=r"about $\boldsymbol{\mu}$, where the mixed term has mean zero",
        ),
        Step(
            "definition",
            lhs=KL(Gauss(M, SIGMA), Gauss(M0, SIGMA0)),
            rhs=Eq(add(LOG_Q, minus(LOG_P))),
            rule="definition of the divergence",
            text="With these,",
        ),
        Step(
            "log densities",
            rhs=Eq(add(_log_dets, minus(mul(HALF, _norm)), mul(HALF, _norm0))),
            rule="logarithm of the two densities",
        ),
        Step(
            "linearity",
            rhs=add(_log_dets, minus(mul(HALF, Eq(_norm))), mul(HALF, Eq(_norm0))),
            rule="linearity of the expectation",
        ),
        Step(
            "collect",
            rhs=mul(
                HALF,
                add(
                    Trace(SIGMA0, SIGMA),
                    Norm(add(M, -M0), SIGMA0),
                    -m,
                    log(frac(Det(SIGMA0), Det(SIGMA))),
                ),
            ),
            rule="the two means",
            label="eq:gaussian-kl-general",
        ),
        Step(
            "standard normal prior",
            lhs=KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY)),
            rhs=mul(HALF, add(Tr(SIGMA), Square(M), -m, minus(log(Det(SIGMA))))),
            rule="mean and covariance zero and one in its place",
            text="Against the standard normal, the prior of the autoencoder, this is",
            label="eq:gaussian-kl-standard",
        ),
    ),
)

# --- the diagonal case as a sum over the coordinates --------------------------------------------------------

_sigma = IndexedBase(r"\sigma", positive=True)
COORDINATES = _mu, _sigma


def _sum_over_j(term: Expr) -> Expr:
    return Sum(term, (j, 1, m))


def _covariance(deviations: tuple[float, ...]) -> Any:
    """Of independent coordinates with these deviations, as a matrix of numbers."""
    return np.diag(deviations) @ np.diag(deviations)


def _three(of: IndexedBase) -> tuple[dict[Any, Any], ...]:
    """Three coordinates with values."""
    return ({m: 3, of[1]: 0.5, of[2]: 1.25, of[3]: 2.0},)


DIAGONAL = Model(
    "any m, diagonal covariance",
    definitions=(
        Definition(
            Tr(SIGMA),
            _sum_over_j(_sigma[j] ** 2),
            _own,
            lambda _, *d: np.trace(_covariance(d)),
            _three(_sigma),
        ),
        Definition(Square(M), _sum_over_j(_mu[j] ** 2), _own, lambda _, *v: np.dot(v, v), _three(_mu)),
        Definition(
            Det(SIGMA),
            Product(_sigma[j] ** 2, (j, 1, m)),
            _own,
            lambda _, *d: np.linalg.det(_covariance(d)),
            _three(_sigma),
        ),
    ),
)
_divergence = KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY))
_standard_form = Lemma(gaussian_kl, "standard normal prior")
_from_one = (m, S.One)

gaussian_kl_diagonal = Derivation(
    "gaussian_kl_diagonal",
    "The diagonal case, as the code computes it",
    assumptions=(r"$\Sigma = \operatorname{diag}(\sigma_1^2, \dots, \sigma_m^2)$ with $\sigma_j > 0$",),
    models=(DIAGONAL,),
    steps=(
        Step(
            "diagonal covariance",
            lhs=_divergence,
            rhs=mul(
                HALF,
                add(
                    _sum_over_j(_sigma[j] ** 2),
                    _sum_over_j(_mu[j] ** 2),
                    -m,
                    minus(log(Product(_sigma[j] ** 2, (j, 1, m)))),
                ),
            ),
            rule="trace and determinant of a diagonal matrix",
            given=(_standard_form,),
            induction=_from_one,
        ),
        Step(
            "one sum",
            rhs=mul(
                HALF,
                _sum_over_j(add(_sigma[j] ** 2, _mu[j] ** 2, -1, minus(log(_sigma[j] ** 2)))),
            ),
            rule="one more coordinate adds its own term",
            induction=_from_one,
        ),
        Step(
            "additivity",
            rhs=_sum_over_j(KL(Gauss(_mu[j], _sigma[j] ** 2), Gauss(S.Zero, S.One))),
            rule="the one-dimensional divergence, coordinate by coordinate",
            given=(Lemma(gaussian_kl_1d, "collect"),),
            induction=_from_one,
        ),
        Step(
            "as the code has it",
            lhs=_divergence,
            rhs=mul(
                -HALF,
                _sum_over_j(add(1, log(_sigma[j] ** 2), minus(_mu[j] ** 2), minus(_sigma[j] ** 2))),
            ),
            rule="minus one half drawn out",
            text="In the order of the sheet and of the code:",
            label="eq:gaussian-kl",
            answers="divergence",
            given=(_standard_form,),
            induction=_from_one,
        ),
    ),
)
