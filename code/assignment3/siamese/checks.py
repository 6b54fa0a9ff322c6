"""Settings that no run can have, and scores computed again from what a result records. No torch."""

import os
from collections.abc import Iterator

from assignment3.data.faces import AttFaces
from assignment3.siamese import record
from assignment3.siamese.settings import Siamese
from writeup.results.store import Result

Trouble = Iterator[tuple[str, str]]  # a field, and what it would have to be


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
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if config.batch_size > (most := memory // (2 * 4 * 4 * 8 * 100 * 100)):
        yield "batch_size", f"at most {most:,}: its activations alone would fill the memory"


def _folds(folds: int, subjects: int) -> Trouble:
    if folds > subjects // 2:
        yield "folds", f"2 to {subjects // 2}, so that each tests two of the {subjects} subjects"


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
