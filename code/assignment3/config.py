"""Every hyperparameter of the report on one page. No torch: rendering reads this page too.

A part's settings are a frozen dataclass whose defaults are the assignment's; a tuned variant and a preset are
what they change. `full` is the assignment, `quick` runs all parts on the real data, shortened, `smoke` the
whole line on generated stand-in data, with the full preset's flags at small sizes.
`--set part.field=value` overrides one field.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assignment3.shared.settings import Changes, products
from writeup.declare import Preset
from writeup.settings import limited


@dataclass(frozen=True)
class TextCnn:
    """Sentiment CNN after Kim (2014). The defaults are the assignment's own settings."""

    epochs: int = 25
    batch_size: int = 1000
    embedding_dim: int = 300  # C in the report
    feature_maps: int = 128  # F
    kernel_sizes: tuple[int, ...] = (5, 7)  # H'
    poolings: tuple[str, ...] = limited(("avg", "max"), choices=("avg", "max"))
    # "wide": H' - 1 zeros at both ends, so that each word meets each offset
    convolution: str = limited("narrow", choices=("narrow", "wide"))
    learning_rate: float = 1e-3  # Adam's default
    embedding_std: float = 0.1  # N(0, 1), PyTorch's default, drowns the signal of rare words
    embedding_dropout: float = limited(0.0, least=0, below=1)  # on the batch's distinct embeddings
    word_dropout: float = limited(
        0.0, least=0, below=1
    )  # words made unknown; trains the embedding of the unknown word
    feature_dropout: float = limited(0.0, least=0, below=1)
    weight_decay: float = limited(0.0, least=0)
    # of the learning rate; "linear": to 0 at the run's end
    schedule: str = limited("constant", choices=("constant", "linear"))
    # of the convolution's product; the sums over a window's words stay in float32
    precision: str = products((1_000, 300, 640))  # a tenth of a batch's distinct words, C, H' F
    # "sentences": phrases go with their sentence, so that none of a test sentence is trained on
    split: str = limited("phrases", choices=("phrases", "sentences"))
    test_phrases: int = 10_000  # two decimals in the reference's percentages imply this size
    validation_phrases: int = 2_000


@dataclass(frozen=True)
class Phrases:
    """The text CNN's split, whose test phrases are assigned to sentences; fields as in `TextCnn`."""

    split: str = limited("phrases", choices=("phrases", "sentences"))
    test_phrases: int = 10_000
    validation_phrases: int = 2_000


@dataclass(frozen=True)
class Siamese:
    """Face verification by contrastive loss (Hadsell, Chopra, LeCun 2006)."""

    epochs: int = 30
    height: int = 56  # half of 112 x 92: the faces stay legible at a quarter of the cost
    width: int = 46
    embedding_dim: int = 64
    margin: float = 1.0
    learning_rate: float = 2e-3
    batch_images: int = 3  # of every training subject; all pairs of a batch are formed from its embeddings
    # 1: turns of up to 10 degrees, 16 % in size, 8 % in position; mirrored always
    augmentation: float = limited(0.3, least=0)
    # doubles of the training subjects, as further subjects: the candidates of which each fold chooses one
    invented: tuple[str, ...] = limited(
        ("none", "stretched", "warped"), choices=("none", "stretched", "warped")
    )
    members: int = 4  # encoders of one ensemble, alike but for their random numbers
    shift: int = limited(2, least=0)  # pixels; a tested image is embedded as the mean of nine shifted ones
    evaluate_every: int = 10  # epochs between two looks at validation subjects
    precision: str = products((12_936, 144, 32))  # the second convolution
    linear_weight: float = limited(
        1.0, least=0
    )  # of the linear metric where it is joined to the network; 0: network alone
    baseline_dim: int = 60  # principal components of the linear baselines
    folds: int = 5  # test subjects of the folds partition the 40 subjects
    validation_subjects: int = 8  # in each round of a fold's choice


@dataclass(frozen=True)
class Cvae:
    """Conditional VAE: 400-unit MLP, Bernoulli's formula on real-valued pixels (Kingma & Welling 2014).

    The assignment fixes none of these. `epochs` and `log_every` are those of the reference's log, all else is
    ours.
    """

    epochs: int = 10
    batch_size: int = 128
    hidden: int = 400
    latent: int = 20  # J
    learning_rate: float = 4e-3  # falls linearly to 0; chosen on 5,000 held-out training images
    log_every: int = 16_000  # examples, as the reference's log
    guide_weight: float = limited(
        0.0, least=0
    )  # of the cross entropy, in nats, by which a guide reads samples of the prior
    guide_noise: float = limited(0.3, least=0)  # standard deviation, on the images the guide learns from
    precision: str = products((128, 784, 400))  # batch, pixels, hidden
    importance_samples: int = 5000  # k of the importance-weighted bound
    importance_images: int = 1000
    samples_per_class: int = 1000  # judged by the digit classifier
    validation_images: int = limited(
        0, least=0
    )  # above 0: so many training images replace the test images, to choose settings


