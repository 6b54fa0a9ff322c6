"""Problem 4: a DC-GAN of digits. G turns noise into images, D tells them from real ones.

Goodfellow et al. (2014, arXiv:1406.2661) with the convolutions of Radford, Metz and Chintala (2016), as the
hand-out of the homework lays them out. Losses in nats per image, means over the batch:

    D minimises  -E_x[log D(x)] - E_z[log(1 - D(G(z)))]     (their eq. 1, sign changed)
    G minimises  -E_z[log D(G(z))]                          (non-saturating, their section 3)

Networks, start, noise, optimizer, order of the images and of the two steps are the hand-out's. Ours, and off
unless settings say otherwise: a gradient penalty and falling rates. Ours besides: a running mean of G's
weights, which training does not feel.

Derivations: `gan_optimum` and `gan_value` prove what the optimum is, `gan_logits` the form of the losses.
"""

import copy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from assignment3.data.images import DigitData, as_tensor, to_bytes, unit_range
from assignment3.gan.looks import Seen, calibrated, generate, look, quality
from assignment3.gan.settings import Gan
from assignment3.shared import digits, scores
from writeup.results.tables import add_row
from writeup.runs.record import Findings, Model, Trained
from writeup.training import device, load_weights, progress, rounds, seeded, weights_of

SHOWN = 16  # samples of a log line's grid
CALIBRATION = 2000  # noise vectors that give batch norm's statistics for samples
PRINTED = 80  # samples of the finished generator that are recorded
NEIGHBOURED = 500  # samples whose nearest training image is sought
CURVE_EVERY = 25  # iterations that a point of the loss curves averages
COLUMNS = "d_loss", "g_loss", "d_real", "d_fake"
OWN, AVERAGED = "own/", "averaged/"  # before the names of G's weights and of the mean ones
LOOK = "look/"  # before what the classifier saw in training: arrays that the evaluation turns into scores
# Added to a run's seed, so that no random numbers serve twice.
CALIBRATING, SAMPLING, STARTING = 1_000_000, 2_000_000, 3_000_000

# What the report prints is wrapped at 88 columns.
# fmt: off


def sample_noise(batch_size: int, dim: int, generator: torch.Generator) -> Tensor:
    """z [batch_size, dim], uniform on (-1, 1)."""
    return (torch.rand(batch_size, dim, generator=generator) * 2 - 1).to(device())


