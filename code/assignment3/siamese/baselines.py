"""What the network has to beat: linear embeddings of the same images, and none at all.

Each returns embeddings [M, D] of the faces `others`, fitted on the training faces alone; distances between
its rows are Euclidean. As the network does, the linear ones see the mirror image of each training face and
embed a face together with its mirror image.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pixels(others: Floats) -> Floats:
    """The face itself, [M, H W], standardised to mean 0 and variance 1 over its pixels (no training)."""
    flat = others.reshape(len(others), -1)
    standard: Floats = (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)
    return standard


def whitened_pca(training: Floats, others: Floats, dimensions: int) -> Floats:
    """Principal components scaled to variance 1 on the training images [N, H, W], as unit vectors."""
    mean, components, deviations = _principal(training, dimensions)
    return _embed(others, mean, components / deviations)


def fisher(training: Floats, subjects: NDArray[np.integer], others: Floats, dimensions: int) -> Floats:
    """Fisherfaces (Belhumeur, Hespanha, Kriegman 1997): whitened PCA, then whitened within the subjects.

    The within-subject covariance is shrunk by a tenth to its mean variance, since few images estimate it.
    """
    mean, components, deviations = _principal(training, dimensions)
    whiten = components / deviations
    scores = (_with_mirrors(training) - mean) @ whiten
    labels = np.tile(subjects, 2)
    within = np.mean([np.cov(scores[labels == s].T, bias=True) for s in np.unique(labels)], axis=0)
    within = 0.9 * within + 0.1 * np.trace(within) / len(within) * np.eye(len(within))
    variances, axes = np.linalg.eigh(within)
    return _embed(others, mean, whiten @ (axes / np.sqrt(variances)))


def _with_mirrors(images: Floats) -> Floats:
    return np.concatenate([images, images[:, :, ::-1]]).reshape(2 * len(images), -1)


def _principal(training: Floats, dimensions: int) -> tuple[Floats, Floats, Floats]:
    """(mean [H W], the first components [H W, D], their standard deviations [D]), mirror images included."""
    faces = _with_mirrors(training)
    mean = faces.mean(0)
    centred = faces - mean
    # Fewer faces than pixels: the small Gram matrix has the same eigenvalues as the covariance.
    squares, weights = np.linalg.eigh(centred @ centred.T)
    lengths = np.sqrt(squares[::-1][:dimensions])
    return mean, centred.T @ weights[:, ::-1][:, :dimensions] / lengths, lengths / np.sqrt(len(faces))


def _embed(images: Floats, mean: Floats, projection: Floats) -> Floats:
    """The mean of the unit vectors of a face and its mirror image, scaled to unit length again."""
    scores = (_with_mirrors(images) - mean) @ projection
    face, mirror = np.split(scores / np.linalg.norm(scores, axis=1, keepdims=True), 2)
    mean_direction: Floats = (face + mirror) / np.linalg.norm(face + mirror, axis=1, keepdims=True)
    return mean_direction
