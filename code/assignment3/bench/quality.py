"""Is what trains faster as good? Plain loops and ours, in either precision, after equally much training.

How good they get is measured on held-out training examples, never on test data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

import torch
from torch import nn

from assignment3.bench import plain_loops
from assignment3.bench.plain_loops import advance_to
from assignment3.config import Cvae, Gan, Quality, Siamese, TextCnn
from assignment3.data.images import DigitData, held_out, unit_range
from assignment3.data.splits import subject_folds
from assignment3.data.text_features import encode, vocabulary
from assignment3.measures.verification import auc
from assignment3.parts import cvae, gan, siamese, text_cnn
from assignment3.shared import digits, scores
from writeup import training
from writeup.bench.clock import quiet, seconds_of
from writeup.bench.setting import Setting
from writeup.results.store import Findings, Model

Measured = tuple[float, float]  # quality, seconds of training
SIDES = "plain", *training.PRECISIONS, "ours"


@dataclass(frozen=True)
class Match:
    """One part trained by the plain loop and by ours; each takes a seed, ours a precision too, and says how
    good it got.
    """

    part: str
    measure: str
    unit: str
    sign: int  # 1: more is better, -1: less is
    digits: int  # after the point
    plain: Callable[[int], Measured]
    ours: Callable[[int, str], Measured]
    precision: str  # in which the report's networks are trained here


def measure(setting: Setting) -> Findings:
    """All parts with the settings given, and how good both sides got."""
    lengths: Quality = setting.config
    chosen = matches(setting.configs, setting.data, lengths, setting.roles["judge"])
    return compare(chosen, lengths.seeds, setting.say)


def compare(chosen: Sequence[Match], seeds: int, say: Callable[[str], None]) -> Findings:
    """Train both sides of every match with so many seeds, in turns."""
    scalars: dict[str, float] = {"seeds": float(seeds)}
    rows: list[tuple[Any, ...]] = []
    for match in chosen:
        sides: dict[str, list[Measured]] = {side: [] for side in ("plain", *training.PRECISIONS)}
        for seed in range(seeds):
            for side, found in sides.items():
                found.append(match.plain(seed) if side == "plain" else match.ours(seed, side))
                say(f"{match.part} seed {seed}, {side}: {found[-1][0]:.4g} in {found[-1][1]:.1f} s")
        sides["ours"] = sides[match.precision]
        for side, found in sides.items():
            qualities, times = zip(*found, strict=True)
            scalars |= {
                f"{match.part}/{side}": fmean(qualities),
                f"{match.part}/{side}_std": stdev(qualities),
                f"{match.part}/{side}_seconds": fmean(times),
            }
        rows += [(match.part, seed, *(found[seed][0] for found in sides.values())) for seed in range(seeds)]
    parts: dict[str, list[Any]] = {
        "part": [match.part for match in chosen],
        "measure": [match.measure for match in chosen],
        "unit": [match.unit for match in chosen],
        "sign": [match.sign for match in chosen],
        "digits": [match.digits for match in chosen],
    }
    runs = {name: [row[i] for row in rows] for i, name in enumerate(("part", "seed", *SIDES))}
    return Findings(scalars, {"parts": parts, "runs": runs})


def matches(
    configs: Mapping[str, Any], data: Mapping[str, Any], lengths: Quality, judge: Model
) -> list[Match]:
    """A match for each part in `configs`; data by name of the data set."""
    makers: dict[str, Callable[[Any], Match]] = {
        "text_cnn": lambda config: text_match(config, data["sst2"], lengths.text_cnn, lengths.phrases),
        "siamese": lambda config: siamese_match(config, data["att_faces"], lengths.siamese),
        "cvae": lambda config: cvae_match(config, data["mnist"], lengths.cvae, lengths.held_out),
        "gan": lambda config: gan_match(config, data["mnist"], lengths.gan, lengths.held_out, judge),
    }
    return [make(configs[part]) for part, make in makers.items() if part in configs]


def text_match(config: TextCnn, data: text_cnn.Data, epochs: int, phrases: int) -> Match:
    """Max pooling and the first kernel size, on so many phrases; accuracy on the validation phrases after the
    best epoch.
    """
    settings = replace(config, epochs=epochs)
    texts, labels = text_cnn.split(settings, data)
    texts["train"], labels["train"] = texts["train"][:phrases], labels["train"][:phrases]
    words = vocabulary(texts["train"])
    known, unseen = (encode(texts[name], labels[name], words) for name in ("train", "validation"))
    K = settings.kernel_sizes[0]

    def network(kind: type[nn.Module], seed: int) -> Any:
        training.seeded(seed)
        return kind(settings, words=2 + len(words), kernel_size=K, pooling="max")

    def plain(seed: int) -> Measured:
        model, same = network(plain_loops.Conv1dCnn, seed), network(text_cnn.CNN, seed)
        loop = plain_loops.text_loop(settings, model.to(training.device()), known)
        seconds, best = 0.0, 0.0
        for _ in range(epochs):
            seconds += seconds_of(lambda: advance_to(loop, len(known.ids)))[0]
            same.load_state_dict(model.state_dict())
            right = (text_cnn.predict(same, unseen) > 0) == (unseen.labels > 0.5)
            best = max(best, 100 * right.double().mean().item())
        return best, seconds

    def ours(seed: int, precision: str) -> Measured:
        model = network(text_cnn.CNN, seed).to(training.device())
        model.precision = precision
        moved = text_cnn.to_device(known), text_cnn.to_device(unseen)
        with quiet():
            history = text_cnn.fit(settings, model, *moved, seed=seed, label="equal")
        return max(history.epochs["validation_accuracy"]), epochs * history.seconds_per_epoch

    return Match(
        "text_cnn", "validation accuracy, %", "percentage points", 1, 2, plain, ours, settings.precision
    )


def siamese_match(config: Siamese, data: siamese.Data, epochs: int) -> Match:
    """The first fold; area under the ROC of its validation subjects."""
    settings = replace(config, epochs=epochs, evaluate_every=epochs)
    S, images = data.images.shape[:2]
    fold = subject_folds(S, settings.folds, settings.validation_subjects)[0]
    faces = siamese.grouped(settings, data).to(training.device())
    batches = max(1, images // settings.batch_images)
    embedded = epochs * batches * settings.batch_images * len(fold.train)

    def area(encoder: siamese.Encoder) -> float:
        vectors = siamese.embed(encoder, faces[fold.validation].flatten(0, 1))
        return auc(*siamese.distances_of(vectors, images))

    def plain(seed: int) -> Measured:
        training.seeded(seed)
        encoder = siamese.Encoder(settings.height, settings.width, settings.embedding_dim)
        encoder.to(training.device())
        pairs = len(fold.train) * settings.batch_images // 2
        loop = plain_loops.siamese_loop(settings, encoder, data.images[fold.train], pairs)
        seconds, _ = seconds_of(lambda: advance_to(loop, embedded // 2))
        return area(encoder), seconds

    def ours(seed: int, precision: str) -> Measured:
        known, watched = faces[fold.train], faces[fold.validation]
        chosen = replace(settings, precision=precision)
        seconds, member = seconds_of(
            lambda: siamese.fit(chosen, known, watched, seed=seed, tick=lambda loss, steps_done=1: None)
        )
        return area(member.encoder), seconds

    return Match("siamese", "validation AUC", "of AUC", 1, 3, plain, ours, settings.precision)


def cvae_match(config: Cvae, data: DigitData, epochs: int, count: int) -> Match:
    """-ELBO on held-out training images, in nats per image."""
    settings = replace(config, epochs=epochs)
    data = held_out(data, count)
    x, y = cvae.pixels_and_classes(data.test_images, data.test_labels)

    @torch.no_grad()
    def bound(model: cvae.ConditionalVae) -> float:
        noise = torch.randn(len(x), settings.latent, generator=torch.Generator().manual_seed(0)).to(x.device)
        reconstruction, kl = cvae.negative_elbo(model, x, y, noise)
        return (reconstruction + kl).mean().item()

    def plain(seed: int) -> Measured:
        training.seeded(seed)
        model = cvae.build(settings)
        loop = plain_loops.cvae_loop(settings, model, data)
        seconds, _ = seconds_of(lambda: advance_to(loop, epochs * len(data.train_images)))
        return bound(model), seconds

    def ours(seed: int, precision: str) -> Measured:
        chosen = replace(settings, precision=precision)
        with quiet():
            seconds, trained = seconds_of(lambda: cvae.train(chosen, data, seed=seed))
        return bound(cvae.restore(Model(settings, trained.weights))), seconds

    return Match("cvae", "-ELBO, nats", "nats", -1, 2, plain, ours, settings.precision)


def gan_match(config: Gan, data: DigitData, iterations: int, count: int, judge: Model) -> Match:
    """Frechet distance of samples to held-out images; both start alike and are sampled raw, for the plain
    loop keeps no average of the weights.
    """
    settings = replace(config, iterations=iterations, grid_at=(), watch_every=iterations)
    data = held_out(data, count)
    classifier = digits.restore(judge)
    real = digits.features(classifier, unit_range(data.test_images)).cpu().numpy()

    def distance(generator: nn.Module) -> float:
        gan.calibrate(generator, settings, seed=0)
        z = gan.noise(count, settings, torch.Generator().manual_seed(1))
        samples = gan.generate(generator, z).view(-1, gan.SIDE, gan.SIDE)
        return scores.frechet_distance(digits.features(classifier, samples).cpu().numpy(), real)

    def plain(seed: int) -> Measured:
        training.seeded(seed)
        networks = plain_loops.gan_generator(settings.noise_dim), plain_loops.gan_discriminator()
        G, D = (gan.player(network, settings).network for network in networks)
        loop = plain_loops.gan_loop(settings, G, D, data)
        seconds, _ = seconds_of(lambda: advance_to(loop, iterations * settings.batch_size))
        return distance(G), seconds

    def ours(seed: int, precision: str) -> Measured:
        chosen = replace(settings, precision=precision)
        with quiet():
            seconds, trained = seconds_of(lambda: gan.train(chosen, data, seed=seed, judge=judge))
        return distance(gan.restore(Model(settings, trained.weights), gan.RAW)), seconds

    return Match("gan", "Frechet distance", "of distance", -1, 1, plain, ours, settings.precision)
