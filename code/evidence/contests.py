"""The contests: for each problem a plain PyTorch loop and ours, with the assignment's settings and data.

A plain loop is what a good student would write: a Dataset that hands out one example at a time, a DataLoader
that makes batches of them, eager float32, ordinary Adam; no worker processes, which on two cores only cost.
The loss is read at every step, for the log. Networks and settings are those that ours have, and so is what a
step computes: on the same batches both find the same losses. What differs is how.

A step learns from one batch and returns its loss. A loop is endless, and yields after each step the number
of examples (sentences, pairs, images) it took; `advance` runs it. Ours are the very functions that train the
report's networks; what they do once per call (moving the data, starting the weights) is charged to them.
"""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from assignment3.cvae import model as cvae
from assignment3.cvae.network import CLASSES, CVAE
from assignment3.cvae.network import build as build_cvae
from assignment3.cvae.settings import Cvae
from assignment3.data.images import DigitData, HeldOut, as_tensor
from assignment3.data.text_features import PAD, Examples, encode, vocabulary
from assignment3.gan import model as gan
from assignment3.gan.settings import Gan
from assignment3.siamese import model as siamese
from assignment3.siamese.settings import Siamese
from assignment3.text_cnn import model as text_cnn
from assignment3.text_cnn.evaluate import Data as Texts
from assignment3.text_cnn.evaluate import to_device
from assignment3.text_cnn.settings import TextCnn
from evidence.clock import quiet
from evidence.contest import Contest
from evidence.homework import Homework
from evidence.settings import Bench
from writeup.training import device, seeded

POOLING = "max"


@dataclass(frozen=True)
class Training(Contest):
    """Two trainings of a part."""

    updates: float = 0.0  # weights that ours updates for a unit, each as often as it is
    sample: Callable[[], float] | None = None  # less of ours, for the profiler; None: all of it


def contests(homework: Homework, work: Bench) -> list[Training]:
    """A contest for each problem."""
    configs, data = homework.configs, homework.data
    return [
        text_contest(configs["text_cnn"], data["yelp"], work),
        face_contest(configs["siamese"], data["att_faces"], work),
        cvae_contest(configs["cvae"], data["mnist"], work),
        gan_contest(configs["gan"], data["mnist"], work),
    ]


def updates(*networks: nn.Module, steps: float) -> float:
    """Weights that so many steps update."""
    return steps * sum(weight.numel() for network in networks for weight in network.parameters())


def advance(loop: Iterator[int], steps: int) -> int:
    """The examples that the next `steps` steps of a loop took."""
    return sum(islice(loop, steps))


def descend(loss: Tensor, optimizer: Adam) -> float:
    """One step down the loss, which is returned."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def endless(loader: DataLoader[Any], step: Callable[..., object]) -> Iterator[int]:
    """`step` on batch after batch, moved to the device; yields the examples of each."""
    while True:
        for batch in loader:
            step(*(column.to(device()) for column in batch))
            yield len(batch[0])


# --- text ---


class Sentences(Dataset[tuple[Tensor, Tensor]]):
    """One sentence at a time: its word ids [H] and its label."""

    def __init__(self, examples: Examples) -> None:
        self.ids = [row[:length].clone() for row, length in zip(examples.ids, examples.lengths, strict=True)]
        self.labels = examples.labels

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.ids[i], self.labels[i]


def padded(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Ids [N, H], padded to the batch's longest sentence, and labels [N]."""
    ids, labels = zip(*batch, strict=True)
    return pad_sequence(list(ids), batch_first=True, padding_value=PAD), torch.stack(labels)


def text_step(model: text_cnn.CNN, optimizer: Adam, ids: Tensor, labels: Tensor) -> float:
    """Cross-entropy, mean over the batch."""
    return descend(F.binary_cross_entropy_with_logits(model(ids), labels), optimizer)


def text_loop(config: TextCnn, model: text_cnn.CNN, examples: Examples) -> Iterator[int]:
    """Sentences in random order; yields sentences."""
    loader = DataLoader(Sentences(examples), config.batch_size, shuffle=True, collate_fn=padded)
    return endless(loader, partial(text_step, model, Adam(model.parameters(), config.learning_rate)))