def build_discriminator() -> nn.Sequential:
    """Images [B, 1, 28, 28] in [-1, 1] -> logits [B, 1] of "real"."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2),  # B 32 12 12
        nn.Conv2d(32, 64, 5), nn.LeakyReLU(0.01), nn.MaxPool2d(2),  # B 64 4 4
        nn.Flatten(), nn.Linear(64 * 4 * 4, 1024), nn.LeakyReLU(0.01),  # B 1024
        nn.Linear(1024, 1),  # B 1
    )


def build_generator(noise_dim: int = 96) -> nn.Sequential:
    """Noise [B, noise_dim] in (-1, 1) -> images [B, 1, 28, 28] in (-1, 1)."""
    return nn.Sequential(
        nn.Linear(noise_dim, 1024), nn.ReLU(), nn.BatchNorm1d(1024),  # B 1024
        nn.Linear(1024, 128 * 7 * 7), nn.ReLU(), nn.BatchNorm1d(128 * 7 * 7),  # B 6272
        nn.Unflatten(1, (128, 7, 7)),  # B 128 7 7
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), nn.ReLU(),
        nn.BatchNorm2d(64),  # B 64 14 14
        nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1), nn.Tanh(),  # B 1 28 28
    )


def initialize_weights(module: nn.Module) -> None:
    """Xavier's uniform start for linear and transposed layers; the rest as PyTorch."""
    if isinstance(module, nn.Linear | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(module.weight)


def get_optimizer(
    model: nn.Module, rate: float = 1e-3, betas: tuple[float, float] = (0.5, 0.999)
) -> torch.optim.Adam:
    """Adam for all weights of `model`."""
    return torch.optim.Adam(model.parameters(), rate, betas, fused=True)


def bce_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """-t log s(a) - (1 - t) log(1 - s(a)), mean over the batch, from logits a.

    1 - s(a) is s(-a), and `logsigmoid` is min(a, 0) - log(1 + exp(-|a|)): nothing
    overflows, and no logarithm meets a 0.
    """
    real, fake = F.logsigmoid(logits), F.logsigmoid(-logits)
    return -(targets * real + (1 - targets) * fake).mean()


def discriminator_loss(logits_real: Tensor, logits_fake: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z))); 2 log 2 where D answers 1/2."""
    return bce_loss(logits_real, torch.ones_like(logits_real)) + bce_loss(
        logits_fake, torch.zeros_like(logits_fake)
    )


def generator_loss(logits_fake: Tensor) -> Tensor:
    """-mean log D(G(z)); log 2 where D answers 1/2."""
    return bce_loss(logits_fake, torch.ones_like(logits_fake))


def gradient_penalty(D: nn.Module, real: Tensor) -> Tensor:
    """R1 = E_x |grad_x a(x)|^2 of D's logit a (Mescheder et al. 2018, eq. 9).

    It keeps D from being so sure of the real images that G learns nothing from it.
    """
    real = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(real).sum(), real, create_graph=True)  # B 1 28 28
    return slope.square().sum((1, 2, 3)).mean()


# fmt: on


@dataclass(frozen=True)
class Player:
    """A network and the optimizer of its weights."""

    network: nn.Module
    optimizer: torch.optim.Adam

    def descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def start(config: Gan) -> tuple[Player, Player]:
    """G and D on the device, untrained, from the global source of randomness."""
    players = []
    for network, rate in (
        (build_generator(config.noise_dim), config.generator_rate),
        (build_discriminator(), config.discriminator_rate),
    ):
        network.apply(initialize_weights)
        # Channels last: D's first pooling takes an eighth of the time.
        network.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
        players.append(Player(network.train(), get_optimizer(network, rate, (config.beta1, config.beta2))))
    G, D = players
    return G, D


# fmt: off


def step(
    G: Player, D: Player, real: Tensor, z: Tensor, fresh_z: Tensor, penalty: float = 0.0
) -> tuple[Tensor, Tensor]:
    """One step of D on `real` [B, 1, 28, 28] and G(z), then one of G on G(fresh_z).

    Real and fake pass D as one batch (D has no batch norm, so the loss is the same), and D's weights get no
    gradients in G's step. Returns four means over the batch, D's loss, G's loss, D(x) and D(G(z)), and
    G(fresh_z) from before G's step. penalty: weight of half the gradient penalty, which D descends besides.
    """
    B = len(real)
    with torch.no_grad():
        fake = G.network(z)
    logits = D.network(torch.cat([real, fake]))  # 2B 1
    d_loss = discriminator_loss(logits[:B], logits[B:])
    D.descend(
        d_loss + penalty / 2 * gradient_penalty(D.network, real) if penalty else d_loss
    )

    D.network.requires_grad_(False)
    samples = G.network(fresh_z)
    g_loss = generator_loss(D.network(samples))
    G.descend(g_loss)
    D.network.requires_grad_(True)
    p = logits.detach().sigmoid()
    return torch.stack(
        [d_loss.detach(), g_loss.detach(), p[:B].mean(), p[B:].mean()]
    ).cpu(), samples.detach()


# fmt: on


def batch(images: Tensor, t: int, size: int) -> Tensor:
    """The real images of iteration t, [size, 1, 28, 28] in [-1, 1]: in their order, incomplete batches left
    out.
    """
    k = t % (len(images) // size) * size
    return (unit_range(images[k : k + size]) * 2 - 1)[:, None]


def train(config: Gan, data: DigitData, *, seed: int, judge: Model) -> Trained:
    """Play the game on the training images; the weights are G's own and their running mean.

    Logs: `steps`, every `log_every` iterations that iteration's losses; `curves`, means over 25 iterations.
    Arrays: `grids`, the first 16 samples of the iterations of `steps`, uint8 [lines, 16, 28, 28]; what the
    classifier saw every `look_every` iterations in the generator that is reported.
    """
    classifier = digits.restore(judge)
    random = seeded(seed)
    G, D = start(config)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(player.optimizer, lambda t: rate_at(t, config)) for player in (G, D)
    ]
    mean = copy.deepcopy(G.network)
    images = as_tensor(data.train_images[: config.images])
    logs: dict[str, dict[str, list[float]]] = {"steps": {}, "curves": {}}
    grids: list[NDArray[np.uint8]] = []
    looked: dict[str, list[Any]] = {}
    recent: list[Tensor] = []
    state = {"mean": mean, "logs": logs, "grids": grids, "looked": looked, "recent": recent, "random": random}
    for name, player, schedule in zip("GD", (G, D), schedules, strict=True):
        state |= {name: player.network, f"Adam of {name}": player.optimizer, f"rate of {name}": schedule}
    with progress("gan", config.iterations) as tick:
        for t in rounds("gan", range(config.iterations), state):
            z, fresh_z = (sample_noise(config.batch_size, config.noise_dim, random) for _ in range(2))
            due = config.penalty_every if t % config.penalty_every == 0 else 0
            real = batch(images, t, config.batch_size)
            row, samples = step(G, D, real, z, fresh_z, due * config.penalty)
            for schedule in schedules:
                schedule.step()
            times, skipped = divmod(t, config.average_every)
            if not skipped:
                decay = min(config.average**config.average_every, (1 + times) / (10 + times))
                follow(mean, G.network, decay)
            tick(float(row[0] + row[1]))
            recent.append(row)
            if t % config.log_every == 0:
                add_row(logs["steps"], iteration=t, **named(row))
                grids.append(to_bytes((samples[:SHOWN].squeeze(1) + 1) / 2))
            if len(recent) == CURVE_EVERY:
                add_row(logs["curves"], iteration=t + 1, **named(torch.stack(recent).mean(0)))
                recent.clear()
            if (t + 1) % config.look_every == 0 or t + 1 == config.iterations:
                reported = settled(mean if config.averaged else G.network, config, seed)
                seen = look(classifier, samples_of(reported, config, seed, config.looked_at))
                add_row(looked, iteration=t + 1, **asdict(seen))
    first = {f"first_{name}": logs["steps"][name][0] for name in ("d_loss", "g_loss")}
    ends = {OWN: G.network, AVERAGED: mean}
    weights = [weights_of(settled(end, config, seed), which) for which, end in ends.items()]
    arrays = {LOOK + name: np.stack(column) for name, column in looked.items()}
    return Trained(weights[0] | weights[1], first, logs, {"grids": np.stack(grids), **arrays})


def rate_at(t: int, config: Gan) -> float:
    """What both rates are multiplied with in iteration t: 1, and falling to 0 where settings say so."""
    last = config.falling * config.iterations
    return min(1.0, (config.iterations - t) / last) if last else 1.0


def named(row: Tensor) -> dict[str, float]:
    """The four means that `step` returns, by name."""
    return dict(zip(COLUMNS, row.tolist(), strict=True))


@torch.no_grad()
def follow(mean: nn.Module, network: nn.Module, decay: float) -> None:
    """mean <- decay mean + (1 - decay) network, for the weights; `calibrated` sees to batch norm."""
    torch._foreach_lerp_(list(mean.parameters()), list(network.parameters()), 1 - decay)


def settled(generator: nn.Module, config: Gan, seed: int) -> nn.Module:
    """A copy of the generator, calibrated for samples that do not depend on their batch."""
    random = torch.Generator().manual_seed(CALIBRATING + seed)
    return calibrated(generator, sample_noise(CALIBRATION, config.noise_dim, random))


def samples_of(generator: nn.Module, config: Gan, seed: int, count: int) -> Tensor:
    """The first samples of a run, [count, 28, 28] in [0, 1], always from the same noise."""
    random = torch.Generator().manual_seed(SAMPLING + seed)
    return generate(generator, sample_noise(config.samples, config.noise_dim, random)[:count])


def restore(trained: Model, which: str) -> nn.Module:
    """The generator with its `OWN` or the `AVERAGED` weights, calibrated when training ended."""
    network = build_generator(trained.config.noise_dim)
    network.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return load_weights(network, trained.weights, which).eval()


def nearest_neighbours(images: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """For images [N, 28, 28]: Euclidean distance [N] to the nearest of `among` [M, 28, 28], its index [N]."""
    distances, indices = torch.cdist(images.flatten(1), among.flatten(1)).min(1)
    return distances, indices


def first_losses(config: Gan, data: DigitData, seed: int) -> NDArray[np.float32]:
    """The first log line of further starts on the first batch: [first_draws, 2], losses of D and G."""
    real = batch(as_tensor(data.train_images[: config.batch_size]), 0, config.batch_size)
    found = []
    for draw in range(config.first_draws):
        random = seeded(STARTING + seed * config.first_draws + draw)
        G, D = start(config)
        z, fresh_z = (sample_noise(config.batch_size, config.noise_dim, random) for _ in range(2))
        found.append(step(G, D, real, z, fresh_z)[0][:2].numpy())
    return np.array(found, np.float32).reshape(-1, 2)


def looks_of(trained: Trained, real: Seen) -> dict[str, list[Any]]:
    """The table `quality`: what the classifier saw in training, as scores beside real images."""
    columns = {name.removeprefix(LOOK): a for name, a in trained.arrays.items() if name.startswith(LOOK)}
    table: dict[str, list[Any]] = {}
    for iteration, *values in zip(columns.pop("iteration").tolist(), *columns.values(), strict=True):
        add_row(table, iteration=iteration, **quality(Seen(**dict(zip(columns, values, strict=True))), real))
    return table


def evaluate(config: Gan, data: DigitData, trained: Trained, *, seed: int, judge: Model) -> Findings:
    """Samples of both generators, real test images and as many training images before the classifier.

    Scalars without a prefix are of the generator that is reported (`config.averaged`), those of the other
    bear "own/" or "averaged/". frechet_distance is between samples and test images, frechet_floor between
    training and test images: what a perfect generator would get. diversity is the mean over the classes of
    the mean distance of two samples of a class, divided by that of test images. neighbour_distance is the
    mean over 500 samples of the Euclidean distance to the nearest training image, pixels in [0, 1];
    real_neighbour_distance that of test images, and a generator that copies lies far below.

    Table `quality`: the scores over the iterations, of the first `looked_at` samples. "end/" bears its last
    row and "quarter/" the one nearest to a quarter of the training.
    """
    model, classifier = Model(config, trained.weights), digits.restore(judge)
    test, train_images = unit_range(data.test_images), unit_range(data.train_images[: config.images])
    count = min(config.samples, len(test), len(train_images))
    random = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(train_images), generator=random)[:count].to(device())
    real, floor = look(classifier, test[:count]), look(classifier, train_images[chosen])
    reported, other = (AVERAGED, OWN) if config.averaged else (OWN, AVERAGED)
    samples, others = (
        samples_of(restore(model, which), config, seed, config.samples) for which in (reported, other)
    )
    seen, seen_other = look(classifier, samples), look(classifier, others)
    course = looks_of(trained, real)
    away = [abs(iteration - config.iterations / 4) for iteration in course["iteration"]]
    marks = {"quarter": away.index(min(away)), "end": -1}
    distances, nearest = nearest_neighbours(samples[:NEIGHBOURED], train_images)
    real_distances, _ = nearest_neighbours(test[:NEIGHBOURED], train_images)
    scalars: dict[str, float] = {
        **quality(seen, real),
        **{other + name: value for name, value in quality(seen_other, real).items()},
        **{f"{mark}/{name}": course[name][row] for mark, row in marks.items() for name in course},
        "real_classifier_score": quality(real, real)["classifier_score"],
        "frechet_floor": quality(floor, real)["frechet_distance"],
        "real_diversity": scores.diversity(floor.within, real.within),
        "neighbour_distance": distances.mean().item(),
        "real_neighbour_distance": real_distances.mean().item(),
        "generator_parameters": sum(weights.numel() for weights in restore(model, OWN).parameters()),
        "discriminator_parameters": sum(weights.numel() for weights in build_discriminator().parameters()),
    }
    views = {"samples": seen, other.removesuffix("/"): seen_other, "real": real}
    digit = list(range(digits.CLASSES))
    tables: dict[str, dict[str, list[Any]]] = {
        "quality": course,
        "class_histogram": {"digit": digit, **{name: one.histogram.tolist() for name, one in views.items()}},
        "within_classes": {"digit": digit, **{name: one.within.tolist() for name, one in views.items()}},
    }
    arrays = {
        "grids": trained.arrays["grids"],
        "samples": to_bytes(samples[:PRINTED]),
        "neighbours": to_bytes(torch.stack([samples[:10], train_images[nearest[:10]]])),
        "first_losses": first_losses(config, data, seed),
    }
    return Findings({**scalars, **trained.scalars}, tables, trained.logs, arrays)
