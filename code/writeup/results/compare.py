"""Is A better than B? The tests, the correction over the claims of a problem, and the verdict.

Runs that share their seeds are compared by a paired t-test, others by Welch's. On a shared test set, whose
examples are known one by one, the t-test counts the variance of runs and of examples. With fewer than
`LEAST_RUNS` runs a side nothing is tested: the figures are described.

What a claim asks (`Kind`) is declared with it, and its verdict is read from its interval. The claims of a
problem share one error rate, `ALPHA`, by Bonferroni and a parallel gate (`decided`).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = Literal["difference", "equivalence", "non-inferiority"]
Verdict = Literal["better", "worse", "equivalent", "as good", "undecided", "described"]
Floats = NDArray[np.floating[Any]]
Shares = NDArray[np.bool_] | NDArray[np.floating[Any]]
Key = TypeVar("Key")

ALPHA = 0.05
LEAST_RUNS = 5  # a side: with 3, t-tests decide little


@dataclass(frozen=True)
class Comparison:
    """A less B.

    means: of both sides. error: the standard error of their difference, with its degrees of freedom; None
    where nothing can be tested. counts: runs (or `units`) of both sides. sign: 1 where more is better, -1
    where less is. margin: the smallest relevant difference. level: the error rate that the claim may take of
    its problem's; low and high are the interval at that level, adjusted the p-value beside `ALPHA`. All are
    None before `decided`, and where nothing is said.
    """

    means: tuple[float, float]
    counts: tuple[int, int]
    method: str
    error: float | None = None
    freedom: float = math.inf
    units: str = "runs"
    sign: int = 1
    kind: Kind = "difference"
    margin: float = 0.0
    level: float | None = None
    low: float | None = None
    high: float | None = None
    adjusted: float | None = None

    @property
    def difference(self) -> float:
        return self.means[0] - self.means[1]

    @property
    def lead(self) -> tuple[float, float] | None:
        """The interval of the larger side less the other."""
        if self.low is None or self.high is None:
            return None
        return (self.low, self.high) if self.difference > 0 else (-self.high, -self.low)

    @property
    def tested(self) -> bool:
        return self.error is not None and min(self.counts) >= LEAST_RUNS

    def interval(self, level: float) -> tuple[float, float]:
        """What holds the true difference in all but a share `level` of cases."""
        from scipy.special import stdtrit

        if self.error is None:
            raise ValueError("a comparison that is not tested has no interval")
        half = float(stdtrit(self.freedom, 1 - level / 2)) * self.error
        return self.difference - half, self.difference + half

    @property
    def p(self) -> float | None:
        """The least level whose interval decides what the claim asks; None where nothing is tested.

        Of a difference the two-sided p-value; of equivalence twice the larger of Schuirmann's two one-sided
        ones (1987), of non-inferiority twice the one-sided one: it is the two-sided interval that decides.
        """
        from scipy.special import stdtr

        if self.error is None:
            return None
        beyond = {
            "difference": abs(self.difference),
            "equivalence": self.margin - abs(self.difference),
            "non-inferiority": self.margin + self.sign * self.difference,
        }[self.kind]
        return min(1.0, 2 * float(stdtr(self.freedom, -beyond / self.error)))

    @property
    def verdict(self) -> Verdict:
        """What the interval says of the claim's question, about A; "described" where there is none."""
        if self.low is None or self.high is None:
            return "described"
        least, most = sorted((self.sign * self.low, self.sign * self.high))
        if self.kind == "equivalence":
            return "equivalent" if -self.margin < least and most < self.margin else "undecided"
        if least > 0:
            return "better"
        if self.kind == "non-inferiority":
            return "as good" if least > -self.margin else "undecided"
        return "worse" if most < 0 else "undecided"


def asked(
    comparison: Comparison, kind: Kind, margin: float, better: Literal["higher", "lower"]
) -> Comparison:
    """The comparison with what its claim declares."""
    return replace(comparison, kind=kind, margin=margin, sign={"higher": 1, "lower": -1}[better])