def text_contest(config: TextCnn, data: Texts, work: Bench) -> Training:
    """One of the networks on all sentences; the plain loop has it with nn.Conv1d."""
    settings = replace(config, epochs=work.text_epochs)
    words = vocabulary(data.train_texts)
    examples = encode(data.train_texts, data.train_labels.tolist(), words)

    def network(convolution: str) -> text_cnn.CNN:
        seeded(0)
        chosen = replace(settings, convolution=convolution)
        kernel = settings.kernel_sizes[0]
        built = text_cnn.CNN(chosen, words=2 + len(words), kernel_size=kernel, pooling=POOLING)
        return built.to(device())

    loop = text_loop(settings, network("conv1d"), examples)
    model, moved = network(config.convolution), to_device(examples)
    few = Examples(*(column[:100] for column in moved))

    def ours() -> float:
        with quiet():
            text_cnn.fit(settings, model, moved, few, seed=0, label="bench")
        return settings.epochs * len(examples.ids) / 1000

    return Training(
        "text_cnn",
        "1,000 sentences",
        plain=lambda: advance(loop, work.plain_text_steps) / 1000,
        ours=ours,
        updates=updates(model, steps=1000 / config.batch_size),
    )


# --- faces ---


class Pairs(Dataset[tuple[Tensor, Tensor, float]]):
    """Two faces and y, drawn anew at every call, as many an epoch as there are images; as in the hand-out.

    The first is any image; a coin says whether the second is of the same person (y = 0; it may be the very
    same image) or of another (y = 1). Each image is resized when its turn comes. faces: uint8 [S, images,
    rows, columns].
    """

    def __init__(self, faces: NDArray[np.uint8]) -> None:
        self.faces = [[Image.fromarray(image) for image in row] for row in faces]
        self.transform = transforms.Compose(
            [transforms.Resize((siamese.SIDE, siamese.SIDE)), transforms.ToTensor()]
        )

    def __len__(self) -> int:
        return len(self.faces) * len(self.faces[0])

    def __getitem__(self, i: int) -> tuple[Any, Any, float]:
        person = other = random.randrange(len(self.faces))
        if y := random.randrange(2):
            while other == person:
                other = random.randrange(len(self.faces))
        first, second = (random.choice(self.faces[one]) for one in (person, other))
        return self.transform(first), self.transform(second), float(y)


def face_step(
    network: siamese.SiameseNetwork,
    criterion: siamese.ContrastiveLoss,
    optimizer: Adam,
    first: Tensor,
    second: Tensor,
    y: Tensor,
) -> float:
    """Contrastive loss, mean over the batch; first, second: [N, 1, 100, 100]."""
    loss = criterion(network.forward_once(first), network.forward_once(second), y.float())
    return descend(loss, optimizer)


def face_loop(config: Siamese, network: siamese.SiameseNetwork, faces: NDArray[np.uint8]) -> Iterator[int]:
    """Yields pairs."""
    loader = DataLoader(Pairs(faces), config.batch_size, shuffle=True)
    criterion = siamese.ContrastiveLoss(config.margin)
    return endless(
        loader, partial(face_step, network, criterion, Adam(network.parameters(), config.learning_rate))
    )


def face_contest(config: Siamese, data: siamese.Data, work: Bench) -> Training:
    """The subjects that train where the hand-out's are held out."""
    settings = replace(config, epochs=work.pair_epochs)
    S, images = data.images.shape[:2]
    known, _ = siamese.groups(settings, S)["heldout"]
    seeded(0)
    network = siamese.SiameseNetwork().to(device())
    loop = face_loop(settings, network, data.images[known])
    faces = siamese.inputs(siamese.flat(data))[siamese.of_subjects(known, images)].to(device())

    def ours() -> float:
        siamese.fit(settings, faces, images, seed=0, tick=lambda loss, steps_done=1: None, unit="bench")
        return settings.epochs * len(faces) / 1000

    return Training(
        "siamese",
        "1,000 pairs",
        plain=lambda: advance(loop, work.plain_pair_steps) / 1000,
        ours=ours,
        updates=updates(network, steps=1000 / config.batch_size),
    )


