"""What problem 4 tells the tests of the whole; `tests/problems.py` says what each is."""

from assignment3.gan.settings import Gan
from assignment3.shared.settings import Changes

SIZES: dict[type, Changes] = {
    Gan: {
        "images": 50, "batch_size": 16, "iterations": 8, "log_every": 3, "look_every": 3, "samples": 30,
        "looked_at": 20, "first_draws": 2,
    },
}  # fmt: skip
LISTED = {
    "gan": [
        "sample_noise",
        "build_discriminator",
        "build_generator",
        "get_optimizer",
        "bce_loss",
        "discriminator_loss",
        "generator_loss",
    ]
}
NUMBERS = [
    ("gan", "classes_present", -1),
    ("gan", "averaged/diversity", 0.01),
    ("gan", "quarter/classifier_score", -0.1),
    ("gan", "end/frechet_distance", -0.1),
    ("gan", "first_d_loss", 0.01),
    ("gan_tuned", "class_entropy", 0.01),
    ("gan_tuned", "own/class_entropy", 0.01),
]
