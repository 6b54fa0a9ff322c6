"""Is A better than B? Tests on paired runs, and the verdict from which a report's sentence is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Verdict = Literal["greater", "less", "unclear"]


@dataclass(frozen=True)
class Comparison:
    """A minus B with its 95 % interval and two-sided p-value; `runs` per side.

    The verdict is "unclear" unless the interval excludes zero: then the runs show no difference.
    """

    difference: float
    low: float
    high: float
    p: float
    runs: int
    method: str

    @property
    def verdict(self) -> Verdict:
        if self.low > 0:
            return "greater"
        return "less" if self.high < 0 else "unclear"


def paired_bootstrap(
    a: "np.ndarray[Any, Any]", b: "np.ndarray[Any, Any]", *, draws: int = 4000, seed: int = 0
) -> Comparison:
    """Compare two classifiers on the same examples, over the same seeds.

    a, b: bool [S, N], whether run s is right on example n. Both the seeds and the examples are drawn anew
    with replacement (Efron & Tibshirani 1993, ch. 8), so that both sources of variance count.
    Difference and interval are in percentage points.
    """
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"expected two arrays [seeds, examples] of one shape, found {a.shape} and {b.shape}")
    seeds, examples = a.shape
    delta = a.astype(np.int8) - b.astype(np.int8)  # [S, N]
    # Examples on which the runs differ alike are one kind (P of them): only their numbers need drawing.
    kinds, counts = np.unique(delta, axis=1, return_counts=True)  # [S, P], [P]
    random = np.random.default_rng(seed)
    of_examples = random.multinomial(examples, counts / examples, size=draws) / examples  # [draws, P]
    of_seeds = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds  # [draws, S]
    means = 100 * ((of_seeds @ kinds) * of_examples).sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Comparison(
        100 * float(delta.mean()),
        float(low),
        float(high),
        _two_sided(means),
        seeds,
        "paired bootstrap over examples and runs",
    )


def paired_t(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Student's paired t-test on matched figures (folds, seeds), with its 95 % interval."""
    from scipy.stats import t

    delta = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    if delta.ndim != 1 or len(delta) < 2:
        raise ValueError("a paired t-test needs two equally long lists of at least two figures")
    error = float(delta.std(ddof=1)) / np.sqrt(len(delta))
    mean = float(delta.mean())
    if error == 0.0:
        return Comparison(mean, mean, mean, 1.0 if mean == 0 else 0.0, len(delta), "paired t-test")
    half = float(t.ppf(0.975, len(delta) - 1)) * error
    p = 2 * float(t.sf(abs(mean) / error, len(delta) - 1))
    return Comparison(mean, mean - half, mean + half, p, len(delta), "paired t-test")


def _two_sided(means: "np.ndarray[Any, Any]") -> float:
    # With a finite number of draws p cannot be known to be smaller than one part in them.
    tail = min(float((means <= 0).mean()), float((means >= 0).mean()))
    return min(1.0, max(2 * tail, 1 / len(means)))
