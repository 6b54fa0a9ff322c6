"""The four parts as a good student would write them in plain PyTorch: what ours are measured against.

A Dataset that hands out one example at a time, a DataLoader that shuffles, batches padded to their own
longest phrase, eager float32, ordinary Adam; no worker processes, which on two cores only cost. The loss is
read at every step, for the log. Networks and hyperparameters are ours, and with the same weights they compute
the same: the loops differ, not what is learned. Where our network is plain already (CVAE, Siamese) it is used
as it is.

Every loop is endless and yields after each step the number of examples (phrases, images, pairs) it took;
`advance` and `advance_to` run it.
"""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from assignment3.config import Cvae, Gan, Siamese, TextCnn
from assignment3.data.images import DigitData
from assignment3.data.text_features import PAD, Examples
from assignment3.parts import text_cnn
from assignment3.parts.cvae import CLASSES, ConditionalVae
from assignment3.parts.siamese import GREY_MEAN, GREY_STD, Encoder, contrastive_loss
from writeup.training import device


def advance(loop: Iterator[int], steps: int) -> int:
    """The examples that the next `steps` steps of a loop took."""
    return sum(islice(loop, steps))


def advance_to(loop: Iterator[int], examples: int) -> None:
    """Let a loop train on so many examples more."""
    done = 0
    while done < examples:
        done += next(loop)


# --- text CNN ---


# What the report prints is wrapped at 88 columns.
# fmt: off
class Conv1dCnn(text_cnn.CNN):
    """Our network, written plainly: narrow convolution, no dropout."""

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [N] of word ids [N, H]."""
        ids = F.pad(
            ids, (0, max(self.convolution.kernel_size[0] - ids.shape[1], 0)), value=PAD
        )
        x = self.embedding(ids).transpose(1, 2)  # N C H
        x = self.convolution(x)  # N F H''
        x = self.pool(x, (ids != PAD).sum(1))  # N F 1
        x = F.relu(x).squeeze(2)  # N F
        logits: Tensor = self.output(x).squeeze(1)  # N
        return logits
# fmt: on


class Phrases(Dataset[tuple[Tensor, Tensor]]):
    """One phrase at a time: its word ids [H] and its label."""

    def __init__(self, examples: Examples) -> None:
        self.ids = [row[:length].clone() for row, length in zip(examples.ids, examples.lengths, strict=True)]
        self.labels = examples.labels

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.ids[i], self.labels[i]


def padded(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Ids [N, H], padded to the batch's longest phrase, and labels [N]."""
    ids, labels = zip(*batch, strict=True)
    return pad_sequence(list(ids), batch_first=True, padding_value=PAD), torch.stack(labels)


def text_loop(config: TextCnn, model: text_cnn.CNN, examples: Examples) -> Iterator[int]:
    """Cross-entropy of phrases in random order; yields phrases."""
    loader = DataLoader(Phrases(examples), config.batch_size, shuffle=True, collate_fn=padded)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    while True:
        for ids, labels in loader:
            logits = model(ids.to(device()))
            loss = F.binary_cross_entropy_with_logits(logits, labels.to(device()))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            yield len(ids)


# --- digits ---


class Digits(Dataset[tuple[Tensor, int]]):
    """Item by item, as torchvision.datasets.MNIST with ToTensor: array -> PIL image -> float [1, 28, 28]."""

    def __init__(self, data: DigitData) -> None:
        self.images, self.labels = data.train_images, data.train_labels
        self.transform = transforms.ToTensor()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


def vae_loss(model: ConditionalVae, x: Tensor, y: Tensor, noise: Tensor) -> Tensor:
    """-ELBO as PyTorch's VAE example writes it; x [B, 784], one-hot y [B, 10]; nats per image, mean."""
    logits, mu, log_var = model(x, y, noise)
    reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (reconstruction + kl) / len(x)


