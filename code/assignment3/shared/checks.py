"""Settings that no run can have, and numbers computed again from what a result records. No torch.

`possible` is asked before anything is computed: it yields a field and what that would have to be. `derive`
is asked before anything is rendered: a number that its own tables do not bear out stops the build. Both stand
apart from the networks, so that another limit here makes no result stale. Here, those of the digit classifier
and what several problems share.
"""

import os
from collections.abc import Iterator, Mapping

import numpy as np

from assignment3.data.mnist import Mnist
from assignment3.shared.settings import Digits
from writeup.results.store import Result

Trouble = Iterator[tuple[str, str]]  # a field, and what it would have to be
COPIES = 4  # of every weight: itself, its gradient and Adam's two moments


def possible(config: Digits, data: Mnist) -> Trouble:
    """A batch of images that are there."""
    yield from batch_fits(config.batch_size, len(data.train_labels))
    yield from memory_fits({"feature_dim": 28 * 28 * config.feature_dim})


def derive(result: Result) -> dict[str, float]:
    """From the confusion of true and read classes."""
    table = result.tables["confusion"]
    counts = np.array([table[str(digit)] for digit in table["digit"]]).T  # true, read
    right, images = int(counts.trace()), int(counts.sum())
    return {"test_accuracy": 100 * right / images, "test_errors": images - right}


def images_fit(held_out: int, batch: int, there: int) -> Trouble:
    """Images are left to train on when `held_out` of them are kept back, and they fill a batch."""
    if held_out >= there:
        yield "validation_images", f"less than the {there} training images"
    yield from batch_fits(batch, there - held_out)


def batch_fits(size: int, there: int) -> Trouble:
    """A batch is no larger than what there is to train on."""
    if size > there > 0:
        yield "batch_size", f"at most {there}, the number of images to train on"


def memory_fits(weights: Mapping[str, int]) -> Trouble:
    """Weights, by the field that makes so many of them: in float32, with all their copies, they fit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name, count in weights.items():
        if 4 * COPIES * count > memory:
            gib = 4 * COPIES * count / 2**30
            yield (
                name,
                f"less: its weights alone would take {gib:,.0f} of {memory / 2**30:,.0f} GiB of memory",
            )
