r"""KL divergence between Gaussians (problem 3.2; Kingma and Welling 2014, arXiv:1312.6114, appendix B).

One dimension by integration, then J dimensions with full covariance, then the diagonal case as a sum over
coordinates, down to the form that `cvae.gaussian_kl` computes: -1/2 sum_j (1 + log sigma_j^2 - mu_j^2 -
sigma_j^2).
"""

from typing import Any

from sympy import (
    Expr,
    ImmutableMatrix,
    IndexedBase,
    Integral,
    Matrix,
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

from writeup.proofs.notation import add, frac, minus, mul, notation
from writeup.proofs.steps import Derivation, Model, Step

HALF = Rational(1, 2)
z, mu = symbols(r"z \mu", real=True)
sigma = Symbol(r"\sigma", positive=True)

# --- one dimension: every expectation is an integral that sympy solves --------------------------------------

Gauss = notation("Gauss", r"\mathcal{N}(#1, #2)")
GaussDensity = notation("GaussDensity", r"\mathcal{N}(#1;\, #2, #3)")
KL = notation("KL", r"\mathrm{KL}\left(#1 \,\|\, #2\right)", operator=True)
Eq = notation("Eq", r"\mathbb{E}_{q}\left[#1\right]", operator=True)


def density(x: Expr, mean: Expr, variance: Expr) -> Expr:
    """Density of N(mean, variance) at x."""
    return exp(-((x - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)


def _kl_by_definition(q: Any, p: Any) -> Expr:
    """Integral of q log(q/p) for two pairs (mean, variance)."""
    return Integral(density(z, *q) * log(density(z, *q) / density(z, *p)), (z, -oo, oo))


INTEGRALS = Model(
    "integrals over the line",
    {
        GaussDensity: density,
        Gauss: lambda mean, variance: (mean, variance),
        KL: _kl_by_definition,
        Eq: lambda f: Integral(density(z, mu, sigma**2) * f, (z, -oo, oo)),
    },
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
            rule=r"$\log \sigma = \frac{1}{2} \log \sigma^2$",
            label="eq:gaussian-kl-1d",
        ),
    ),
)

# --- J dimensions: matrices with symbolic entries, J = 2 and 3 ----------------------------------------------

J = Symbol("J", integer=True, positive=True)
Z, M, M0, ZERO = symbols(r"\mathbf{z} \boldsymbol{\mu} \boldsymbol{\mu}_0 \mathbf{0}")
SIGMA, SIGMA0, IDENTITY = symbols(r"\Sigma \Sigma_0 I")
q_z, p_z = symbols(r"q(\mathbf{z}) p(\mathbf{z})", positive=True)

Quad = notation("Quad", r"#1!^{\top} #2^{-1} #1!")
Norm = notation("Norm", r"\left\|#1\right\|_{#2}^2")
Square = notation("Square", r"#1^{\top} #1")
Trace = notation("Trace", r"\operatorname{tr}\left(#1^{-1} #2\right)", operator=True)
Tr = notation("Tr", r"\operatorname{tr} #1", operator=True)
Det = notation("Det", r"\det #1")


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
    """
    size = mean.rows
    at = ImmutableMatrix(symbols(f"z_1:{size + 1}", real=True))

    def log_density(x: Matrix, m: Matrix, L: Matrix) -> Expr:
        log_det = 2 * sum(log(entry) for entry in L.diagonal())
        return -(size * log(2 * pi) + log_det + _squared_norm(_solved(L, x - m))) / 2

    def expectation(f: Expr) -> Expr:
        return gaussian_mean(expand_log(f), at, mean, factor)

    def divergence(q: tuple[Matrix, Matrix], p: tuple[Matrix, Matrix]) -> Expr:
        return gaussian_mean(log_density(at, *q) - log_density(at, *p), at, *q)

    return Model(
        name,
        {
            J: S(size),
            Z: at,
            M: mean,
            SIGMA: factor,
            M0: mean0,
            SIGMA0: factor0,
            ZERO: ImmutableMatrix.zeros(size, 1),
            IDENTITY: ImmutableMatrix.eye(size),
            q_z: exp(log_density(at, mean, factor)),
            p_z: exp(log_density(at, mean0, factor0)),
            Gauss: lambda m, L: (m, L),
            KL: divergence,
            Eq: expectation,
            Norm: lambda x, L: _squared_norm(_solved(L, x)),
            Quad: lambda x, L: _squared_norm(_solved(L, x)),
            Square: _squared_norm,
            Trace: lambda L0, L: _squared_norm(_solved(L0, L)),
            Tr: _squared_norm,
            Det: lambda L: prod(L.diagonal()) ** 2,
        },
    )


def _vector(name: str, size: int) -> Matrix:
    return ImmutableMatrix(symbols(f"{name}_1:{size + 1}", real=True))


FULL = tuple(
    gaussian_model(
        f"J = {n}, full covariances",
        _vector("mu", n),
        cholesky_factor("L", n),
        _vector("m", n),
        cholesky_factor("K", n),
    )
    for n in (2, 3)
)
STANDARD = tuple(
    gaussian_model(
        f"J = {n}, full covariance against the standard normal",
        _vector("mu", n),
        cholesky_factor("L", n),
        ImmutableMatrix.zeros(n, 1),
        ImmutableMatrix.eye(n),
    )
    for n in (2, 3)
)

_log_dets = mul(HALF, log(frac(Det(SIGMA0), Det(SIGMA))))
_norm, _norm0 = Norm(add(Z, -M), SIGMA), Norm(add(Z, -M0), SIGMA0)

gaussian_kl = Derivation(
    "gaussian_kl",
    "The KL divergence between two Gaussians",
    assumptions=(
        r"$\boldsymbol{\mu}, \boldsymbol{\mu}_0 \in \mathbb{R}^J$; $\Sigma, \Sigma_0$ positive definite",
        r"$q = \mathcal{N}(\boldsymbol{\mu}, \Sigma)$, $p = \mathcal{N}(\boldsymbol{\mu}_0, \Sigma_0)$; "
        r"$\|\mathbf{x}\|_{\Sigma}^2 = \mathbf{x}^{\top} \Sigma^{-1} \mathbf{x}$",
    ),
    models=FULL,
    steps=(
        Step(
            "definition",
            lhs=KL(Gauss(M, SIGMA), Gauss(M0, SIGMA0)),
            rhs=Eq(add(log(q_z), minus(log(p_z)))),
            rule="definition of the divergence",
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
            "own quadratic form",
            rhs=add(_log_dets, minus(frac(J, 2)), mul(HALF, Eq(_norm0))),
            rule=r"$\Sigma$ is the covariance under $q$",
        ),
        Step(
            "other quadratic form",
            rhs=add(
                _log_dets, minus(frac(J, 2)), mul(HALF, add(Trace(SIGMA0, SIGMA), Norm(add(M, -M0), SIGMA0)))
            ),
            rule=r"about $\boldsymbol{\mu}$, where the mixed term has mean zero",
        ),
        Step(
            "collect",
            rhs=mul(
                HALF,
                add(
                    Trace(SIGMA0, SIGMA),
                    Quad(add(M, -M0), SIGMA0),
                    -J,
                    log(frac(Det(SIGMA0), Det(SIGMA))),
                ),
            ),
            rule="collect, and write the norm out",
            label="eq:gaussian-kl-general",
        ),
        Step(
            "standard normal prior",
            lhs=KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY)),
            rhs=mul(HALF, add(Tr(SIGMA), Square(M), -J, minus(log(Det(SIGMA))))),
            rule=r"$\boldsymbol{\mu}_0 = \mathbf{0}$, $\Sigma_0 = I$",
            text="Against the standard normal, the prior of the autoencoder, this is",
            label="eq:gaussian-kl-standard",
            models=STANDARD,
        ),
    ),
)

# --- the diagonal case as a sum over the coordinates --------------------------------------------------------

j = Symbol("j", integer=True, positive=True)
_mu, _sigma = IndexedBase(r"\mu", real=True), IndexedBase(r"\sigma", positive=True)
Coordinate = notation(
    "Coordinate", r"\mathrm{KL}\left(\mathcal{N}(#1, #2) \,\|\, \mathcal{N}(0, 1)\right)", operator=True
)


def _diagonal_model(size: int) -> Model:
    mean = ImmutableMatrix([_mu[i] for i in range(1, size + 1)])
    factor = ImmutableMatrix(size, size, lambda row, col: _sigma[row + 1] if row == col else 0)
    standard = gaussian_model(
        "", mean, factor, ImmutableMatrix.zeros(size, 1), ImmutableMatrix.eye(size)
    ).meaning
    one = {Coordinate: lambda mean, variance: (variance + mean**2 - 1 - log(variance)) / 2}
    return Model(f"J = {size}, diagonal covariance", {**standard, **one})


def _sum_over_j(term: Expr) -> Expr:
    return Sum(term, (j, 1, J))


# The induction over J: the covariance gains one block, the variance of coordinate J + 1.
K_J, K_NEXT = symbols(r"\mathrm{KL}_J \mathrm{KL}_{J+1}", real=True)
_tr, _square, _det = symbols(
    r"\operatorname{tr}\Sigma_J |\boldsymbol{\mu}_J|^{2} \det\Sigma_J", positive=True
)
_tr_next, _square_next, _det_next = symbols(
    r"\operatorname{tr}\Sigma_{J+1} |\boldsymbol{\mu}_{J+1}|^{2} \det\Sigma_{J+1}", positive=True
)
_m, _s = _mu[add(J, 1)], _sigma[add(J, 1)]


def _general_form(trace: Expr, square: Expr, size: Expr, det: Expr) -> Expr:
    return mul(HALF, add(trace, square, minus(size), minus(log(det))))


BLOCK = Model(
    "any J, one more coordinate in a block-diagonal covariance",
    {
        K_J: _general_form(_tr, _square, J, _det).doit(),
        K_NEXT: _general_form(
            _tr + _s.doit() ** 2, _square + _m.doit() ** 2, J + 1, _det * _s.doit() ** 2
        ).doit(),
        _tr_next: _tr + _s.doit() ** 2,
        _square_next: _square + _m.doit() ** 2,
        _det_next: _det * _s.doit() ** 2,
    },
)

gaussian_kl_diagonal = Derivation(
    "gaussian_kl_diagonal",
    "The diagonal case, as the code computes it",
    assumptions=(r"$\Sigma = \operatorname{diag}(\sigma_1^2, \dots, \sigma_J^2)$ with $\sigma_j > 0$",),
    models=tuple(map(_diagonal_model, (1, 2, 3))),
    steps=(
        Step(
            "diagonal covariance",
            lhs=KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY)),
            rhs=mul(
                HALF,
                add(
                    _sum_over_j(_sigma[j] ** 2),
                    _sum_over_j(_mu[j] ** 2),
                    -J,
                    minus(log(Product(_sigma[j] ** 2, (j, 1, J)))),
                ),
            ),
            rule="trace and determinant of a diagonal matrix",
        ),
        Step(
            "one sum",
            rhs=mul(
                HALF,
                _sum_over_j(add(_sigma[j] ** 2, _mu[j] ** 2, -1, minus(log(_sigma[j] ** 2)))),
            ),
            rule="logarithm of a product; $J$ as a sum of ones",
        ),
        Step(
            "additivity",
            rhs=_sum_over_j(Coordinate(_mu[j], _sigma[j] ** 2)),
            rule="the one-dimensional divergence, coordinate by coordinate",
        ),
        Step(
            "as the code has it",
            lhs=KL(Gauss(M, SIGMA), Gauss(ZERO, IDENTITY)),
            rhs=mul(
                -HALF,
                _sum_over_j(add(1, log(_sigma[j] ** 2), minus(_mu[j] ** 2), minus(_sigma[j] ** 2))),
            ),
            rule="minus one half drawn out",
            text="In the order of the assignment and of the code:",
            label="eq:gaussian-kl",
        ),
        Step(
            "induction",
            lhs=add(K_NEXT, -K_J),
            rhs=mul(
                HALF,
                add(_tr_next, -_tr, _square_next, -_square, -1, minus(log(frac(_det_next, _det)))),
            ),
            rule="the general form, twice",
            text=(
                "The lines above are checked for $J = 1, 2, 3$. For every $J$ they follow by induction, "
                "since one more independent coordinate adds exactly its own divergence:"
            ),
            models=(BLOCK,),
        ),
        Step(
            "one more coordinate",
            rhs=mul(HALF, add(_s**2, _m**2, -1, minus(log(_s**2)))),
            rule="block-diagonal: the trace adds, the determinant multiplies",
            models=(BLOCK,),
        ),
    ),
)