@dataclass(frozen=True)
class Gan:
    """DC-GAN as in CS231n's exercise; 8 epochs of 1,000 iterations, as the reference's log implies."""

    iterations: int = 8000
    batch_size: int = 60
    noise_dim: int = 96
    learning_rate: float = 1e-3
    beta1: float = 0.5
    log_every: int = 250
    precision: str = products((60, 1024, 1568))  # a quarter of the generator's second layer
    init_std: float = 0.02  # as DC-GAN: better than PyTorch's start after 1,500 iterations, not after 8,000
    average: float = 0.999  # decay an iteration of the running average of G's weights; the exercise has none
    average_every: int = 8  # iterations; the decay then counts so many times
    # of both learning rates; "linear": to 0 at the run's end
    schedule: str = limited("constant", choices=("constant", "linear"))
    penalty: float = limited(0.0, least=0)  # gamma of D's gradient penalty R1; 0: none, as in the exercise
    penalty_every: int = 8  # iterations; the penalty then counts so many times (Karras et al. 2020)
    noise_draws: int = 1  # 1: one G(z) serves both steps; 2: fresh z for G's step, as in the exercise
    samples: int = 10_000  # scored by the digit classifier
    watch_every: int = 500  # iterations between looks for a collapse
    validation_images: int = limited(0, least=0)  # as above
    # iterations with a sample grid, besides the last
    grid_at: tuple[int, ...] = limited((0, 250, 1000, 2500, 5000), least=0)


@dataclass(frozen=True)
class Bench:
    """Our training beside plain loops: how much of each a round does. The plain loop's random batches are
    alike, so a few suffice.
    """

    rounds: int = limited(5, least=2)  # the first warms up
    plain_text_steps: int = 4
    plain_siamese_steps: int = 15
    plain_cvae_steps: int = 100
    plain_gan_steps: int = 8
    text_epochs: int = 1  # whole ones: batches are of one length each, so only an epoch is a fair sample
    siamese_epochs: int = 10  # with one look at the validation subjects, as in training
    cvae_epochs: int = 1  # the data are moved once, in training for ten
    gan_iterations: int = 20
    profiled_images: int = 12_000  # of the CVAE's epoch: the profiler keeps every event, 3 MB a step
    matrix: int = 2048  # side of the matrices whose product gives the machine's peak
    products: int = 3  # of them, timed together


@dataclass(frozen=True)
class Quality:
    """How long plain loops and ours train before they are compared."""

    seeds: int = limited(5, least=2)  # of each side; as many as a comparison takes
    text_cnn: int = 2  # epochs
    phrases: int = 15_000  # that the text CNN trains on, by the plain loop 20 times as long as by ours
    siamese: int = 20  # epochs of ours; the plain loop embeds as many images
    cvae: int = 1
    gan: int = 75  # iterations
    held_out: int = 5000  # training images, on which CVAE and GAN are measured


@dataclass(frozen=True)
class Damages:
    """Reports damaged on purpose, to see what the grader notices."""

    most: int = limited(1000, least=1)  # damages at most, in the order of the list


@dataclass(frozen=True)
class Calibration:
    """Reports without any difference, to see how often the rule of the claims sees one. The claims and
    spreads are those of the recorded runs; tests hold both together.
    """

    reports: int = limited(4000, least=1)  # simulated a regime
    draws: int = 1000  # of a bootstrap
    seed: int = limited(0, least=0)
    settings: int = 2  # of the text CNN with enough runs to test, each with four claims
    runs: int = 5  # a side
    sentences: int = 4904  # from which the test phrases come
    largest_sentence: int = 12  # phrases; the others are binomial, of about 2 on average
    sentence_share: float = 0.0944
    level: float = 1.65  # nine phrases of ten are classified rightly
    within_sentence: float = limited(0.3, least=0, below=1)  # correlation of phrases of one sentence
    taste: float = 0.4  # what a variant finds easy, beside what all do (1)
    single: float = 0.2  # the same of a single run
    run_spread: float = 0.009  # of the runs' level: 0.15 points of accuracy
    folds: int = 5
    test_to_train: float = 8 / 32  # subjects of a fold
    seed_claims: int = 16  # on one number a run: CVAE, GAN, equal training, precision


@dataclass(frozen=True)
class Lies:
    """The lies that tests/lies plants; there is nothing to set."""


@dataclass(frozen=True)
class Growth:
    """How the cost of training and of a report grows: sizes, each twice the one before."""

    preset: str = "smoke"  # whose settings the parts have
    lengths: tuple[str, ...] = ("text_cnn.epochs", "siamese.epochs", "cvae.epochs", "gan.iterations")
    seeds_of: str = "siamese"  # the part that is run with more and more seeds
    doublings: int = 1  # of the lengths and of the seeds
    repeats: int = limited(3, least=1)  # of which the median counts
    figures: tuple[int, ...] = (25, 50, 100)  # of a report
    numbers: int = 10  # of each figure


