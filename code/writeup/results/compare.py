"""Is A better than B? The tests, Holm's correction over all claims of a report, and the verdict.

The rule. Runs that share their seeds are compared by a paired t-test, others by Welch's; folds of a
cross-validation by the corrected t-test of Nadeau and Bengio. On a shared test set, whose examples are known
one by one, the t-test counts the variance of runs and of examples. Holm corrects the p-values over all claims
of a report. With fewer than `LEAST_RUNS` runs a side nothing is tested: the figures are described.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["better", "worse", "equivalent", "undecided", "described"]
Floats = NDArray[np.floating[Any]]
Shares = NDArray[np.bool_] | NDArray[np.floating[Any]]
Key = TypeVar("Key")

ALPHA = 0.05
LEAST_RUNS = 5  # a side: with 3, t-tests decide little


@dataclass(frozen=True)
class Comparison:
    """A less B.

    means: of both sides. low, high: 95 % interval of the difference. p: two-sided, of no difference.
    p_margin: twice the larger p of the two one-sided tests that the difference exceeds `margin`, the smallest
    relevant one (Schuirmann 1987): at most 0.05 where the interval lies within the margin. Both are None
    where nothing can be tested. counts: runs (or `units`) of both sides. sign: 1 where more is better, -1
    where less is. adjusted: the p-value of the statement that the interval makes, after Holm's correction.
    """

    means: tuple[float, float]
    low: float
    high: float
    p: float | None
    p_margin: float | None
    counts: tuple[int, int]
    method: str
    units: str = "runs"
    sign: int = 1
    margin: float = 0.0
    adjusted: float | None = None

    @property
    def difference(self) -> float:
        return self.means[0] - self.means[1]

    @property
    def tested(self) -> bool:
        return self.p is not None and min(self.counts) >= LEAST_RUNS

    @property
    def within(self) -> bool:
        """Whether the interval lies within the smallest relevant difference."""
        return -self.margin < self.low and self.high < self.margin

    @property
    def statement_p(self) -> float:
        """The p-value of what the interval says: equivalence where it lies within the margin."""
        p = self.p_margin if self.within else self.p
        if p is None:
            raise ValueError("a comparison that is not tested has no p-value")
        return p

    @property
    def verdict(self) -> Verdict:
        """A is "better" or "worse" than B, both are "equivalent", or the figures decide nothing."""
        if not self.tested:
            return "described"
        if self.adjusted is None:
            raise ValueError("no verdict before Holm's correction over all claims of the report")
        if self.adjusted > ALPHA:
            return "undecided"
        if self.within:
            return "equivalent"
        return "better" if self.sign * self.difference > 0 else "worse"


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values by Holm (1979, Scand. J. Statist. 6, 65-70): the k-th smallest times m - k + 1,
    never below a smaller one's.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.zeros(len(p))
    least = 0.0
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = least
    return [float(one) for one in adjusted]


def corrected(comparisons: Mapping[Key, Comparison]) -> dict[Key, Comparison]:
    """All comparisons of a report, those that are tested with their p-values after Holm's correction."""
    tested = [key for key, one in comparisons.items() if one.tested]
    adjusted = dict(zip(tested, holm([comparisons[key].statement_p for key in tested]), strict=True))
    return {key: replace(one, adjusted=adjusted.get(key)) for key, one in comparisons.items()}


def directed(comparison: Comparison, better: Literal["higher", "lower"]) -> Comparison:
    """The comparison of figures of which higher, or lower, ones are better."""
    return replace(comparison, sign={"higher": 1, "lower": -1}[better])


# --- t-tests ---


def paired_t(a: Sequence[float], b: Sequence[float], *, margin: float = 0.0) -> Comparison:
    """Student's t-test on the differences of runs that share their seeds."""
    x, y = _sides(a, b, paired=True)
    return _of_differences(x, y, 1 / len(x), margin, "paired $t$-test over the seeds")


def corrected_resampled_t(
    a: Sequence[float], b: Sequence[float], *, test_to_train: float, margin: float = 0.0
) -> Comparison:
    """The t-test over folds, whose training sets overlap (Nadeau & Bengio 2003, Machine Learning 52, 3.2).

    The variance of the mean difference is that of one fold times 1/n + n_test / n_train, not times 1/n.
    """
    x, y = _sides(a, b, paired=True)
    method = "$t$-test over the folds, corrected for their overlap"
    return replace(_of_differences(x, y, 1 / len(x) + test_to_train, margin, method), units="folds")


def welch(a: Sequence[float], b: Sequence[float], *, margin: float = 0.0) -> Comparison:
    """Welch's t-test (1947, Biometrika 34) of runs that do not pair."""
    x, y = _sides(a, b, paired=False)
    means, counts = (float(x.mean()), float(y.mean())), (len(x), len(y))
    if min(counts) < 2 or x.std() + y.std() == 0:
        return described(a, b, margin=margin)
    parts = np.array([x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)])
    freedom = parts.sum() ** 2 / float((parts**2 / (np.array(counts) - 1)).sum())
    return _t(means, float(np.sqrt(parts.sum())), freedom, counts, margin, "Welch's $t$-test")


