"""Every hyperparameter of the report on one page. No torch: rendering reads this page too.

A part's configuration is a frozen dataclass; a preset names one of each. `full` is the assignment, `quick`
runs all parts on the real data in about two minutes on 2 cores, `smoke` runs the whole line on generated
stand-in data in under a minute. `--set part.field=value` overrides one field.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args, get_origin, get_type_hints

from writeup.errors import UserError

JUDGE = "digits"  # one judge for all samples, so that the scores of different seeds compare


@dataclass(frozen=True)
class TextCnn:
    """Sentiment CNN after Kim (2014). The defaults are the assignment's own settings."""

    epochs: int = 25
    batch_size: int = 1000
    embedding_dim: int = 300  # C in the report
    feature_maps: int = 128  # F
    kernel_sizes: tuple[int, ...] = (5, 7)  # H'
    poolings: tuple[str, ...] = ("avg", "max")
    convolution: str = "narrow"  # "wide": H' - 1 zeros at both ends, so that each word meets each offset
    learning_rate: float = 1e-3  # Adam's default
    embedding_std: float = 0.1  # N(0, 1), PyTorch's default, drowns the signal of rare words
    embedding_dropout: float = 0.0  # on the batch's distinct embeddings
    word_dropout: float = 0.0  # words made unknown; trains the embedding of the unknown word
    feature_dropout: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "constant"  # of the learning rate; "linear": to 0 at the run's end
    precision: str = "bf16"  # of the convolution's product; the sums over a window's words stay in float32
    test_phrases: int = 10_000  # two decimals in the reference's percentages imply this size
    validation_phrases: int = 2_000


# What the changes gave on held-out phrases stands in text_cnn.py.
TUNED_TEXT_CNN = TextCnn(
    epochs=14,
    batch_size=200,
    convolution="wide",
    learning_rate=2e-3,
    schedule="linear",
    embedding_dropout=0.3,
    word_dropout=0.1,
    feature_dropout=0.1,
    weight_decay=1e-4,
)


@dataclass(frozen=True)
class Siamese:
    """Face verification by contrastive loss (Hadsell, Chopra, LeCun 2006)."""

    epochs: int = 80
    height: int = 56  # half of 112 x 92: the faces stay legible at a quarter of the cost
    width: int = 46
    embedding_dim: int = 64
    margin: float = 1.0
    learning_rate: float = 2e-3
    batch_images: int = 3  # of every training subject; all pairs of a batch are formed from its embeddings
    augmentation: float = 0.3  # 1: turns of up to 10 degrees, 16 % in size, 8 % in position; mirrored always
    members: int = 3  # encoders of one ensemble, alike but for their random numbers
    evaluate_every: int = 10  # epochs between two looks at the validation subjects
    precision: str = "bf16"
    linear_weight: float = 1.0  # of the linear metric beside the CNN's embedding; 0: CNN alone
    baseline_dim: int = 60  # principal components of the linear baselines
    folds: int = 5  # test subjects of the folds partition the 40 subjects
    validation_subjects: int = 4  # choose epoch and threshold


@dataclass(frozen=True)
class Digits:
    """The digit classifier that judges the samples of CVAE and GAN; trained on MNIST's training images."""

    epochs: int = 8
    batch_size: int = 128
    learning_rate: float = 4e-3  # the peak of the one-cycle schedule
    precision: str = "bf16"
    feature_dim: int = 128  # penultimate layer: the features of the Frechet distance


@dataclass(frozen=True)
class Cvae:
    """Conditional VAE: 400-unit MLP, Bernoulli likelihood on real-valued pixels (Kingma & Welling 2014)."""

    epochs: int = 10
    batch_size: int = 128
    hidden: int = 400
    latent: int = 20  # J
    learning_rate: float = 4e-3  # falls linearly to 0; chosen on 5,000 held-out training images
    log_every: int = 16_000  # examples, as the reference's log
    guide_weight: float = 0.0  # of the cross entropy, in nats, by which a guide reads samples of the prior
    guide_noise: float = 0.3  # standard deviation of the noise on the images from which the guide learns
    precision: str = "bf16"
    importance_samples: int = 5000  # k of the importance-weighted bound
    importance_images: int = 1000
    samples_per_class: int = 1000  # judged by the digit classifier
    validation_images: int = 0  # above 0: so many training images replace the test images, to choose settings


