"""Settings that no run can have, and scores computed again from what a result records. No torch."""

import os
from collections.abc import Iterator

from assignment3.data.faces import AttFaces
from assignment3.siamese import record
from assignment3.siamese.settings import Siamese, Tuned
from writeup.results.store import Result

Trouble = Iterator[tuple[str, str]]  # a field, and what it would have to be
HALVINGS = 3  # of an image's sides within the tuned encoder
COPIES = 4  # of every weight: itself, its gradient and Adam's two moments
FLOAT = 4  # bytes


def possible(config: Siamese, data: AttFaces) -> Trouble:
    """Subjects for every side of a fold."""
    subjects, images = data.images.shape[:2]
    held = set(config.held_out)
    if len(held) < 2 or len(held) < len(config.held_out):
        yield "held_out", "at least 2 subjects, each once"
    if not held <= set(range(1, subjects + 1)):
        yield "held_out", f"numbers of subjects, 1 to {subjects}"
    if len(held) > subjects - 2:
        yield "held_out", f"at most {subjects - 2} subjects, so that two are left to train on"
    yield from _folds(config.folds, subjects)
    yield from _dimensions(config.baseline_dim, config.folds, subjects, images)
    if config.batch_size > (most := _memory() // (2 * FLOAT * 4 * 8 * 100 * 100)):
        yield "batch_size", f"at most {most:,}: its activations alone would fill the memory"


def possible_tuned(config: Tuned, data: AttFaces) -> Trouble:
    """Subjects for every side of a fold, and images that can be halved as often as the encoder does."""
    subjects, images = data.images.shape[:2]
    yield from _folds(config.folds, subjects)
    for name in ("height", "width"):
        if getattr(config, name) < 2**HALVINGS:
            yield name, f"at least {2**HALVINGS} pixels, which the encoder halves {HALVINGS} times"
            return
    if config.batch_images > images:
        yield "batch_images", f"at most {images}, as many images as a subject has"
    features = 32 * (config.height >> HALVINGS) * (config.width >> HALVINGS)
    if config.components > features:
        yield "components", f"at most {features}, the number of features"
    if FLOAT * COPIES * features * config.embedding_dim > _memory():
        yield "embedding_dim", "less: its weights alone would fill the memory"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _folds(folds: int, subjects: int) -> Trouble:
    if folds > subjects // 3:
        yield "folds", f"2 to {subjects // 3}, so that each tests three of the {subjects} subjects"


def _dimensions(dimensions: int, folds: int, subjects: int, images: int) -> Trouble:
    known = (subjects - -(-subjects // folds)) * images  # of the fold that tests the most
    if dimensions > known:
        yield "baseline_dim", f"at most {known}, the number of images that a fold does not test"


def derive(result: Result) -> dict[str, float]:
    """All scores, from the distances of all pairs."""
    folds = record.table(result.arrays)
    for name, column in folds.items():
        if result.tables["folds"][name] != _rounded(column):
            raise ValueError(f"the folds' {name} is not what their pairs give")
    return record.scalars(result.arrays)


def _rounded(column: list[object]) -> list[object]:
    """As a table keeps numbers: eight digits."""
    return [float(f"{one:.8g}") if isinstance(one, float) else one for one in column]
