"""Settings that no CVAE can have, and its numbers computed again from what a result records. No torch."""

import numpy as np

from assignment3.cvae.settings import Cvae
from assignment3.data.mnist import Mnist
from assignment3.shared.checks import Trouble, images_fit, memory_fits
from writeup.results.store import Result

PIXELS = 28 * 28


def possible(config: Cvae, data: Mnist) -> Trouble:
    """Two latent dimensions, along which the report varies a digit; images that are there."""
    yield from images_fit(config.validation_images, config.batch_size, len(data.train_labels))
    if config.latent < 2:
        yield "latent", "at least 2, since a figure varies two dimensions"
    if config.samples_per_class < 2:
        yield "samples_per_class", "at least 2, for a deviation within a class"
    sizes = {
        "hidden": config.hidden * (config.hidden + PIXELS) * 2,
        "latent": config.latent * config.hidden,
    }
    if fits := list(memory_fits(sizes)):
        yield from fits
        return
    tested = config.validation_images or len(data.test_labels)
    if config.importance_images > tested:
        yield "importance_images", f"at most {tested}, the number of images that are tested"


def derive(result: Result) -> dict[str, float]:
    """The bound from its two terms, the share of samples read as asked for from the counts."""
    known, table = result.scalars, result.tables["read"]
    counts = np.array([table[str(c)] for c in table["asked"]]).T  # asked, read
    return {
        "test_negative_elbo": known["test_reconstruction"] + known["test_kl"],
        "conditional_accuracy": 100 * float(counts.trace() / counts.sum()),
    }
