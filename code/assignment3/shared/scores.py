"""Scores of samples, as pure functions of a judge's probabilities and features. No network in here.

`classifier_score` is the inception score (Salimans et al. 2016), `frechet_distance` the Frechet inception
distance (Heusel et al. 2017), each with a digit classifier in Inception's place: the figures compare with
each other, not with published ones.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def entropy(probabilities: ArrayLike) -> NDArray[np.float64]:
    """-sum p log p over the last axis, in nats; 0 log 0 = 0."""
    p = np.asarray(probabilities, np.float64)
    total: NDArray[np.float64] = -(p * np.log(np.where(p > 0, p, 1))).sum(-1)
    return total


def classifier_score(probabilities: ArrayLike) -> float:
    """exp(E_x KL(p(y|x) || p(y))) of [N, K]: 1 where all x read alike, K where all are certain and balanced.

    The mean KL is the mutual information of x and y, H(p(y)) - E_x H(p(y|x)).
    """
    p = np.asarray(probabilities, np.float64)
    return float(np.exp(entropy(p.mean(0)) - entropy(p).mean()))


def moments(features: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean [F] and covariance [F, F] of features [N, F]."""
    x = np.asarray(features, np.float64)
    return x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))


def frechet_distance(features_a: ArrayLike, features_b: ArrayLike) -> float:
    """`frechet_of_moments` of the Gaussians with the moments of two sets of features, each [N, F]."""
    return frechet_of_moments(*moments(features_a), *moments(features_b))


def frechet_of_moments(
    mean_a: NDArray[np.float64],
    covariance_a: NDArray[np.float64],
    mean_b: NDArray[np.float64],
    covariance_b: NDArray[np.float64],
) -> float:
    """|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), the squared Wasserstein-2 distance of two Gaussians.

    With R = S_a^(1/2), S_a S_b is similar to R S_b R, which is symmetric: the root's trace is the sum of the
    roots of that matrix's eigenvalues, and no complex number can arise. Float64: the covariances may be
    singular (dead units), so small eigenvalues are rounding errors.
    """
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariance_b @ root).clip(0)).sum()
    shift = ((mean_a - mean_b) ** 2).sum()
    # Equal inputs must give 0, not -1e-12.
    return max(0.0, float(shift + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross))


def class_histogram(probabilities: ArrayLike) -> NDArray[np.int64]:
    """How many of [N, K] are read as each class (by the largest probability): [K]."""
    p = np.asarray(probabilities)
    return np.bincount(p.argmax(1), minlength=p.shape[1])


def classes_present(histogram: ArrayLike, share: float = 0.01) -> int:
    """How many classes have at least `share` of the samples. A tenth of a fair share, so that the few images
    that the classifier misreads do not make a missing class look present."""
    counts = np.asarray(histogram)
    return int((counts >= share * counts.sum()).sum())


def of_histogram(histogram: ArrayLike) -> dict[str, float]:
    """What a histogram of classes [K] says: how many classes are present, entropy in nats."""
    counts = np.asarray(histogram)
    return {
        "classes_present": classes_present(counts),
        "class_entropy": float(entropy(counts / counts.sum())),
    }


def distances_within(
    features: ArrayLike, classes: ArrayLike, K: int, most: int = 1000
) -> NDArray[np.float64]:
    """Mean Euclidean distance of two of [N, F] of one class in [N], for each of K: [K]; 0 where there are no
    two. Of each class the first `most` count: their distances fit into 8 MB.
    """
    x, y = np.asarray(features, np.float64), np.asarray(classes)
    return np.array([_mean_distance(x[y == k][:most]) for k in range(K)])


def _mean_distance(x: NDArray[np.float64]) -> float:
    N = len(x)
    if N < 2:
        return 0.0
    squares = (x**2).sum(1)
    distances = np.sqrt((squares[:, None] + squares - 2 * x @ x.T).clip(0))
    return float(distances.sum() / (N * (N - 1)))


def diversity(within: ArrayLike, real: ArrayLike) -> float:
    """Mean ratio of the distances within each of K classes, [K] and [K]: 1 is as diverse as the real images.

    Over the classes that have real images which differ; 0 where there is none.
    """
    a, b = np.asarray(within, np.float64), np.asarray(real, np.float64)
    return float((a[b > 0] / b[b > 0]).mean()) if (b > 0).any() else 0.0
