"""Is what trains faster as good? Plain loops and ours after the same number of epochs, over several seeds
(`make bench`). What is measured are held-out training examples, never test data.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import nn

from assignment3 import config as configuration
from assignment3.bench import benchmark, contests, plain_loops
from assignment3.config import Config
from assignment3.data.images import DigitData, held_out, unit_range
from assignment3.data.splits import subject_folds
from assignment3.data.text_features import encode, vocabulary
from assignment3.measures import scores
from assignment3.measures.verification import auc
from assignment3.parts import cvae, digits, gan, siamese, text_cnn
from writeup import training
from writeup.cli import ROOT, shared_result
from writeup.errors import UserError
from writeup.results import store as results
from writeup.results.store import Result
from writeup.runs import plan as runs

Measured = tuple[float, float]  # quality, seconds of training
HELD_OUT = 5000  # images, of the training images


@dataclass(frozen=True)
class Lengths:
    """How long both train; `siamese` counts epochs of ours, the plain loop embeds as many images."""

    text_cnn: int = 2
    cvae: int = 2
    gan: int = 300  # iterations
    siamese: int = 20


@dataclass(frozen=True)
class Match:
    """One part trained by the plain loop and by ours; each takes a seed and says how good it got."""

    part: str
    measure: str
    unit: str
    sign: int  # 1: more is better, -1: less is
    digits: int  # after the point
    plain: Callable[[int], Measured]
    ours: Callable[[int], Measured]


def matches(config: Config, data: Mapping[str, Any], lengths: Lengths, judge: Any) -> list[Match]:
    """The four parts with the assignment's settings; data by name of the data set."""
    return [
        text_match(config, data["sst2"], lengths.text_cnn),
        siamese_match(config, data["att_faces"], lengths.siamese),
        cvae_match(config, data["mnist"], lengths.cvae),
        gan_match(config, data["mnist"], lengths.gan, judge),
    ]


def text_match(config: Config, data: text_cnn.Data, epochs: int) -> Match:
    """Max pooling and the first kernel size; accuracy on the validation phrases after the best epoch."""
    settings = replace(config.text_cnn, epochs=epochs)
    texts, labels = text_cnn.split(settings, data)
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
            seconds += timed(lambda: advance_to(loop, len(known.ids)))
            same.load_state_dict(model.state_dict())
            right = (text_cnn.predict(same, unseen) > 0) == (unseen.labels > 0.5)
            best = max(best, 100 * right.double().mean().item())
        return best, seconds

    def ours(seed: int) -> Measured:
        model = network(text_cnn.CNN, seed).to(training.device())
        moved = text_cnn.to_device(known), text_cnn.to_device(unseen)
        with contests.quiet():
            history = text_cnn.train(settings, model, *moved, seed=seed, label="equal")
        return max(history.epochs["validation_accuracy"]), epochs * history.seconds_per_epoch

    return Match("text_cnn", "validation accuracy, %", "percentage points", 1, 2, plain, ours)