# --- digits ---


class Digits(Dataset[tuple[Tensor, int]]):
    """Item by item, as torchvision.datasets.MNIST with ToTensor: array -> PIL image -> float [1, 28, 28]."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        self.images, self.labels = images, labels
        self.transform = transforms.ToTensor()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


def cvae_step(model: CVAE, optimizer: Adam, x: Tensor, y: Tensor, noise: Tensor) -> float:
    """-ELBO by one sample of z an image, as PyTorch's VAE example writes it, in nats an image; x [B, 784],
    one-hot y [B, 10].
    """
    logits, mu, log_var = model(x, y, noise)
    reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return descend((reconstruction + kl) / len(x), optimizer)


def cvae_loop(
    config: Cvae, model: CVAE, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> Iterator[int]:
    """Yields images."""
    loader = DataLoader(Digits(images, labels), config.batch_size, shuffle=True)
    optimizer = Adam(model.parameters(), config.learning_rate)

    def step(some: Tensor, classes: Tensor) -> None:
        noise = torch.randn(len(some), config.latent, device=device())
        cvae_step(model, optimizer, some.flatten(1), F.one_hot(classes, CLASSES).float(), noise)

    return endless(loader, step)


def cvae_contest(config: Cvae, data: DigitData, work: Bench) -> Training:
    """An epoch of some of the training images: batches are alike, and an epoch of all takes longer."""
    settings = replace(config, epochs=1)
    seeded(0)
    model = build_cvae(settings)
    loop = cvae_loop(settings, model, data.train_images, data.train_labels)

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
        updates=updates(model, steps=1000 / config.batch_size),
        sample=lambda: train(work.profiled_images),
    )


def gan_step(
    G: nn.Module, D: nn.Module, optimizers: tuple[Adam, Adam], real: Tensor, z: Tensor, fresh_z: Tensor
) -> tuple[float, float]:
    """A step of D, then one of G, each with noise of its own; the losses of D and G.

    real [B, 1, 28, 28] in [-1, 1]. optimizers: of G and of D.
    """
    of_G, of_D = optimizers
    bce = nn.BCEWithLogitsLoss()
    real_logits, fake_logits = D(real), D(G(z).detach())
    d_loss = bce(real_logits, torch.ones_like(real_logits))
    d_loss = descend(d_loss + bce(fake_logits, torch.zeros_like(fake_logits)), of_D)
    fake_logits = D(G(fresh_z))
    return d_loss, descend(bce(fake_logits, torch.ones_like(fake_logits)), of_G)


def gan_loop(
    config: Gan, G: nn.Module, D: nn.Module, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> Iterator[int]:
    """The images in order, incomplete batches left out; yields images."""
    loader = DataLoader(Digits(images, labels), config.batch_size, drop_last=True)
    betas = config.beta1, config.beta2
    of_G = Adam(G.parameters(), config.generator_rate, betas)
    of_D = Adam(D.parameters(), config.discriminator_rate, betas)

    def noise() -> Tensor:
        return 2 * torch.rand(config.batch_size, config.noise_dim, device=device()) - 1

    return endless(loader, lambda some, _: gan_step(G, D, (of_G, of_D), 2 * (some - 0.5), noise(), noise()))


def gan_contest(config: Gan, data: DigitData, work: Bench) -> Training:
    """The loop of gan.train without the looks at samples; an iteration is a unit."""
    random = seeded(0)
    G, D = gan.start(config)
    mean = deepcopy(G.network)
    images = as_tensor(data.train_images[: config.images])
    plain_G, plain_D = gan.build_generator(config.noise_dim), gan.build_discriminator()
    for network in (plain_G, plain_D):
        network.apply(gan.initialize_weights).to(device())
    loop = gan_loop(
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

    unit = f"iteration of {config.batch_size} images"
    return Training("gan", unit, plain, ours, updates=updates(plain_G, plain_D, steps=1))
