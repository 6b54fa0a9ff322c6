"""The digit classifier that judges samples: the class a generated digit shows, its distance from real ones.

A small convolutional network in the manner of LeNet (LeCun et al. 1998), with batch norm (Ioffe and Szegedy
2015), random shifts and a one-cycle learning rate (Smith and Topin 2018). The objective is the cross entropy
in nats per image, mean over the batch. CVAE and GAN are judged by one classifier, trained with seed 0, which
never saw a test image.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assignment3.data.images import DigitData, as_tensor, unit_range
from assignment3.shared.settings import Digits
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Model, Trained
from writeup.training import batches, device, load_weights, progress, rounds, seeded, weights_of

CLASSES = 10
SHIFT = 2  # pixels: within it a digit stays whole, for MNIST leaves a margin of 4
EVALUATION_BATCH = 1000  # images; activations stay below 100 MB


class DigitClassifier(nn.Module):
    """Images in [0, 1] -> logits of the ten classes, by way of `feature_dim` features."""

    def __init__(self, feature_dim: int = 128) -> None:
        super().__init__()
        self.body = nn.Sequential(  # B 1 28 28
            *_block(1, 16), nn.MaxPool2d(2),  # B 16 14 14
            *_block(16, 48), nn.MaxPool2d(2),  # B 48 7 7
            *_block(48, 96), nn.Flatten(),  # B 4704
            nn.Linear(96 * 7 * 7, feature_dim, bias=False), nn.BatchNorm1d(feature_dim), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(feature_dim, CLASSES)

    def embed(self, images: Tensor) -> Tensor:
        """Images [B, 28, 28] in [0, 1] -> features [B, feature_dim], all >= 0."""
        features: Tensor = self.body(images[:, None].contiguous(memory_format=torch.channels_last))
        return features

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, 28, 28] in [0, 1] -> logits [B, 10]."""
        logits: Tensor = self.head(self.embed(images))
        return logits


def _block(channels: int, maps: int) -> tuple[nn.Module, ...]:
    """3x3 convolution of the same size, batch norm (whose shift is the bias), ReLU."""
    return nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()


def build(config: Digits) -> DigitClassifier:
    """The untrained classifier on the device."""
    model = DigitClassifier(config.feature_dim)
    model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def restore(judge: Model) -> DigitClassifier:
    """The trained classifier on the device, in evaluation mode."""
    return load_weights(build(judge.config), judge.weights).eval()


def shifted(images: Tensor, generator: torch.Generator, most: int = SHIFT) -> Tensor:
    """Each of [B, 28, 28] moved by its own number of pixels, up to `most` along each axis; zeros enter."""
    B, height, width = images.shape
    row, column = torch.randint(0, 2 * most + 1, (2, B), generator=generator).to(images.device)
    windows = F.pad(images, (most,) * 4).unfold(1, height, 1).unfold(2, width, 1)  # B 5 5 28 28, a view
    return windows[torch.arange(B, device=images.device), row, column]


def train(config: Digits, data: DigitData, *, seed: int) -> Trained:
    """AdamW on the cross entropy of all training images; the log has a row per epoch."""
    generator = seeded(seed)
    model = build(config).train()
    images, labels = as_tensor(data.train_images), as_tensor(data.train_labels).long()
    N = len(images)
    each = -(-N // config.batch_size)
    steps = config.epochs * each
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps, pct_start=0.2
    )
    log: dict[str, list[float]] = {}
    epochs = range(1, config.epochs + 1)
    state = {"model": model, "optimizer": optimizer, "schedule": schedule, "order": generator, "log": log}
    with progress("digits", steps) as tick:
        for epoch in rounds("digits", epochs, state, each):
            losses, hits = 0.0, 0
            for batch in batches(N, config.batch_size, generator):
                chosen = batch.to(images.device)
                logits = model(unit_range(shifted(images[chosen], generator)))  # B 10
                loss = F.cross_entropy(logits, labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                tick(nats := loss.item())
                losses += nats * len(batch)
                hits += int((logits.argmax(1) == labels[chosen]).sum())
            add_row(log, epoch=epoch, train_loss=losses / N, train_accuracy=100 * hits / N)
    return Trained(weights_of(model), logs={"epochs": log})


def features(model: DigitClassifier, images: Tensor) -> Tensor:
    """Images [N, 28, 28] in [0, 1] -> features [N, feature_dim], the ones of the Frechet distance."""
    with _judging(model):
        return torch.cat([model.embed(part) for part in torch.split(images, EVALUATION_BATCH)])


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Images [N, 28, 28] in [0, 1] -> p(class | image), [N, 10]."""
    with _judging(model):
        return torch.cat([model(part).softmax(1) for part in torch.split(images, EVALUATION_BATCH)])


def read(model: DigitClassifier, images: Tensor) -> tuple[Tensor, Tensor]:
    """`probabilities` and `features` of images [N, 28, 28], in one pass."""
    with _judging(model):
        seen = torch.cat([model.embed(part) for part in torch.split(images, EVALUATION_BATCH)])
        return model.head(seen).softmax(1), seen


@contextlib.contextmanager
def _judging(model: nn.Module) -> Iterator[None]:
    """No gradients, and batch norm by running statistics: an image's score does not depend on its batch."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def evaluate(config: Digits, data: DigitData, trained: Trained, *, seed: int) -> Findings:
    """Accuracy on the test images in percent, cross entropy in nats per image, confusion. Nothing is drawn.

    The confusion table has a row per true class and a column per class read, in images.
    """
    model = restore(Model(config, trained.weights))
    p = probabilities(model, unit_range(data.test_images))  # N 10
    labels = as_tensor(data.test_labels).long()
    read = p.argmax(1)
    confusion = torch.bincount(labels * CLASSES + read, minlength=CLASSES**2).view(CLASSES, CLASSES).tolist()
    right = int((read == labels).sum())
    scalars = {
        "test_accuracy": 100 * right / len(labels),
        "test_errors": len(labels) - right,
        "test_cross_entropy": F.nll_loss(p.clamp_min(1e-12).log(), labels).item(),
        "parameters": sum(weights.numel() for weights in model.parameters()),
    }
    columns = {str(c): [row[c] for row in confusion] for c in range(CLASSES)}
    return Findings(scalars, {"confusion": {"digit": list(range(CLASSES))} | columns}, trained.logs)
