"""Verification: are two images of the same subject? Judged by the distances of pairs, a small one saying yes.

Everywhere `distances` is float [P] (any unit, finite) and `same` is bool [P], true for a genuine pair. A pair
is accepted where its distance is <= the threshold. Rates are shares in 0..1. Both kinds of pairs are needed.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def roc(distances: ArrayLike, same: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The receiver operating characteristic: (false_accept_rate, true_accept_rate, thresholds), each [T].

    One point per distinct distance, thresholds ascending, after the point (0, 0) at threshold -inf, where
    nothing is accepted. Pairs of equal distance enter together, so that ties give a slope and no staircase.
    """
    d, s = _pairs(distances, same)
    order = np.argsort(d, kind="stable")
    d, s = d[order], s[order]
    last_of_value = np.append(np.flatnonzero(np.diff(d)), len(d) - 1)
    accepted_same = np.cumsum(s)[last_of_value]
    accepted_different = 1 + last_of_value - accepted_same
    true_accept = np.append(0.0, accepted_same / s.sum())
    false_accept = np.append(0.0, accepted_different / (~s).sum())
    return false_accept, true_accept, np.append(-np.inf, d[last_of_value])


def auc(distances: ArrayLike, same: ArrayLike) -> float:
    """Area under the ROC: P(genuine distance < impostor distance) + P(equal)/2, by the Mann-Whitney ranks."""
    d, s = _pairs(distances, same)
    genuine = int(s.sum())
    impostors = len(s) - genuine
    ranks = rankdata(-d)  # average ranks for ties; the smallest distance ranks highest
    return float((ranks[s].sum() - genuine * (genuine + 1) / 2) / (genuine * impostors))


def equal_error_rate(distances: ArrayLike, same: ArrayLike) -> float:
    """The rate at which false accepts equal false rejects, on the straight lines between the ROC's points."""
    false_accept, true_accept, _ = roc(distances, same)
    gap = false_accept - (1 - true_accept)  # ascends from -1 to 1
    k = int(np.argmax(gap >= 0))
    share = -gap[k - 1] / (gap[k] - gap[k - 1])
    return float(false_accept[k - 1] + share * (false_accept[k] - false_accept[k - 1]))


def best_threshold(distances: ArrayLike, same: ArrayLike) -> float:
    """The threshold of the highest balanced accuracy, halfway to the next distance above it.

    Balanced accuracy, the mean of true accept and true reject rate, because it does not depend on how many
    impostor pairs happen to be formed: plain accuracy would reward answering "different" always. Of equally
    good thresholds the smallest is taken, which accepts the fewest impostors.
    """
    false_accept, true_accept, thresholds = roc(distances, same)
    k = 1 + int(np.argmax((true_accept - false_accept)[1:]))  # a finite threshold
    return float(thresholds[k : k + 2].mean())


def verification_rate(distances: ArrayLike, same: ArrayLike, false_accepts: float = 0.01) -> float:
    """The largest true accept rate of a threshold with a false accept rate <= `false_accepts`."""
    false_accept, true_accept, _ = roc(distances, same)
    return float(true_accept[false_accept <= false_accepts].max())


def accuracies(distances: ArrayLike, same: ArrayLike, threshold: float) -> tuple[float, float]:
    """(accuracy, balanced accuracy) of accepting the pairs with distance <= `threshold`."""
    d, s = _pairs(distances, same)
    right = (d <= threshold) == s
    return float(right.mean()), float((right[s].mean() + right[~s].mean()) / 2)


def roc_at(distances: ArrayLike, same: ArrayLike, false_accepts: ArrayLike) -> Floats:
    """The true accept rate at given false accept rates [n], on the straight lines between the ROC's points.

    Where several points share a false accept rate, the highest one counts.
    """
    false_accept, true_accept, _ = roc(distances, same)
    highest = np.append(np.diff(false_accept) > 0, True)
    at: Floats = np.interp(np.asarray(false_accepts, float), false_accept[highest], true_accept[highest])
    return at


def _pairs(distances: ArrayLike, same: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    d: Floats = np.asarray(distances, dtype=np.float64)
    s: NDArray[Any] = np.asarray(same)
    if d.ndim != 1 or d.shape != s.shape:
        raise ValueError(f"distances {d.shape} and same {s.shape}: two equal-length vectors expected")
    if not np.isfinite(d).all():
        raise ValueError("distances must be finite")
    s = s.astype(bool)
    if s.all() or not s.any():
        raise ValueError("pairs of the same subject and of different subjects are both needed")
    return d, s