def decided(
    comparisons: Mapping[Key, Comparison], primary: Collection[Key], declared: tuple[int, int]
) -> dict[Key, Comparison]:
    """The comparisons of one problem with their intervals, so that a false verdict has probability `ALPHA`.

    declared: how many primary and how many other claims the problem has, recorded or not, so that no verdict
    changes when a run is added elsewhere. Primary claims have ALPHA over their number (Bonferroni). Each that
    is decided hands its share on to the others, which have that over their number: the parallel gatekeeping
    of Dmitrienko, Offen and Westfall (2003, Statistics in Medicine 22, 2387-2400). While none is decided the
    others are described. Without primary claims all are one family.
    """
    first, rest = declared if declared[0] else (declared[1], 0)
    tested = {key: one for key, one in comparisons.items() if one.tested}
    leading = {key: one for key, one in tested.items() if key in primary or not declared[0]}
    opened = [first * p for one in leading.values() if (p := one.p) is not None]
    shares = sorted(opened)
    handed = ALPHA * sum(p <= ALPHA for p in opened) / max(first, 1)
    found = dict(comparisons)
    for key, one in tested.items():
        p = one.p
        assert p is not None
        if key in leading:
            level, adjusted = ALPHA / first, min(1.0, first * p)
        else:  # the least ALPHA at which enough primary claims are decided for this one
            level = handed / rest
            asks = (max(share, p * rest * first / k) for k, share in enumerate(shares, 1))
            adjusted = min(1.0, min(asks, default=1.0))
        if level:
            low, high = one.interval(level)
            found[key] = replace(one, level=level, low=low, high=high, adjusted=adjusted)
    return found


# --- t-tests ---


def paired_t(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Student's t-test on the differences of runs that share their seeds."""
    x, y = _sides(a, b, paired=True)
    delta = x - y
    # Runs without any spread do not say how far another would be from them.
    if len(delta) < 2 or np.ptp(delta) == 0:
        return described(a, b)
    error = float(np.sqrt(delta.var(ddof=1) / len(delta)))
    means = float(x.mean()), float(y.mean())
    return Comparison(means, (len(x), len(y)), "paired $t$", error, len(delta) - 1)


def welch(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Welch's t-test (1947, Biometrika 34) of runs that do not pair."""
    x, y = _sides(a, b, paired=False)
    means, counts = (float(x.mean()), float(y.mean())), (len(x), len(y))
    if min(counts) < 2 or x.std() + y.std() == 0:
        return described(a, b)
    parts = np.array([x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)])
    freedom = parts.sum() ** 2 / float((parts**2 / (np.array(counts) - 1)).sum())
    return Comparison(means, counts, "Welch's $t$", float(np.sqrt(parts.sum())), freedom)


def described(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """The figures of both sides, of which nothing is tested."""
    x, y = _sides(a, b, paired=False)
    return Comparison((float(x.mean()), float(y.mean())), (len(x), len(y)), "not tested")


def _sides(a: Sequence[float], b: Sequence[float], *, paired: bool) -> tuple[Floats, Floats]:
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.ndim != 1 or y.ndim != 1 or not len(x) or not len(y) or (paired and len(x) != len(y)):
        raise ValueError(
            f"expected two {'equally long ' * paired}lists of figures, found shapes {x.shape} and {y.shape}"
        )
    return x, y


# --- on a shared test set ---


def two_way(a: Shares, b: Shares, units: NDArray[np.integer[Any]]) -> Comparison:
    """The t-test of two classifiers on the same examples over the same seeds, for other runs and examples.

    a, b: [S, N], what run s makes of example n: 1 right, 0 wrong, between them a mean of several answers.
    units: [N], examples of one number are not independent and count as one. Figures are percentage points.

    Runs and units are crossed random effects. The mean difference has the variance of the runs' means and
    that of the units' means; both hold the interaction of run and unit, which counts once (Cameron, Gelbach &
    Miller 2011, J. Bus. Econ. Stat. 29, eq. 2.13). From mean squares it is MS_runs + MS_units - MS_both over
    their number, with the degrees of freedom of Satterthwaite (1946, Biometrics Bull. 2, 110-114). Where the
    interaction comes out larger than either, the larger of the two stands alone.
    """
    if a.shape != b.shape or a.ndim != 2 or units.shape != a.shape[1:]:
        shapes = f"{a.shape}, {b.shape} and {units.shape}"
        raise ValueError(f"expected two arrays [runs, examples] and [examples] of units, found {shapes}")
    numbers = np.unique(units, return_inverse=True)[1].reshape(-1)
    delta = 100 * (a.astype(float) - b.astype(float))
    of_runs = delta.mean(axis=1)
    means = 100 * float(np.mean(a)), 100 * float(np.mean(b))
    sides = list(100 * np.mean(a, axis=1)), list(100 * np.mean(b, axis=1))
    # Copies of one run do not say how far another would be from them.
    if len(delta) < 2 or np.ptp(of_runs) == 0:
        return described(*sides)
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
    return Comparison(means, (len(runs), len(runs)), "two-way $t$", error, freedom)
