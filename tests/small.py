"""Every part at a size that trains in a moment: settings, made-up data, a judge that learned nothing."""

from types import SimpleNamespace

import numpy as np

from assignment3.config import Cvae, Digits, Gan, Siamese, TextCnn
from assignment3.shared import digits
from writeup import training
from writeup.results.store import Model

DIGITS = Digits(epochs=1, batch_size=20, feature_dim=8)
TEXT = TextCnn(
    epochs=2, batch_size=40, embedding_dim=4, feature_maps=4, test_phrases=40, validation_phrases=40,
    embedding_dropout=0.3, word_dropout=0.1, feature_dropout=0.1,
)  # fmt: skip
FACES = Siamese(
    epochs=2, height=24, width=16, embedding_dim=4, batch_images=2, members=2, evaluate_every=1, folds=3,
    validation_subjects=2, baseline_dim=4,
)  # fmt: skip
CVAE = Cvae(
    epochs=1, batch_size=20, hidden=8, latent=2, log_every=20, guide_weight=1.0, importance_samples=4,
    importance_images=3, samples_per_class=3,
)  # fmt: skip
GAN = Gan(iterations=2, batch_size=10, log_every=1, watch_every=1, samples=30, grid_at=(0,), penalty=0.1)
JUDGE = Model(DIGITS, training.weights_of(digits.build(DIGITS)))


def images() -> SimpleNamespace:
    draw = np.random.RandomState(0)
    pixels = draw.randint(0, 256, (100, 28, 28)).astype(np.uint8)
    labels = (np.arange(100) % 10).astype(np.uint8)
    return SimpleNamespace(
        train_images=pixels[:60], train_labels=labels[:60], test_images=pixels[60:], test_labels=labels[60:]
    )


def phrases() -> SimpleNamespace:
    draw = np.random.RandomState(0)
    texts = [" ".join(f"w{i}" for i in draw.randint(0, 30, draw.randint(1, 9))) for _ in range(220)]
    labels = draw.randint(0, 2, 220).astype(np.int8)
    return SimpleNamespace(
        train_phrases=texts[:200],
        train_labels=labels[:200],
        dev_sentences=texts[200:],
        dev_labels=labels[200:],
    )


def faces() -> SimpleNamespace:
    return SimpleNamespace(images=np.random.RandomState(0).randint(0, 256, (9, 3, 28, 23)).astype(np.uint8))
