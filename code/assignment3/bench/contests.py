"""The benchmark's contests: for each part a plain PyTorch loop and ours, with the same settings and data.

Ours are the very functions that train the report's networks, with the full preset's settings; what they do
once per call (moving the data, validating) is charged to them.
"""

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from assignment3.bench import plain_loops
from assignment3.config import Config
from assignment3.data.images import DigitData, as_tensor, unit_range
from assignment3.data.splits import subject_folds
from assignment3.data.text_features import Examples, encode, vocabulary
from assignment3.parts import cvae, gan, siamese, text_cnn
from writeup import training
from writeup.runs import plan as runs


@dataclass(frozen=True)
class Work:
    """How much a round does. The plain loop's random batches are alike, so a few suffice."""

    plain_steps: Mapping[str, int]
    text_epochs: int = 1  # whole ones: batches are of one length each, so only an epoch is a fair sample
    cvae_epochs: int = 5  # the data are moved once, in training for ten
    gan_iterations: int = 30
    siamese_epochs: int = 10  # with one look at the validation subjects, as in training


WORK = Work(plain_steps={"text_cnn": 8, "siamese": 15, "cvae": 100, "gan": 15})


@dataclass(frozen=True)
class Contest:
    """Two ways to do a part's work; `plain` and `ours` do some of it and return how many units that was."""

    part: str
    unit: str
    precision: str  # of ours
    plain: Callable[[], float]
    ours: Callable[[], float]
    images_per_unit: tuple[float, float] | None = None  # embedded per unit, plain and ours (Siamese)


def contests(config: Config, data: Mapping[str, Any], work: Work, parts: Sequence[str]) -> list[Contest]:
    """A contest for each of `parts`; data by name of the data set (runs.DATA)."""
    makers: dict[str, Callable[[Config, Any, Work], Contest]]
    makers = {"text_cnn": text_contest, "siamese": siamese_contest, "cvae": cvae_contest, "gan": gan_contest}
    return [makers[part](config, data[runs.DATA[part]], work) for part in parts]


def text_contest(config: Config, data: text_cnn.Data, work: Work) -> Contest:
    """Max pooling and the first kernel size on all phrases, 1,000 of them a unit."""
    settings = replace(config.text_cnn, epochs=work.text_epochs)
    words = vocabulary(data.train_phrases)
    examples = encode(data.train_phrases, data.train_labels.tolist(), words)
    K = settings.kernel_sizes[0]
    training.seeded(0)
    networks = [
        kind(settings, words=2 + len(words), kernel_size=K, pooling="max").to(training.device())
        for kind in (plain_loops.Conv1dCnn, text_cnn.CNN)
    ]
    loop = plain_loops.text_loop(settings, networks[0], examples)
    moved = Examples(
        examples.ids.to(training.device()), examples.lengths, examples.labels.to(training.device())
    )
    few = Examples(*(column[:100] for column in moved))

    def ours() -> float:
        with quiet():
            text_cnn.train(settings, networks[1], moved, few, seed=0, label="bench")
        return settings.epochs * len(examples.ids) / 1000

    steps = work.plain_steps["text_cnn"]
    return Contest("text_cnn", "1,000 phrases", settings.precision, lambda: advance(loop, steps) / 1000, ours)


def siamese_contest(config: Config, data: siamese.Data, work: Work) -> Contest:
    """The subjects of the first fold; 1,000 pairs a unit, though ours has many pairs of few images.

    The plain loop embeds as many images a step as ours.
    """
    settings = replace(config.siamese, epochs=work.siamese_epochs)
    S, images = data.images.shape[:2]
    fold = subject_folds(S, settings.folds, settings.validation_subjects)[0]
    flat = siamese.inputs(
        data.images.reshape(S * images, *data.images.shape[2:]), settings.height, settings.width
    )
    faces = flat.reshape(S, images, *flat.shape[1:]).to(training.device())
    known, watched = faces[fold.train], faces[fold.validation]
    batch = len(fold.train) * settings.batch_images
    pairs = batch * (batch - 1) // 2
    training.seeded(0)
    encoder = siamese.Encoder(settings.height, settings.width, settings.embedding_dim).to(training.device())
    loop = plain_loops.siamese_loop(settings, encoder, data.images[fold.train], batch // 2)
    batches = max(1, images // settings.batch_images)

    def ours() -> float:
        siamese.train(settings, known, watched, seed=0, tick=lambda loss, steps_done=1: None)
        return float(settings.epochs * batches * pairs) / 1000

    steps = work.plain_steps["siamese"]
    return Contest(
        "siamese",
        "1,000 pairs",
        settings.precision,
        lambda: advance(loop, steps) / 1000,
        ours,
        images_per_unit=(2000.0, 1000 * batch / pairs),
    )


def cvae_contest(config: Config, data: DigitData, work: Work) -> Contest:
    """All training images, 1,000 of them a unit."""
    settings = replace(config.cvae, epochs=work.cvae_epochs)
    training.seeded(0)
    loop = plain_loops.cvae_loop(settings, cvae.build(settings), data)

    def ours() -> float:
        with quiet():
            cvae.train(settings, data, seed=0)
        return settings.epochs * len(data.train_images) / 1000

    steps = work.plain_steps["cvae"]
    return Contest("cvae", "1,000 images", settings.precision, lambda: advance(loop, steps) / 1000, ours)


def gan_contest(config: Config, data: DigitData, work: Work) -> Contest:
    """The loop of gan.train without the looks at samples; an iteration is a unit."""
    settings = config.gan
    generator = training.seeded(0)
    networks = plain_loops.gan_generator(settings.noise_dim), plain_loops.gan_discriminator()
    plain_G, plain_D = (network.to(training.device()) for network in networks)
    loop = plain_loops.gan_loop(settings, plain_G, plain_D, data)
    G = gan.player(gan.Generator(settings.noise_dim), settings)
    D = gan.player(gan.Discriminator(), settings)
    average = deepcopy(G.network)
    images = as_tensor(data.train_images)
    order = gan.stream(len(images), settings.batch_size, generator)

    def ours() -> float:
        for _ in range(work.gan_iterations):
            real = unit_range(images[next(order).to(images.device)]) * 2 - 1
            z = gan.noise(len(real), settings, generator)
            fresh_z = gan.noise(len(real), settings, generator) if settings.noise_draws == 2 else None
            gan.step(G, D, real, z, fresh_z, settings.precision)
            gan.follow(average, G.network, settings.average)
        return work.gan_iterations

    def plain() -> float:
        advance(loop, work.plain_steps["gan"])
        return work.plain_steps["gan"]

    return Contest("gan", f"iteration of {settings.batch_size} images", settings.precision, plain, ours)


def advance(loop: Iterator[int], steps: int) -> int:
    """The examples that `steps` steps of a plain loop took."""
    return sum(islice(loop, steps))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress on standard error."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
