"""Every part at a size that trains in a moment: settings, made-up data, a judge that learned nothing."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.problems import merged

from assignment3.gan import model as gan_model
from assignment3.report import REPORT
from assignment3.shared import digits
from assignment3.shared.settings import Changes, Digits
from assignment3.text_cnn import model as text_model
from writeup.declare import Part
from writeup.runs import progress, record
from writeup.runs.record import Findings, Model, Trained
from writeup.training import weights_of

SIZES: dict[type, Changes] = {  # by the class of a part's settings
    Digits: {"epochs": 3, "batch_size": 20, "feature_dim": 8},
    **merged("SIZES"),
}


def each_loss(do: Callable[[float], object]) -> contextlib.AbstractContextManager[None]:
    """Calls `do` with every loss that a training inside tells."""

    def hear(run: str, event: progress.Event) -> None:
        if isinstance(event, progress.Step) and event.loss is not None:
            do(event.loss)

    return progress.heard_by(hear)


def config_of(part: Part, **changes: Any) -> Any:
    """The part's own settings at that size."""
    return replace(part.config, **{**SIZES[type(part.config)], **changes})


def telling() -> list[Part]:
    """The parts, without those whose changes at that size another part with the same code has too."""
    first: dict[str, Part] = {}
    for part in REPORT.parts:
        first.setdefault(part.code, part)
    changed = {
        part: set(vars(config_of(part)).items()) - set(vars(config_of(first[part.code])).items())
        for part in REPORT.parts
    }
    return [
        part
        for part, own in changed.items()
        if part in first.values()
        or (own and not any(own < changes for other, changes in changed.items() if other.code == part.code))
    ]


def fewer(patch: pytest.MonkeyPatch) -> None:
    """Less for the statistics of a GAN's batch norm; points of curves that are means over several steps."""
    patch.setattr(gan_model, "CALIBRATION", 40)
    patch.setattr(gan_model, "CURVE_EVERY", 4)
    patch.setattr(text_model, "STEP_ROWS", 4)


def data_of(part: Part) -> SimpleNamespace:
    """Made-up data of the part's type, the same at each call."""
    return DATA[part.data.name]()


def train(part: Part, config: Any = None, *, seed: int = 1) -> Trained:
    """The part, trained as the engine does it."""
    roles = dict.fromkeys(part.train_needs, JUDGE)
    return record.train(part, config or config_of(part), data_of(part), seed=seed, roles=roles)


def evaluate(part: Part, trained: Trained, *, seed: int = 1) -> Findings:
    """And evaluated."""
    roles = dict.fromkeys(part.needs, JUDGE)
    found = record.evaluate(part, config_of(part), data_of(part), trained, seed=seed, roles=roles)
    return Findings(found.scalars, found.tables, found.logs, found.arrays)


def images() -> SimpleNamespace:
    draw = np.random.RandomState(0)
    pixels = draw.randint(0, 256, (100, 28, 28)).astype(np.uint8)
    labels = (np.arange(100) % 10).astype(np.uint8)
    return SimpleNamespace(
        train_images=pixels[:60], train_labels=labels[:60], test_images=pixels[60:], test_labels=labels[60:]
    )


def sentences() -> SimpleNamespace:
    """Of five to nine words, sorted by label; some stand in two of the sets, and some twice in one."""
    draw = np.random.RandomState(0)

    def some(count: int) -> list[str]:
        return [" ".join(f"w{i}" for i in draw.randint(0, 30, draw.randint(5, 10))) for _ in range(count)]

    train, dev, test = some(200), some(40), some(40)
    train[1] = dev[0] = test[0] = train[0]
    test[3], test[39] = test[2], train[199]
    labels = {
        f"{name}_labels": np.repeat(np.array([0, 1], np.int8), len(texts) // 2)
        for name, texts in (("train", train), ("dev", dev), ("test", test))
    }
    return SimpleNamespace(train_texts=train, dev_texts=dev, test_texts=test, **labels)


def faces() -> SimpleNamespace:
    return SimpleNamespace(images=np.random.RandomState(0).randint(0, 256, (6, 6, 28, 23)).astype(np.uint8))


def judge() -> Model:
    torch.manual_seed(0)
    settings = replace(Digits(), **SIZES[Digits])
    return Model(settings, weights_of(digits.build(settings)))


DATA = {"mnist": images, "yelp": sentences, "att_faces": faces}
JUDGE = judge()
