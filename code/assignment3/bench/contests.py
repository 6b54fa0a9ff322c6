"""The contests: for each part a plain PyTorch loop and ours, with the same settings and data.

Ours are the very functions that train the report's networks; what they do once per call (moving the data,
validating) is charged to them.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch

from assignment3.bench import plain_loops
from assignment3.bench.plain_loops import advance
from assignment3.config import Bench, Cvae, Gan, Siamese, TextCnn
from assignment3.data.images import DigitData, HeldOut, as_tensor, unit_range
from assignment3.data.splits import subject_folds
from assignment3.data.text_features import Examples, encode, vocabulary
from assignment3.parts import cvae, gan, siamese, text_cnn
from writeup import training
from writeup.bench.clock import quiet
from writeup.bench.contest import Contest


@dataclass(frozen=True)
class Training(Contest):
    """Two trainings of a part."""

    precision: str  # of ours
    sample: Callable[[], float] | None = None  # less of ours, for the profiler; None: all of it
    images_per_unit: tuple[float, float] | None = None  # embedded per unit, plain and ours (Siamese)


def contests(configs: Mapping[str, Any], data: Mapping[str, Any], work: Bench) -> list[Training]:
    """A contest for each part in `configs`; data by name of the data set."""
    makers: dict[str, tuple[Callable[[Any, Any, Bench], Training], str]] = {
        "text_cnn": (text_contest, "sst2"),
        "siamese": (siamese_contest, "att_faces"),
        "cvae": (cvae_contest, "mnist"),
        "gan": (gan_contest, "mnist"),
    }
    return [make(configs[part], data[name], work) for part, (make, name) in makers.items() if part in configs]


def text_contest(config: TextCnn, data: text_cnn.Data, work: Bench) -> Training:
    """Max pooling and the first kernel size on all phrases, 1,000 of them a unit."""
    settings = replace(config, epochs=work.text_epochs)
    words = vocabulary(data.train_phrases)
    examples = encode(data.train_phrases, data.train_labels.tolist(), words)
    K = settings.kernel_sizes[0]
    training.seeded(0)
    networks = [
        kind(settings, words=2 + len(words), kernel_size=K, pooling="max").to(training.device())
        for kind in (plain_loops.Conv1dCnn, text_cnn.CNN)
    ]
    loop = plain_loops.text_loop(settings, networks[0], examples)
    moved = text_cnn.to_device(examples)
    few = Examples(*(column[:100] for column in moved))

    def ours() -> float:
        with quiet():
            text_cnn.fit(settings, networks[1], moved, few, seed=0, label="bench")
        return settings.epochs * len(examples.ids) / 1000

    steps = work.plain_text_steps
    return Training(
        "text_cnn", "1,000 phrases", lambda: advance(loop, steps) / 1000, ours, settings.precision
    )


def siamese_contest(config: Siamese, data: siamese.Data, work: Bench) -> Training:
    """The subjects of the first fold; 1,000 pairs a unit, though ours has many pairs of few images.

    The plain loop embeds as many images a step as ours.
    """
    settings = replace(config, epochs=work.siamese_epochs)
    S, images = data.images.shape[:2]
    fold = subject_folds(S, settings.folds, settings.validation_subjects)[0]
    faces = siamese.grouped(settings, data).to(training.device())
    known, watched = faces[fold.train], faces[fold.validation]
    batch = len(fold.train) * settings.batch_images
    pairs = batch * (batch - 1) // 2
    training.seeded(0)
    encoder = siamese.Encoder(settings.height, settings.width, settings.embedding_dim).to(training.device())
    loop = plain_loops.siamese_loop(settings, encoder, data.images[fold.train], batch // 2)
    batches = max(1, images // settings.batch_images)

    def ours() -> float:
        siamese.fit(settings, known, watched, seed=0, tick=lambda loss, steps_done=1: None)
        return float(settings.epochs * batches * pairs) / 1000

    steps = work.plain_siamese_steps
    return Training(
        "siamese",
        "1,000 pairs",
        lambda: advance(loop, steps) / 1000,
        ours,
        settings.precision,
        images_per_unit=(2000.0, 1000 * batch / pairs),
    )


def cvae_contest(config: Cvae, data: DigitData, work: Bench) -> Training:
    """All training images, 1,000 of them a unit."""
    settings = replace(config, epochs=work.cvae_epochs)
    training.seeded(0)
    loop = plain_loops.cvae_loop(settings, cvae.build(settings), data)

    some = slice(work.profiled_images)
    few = HeldOut(data.train_images[some], data.train_labels[some], data.test_images, data.test_labels)

    def train(data: DigitData) -> float:
        with quiet():
            cvae.train(settings, data, seed=0)
        return settings.epochs * len(data.train_images) / 1000

    return Training(
        "cvae",
        "1,000 images",
        plain=lambda: advance(loop, work.plain_cvae_steps) / 1000,
        ours=lambda: train(data),
        precision=settings.precision,
        sample=lambda: train(few),
    )


def gan_contest(config: Gan, data: DigitData, work: Bench) -> Training:
    """The loop of gan.train without the looks at samples; an iteration is a unit."""
    generator = training.seeded(0)
    networks = plain_loops.gan_generator(config.noise_dim), plain_loops.gan_discriminator()
    plain_G, plain_D = (network.to(training.device()) for network in networks)
    loop = plain_loops.gan_loop(config, plain_G, plain_D, data)
    G = gan.player(gan.Generator(config.noise_dim), config)
    D = gan.player(gan.Discriminator(), config)
    average = deepcopy(G.network)
    images = as_tensor(data.train_images)
    ahead: dict[str, torch.Tensor] = {}

    def ours() -> float:
        for t in range(work.gan_iterations):
            batch = gan.next_batch(ahead, len(images), config.batch_size, generator)
            real = unit_range(images[batch.to(images.device)]) * 2 - 1
            z = gan.noise(len(real), config, generator)
            fresh_z = gan.noise(len(real), config, generator) if config.noise_draws == 2 else None
            gan.step(G, D, real, z, fresh_z, config.precision)
            if t % config.average_every == 0:
                gan.follow(average, G.network, config.average)
        return work.gan_iterations

    def plain() -> float:
        advance(loop, work.plain_gan_steps)
        return work.plain_gan_steps

    return Training("gan", f"iteration of {config.batch_size} images", plain, ours, config.precision)