def cvae_loop(config: Cvae, model: ConditionalVae, data: DigitData) -> Iterator[int]:
    """Yields images."""
    loader = DataLoader(Digits(data), config.batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    while True:
        for images, labels in loader:
            x = images.to(device()).flatten(1)
            y = F.one_hot(labels.to(device()), CLASSES).float()
            loss = vae_loss(model, x, y, torch.randn(len(x), config.latent, device=device()))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            yield len(x)


# --- DC-GAN ---


def gan_generator(noise_dim: int) -> nn.Module:
    """Noise [B, noise_dim] -> images [B, 1, 28, 28] in [-1, 1], as CS231n's exercise lays it out."""
    return nn.Sequential(
        nn.Linear(noise_dim, 1024), nn.ReLU(), nn.BatchNorm1d(1024),
        nn.Linear(1024, 7 * 7 * 128), nn.ReLU(), nn.BatchNorm1d(7 * 7 * 128),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), nn.ReLU(), nn.BatchNorm2d(64),
        nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1), nn.Tanh(),
    )  # fmt: skip


def gan_discriminator() -> nn.Module:
    """Images [B, 1, 28, 28] in [-1, 1] -> logits [B, 1] of "real"."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4 * 4 * 64, 4 * 4 * 64), nn.LeakyReLU(0.01),
        nn.Linear(4 * 4 * 64, 1),
    )  # fmt: skip


def gan_loop(config: Gan, G: nn.Module, D: nn.Module, data: DigitData) -> Iterator[int]:
    """A step of D and one of G, each with noise of its own; yields images."""
    loader = DataLoader(Digits(data), config.batch_size, shuffle=True, drop_last=True)
    g_optimizer = torch.optim.Adam(G.parameters(), config.learning_rate, (config.beta1, 0.999))
    d_optimizer = torch.optim.Adam(D.parameters(), config.learning_rate, (config.beta1, 0.999))
    bce = nn.BCEWithLogitsLoss()

    def noise(count: int) -> Tensor:
        return 2 * torch.rand(count, config.noise_dim, device=device()) - 1

    while True:
        for images, _ in loader:
            real = 2 * (images.to(device()) - 0.5)
            real_logits = D(real)
            fake_logits = D(G(noise(len(real))).detach())
            d_loss = bce(real_logits, torch.ones_like(real_logits))
            d_loss = d_loss + bce(fake_logits, torch.zeros_like(fake_logits))
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()

            fake_logits = D(G(noise(len(real))))
            g_loss = bce(fake_logits, torch.ones_like(fake_logits))
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            d_loss.item(), g_loss.item()
            yield len(real)


# --- Siamese ---


class Pairs(Dataset[tuple[Tensor, Tensor, float]]):
    """Two faces and whether they are of one person: each image once an epoch, half of the partners genuine.

    faces uint8 [S, images, rows, columns]; they are scaled to their size once, beforehand.
    """

    def __init__(self, config: Siamese, faces: NDArray[np.uint8]) -> None:
        size = (config.width, config.height)
        self.faces = [[Image.fromarray(a).resize(size, Image.Resampling.BOX) for a in row] for row in faces]
        strength = config.augmentation
        self.transform = transforms.Compose(
            [
                transforms.RandomHorizontalFlip(),
                transforms.RandomAffine(
                    10 * strength,
                    translate=(0.08 * strength, 0.08 * strength),
                    scale=(1 - 0.15 * strength, 1 + 0.16 * strength),
                    interpolation=transforms.InterpolationMode.BILINEAR,
                    fill=round(255 * GREY_MEAN),
                ),
                transforms.ToTensor(),
                transforms.Normalize(GREY_MEAN, GREY_STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.faces) * len(self.faces[0])

    def __getitem__(self, i: int) -> tuple[Any, Any, float]:
        subjects, images = len(self.faces), len(self.faces[0])
        subject, image = divmod(i, images)
        if random.random() < 0.5:
            partner, other = subject, (image + random.randrange(1, images)) % images
        else:
            partner, other = (subject + random.randrange(1, subjects)) % subjects, random.randrange(images)
        first, second = self.faces[subject][image], self.faces[partner][other]
        return self.transform(first), self.transform(second), float(subject == partner)


def siamese_loop(
    config: Siamese, encoder: Encoder, faces: NDArray[np.uint8], batch_pairs: int
) -> Iterator[int]:
    """Contrastive loss of pairs, both images of each embedded; yields pairs."""
    loader = DataLoader(Pairs(config, faces), batch_pairs, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(encoder.parameters(), config.learning_rate)
    while True:
        for first, second, same in loader:
            distance = F.pairwise_distance(encoder(first.to(device())), encoder(second.to(device())))
            loss = contrastive_loss(distance, same.to(device()), config.margin)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            yield len(same)