@dataclass(frozen=True)
class Faults:
    """How many faults are tried on the program that makes the report."""

    kills: int = limited(105, least=1)  # by turns in each of the seven phases of a build
    trainings: int = limited(15, least=1)  # kills within a training, by turns of the five kinds of parts
    rounds: int = limited(2, least=1)  # in each of which every kind of stored file is damaged in every way
    every: int = 1  # of the bad inputs and of the full disks each so many-th is tried
    seed: int = limited(0, least=0)


# What the changes gave on held-out examples stands in text_cnn.py, cvae.py and gan.py.
TUNED_TEXT_CNN: Changes = {
    "epochs": 14,
    "batch_size": 200,
    "convolution": "wide",
    "learning_rate": 2e-3,
    "schedule": "linear",
    "embedding_dropout": 0.3,
    "word_dropout": 0.1,
    "feature_dropout": 0.1,
    "weight_decay": 1e-4,
}
LONGER_CVAE: Changes = {"epochs": 20}
GUIDED_CVAE: Changes = {"guide_weight": 20.0}
TUNED_CVAE: Changes = {**LONGER_CVAE, **GUIDED_CVAE}
PENALTY: Changes = {"penalty": 0.2}
FALLING: Changes = {"schedule": "linear"}
TUNED_GAN: Changes = {**PENALTY, **FALLING}

QUICK_TEXT_CNN: Changes = {"epochs": 1, "embedding_dim": 100}
QUICK_TUNED_TEXT_CNN: Changes = {**QUICK_TEXT_CNN, "kernel_sizes": (5,), "batch_size": 500}
QUICK_CVAE: Changes = {
    "epochs": 1,
    "importance_samples": 50,
    "importance_images": 100,
    "samples_per_class": 250,
}
QUICK_GAN: Changes = {
    "iterations": 50,
    "log_every": 10,
    "watch_every": 25,
    "samples": 500,
    "grid_at": (0, 25),
}
QUICK = Preset(
    mark="preset quick: shortened training",
    seeds=1,
    # one change at a time, and the other split
    without=(
        "phrases_by_sentence",
        "text_cnn_by_sentence",
        "text_cnn_tuned_by_sentence",
        "cvae_longer",
        "cvae_guided",
        "gan_penalty",
        "gan_falling",
    ),
    changes={
        "text_cnn": {**QUICK_TEXT_CNN, "learning_rate": 4e-3},
        "text_cnn_tuned": QUICK_TUNED_TEXT_CNN,
        "siamese": {"epochs": 10, "members": 1, "invented": ("none",), "validation_subjects": 16},
        "digits": {"epochs": 1},
        **dict.fromkeys(("cvae", "cvae_tuned"), QUICK_CVAE),
        **dict.fromkeys(("gan", "gan_tuned"), QUICK_GAN),
    },
)

SMOKE_TEXT_CNN: Changes = {
    "epochs": 4,
    "batch_size": 50,
    "embedding_dim": 32,
    "learning_rate": 5e-3,
    "test_phrases": 1000,
    "validation_phrases": 400,
}
SMOKE_PHRASES: Changes = {name: SMOKE_TEXT_CNN[name] for name in ("test_phrases", "validation_phrases")}
SMOKE_CVAE: Changes = {
    "epochs": 2,
    "log_every": 1000,
    "importance_samples": 20,
    "importance_images": 20,
    "samples_per_class": 100,
}
SMOKE_GAN: Changes = {
    "iterations": 40,
    "log_every": 10,
    "watch_every": 20,
    "samples": 500,
    "grid_at": (0, 20),
}
SMOKE = Preset(
    mark="generated stand-in data",
    seeds=1,
    standins=True,
    changes={
        "text_cnn": SMOKE_TEXT_CNN,
        "phrases": SMOKE_PHRASES,
        "phrases_by_sentence": SMOKE_PHRASES,
        "text_cnn_tuned": {**SMOKE_TEXT_CNN, "kernel_sizes": (5,)},
        "text_cnn_by_sentence": {**SMOKE_TEXT_CNN, "kernel_sizes": (5,)},
        "text_cnn_tuned_by_sentence": {**SMOKE_TEXT_CNN, "kernel_sizes": (5,)},
        "siamese": {"epochs": 3, "members": 2, "validation_subjects": 16},
        "digits": {"epochs": 2},
        "cvae": SMOKE_CVAE,
        "cvae_longer": SMOKE_CVAE,
        "cvae_guided": SMOKE_CVAE,
        "cvae_tuned": SMOKE_CVAE,
        **dict.fromkeys(("gan", "gan_penalty", "gan_falling", "gan_tuned"), SMOKE_GAN),
    },
)
PRESETS: Mapping[str, Preset] = {"full": Preset(), "quick": QUICK, "smoke": SMOKE}
