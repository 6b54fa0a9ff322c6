"""Is A better than B? The tests, Holm's correction over all claims of a report, and the verdict.

The rule. Runs that share their seeds are compared by a paired t-test, others by Welch's; folds of a
cross-validation by the corrected t-test of Nadeau and Bengio. On a shared test set the t-test counts the
variance of the test set too, and a bootstrap over runs and examples, by clusters, must agree. Holm corrects
the p-values over all claims of a report. With fewer than `LEAST_RUNS` runs a side nothing is tested: the
figures are described.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["better", "worse", "equivalent", "undecided", "described"]
Floats = NDArray[np.floating[Any]]
Key = TypeVar("Key")

ALPHA = 0.05
LEAST_RUNS = 5  # a side: with 3, t-tests decide little, and a bootstrap of the runs too much
DRAWS = 4000


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


def paired_t_on_clusters(
    a: NDArray[np.bool_], b: NDArray[np.bool_], clusters: NDArray[np.integer[Any]], *, margin: float = 0.0
) -> Comparison:
    """The paired t-test over the seeds of two classifiers, for more examples than those of the test set.

    a, b, clusters: as below. To the variance of the runs' mean comes that of the test set, by clusters (the
    sandwich of Liang & Zeger 1986, Biometrika 73); the degrees of freedom stay those of the runs, the fewer
    of both (Mickey & Brown 1966, Ann. Math. Statist. 37). The plain test takes what sets this test set apart
    from others, which all runs share, for a difference: both tests then erred in up to 5.6 % of the worlds.
    """
    numbers = _numbers(a, b, clusters)
    delta = 100 * (a.astype(float) - b.astype(float))
    of_runs, of_examples = delta.mean(axis=1), delta.mean(axis=0)
    sides = list(100 * a.mean(axis=1)), list(100 * b.mean(axis=1))
    if len(of_runs) < 2 or np.ptp(of_runs) == 0:
        return described(*sides, margin=margin)
    sums = np.bincount(numbers, of_examples - of_examples.mean())
    count = len(sums)
    parts = (
        of_runs.var(ddof=1) / len(of_runs),
        count / (count - 1) * float((sums**2).sum()) / len(numbers) ** 2,
    )
    means = float(np.mean(sides[0])), float(np.mean(sides[1]))
    method = "paired $t$-test over the seeds, with the variance of the test set"
    counts = len(of_runs), len(of_runs)
    return _t(means, float(np.sqrt(sum(parts))), len(of_runs) - 1, counts, margin, method)


def _numbers(
    a: NDArray[np.bool_], b: NDArray[np.bool_], clusters: NDArray[np.integer[Any]]
) -> NDArray[np.int64]:
    """The clusters of the examples, numbered from 0."""
    if a.shape != b.shape or a.ndim != 2 or clusters.shape != a.shape[1:]:
        shapes = f"{a.shape}, {b.shape} and {clusters.shape}"
        raise ValueError(f"expected two arrays [runs, examples] and [examples] of clusters, found {shapes}")
    numbers: NDArray[np.int64] = np.unique(clusters, return_inverse=True)[1].reshape(-1)
    return numbers


def clustered_bootstrap(
    a: NDArray[np.bool_],
    b: NDArray[np.bool_],
    clusters: NDArray[np.integer[Any]],
    *,
    margin: float = 0.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Two classifiers on the same examples, over the same seeds; figures in percentage points.

    a, b: bool [S, N], whether run s is right on example n; clusters: [N], examples of one number are not
    independent. Runs and whole clusters are drawn anew with replacement (Davison & Hinkley 1997, 2.4 and 3.8;
    percentile interval 5.3, p-values 4.11), so that the variance of both counts.
    """
    numbers = _numbers(a, b, clusters)
    runs, sizes = len(a), np.bincount(numbers)
    delta = a.astype(np.int8) - b.astype(np.int8)
    sums = np.stack([np.bincount(numbers, one) for one in delta]).astype(np.float32)  # [S, clusters]
    differ = np.flatnonzero(sums.any(axis=0))  # the others add to the number of examples alone
    drawn = sums[:, differ] @ _cluster_draws(len(sizes), draws, seed)[differ]  # [S, draws]
    examples = _examples_drawn(tuple(sizes.tolist()), draws, seed)
    of_runs = np.random.default_rng((seed, runs)).multinomial(runs, np.full(runs, 1 / runs), size=draws)
    found = 100 * (drawn * of_runs.T).sum(axis=0) / (runs * examples)
    low, high = (float(x) for x in np.quantile(found, [ALPHA / 2, 1 - ALPHA / 2]))
    return Comparison(
        (100 * float(a.mean()), 100 * float(b.mean())),
        low,
        high,
        min(1.0, 2 * min(_share(found <= 0), _share(found >= 0))),
        min(1.0, 2 * max(_share(found <= -margin), _share(found >= margin))),
        (runs, runs),
        "bootstrap over runs and sentences",
        margin=margin,
    )


@lru_cache(maxsize=1)
def _cluster_draws(clusters: int, draws: int, seed: int) -> NDArray[np.float32]:
    """How often each cluster is drawn: [clusters, draws]. Kept: all claims about a test set share it."""
    random = np.random.default_rng((seed, clusters))
    found = np.empty((clusters, draws), np.float32)
    for draw in range(draws):
        found[:, draw] = np.bincount(random.integers(clusters, size=clusters), minlength=clusters)
    return found


@lru_cache(maxsize=1)
def _examples_drawn(sizes: tuple[int, ...], draws: int, seed: int) -> NDArray[np.float32]:
    """How many examples each draw of the clusters has."""
    found: NDArray[np.float32] = np.array(sizes, np.float32) @ _cluster_draws(len(sizes), draws, seed)
    return found


def _share(those: NDArray[np.bool_]) -> float:
    """Of the draws, with the figures themselves as one more: finitely many draws show no p-value of 0."""
    return (1 + int(those.sum())) / (1 + len(those))


def both(first: Comparison, second: Comparison) -> Comparison:
    """What two tests of one difference say together (Berger 1982, Technometrics 24): the larger p-value, the
    wider interval. So each of them has to reject.
    """
    if first.p is None or second.p is None or first.p_margin is None or second.p_margin is None:
        return replace(first, p=None, p_margin=None)
    return replace(
        first,
        low=min(first.low, second.low),
        high=max(first.high, second.high),
        p=max(first.p, second.p),
        p_margin=max(first.p_margin, second.p_margin),
        method=f"{first.method}, {second.method}",
    )
