"""Settings of problem 3, each with its origin: sheet, hand-out, inferred from the reference's log, published
solutions, or ours. No torch: rendering reads this page too.
"""

from dataclasses import dataclass

from assignment3.shared.settings import Changes, products
from writeup.settings import limited


@dataclass(frozen=True)
class Cvae:
    """The CVAE as the hand-out gives it, trained by the bound that the sheet derives."""

    epochs: int = 10  # hand-out; the reference's log has as many
    batch_size: int = 32  # hand-out
    hidden: int = 400  # hand-out: units of each of the two hidden layers, in both networks
    latent: int = 20  # hand-out; m on the sheet
    learning_rate: float = 1e-3  # hand-out, of Adam
    log_every: int = 500  # hand-out: batches, so a line every 16,000 images
    # "bound": the sheet's, summed over pixels. "reference": inferred from the reference's log, its
    # reconstruction averaged over pixels and batch, its divergence summed over both
    loss: str = limited("bound", choices=("bound", "reference"))
    # "grey": hand-out. "binarised": x binary, as on the sheet, drawn with the grey levels as probabilities
    pixels: str = limited("grey", choices=("grey", "binarised"))
    # ours, all of the evaluation
    first_lines: int = limited(0, least=0)  # untrained models whose first line of the log is recorded
    importance_samples: int = 1000  # k of the importance-weighted bound
    importance_images: int = 1000
    samples_per_class: int = 1000  # read by the digit classifier
    validation_images: int = limited(
        0, least=0
    )  # above 0: so many training images replace the test images, to choose settings


@dataclass(frozen=True)
class Tuned(Cvae):
    """What our variants change, all of it ours. The defaults change nothing."""

    # of the learning rate; "falling": up over the first epoch, and down to 0 at the end
    schedule: str = limited("constant", choices=("constant", "falling"))
    kl_warm_up: int = limited(0, least=0)  # epochs over which the divergence's weight rises from 0 to 1
    guide_weight: float = limited(
        0.0, least=0
    )  # of the cross entropy, in nats, by which a guide reads samples of the prior
    guide_noise: float = limited(0.3, least=0)  # standard deviation, on the images the guide learns from
    guide_every: int = 1  # steps; the guidance then counts so many times
    precision: str = products((128, 784, 800))  # batch, pixels, hidden


BINARISED: Changes = {"pixels": "binarised", "importance_samples": 5000}  # as many as in the literature
REFERENCE: Changes = {"loss": "reference", "first_lines": 60}
# What they gave on held-out training images stands in tuned.py.
LARGER: Changes = {
    "epochs": 30,
    "batch_size": 128,
    "hidden": 800,
    "learning_rate": 3e-3,
    "log_every": 125,
    "schedule": "falling",
    "kl_warm_up": 3,
}
GUIDED: Changes = {"guide_weight": 20.0, "precision": "fp32"}  # precision as with the given settings
TUNED: Changes = {**LARGER, "guide_weight": 20.0, "guide_every": 2}

QUICK_EACH: Changes = {
    "epochs": 1,
    "importance_samples": 50,
    "importance_images": 100,
    "samples_per_class": 250,
}
SMOKE_EACH: Changes = {
    "epochs": 2,
    "log_every": 40,
    "importance_samples": 20,
    "importance_images": 20,
    "samples_per_class": 100,
}

QUICK: dict[str, Changes] = {
    "cvae": QUICK_EACH,
    "cvae_reference": QUICK_EACH,
    "cvae_tuned": {**QUICK_EACH, "kl_warm_up": 0},
}
SMOKE: dict[str, Changes] = {
    **dict.fromkeys(("cvae", "cvae_binarised", "cvae_reference", "cvae_guided"), SMOKE_EACH),
    **{name: {**SMOKE_EACH, "kl_warm_up": 1} for name in ("cvae_larger", "cvae_tuned")},
}
