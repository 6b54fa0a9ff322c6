"""The contests: for each problem a plain PyTorch loop and ours, with the assignment's settings and data.

Ours are the very functions that train the report's networks; what they do once per call (moving the data,
starting the weights) is charged to them.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from assignment3.cvae import model as cvae
from assignment3.cvae.network import build as build_cvae
from assignment3.cvae.settings import Cvae
from assignment3.data.images import DigitData, HeldOut, as_tensor
from assignment3.data.text_features import Examples, encode, vocabulary
from assignment3.gan import model as gan
from assignment3.gan.settings import Gan
from assignment3.siamese import model as siamese
from assignment3.siamese.settings import Siamese
from assignment3.text_cnn import model as text_cnn
from assignment3.text_cnn.evaluate import Data as Texts
from assignment3.text_cnn.evaluate import to_device
from assignment3.text_cnn.settings import TextCnn
from evidence import plain_loops
from evidence.clock import quiet
from evidence.contest import Contest
from evidence.plain_loops import advance
from evidence.settings import Bench
from writeup import training

POOLING = "max"


@dataclass(frozen=True)
class Training(Contest):
    """Two trainings of a part."""

    sample: Callable[[], float] | None = None  # less of ours, for the profiler; None: all of it


def contests(configs: Mapping[str, Any], data: Mapping[str, Any], work: Bench) -> list[Training]:
    """A contest for each part in `configs`; data by name of the data set."""
    makers: dict[str, tuple[Callable[[Any, Any, Bench], Training], str]] = {
        "text_cnn": (text_contest, "yelp"),
        "siamese": (siamese_contest, "att_faces"),
        "cvae": (cvae_contest, "mnist"),
        "gan": (gan_contest, "mnist"),
    }
    return [make(configs[part], data[name], work) for part, (make, name) in makers.items() if part in configs]


def text_contest(config: TextCnn, data: Texts, work: Bench) -> Training:
    """One of the networks on all sentences; the plain loop has it with nn.Conv1d."""
    settings = replace(config, epochs=work.text_epochs)
    words = vocabulary(data.train_texts)
    examples = encode(data.train_texts, data.train_labels.tolist(), words)

    def network(convolution: str) -> text_cnn.CNN:
        training.seeded(0)
        chosen = replace(settings, convolution=convolution)
        kernel = settings.kernel_sizes[0]
        built = text_cnn.CNN(chosen, words=2 + len(words), kernel_size=kernel, pooling=POOLING)
        return built.to(training.device())

    loop = plain_loops.text_loop(settings, network("conv1d"), examples)
    model, moved = network(config.convolution), to_device(examples)
    few = Examples(*(column[:100] for column in moved))

    def ours() -> float:
        with quiet():
            text_cnn.fit(settings, model, moved, few, seed=0, label="bench")
        return settings.epochs * len(examples.ids) / 1000

    return Training("text_cnn", "1,000 sentences", lambda: advance(loop, work.plain_text_steps) / 1000, ours)


def siamese_contest(config: Siamese, data: siamese.Data, work: Bench) -> Training:
    """The subjects that train where the hand-out's are held out."""
    settings = replace(config, epochs=work.siamese_epochs)
    S, images = data.images.shape[:2]
    known, _ = siamese.groups(settings, S)["heldout"]
    training.seeded(0)
    network = siamese.SiameseNetwork().to(training.device())
    loop = plain_loops.siamese_loop(settings, network, data.images[known])
    faces = siamese.inputs(siamese.flat(data))[siamese.of_subjects(known, images)].to(training.device())

    def ours() -> float:
        siamese.fit(settings, faces, images, seed=0, tick=lambda loss, steps_done=1: None, unit="bench")
        return settings.epochs * len(faces) / 1000

    return Training("siamese", "1,000 pairs", lambda: advance(loop, work.plain_siamese_steps) / 1000, ours)


def cvae_contest(config: Cvae, data: DigitData, work: Bench) -> Training:
    """An epoch of some of the training images: batches are alike, and an epoch of all takes longer."""
    settings = replace(config, epochs=1)
    training.seeded(0)
    loop = plain_loops.cvae_loop(settings, build_cvae(settings), data.train_images, data.train_labels)

    def train(count: int) -> float:
        some = HeldOut(
            data.train_images[:count], data.train_labels[:count], data.test_images, data.test_labels
        )
        with quiet():
            cvae.train(settings, some, seed=0)
        return len(some.train_images) / 1000

    return Training(
        "cvae",
        "1,000 images",
        plain=lambda: advance(loop, work.plain_cvae_steps) / 1000,
        ours=lambda: train(work.cvae_images),
        sample=lambda: train(work.profiled_images),
    )


def gan_contest(config: Gan, data: DigitData, work: Bench) -> Training:
    """The loop of gan.train without the looks at samples; an iteration is a unit."""
    random = training.seeded(0)
    G, D = gan.start(config)
    mean = deepcopy(G.network)
    images = as_tensor(data.train_images[: config.images])
    plain_G, plain_D = gan.build_generator(config.noise_dim), gan.build_discriminator()
    for network in (plain_G, plain_D):
        network.apply(gan.initialize_weights).to(training.device())
    loop = plain_loops.gan_loop(
        config, plain_G, plain_D, data.train_images[: config.images], data.train_labels[: config.images]
    )

    def ours() -> float:
        for t in range(work.gan_iterations):
            z, fresh_z = (gan.sample_noise(config.batch_size, config.noise_dim, random) for _ in range(2))
            gan.step(G, D, gan.batch(images, t, config.batch_size), z, fresh_z)
            if t % config.average_every == 0:
                gan.follow(mean, G.network, config.average**config.average_every)
        return work.gan_iterations

    def plain() -> float:
        advance(loop, work.plain_gan_steps)
        return work.plain_gan_steps

    return Training("gan", f"iteration of {config.batch_size} images", plain, ours)