def described(a: Sequence[float], b: Sequence[float], *, margin: float = 0.0) -> Comparison:
    """The figures of both sides, of which nothing is tested."""
    x, y = _sides(a, b, paired=False)
    means = float(x.mean()), float(y.mean())
    d = means[0] - means[1]
    return Comparison(means, d, d, None, None, (len(x), len(y)), "not tested", margin=margin)


def _sides(a: Sequence[float], b: Sequence[float], *, paired: bool) -> tuple[Floats, Floats]:
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.ndim != 1 or y.ndim != 1 or not len(x) or not len(y) or (paired and len(x) != len(y)):
        raise ValueError(
            f"expected two {'equally long ' * paired}lists of figures, found shapes {x.shape} and {y.shape}"
        )
    return x, y


def _of_differences(x: Floats, y: Floats, factor: float, margin: float, method: str) -> Comparison:
    """factor: the variance of the mean difference as a multiple of that of one difference."""
    delta = x - y
    # Runs without any spread do not say how far another would be from them.
    if len(delta) < 2 or np.ptp(delta) == 0:
        return described(list(x), list(y), margin=margin)
    error = float(np.sqrt(factor * delta.var(ddof=1)))
    means = float(x.mean()), float(y.mean())
    return _t(means, error, len(delta) - 1, (len(x), len(y)), margin, method)


def _t(
    means: tuple[float, float],
    error: float,
    freedom: float,
    counts: tuple[int, int],
    margin: float,
    method: str,
) -> Comparison:
    """What Student's distribution says of a difference with this standard error."""
    from scipy.special import stdtr, stdtrit

    difference = means[0] - means[1]
    half = float(stdtrit(freedom, 1 - ALPHA / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(difference) / error))
    beyond = 2 * float(stdtr(freedom, (abs(difference) - margin) / error))
    return Comparison(
        means,
        difference - half,
        difference + half,
        p,
        min(1.0, beyond),
        counts,
        method,
        margin=margin,
    )


# --- on a shared test set ---


def two_way(a: Shares, b: Shares, units: NDArray[np.integer[Any]], *, margin: float = 0.0) -> Comparison:
    """The t-test of two classifiers on the same examples over the same seeds, for other runs and examples.

    a, b: [S, N], what run s makes of example n: 1 right, 0 wrong, between them a mean of several answers.
    units: [N], examples of one number are not independent and count as one. Figures are percentage points.

    Runs and units are crossed random effects. The mean difference has the variance of the runs' means and
    that of the units' means; both hold the interaction of run and unit, which counts once (Cameron, Gelbach &
    Miller 2011, J. Bus. Econ. Stat. 29, eq. 2.13). From mean squares it is MS_runs + MS_units - MS_both over
    their number, with the degrees of freedom of Satterthwaite (1946, Biometrics Bull. 2, 110-114). Where the
    interaction comes out larger than either, the larger of the two stands alone.
    """
    delta, numbers = _differences(a, b, units)
    of_runs = delta.mean(axis=1)
    means = 100 * float(np.mean(a)), 100 * float(np.mean(b))
    sides = list(100 * np.mean(a, axis=1)), list(100 * np.mean(b, axis=1))
    # Copies of one run do not say how far another would be from them.
    if len(delta) < 2 or np.ptp(of_runs) == 0:
        return described(*sides, margin=margin)
    count = int(numbers.max()) + 1
    # A unit's sum over its examples, as a multiple of a unit's mean share of them: [S, U], mean 0.
    effects = np.stack([np.bincount(numbers, one - delta.mean()) for one in delta]) * count / len(numbers)
    runs, unit_means = effects.mean(axis=1), effects.mean(axis=0)
    both = effects - runs[:, None] - unit_means
    free = len(runs) - 1, count - 1
    squares = count * float(runs @ runs) / free[0], len(runs) * float(unit_means @ unit_means) / free[1]
    interaction = float((both**2).sum()) / (free[0] * free[1])
    if interaction < min(squares):
        total = sum(squares) - interaction
        spread = sum(x**2 / f for x, f in zip(squares, free, strict=True))
        freedom = total**2 / (spread + interaction**2 / (free[0] * free[1]))
    else:
        total, freedom = max(zip(squares, free, strict=True))
    error = float(np.sqrt(total / effects.size))
    method = "$t$-test over runs and sentences"
    return _t(means, error, freedom, (len(runs), len(runs)), margin, method)


def _differences(
    a: Shares, b: Shares, units: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The differences in percentage points [S, N], and the units of the examples, numbered from 0."""
    if a.shape != b.shape or a.ndim != 2 or units.shape != a.shape[1:]:
        shapes = f"{a.shape}, {b.shape} and {units.shape}"
        raise ValueError(f"expected two arrays [runs, examples] and [examples] of units, found {shapes}")
    numbers: NDArray[np.int64] = np.unique(units, return_inverse=True)[1].reshape(-1)
    return 100 * (a.astype(float) - b.astype(float)), numbers
