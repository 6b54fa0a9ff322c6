"""Fisher's metric as the last layer of a network: computed from features, not trained. Numpy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fisher_head(
    features: Floats, subjects: NDArray[np.integer], components: int, shrinkage: float
) -> tuple[Floats, Floats]:
    """(mean [F], projection [F, D]): (x - mean) @ projection has about unit covariance within subjects.

    The features [N, F] are taken to their first D principal components, at most `components`, scaled to
    variance 1, and these are whitened by their covariance within the subjects (Belhumeur, Hespanha and
    Kriegman 1997), shrunk towards a multiple of the unit matrix.
    """
    mean = features.mean(0)
    centred = features - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(features))
    D = min(components, int((variances > 1e-9 * variances[-1]).sum()))
    whiten = axes[:, ::-1][:, :D] / np.sqrt(variances[::-1][:D])
    scores = centred @ whiten
    for subject in np.unique(subjects):
        its = subjects == subject
        scores[its] -= scores[its].mean(0)
    within = scores.T @ scores / len(scores)
    within = (1 - shrinkage) * within + shrinkage * np.trace(within) / D * np.eye(D)
    spreads, rotation = np.linalg.eigh(within)
    projection: Floats = whiten @ (rotation / np.sqrt(spreads))
    return mean, projection