def siamese_match(config: Config, data: siamese.Data, epochs: int) -> Match:
    """The first fold; area under the ROC of its validation subjects."""
    settings = replace(config.siamese, epochs=epochs, evaluate_every=epochs)
    S, images = data.images.shape[:2]
    fold = subject_folds(S, settings.folds, settings.validation_subjects)[0]
    flat = siamese.inputs(
        data.images.reshape(S * images, *data.images.shape[2:]), settings.height, settings.width
    )
    faces = flat.reshape(S, images, *flat.shape[1:]).to(training.device())
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
        seconds = timed(lambda: advance_to(loop, embedded // 2))
        return area(encoder), seconds

    def ours(seed: int) -> Measured:
        start = time.perf_counter()
        known, watched = faces[fold.train], faces[fold.validation]
        trained = siamese.train(settings, known, watched, seed=seed, tick=lambda loss, steps_done=1: None)
        return area(trained.encoder), time.perf_counter() - start

    return Match("siamese", "validation AUC", "of AUC", 1, 3, plain, ours)


def cvae_match(config: Config, data: DigitData, epochs: int) -> Match:
    """-ELBO on held-out training images, in nats per image."""
    settings = replace(config.cvae, epochs=epochs)
    data = held_out(data, HELD_OUT)
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
        seconds = timed(lambda: advance_to(loop, epochs * len(data.train_images)))
        return bound(model), seconds

    def ours(seed: int) -> Measured:
        start = time.perf_counter()
        with contests.quiet():
            model = cvae.train(settings, data, seed=seed).model
        seconds = time.perf_counter() - start
        return bound(model), seconds

    return Match("cvae", "-ELBO, nats", "nats", -1, 2, plain, ours)


def gan_match(config: Config, data: DigitData, iterations: int, judge: Any) -> Match:
    """Frechet distance of samples to held-out images; both start alike and are sampled as they are, for the
    plain loop keeps no average of the weights."""
    settings = replace(config.gan, iterations=iterations, average=1e-9, grid_at=(), watch_every=iterations)
    data = held_out(data, HELD_OUT)
    real = digits.features(judge, unit_range(data.test_images)).cpu().numpy()

    def distance(generator: nn.Module) -> float:
        gan.calibrate(generator, settings, seed=0)
        z = gan.noise(HELD_OUT, settings, torch.Generator().manual_seed(1))
        samples = gan.generate(generator, z).view(-1, gan.SIDE, gan.SIDE)
        return scores.frechet_distance(digits.features(judge, samples).cpu().numpy(), real)

    def plain(seed: int) -> Measured:
        training.seeded(seed)
        networks = plain_loops.gan_generator(settings.noise_dim), plain_loops.gan_discriminator()
        G, D = (gan.player(network, settings).network for network in networks)
        loop = plain_loops.gan_loop(settings, G, D, data)
        seconds = timed(lambda: advance_to(loop, iterations * settings.batch_size))
        return distance(G), seconds

    def ours(seed: int) -> Measured:
        start = time.perf_counter()
        with contests.quiet():
            generator = gan.train(settings, data, judge, seed=seed).generator
        seconds = time.perf_counter() - start
        return distance(generator), seconds

    return Match("gan", "Frechet distance", "of distance", -1, 1, plain, ours)


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def advance_to(loop: Any, examples: int) -> None:
    """Let a plain loop train on so many examples."""
    done = 0
    while done < examples:
        done += next(loop)


def measure(chosen: Sequence[Match], seeds: int, say: Callable[[str], None]) -> Result:
    """Train both sides of every match with so many seeds, in turns."""
    scalars: dict[str, float] = {"seeds": float(seeds)}
    rows: list[tuple[str, int, float, float]] = []
    for match in chosen:
        sides: dict[str, list[Measured]] = {"plain": [], "ours": []}
        for seed in range(seeds):
            for side, found in sides.items():
                found.append(getattr(match, side)(seed))
                say(f"{match.part} seed {seed}, {side}: {found[-1][0]:.4g} in {found[-1][1]:.1f} s")
        for side, found in sides.items():
            qualities, seconds = zip(*found, strict=True)
            scalars |= {
                f"{match.part}/{side}": fmean(qualities),
                f"{match.part}/{side}_std": stdev(qualities),
                f"{match.part}/{side}_seconds": fmean(seconds),
            }
        rows += [(match.part, seed, sides["plain"][seed][0], sides["ours"][seed][0]) for seed in range(seeds)]
    described = ("part", "measure", "unit", "sign", "digits")
    parts = {name: [getattr(match, name) for match in chosen] for name in described}
    columns = {name: [row[i] for row in rows] for i, name in enumerate(("part", "seed", "plain", "ours"))}
    return Result("quality", 0, scalars, {"parts": parts, "runs": columns})


def show(result: Result, console: Console) -> None:
    """Print how good both sides became, and in what time."""
    v, parts = result.scalars, result.tables["parts"]
    shown = Table(title="after equally much training: mean ± standard deviation", box=box.SIMPLE)
    for head in ("part", "measure", "plain", "ours", "plain s", "our s"):
        shown.add_column(head, justify="left" if head in ("part", "measure") else "right")
    for part, measure, places in zip(parts["part"], parts["measure"], parts["digits"], strict=True):
        sides = "plain", "ours"
        qualities = [f"{v[f'{part}/{s}']:.{places}f} ± {v[f'{part}/{s}_std']:.{places}f}" for s in sides]
        shown.add_row(part, measure, *qualities, *(f"{v[f'{part}/{s}_seconds']:.1f}" for s in sides))
    console.print(shown)


def main(words: Sequence[str]) -> int:
    """Measure, and record where asked; the exit status."""
    parser = argparse.ArgumentParser(prog="equal_epochs", description=__doc__, allow_abbrev=False)
    parser.add_argument("--data-dir", help="where the data lie (also: the variable DATA_DIR)")
    parser.add_argument("--seeds", type=int, default=3, help="of each side (default: 3)")
    parser.add_argument("--record", action="store_true", help="save the figures for the report")
    options = parser.parse_args(words)
    console = Console(stderr=True)
    start = time.perf_counter()
    try:
        if options.seeds < 2:
            raise UserError(f"--seeds {options.seeds}: allowed: 2 or more, for a spread")
        data_dir = benchmark.data_folder(options.data_dir)
        config = configuration.preset("full")
        data = {name: runs.load_data("real", name, data_dir) for name in ("sst2", "att_faces", "mnist")}
        chosen = matches(config, data, Lengths(), runs.judge(config, data_dir))
        result = measure(chosen, options.seeds, lambda line: console.print(line, highlight=False))
        show(result, Console())
        if options.record:
            stamped = runs.circumstances(ROOT, time.perf_counter() - start)
            identity = {"fingerprint": runs.timing_identity("quality")}
            results.save(replace(result, provenance=identity | stamped), shared_result("quality"))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was recorded", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
