"""A DC-GAN of digits: a generator turns noise into images, a discriminator tells them from real ones.

Goodfellow et al. (2014, arXiv:1406.2661) with the convolutions of Radford, Metz and Chintala (2016), as laid
out in Stanford CS231n's GAN exercise. Losses in nats per image, means over the batch:

    D minimises  -E_x[log D(x)] - E_z[log(1 - D(G(z)))]     (their eq. 1, sign changed)
    G minimises  -E_z[log D(G(z))]                          (non-saturating, their section 3)

What the exercise does not have: a running average of G's weights. Both generators are measured, the figures
show samples of the average.

Derivations: `gan_optimum` and `gan_value` prove what the optimum is, `gan_logits` the form in the code.

What settings gave on 5,000 held-out training images, one run each (classifier score, Frechet distance, and
the number of equally frequent classes that the histogram's entropy is worth):
    after 1,500 iterations
    8.2  4.7  9.5  the exercise's settings, weights from N(0, 0.02); both get worse after 4,000
    8.0  5.4  9.6  real and generated images shifted by up to 3 pixels before D sees them
    8.5  2.4  9.8  gradient penalty 0.1, rates falling to 0 over the second half of 2,000
    8.4  2.1  9.9  gradient penalty 1
    after 4,000 iterations
    8.9  0.9  10.0 gradient penalty 1, rates falling to 0 at 4,000
    9.0  0.8  9.9  gradient penalty 0.2, rates falling to 0 at 8,000
Before that, at 1,500 iterations: two noise draws a step 7.4, a rate of 3e-4 6.8, PyTorch's start weights 7.7.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from assignment3.config import Gan
from assignment3.data.images import DigitData, as_tensor, examined, to_bytes, unit_range
from assignment3.shared import digits, scores
from writeup.results.rows import add_row
from writeup.results.store import Findings, Model, Trained
from writeup.resuming import rounds
from writeup.training import autocast, device, load_weights, progress, seeded, weights_of

SIDE = 28
CHUNK = 1000  # samples generated at a time
CALIBRATION = 2000  # noise vectors from which the batch norm's statistics are taken before sampling
GRID = 8, 10  # rows, columns
WATCHED = 500  # samples that the judge sees now and then
NEIGHBOURED = 500  # samples whose nearest training image is sought
CURVE_EVERY = 25  # iterations that a point of the loss curves averages
COLUMNS = "d_loss", "g_loss", "d_real", "d_fake"
AVERAGED, RAW = "averaged/", "raw/"  # before the names of the two generators' weights


class FromOneChannel(nn.Conv2d):
    """nn.Conv2d of one channel; as a product where images need a gradient, for which oneDNN takes up to twice
    as long.
    """

    def forward(self, images: Tensor) -> Tensor:
        if not images.requires_grad:
            return super().forward(images)
        height, width = self.kernel_size
        patches = images[:, 0].unfold(1, height, 1).unfold(2, width, 1).flatten(3)  # B 24 24 25
        return F.linear(patches, self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)


class ToOneChannel(nn.ConvTranspose2d):
    """nn.ConvTranspose2d to one channel, as a product whose rows, patches of the image, are added up; oneDNN
    takes up to twice as long. Square kernels; the padding makes the image `stride` times as large.
    """

    def forward(self, maps: Tensor, output_size: list[int] | None = None) -> Tensor:
        B, C, height, width = maps.shape
        pixels = maps.permute(0, 2, 3, 1).reshape(B, height * width, C)  # B 196 64
        patches = F.linear(pixels, self.weight.view(C, -1).t()).transpose(1, 2)  # B 16 196
        stride, padding = self.stride[0], int(self.padding[0])
        size = stride * height, stride * width
        assert self.bias is not None
        return F.fold(patches, size, self.kernel_size[0], stride=stride, padding=padding) + self.bias


# What the report prints is wrapped at 88 columns.
# fmt: off


class Generator(nn.Module):
    """Noise [B, 96] in [-1, 1] -> images [B, 28, 28] in [-1, 1]."""

    def __init__(self, noise_dim: int = 96) -> None:
        super().__init__()
        self.dense = nn.Sequential(
            nn.Linear(noise_dim, 1024), nn.ReLU(), nn.BatchNorm1d(1024),  # B 1024
            nn.Linear(1024, 128 * 7 * 7), nn.ReLU(),
            nn.BatchNorm1d(128 * 7 * 7),  # B 6272
        )
        self.up = nn.Sequential(  # B 128 7 7
            nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), nn.ReLU(),
            nn.BatchNorm2d(64),  # B 64 14 14
            ToOneChannel(64, 1, 4, stride=2, padding=1), nn.Tanh(),  # B 1 28 28
        )

    def forward(self, noise: Tensor) -> Tensor:
        # B 128 7 7, channels last as it is
        maps = self.dense(noise).view(-1, 7, 7, 128).permute(0, 3, 1, 2)
        images: Tensor = self.up(maps).squeeze(1)
        return images


class Discriminator(nn.Module):
    """Images [B, 28, 28] in [-1, 1] -> logits [B] of "real".

    The maximum comes before the LeakyReLU, which is increasing: the same values from a quarter of the work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(  # B 1 28 28
            FromOneChannel(1, 32, 5), nn.MaxPool2d(2), nn.LeakyReLU(0.01),  # B 32 12 12
            nn.Conv2d(32, 64, 5), nn.MaxPool2d(2), nn.LeakyReLU(0.01),  # B 64 4 4
            nn.Flatten(), nn.Linear(64 * 4 * 4, 1024), nn.LeakyReLU(0.01),  # B 1024
            nn.Linear(1024, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(
            images[:, None].contiguous(memory_format=torch.channels_last)
        ).squeeze(1)
        return logits


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z))) from logits [B], [B]; 2 log 2 where D answers 1/2."""
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy_with_logits(
        fake_logits, torch.zeros_like(fake_logits)
    )
    return real + fake


# fmt: on


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-mean log D(G(z)) from logits [B]."""
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