@dataclass(frozen=True)
class Gan:
    """DC-GAN as in CS231n's exercise; 8 epochs of 1,000 iterations, as the reference's log implies."""

    iterations: int = 8000
    batch_size: int = 60
    noise_dim: int = 96
    learning_rate: float = 1e-3
    beta1: float = 0.5
    log_every: int = 250
    precision: str = "bf16"
    init_std: float = 0.02  # as DC-GAN: better than PyTorch's start after 1,500 iterations, not after 8,000
    average: float = 0.999  # decay of the running average of G's weights that is sampled from
    schedule: str = "constant"  # of both learning rates; "linear": to 0 at the run's end
    penalty: float = 0.0  # gamma of D's gradient penalty R1; 0: none, as in the exercise
    penalty_every: int = 8  # iterations; the penalty then counts so many times (Karras et al. 2020)
    noise_draws: int = 1  # 1: one G(z) serves both steps; 2: fresh z for G's step, as in the exercise
    samples: int = 10_000  # scored by the digit classifier
    watch_every: int = 500  # iterations between looks for a collapse
    validation_images: int = 0  # as above
    grid_at: tuple[int, ...] = (0, 250, 1000, 2500, 5000)  # iterations with a sample grid, besides the last


# What the changes gave on held-out images stands in cvae.py and gan.py.
TUNED_CVAE = Cvae(epochs=20, guide_weight=20.0)
TUNED_GAN = Gan(schedule="linear", penalty=0.2)

PARTS = ("digits", "text_cnn", "text_cnn_tuned", "siamese", "cvae", "cvae_tuned", "gan", "gan_tuned")
# Five runs; of the settings that are there for comparison and take long, fewer.
FULL_SEEDS = dict.fromkeys(PARTS, 5) | {JUDGE: 1, "text_cnn": 3, "gan": 2}


@dataclass(frozen=True)
class Config:
    """One preset: where the data come from, how many seeds, and each part's configuration."""

    data: str = "real"  # or "standin"
    seeds: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 1))  # runs of each part
    text_cnn: TextCnn = field(default_factory=TextCnn)
    siamese: Siamese = field(default_factory=Siamese)
    digits: Digits = field(default_factory=Digits)
    cvae: Cvae = field(default_factory=Cvae)
    gan: Gan = field(default_factory=Gan)
    text_cnn_tuned: TextCnn = TUNED_TEXT_CNN
    cvae_tuned: Cvae = TUNED_CVAE
    gan_tuned: Gan = TUNED_GAN


# The judge's configuration shapes the figures of what it judges.
DEPENDS: Mapping[str, tuple[str, ...]] = dict.fromkeys(("cvae", "cvae_tuned", "gan", "gan_tuned"), (JUDGE,))

SMOKE_TEXT_CNN = TextCnn(
    epochs=4,
    batch_size=50,
    embedding_dim=32,
    learning_rate=5e-3,
    test_phrases=1000,
    validation_phrases=400,
)

SMOKE_CVAE = Cvae(
    epochs=2, log_every=1000, importance_samples=20, importance_images=20, samples_per_class=100
)
SMOKE_GAN = Gan(iterations=40, log_every=10, watch_every=20, samples=500, grid_at=(0, 20))
QUICK_CVAE = Cvae(epochs=1, importance_samples=100, importance_images=100)
QUICK_GAN = Gan(iterations=200, log_every=50, watch_every=100, samples=2000, grid_at=(0, 100))

PRESETS: Mapping[str, Config] = {
    "full": Config(seeds=FULL_SEEDS),
    "quick": Config(
        text_cnn=TextCnn(epochs=2, learning_rate=2e-3),
        text_cnn_tuned=replace(TUNED_TEXT_CNN, kernel_sizes=(5,), epochs=2, batch_size=500),
        siamese=Siamese(epochs=15, members=1),
        digits=Digits(epochs=1),
        cvae=QUICK_CVAE,
        cvae_tuned=replace(QUICK_CVAE, guide_weight=20.0),
        gan=QUICK_GAN,
        gan_tuned=replace(QUICK_GAN, schedule="linear", penalty=0.2),
    ),
    "smoke": Config(
        data="standin",
        text_cnn=SMOKE_TEXT_CNN,
        text_cnn_tuned=replace(
            SMOKE_TEXT_CNN, kernel_sizes=(5,), convolution="wide", schedule="linear", word_dropout=0.1
        ),
        siamese=Siamese(epochs=3, members=1),
        digits=Digits(epochs=2),
        cvae=SMOKE_CVAE,
        cvae_tuned=replace(SMOKE_CVAE, guide_weight=20.0),
        gan=SMOKE_GAN,
        gan_tuned=replace(SMOKE_GAN, schedule="linear", penalty=0.2),
    ),
}


