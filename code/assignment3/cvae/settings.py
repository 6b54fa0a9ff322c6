"""Settings of problem 3, each with its origin: sheet, hand-out, inferred from the reference's log, published
solutions, or ours. No torch: rendering reads this page too.
"""

from dataclasses import dataclass

from assignment3.shared.settings import Changes
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


BINARISED: Changes = {"pixels": "binarised", "importance_samples": 5000}  # as many as in the literature
REFERENCE: Changes = {"loss": "reference", "first_lines": 60}

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

QUICK: dict[str, Changes] = {"cvae": QUICK_EACH}
SMOKE: dict[str, Changes] = {name: SMOKE_EACH for name in ("cvae", "cvae_binarised", "cvae_reference")}
