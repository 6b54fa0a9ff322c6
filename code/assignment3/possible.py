"""Settings that no run can have, said before anything is computed. No torch.

Each function takes a part's settings and its data and yields what is wrong, by the name of the field. It
stands apart from the parts, so that another limit here makes no result stale.
"""

import os
from collections.abc import Iterator, Mapping

from assignment3.config import Cvae, Digits, Gan, Phrases, Siamese, TextCnn
from assignment3.data.faces import AttFaces
from assignment3.data.mnist import Mnist
from assignment3.data.sst2 import Sst2

Trouble = Iterator[tuple[str, str]]  # a field, and what it would have to be
COPIES = 4  # of every weight: itself, its gradient and Adam's two moments
HALVINGS = 3  # of an image's sides within the encoder of faces


def text_cnn(config: TextCnn, data: Sst2) -> Trouble:
    """Kernels that fit into some phrase, phrases that are there, a network that fits into memory."""
    lengths: list[int] = []
    words: set[str] = set()
    for phrase in data.train_phrases:
        lengths.append(len(found := phrase.split()))
        words.update(found)
    if config.convolution == "narrow" and max(config.kernel_sizes) > max(lengths):
        yield "kernel_sizes", f"at most {max(lengths)} words, as many as the longest phrase has"
    if config.convolution == "wide" and max(config.kernel_sizes) > 2 * max(lengths):
        yield "kernel_sizes", f"at most {2 * max(lengths)} words, twice as many as the longest phrase has"
    yield from phrases(config, data)
    left = len(lengths) - config.test_phrases - config.validation_phrases
    if config.batch_size > left > 0:
        yield "batch_size", f"at most {left}, the number of phrases to train on"
    dim, maps = config.embedding_dim, max(config.kernel_sizes) * config.feature_maps
    yield from _fits({"embedding_dim" if dim > maps else "feature_maps": dim * (maps + len(words))})


def phrases(config: Phrases | TextCnn, data: Sst2) -> Trouble:
    """Phrases to train on are left."""
    total = len(data.train_phrases)
    if config.test_phrases + config.validation_phrases >= total:
        yield (
            "test_phrases",
            f"less than {total - config.validation_phrases} of the {total} phrases there are",
        )


def siamese(config: Siamese, data: AttFaces) -> Trouble:
    """Subjects for every side of a fold, and images that can be halved as often as the encoder does."""
    subjects, images = data.images.shape[:2]
    if not 2 <= config.folds <= subjects:
        yield "folds", f"2 to {subjects}, the number of subjects"
        return
    known = subjects - -(-subjects // config.folds)  # of the fold that tests the most
    if config.validation_subjects > known - 2:
        yield "validation_subjects", f"at most {known - 2}: a fold has {known} subjects that it does not test"
    for name in ("height", "width"):
        if getattr(config, name) < 2**HALVINGS:
            yield name, f"at least {2**HALVINGS} pixels, which the encoder halves {HALVINGS} times"
    if config.batch_images > images:
        yield "batch_images", f"at most {images}, as many images as a subject has"
    if config.baseline_dim > known * images:
        yield "baseline_dim", f"at most {known * images}, the number of images that are not tested"
    area = (config.height >> HALVINGS) * (config.width >> HALVINGS)
    yield from _fits({"embedding_dim": area * config.embedding_dim, "height": config.height * config.width})


def digits(config: Digits, data: Mnist) -> Trouble:
    """A batch of images that are there."""
    yield from _batch(config.batch_size, len(data.train_labels))
    yield from _fits({"feature_dim": 28 * 28 * config.feature_dim})


def cvae(config: Cvae, data: Mnist) -> Trouble:
    """Two latent dimensions, along which the report varies a digit; images that are there."""
    yield from _images(config.validation_images, config.batch_size, len(data.train_labels))
    if config.latent < 2:
        yield "latent", "at least 2, since a figure varies two dimensions"
    sizes = {"hidden": config.hidden * 28 * 28 * 2, "latent": config.latent * config.hidden}
    if fits := list(_fits(sizes)):
        yield from fits
        return
    tested = config.validation_images or len(data.test_labels)
    if config.importance_images > tested:
        yield "importance_images", f"at most {tested}, the number of images that are tested"


def gan(config: Gan, data: Mnist) -> Trouble:
    """Images that are there, and samples enough for a covariance."""
    yield from _images(config.validation_images, config.batch_size, len(data.train_labels))
    if config.samples < 2:
        yield "samples", "at least 2, for a covariance of features"
    if config.batch_size < 2:
        yield "batch_size", "at least 2, for batch normalisation"
    if config.iterations < 2:
        yield "iterations", "at least 2, for a curve"
    yield from _fits({"noise_dim": 1024 * config.noise_dim})


def _images(held_out: int, batch: int, there: int) -> Trouble:
    if held_out >= there:
        yield "validation_images", f"less than the {there} training images"
    yield from _batch(batch, there - held_out)


def _batch(size: int, there: int) -> Trouble:
    if size > there > 0:
        yield "batch_size", f"at most {there}, the number of images to train on"


def _fits(weights: Mapping[str, int]) -> Trouble:
    """Weights by the field that makes so many of them: in float32, copies and all, they fit into memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name, count in weights.items():
        if 4 * COPIES * count > memory:
            gib = 4 * COPIES * count / 2**30
            yield (
                name,
                f"less: its weights alone would take {gib:,.0f} of {memory / 2**30:,.0f} GiB of memory",
            )