def preset(name: str, overrides: Iterable[str] = ()) -> Config:
    """The preset `name` with `overrides` ("part.field=value") applied; UserError lists what is allowed."""
    if name not in PRESETS:
        raise UserError(f"unknown preset {name!r}; allowed: {', '.join(PRESETS)}")
    config = PRESETS[name]
    for text in overrides:
        config = override(config, text)
    return config


def override(config: Config, text: str) -> Config:
    """`config` with one assignment such as "text_cnn.epochs=3" applied."""
    path, equals, value = text.partition("=")
    part, dot, name = path.strip().partition(".")
    if not equals or not dot:
        raise UserError(f"--set {text}: expected part.field=value, for example text_cnn.epochs=3")
    if part not in PARTS:
        raise UserError(f"--set {text}: unknown part {part!r}; allowed: {', '.join(PARTS)}")
    current = getattr(config, part)
    hints = get_type_hints(type(current))
    if name not in hints:
        raise UserError(f"--set {text}: unknown field {name!r} of {part}; allowed: {', '.join(hints)}")
    changed = replace(current, **{name: _parse(value.strip(), hints[name], text)})
    check(part, changed)
    return replace(config, **{part: changed})


CHOICES: Mapping[str, tuple[str, ...]] = {
    "poolings": ("avg", "max"),
    "precision": ("fp32", "bf16"),
    "convolution": ("narrow", "wide"),
    "schedule": ("constant", "linear"),
}
MAY_BE_ZERO = (
    "validation_images",
    "embedding_dropout",
    "word_dropout",
    "feature_dropout",
    "augmentation",
    "linear_weight",
    "guide_weight",
    "guide_noise",
    "penalty",
    "weight_decay",
    "grid_at",
)


def check(part: str, config: Any) -> None:
    """Raise UserError where a value of the dataclass `config` cannot be meant."""
    for name, value in dataclasses.asdict(config).items():
        values = value if isinstance(value, tuple) else (value,)
        if not values:
            raise UserError(f"{part}.{name}: give at least one value")
        for one in values:
            if name in CHOICES and one not in CHOICES[name]:
                raise UserError(f"{part}.{name}: {one!r} is unknown; allowed: {', '.join(CHOICES[name])}")
            if isinstance(one, int | float) and not (
                0 < one < math.inf or (one == 0 and name in MAY_BE_ZERO)
            ):
                raise UserError(f"{part}.{name}: {one} is out of range; allowed: numbers above 0")
            if name.endswith("dropout") and one >= 1:
                raise UserError(f"{part}.{name}: {one} is out of range; allowed: 0 <= p < 1")


def as_json(config: Config, part: str) -> dict[str, Any]:
    """What of `config` the result of `part` depends on, as plain JSON values."""
    names = (part, *DEPENDS.get(part, ()))
    plain = {name: dataclasses.asdict(getattr(config, name)) for name in names}
    return {
        name: {k: list(v) if isinstance(v, tuple) else v for k, v in d.items()} for name, d in plain.items()
    }


def _parse(value: str, hint: Any, text: str) -> Any:
    if get_origin(hint) is tuple:
        return tuple(
            _parse(item.strip(), get_args(hint)[0], text) for item in value.strip("()").split(",") if item
        )
    try:
        return hint(value)
    except ValueError:
        raise UserError(f"--set {text}: {value!r} is not of type {hint.__name__}") from None


def with_seeds(config: Config, seeds: int) -> Config:
    """`config` with so many runs a part."""
    if not 1 <= seeds <= 100:
        raise UserError(f"--seeds {seeds}: allowed: 1 to 100")
    return replace(config, seeds={part: 1 if part == JUDGE else seeds for part in PARTS})