def noise(count: int, config: Gan, generator: torch.Generator) -> Tensor:
    """z [count, noise_dim], uniform on [-1, 1]."""
    return (torch.rand(count, config.noise_dim, generator=generator) * 2 - 1).to(device())


def next_batch(
    ahead: dict[str, Tensor], examples: int, batch_size: int, generator: torch.Generator
) -> Tensor:
    """`batch_size` indices, int64, taken from `ahead`; each epoch is a fresh permutation, its short rest left
    out.
    """
    size = min(batch_size, examples)
    if not len(left := ahead.get("indices", torch.empty(0))):
        left = torch.randperm(examples, generator=generator)[: examples // size * size]
    ahead["indices"] = left[size:]
    return left[:size]


@dataclass(frozen=True)
class Player:
    """A network and the optimizer of its weights."""

    network: nn.Module
    optimizer: torch.optim.Optimizer

    def descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def player(network: nn.Module, config: Gan) -> Player:
    """`network` on the device with the exercise's Adam; weights from N(0, init_std^2) (Radford et al.)."""
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
            nn.init.normal_(module.weight, std=config.init_std)
            nn.init.zeros_(module.bias)
    network.to(device(), memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    adam = torch.optim.Adam(network.parameters(), config.learning_rate, (config.beta1, 0.999), fused=True)
    return Player(network, adam)


def gradient_penalty(D: nn.Module, real: Tensor) -> Tensor:
    """R1 = E_x |grad_x a(x)|^2 of D's logit a at real images [B, 28, 28] (Mescheder et al. 2018, eq. 9).

    It keeps D from being so sure of the real images that G learns nothing from it. In float32 throughout.
    """
    real = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(real).sum(), real, create_graph=True)  # B 28 28
    return slope.square().sum((1, 2)).mean()


def step(
    G: Player,
    D: Player,
    real: Tensor,
    z: Tensor,
    fresh_z: Tensor | None,
    precision: str,
    penalty: float = 0.0,
) -> Tensor:
    """One step of D on `real` [B, 28, 28] and G(z), then one of G on the same G(z), or on `fresh_z`.

    Faster than the plain loop: one pass of G serves both, real and fake pass D as one batch (D has no batch
    norm, so the loss is the same), and D's weights get no gradients in G's step. Returns four means over the
    batch: D's loss, G's loss, D(x), D(G(z)). penalty: weight of half the gradient penalty, which D descends
    besides.
    """
    B = len(real)
    with autocast(precision):
        fake = G.network(z).float()
        logits = D.network(torch.cat([real, fake.detach()])).float()  # 2B
    d_loss = discriminator_loss(logits[:B], logits[B:])
    D.descend(d_loss + penalty / 2 * gradient_penalty(D.network, real) if penalty else d_loss)

    D.network.requires_grad_(False)
    with autocast(precision):
        if fresh_z is not None:
            fake = G.network(fresh_z).float()
        fooled = D.network(fake).float()
    g_loss = generator_loss(fooled)
    G.descend(g_loss)
    D.network.requires_grad_(True)
    p = logits.detach().sigmoid()
    return torch.stack([d_loss.detach(), g_loss.detach(), p[:B].mean(), p[B:].mean()]).cpu()


def train(config: Gan, data: DigitData, *, seed: int, judge: Model) -> Trained:
    """Play the game on the training images; the weights are those of both generators.

    Logs: `steps`, every `log_every` iterations that iteration's values; `curves`, means over 25 iterations;
    `watch`, what the judge sees in 500 samples, so that a collapse shows. Arrays: sample grids by iteration,
    uint8 [8, 10, 28, 28]. Watch and grids are of the average.
    """
    data = examined(data, config.validation_images)
    classifier = digits.restore(judge)
    random = seeded(seed)
    G, D = player(Generator(config.noise_dim), config), player(Discriminator(), config)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(
            player.optimizer, lambda t: 1 - t / config.iterations if config.schedule == "linear" else 1.0
        )
        for player in (G, D)
    ]
    average = copy.deepcopy(G.network)
    fixed = torch.Generator().manual_seed(seed)
    shown, watched = noise(GRID[0] * GRID[1], config, fixed), noise(WATCHED, config, fixed)
    images = as_tensor(data.train_images)
    ahead: dict[str, Tensor] = {}
    logs: dict[str, dict[str, list[float]]] = {"steps": {}, "curves": {}, "watch": {}}
    grids: dict[str, NDArray[np.uint8]] = {}
    recent: list[Tensor] = []
    learned: dict[str, Any] = {"average": average}
    for name, one, schedule in zip("GD", (G, D), schedules, strict=True):
        learned |= {name: one.network, f"Adam of {name}": one.optimizer, f"rate of {name}": schedule}
    logged = {"logs": logs, "grids": grids, "recent": recent, "random": random, "ahead": ahead}
    with progress("gan", config.iterations) as tick:
        for t in rounds("gan", range(config.iterations + 1), learned | logged):
            last = t == config.iterations
            if t in config.grid_at or last:
                calibrate(average, config, seed)
                grid = generate(average, shown).view(*GRID, SIDE, SIDE)
                grids["grid_final" if last else f"grid_{t}"] = to_bytes(grid)
            if t % config.watch_every == 0 or last:
                calibrate(average, config, seed)
                p = digits.probabilities(classifier, generate(average, watched)).cpu().numpy()
                present = scores.classes_present(scores.class_histogram(p))
                score = scores.classifier_score(p)
                add_row(logs["watch"], iteration=t, classes_present=present, classifier_score=score)
            if last:
                break
            batch = next_batch(ahead, len(images), config.batch_size, random)
            real = unit_range(images[batch.to(images.device)]) * 2 - 1  # B 28 28
            z = noise(len(real), config, random)
            fresh_z = noise(len(real), config, random) if config.noise_draws == 2 else None
            due = config.penalty_every if t % config.penalty_every == 0 else 0
            row = step(G, D, real, z, fresh_z, config.precision, due * config.penalty)
            for schedule in schedules:
                schedule.step()
            times, skipped = divmod(t, config.average_every)
            if not skipped:
                decay = min(config.average**config.average_every, (1 + times) / (10 + times))
                follow(average, G.network, decay)
            tick(float(row[0] + row[1]))
            recent.append(row)
            if t % config.log_every == 0:
                add_row(logs["steps"], iteration=t, **named(row))
            if len(recent) == CURVE_EVERY:
                add_row(logs["curves"], iteration=t + 1, **named(torch.stack(recent).mean(0)))
                recent.clear()
    first = {f"first_{name}": logs["steps"][name][0] for name in ("d_loss", "g_loss")}
    calibrate(G.network, config, seed)
    return Trained(weights_of(average, AVERAGED) | weights_of(G.network, RAW), first, logs, grids)


