"""What problem 3 tells the tests of the whole; `tests/problems.py` says what each is."""

from assignment3.cvae.settings import Cvae, Tuned
from assignment3.shared.settings import Changes

CVAE: Changes = {
    "epochs": 3, "batch_size": 20, "hidden": 8, "latent": 2, "log_every": 2, "importance_samples": 4,
    "importance_images": 3, "samples_per_class": 3,
}  # fmt: skip
SIZES: dict[type, Changes] = {Cvae: CVAE, Tuned: {**CVAE, "precision": "fp32"}}
LISTED = {"cvae": ["CVAE.recognition_model", "CVAE.reparametrize", "CVAE.generation_model"]}
NUMBERS = [
    ("cvae", "test_negative_elbo", -0.1),
    ("cvae", "conditional_accuracy", 0.1),
    ("cvae_reference", "test_negative_elbo", 1),
]
