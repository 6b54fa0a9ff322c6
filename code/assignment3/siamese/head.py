"""Fisher's metric as the last layer of a network: computed from features, not trained. Numpy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHRINKAGE = (
    0.1  # of the covariance within subjects towards a multiple of the unit matrix: few images estimate it
)


def fisher_head(features: Floats, subjects: NDArray[np.integer], components: int) -> tuple[Floats, Floats]:
    """(mean [F], projection [F, D]) so that (x - mean) @ projection has unit covariance within subjects.

    The features [N, F] are taken to their first D = `components` principal components, at most N - 1,
    scaled to variance 1, and these are whitened by their covariance within the subjects (Belhumeur, Hespanha
    and Kriegman 1997).
    """
    mean = features.mean(0)
    _, singular, axes = np.linalg.svd(features - mean, full_matrices=False)
    D = min(components, len(features) - 1, int((singular > 1e-6 * singular[0]).sum()))
    whiten = axes[:D].T / (singular[:D] / np.sqrt(len(features)))
    scores = (features - mean) @ whiten
    within = np.mean([np.cov(scores[subjects == s].T, bias=True) for s in np.unique(subjects)], axis=0)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / D * np.eye(D)
    variances, rotation = np.linalg.eigh(within)
    projection: Floats = whiten @ (rotation / np.sqrt(variances))
    return mean, projection