def named(row: Tensor) -> dict[str, float]:
    """What `step` returns, by name."""
    return dict(zip(COLUMNS, row.tolist(), strict=True))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """average <- decay average + (1 - decay) network, for the weights; `calibrate` sees to batch norm."""
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)


@torch.no_grad()
def calibrate(generator: nn.Module, config: Gan, seed: int) -> None:
    """Take batch norm's statistics from 2,000 noise vectors: averaged weights have none of their own, and the
    raw ones' are means over many steps.

    After it the generator is in evaluation mode: a sample does not depend on what else is in its batch.
    """
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches seen
    generator.train()
    generator(noise(CALIBRATION, config, torch.Generator().manual_seed(seed)))
    generator.eval()


def restore(trained: Model, which: str) -> Generator:
    """The `AVERAGED` or `RAW` generator on the device, in evaluation mode, calibrated when training ended."""
    network = Generator(trained.config.noise_dim)
    network.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return load_weights(network, trained.weights, which).eval()


@torch.no_grad()
def generate(generator: nn.Module, z: Tensor) -> Tensor:
    """z [N, noise_dim] -> images [N, 28, 28] in [0, 1]."""
    return torch.cat([(generator(part) + 1) / 2 for part in torch.split(z, CHUNK)])


def nearest_neighbours(images: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """For images [N, 28, 28]: Euclidean distance [N] to the nearest of `among` [M, 28, 28], its index [N]."""
    distances, indices = torch.cdist(images.flatten(1), among.flatten(1)).min(1)
    return distances, indices


@dataclass(frozen=True)
class Seen:
    """What the judge sees in N images."""

    p: NDArray[np.float32]  # p(class | image), [N, 10]
    features: NDArray[np.float32]  # [N, F]

    @property
    def histogram(self) -> NDArray[np.int64]:
        return scores.class_histogram(self.p)

    @property
    def within(self) -> NDArray[np.float64]:
        """Mean distance of features in each class, [10]."""
        return scores.distances_within(self.features, self.p.argmax(1), digits.CLASSES)


def look(classifier: digits.DigitClassifier, images: Tensor) -> Seen:
    """Images [N, 28, 28] in [0, 1] before the judge."""
    p, features = digits.probabilities(classifier, images), digits.features(classifier, images)
    return Seen(p.cpu().numpy(), features.cpu().numpy())


def quality(samples: Seen, real: Seen) -> dict[str, float]:
    """The scores of samples [N]; the distance is that of as many samples as there are real images."""
    return {
        "classifier_score": scores.classifier_score(samples.p),
        "frechet_distance": scores.frechet_distance(samples.features[: len(real.features)], real.features),
        "diversity": scores.diversity(samples.within, real.within),
        **scores.of_histogram(samples.histogram),
    }


def evaluate(config: Gan, data: DigitData, trained: Trained, *, seed: int, judge: Model) -> Findings:
    """Samples of both generators, real test images and as many training images before the judge.

    Values of the raw generator bear "raw/" before their names; all others, and the arrays, are the average's.
    frechet_distance is between samples and test images, frechet_floor between training and test images: what
    a perfect generator would get. diversity is the mean over the classes of the mean distance of two samples
    in a class, as the judge reads them, divided by that of test images. neighbour_distance is the mean
    over 500 samples of the Euclidean distance to the nearest training image, pixels in [0, 1];
    real_neighbour_distance that of test images, and a generator that copies lies far below.
    """
    data = examined(data, config.validation_images)
    model, classifier = Model(config, trained.weights), digits.restore(judge)
    random = torch.Generator().manual_seed(seed + 1)  # not the noise of the grids
    z = noise(config.samples, config, random)
    test, train_images = unit_range(data.test_images), unit_range(data.train_images)
    count = min(config.samples, len(test), len(train_images))
    chosen = torch.randperm(len(train_images), generator=random)[:count].to(device())
    samples = generate(restore(model, AVERAGED), z)
    ours, raw = look(classifier, samples), look(classifier, generate(restore(model, RAW), z))
    real, floor = look(classifier, test[:count]), look(classifier, train_images[chosen])
    distances, nearest = nearest_neighbours(samples[:NEIGHBOURED], train_images)
    real_distances, _ = nearest_neighbours(test[:NEIGHBOURED], train_images)
    scalars: dict[str, float] = {
        **quality(ours, real),
        **{f"raw/{name}": value for name, value in quality(raw, real).items()},
        "real_classifier_score": scores.classifier_score(
            digits.probabilities(classifier, test).cpu().numpy()
        ),
        "frechet_floor": scores.frechet_distance(floor.features, real.features),
        "real_diversity": scores.diversity(floor.within, real.within),
        "neighbour_distance": distances.mean().item(),
        "real_neighbour_distance": real_distances.mean().item(),
        "generator_parameters": sum(weights.numel() for weights in Generator(config.noise_dim).parameters()),
        "discriminator_parameters": sum(weights.numel() for weights in Discriminator().parameters()),
    }
    digit = list(range(digits.CLASSES))
    looks = {"samples": ours, "raw": raw, "real": real}
    tables: dict[str, dict[str, list[Any]]] = {
        "class_histogram": {"digit": digit, **{name: one.histogram.tolist() for name, one in looks.items()}},
        "within_classes": {"digit": digit, **{name: one.within.tolist() for name, one in looks.items()}},
    }
    pairs = torch.stack([samples[:10], train_images[nearest[:10]]])
    arrays = {**trained.arrays, "neighbours": to_bytes(pairs)}
    return Findings({**scalars, **trained.scalars}, tables, trained.logs, arrays)
