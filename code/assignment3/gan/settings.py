"""Settings of problem 4. The defaults are the assignment's; a variant is what it changes. No torch.

Origins: "sheet" and "hand-out" are the homework's; "inferred" from the log in the reference report, which
prints 32 lines up to iteration 7,750 for its 8 epochs; "ours" fixed by us.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assignment3.shared.settings import Changes
from writeup.settings import limited


@dataclass(frozen=True)
class Gan:
    """DC-GAN of the hand-out, trained for as long as the reference's log implies."""

    images: int = 50_000  # hand-out: the first training images, in order
    batch_size: int = 50  # inferred (hand-out: 128)
    iterations: int = 8_000  # inferred: 8 epochs of 1,000 (hand-out: 5 epochs of 390)
    noise_dim: int = 96  # hand-out
    generator_rate: float = 1e-3  # hand-out, one rate for both players
    discriminator_rate: float = 1e-3  # hand-out
    beta1: float = limited(0.5, least=0, below=1)  # hand-out
    beta2: float = limited(0.999, least=0, below=1)  # hand-out
    log_every: int = 250  # hand-out: iterations between two log lines, each with its samples
    falling: float = limited(0.0, least=0)  # ours: share of the run in whose course both rates fall to 0
    penalty: float = limited(0.0, least=0)  # ours: gamma of D's gradient penalty R1; 0: none
    penalty_every: int = 8  # ours: iterations; the penalty then counts so many times (Karras et al. 2020)
    average: float = limited(0.999, least=0, below=1)  # ours: decay an iteration of the mean of G's weights
    average_every: int = 8  # ours: iterations; the decay then counts so many times
    averaged: bool = False  # whether the generator that is reported has these mean weights, or its own
    samples: int = 10_000  # ours: judged by the digit classifier, as many as there are test images
    look_every: int = 500  # ours: iterations between two looks of the classifier
    looked_at: int = 5_000  # ours: samples of each look
    first_draws: int = limited(20, least=0)  # ours: further starts whose first log line is noted


HANDOUT: Changes = {"batch_size": 128, "iterations": 1_950}  # hand-out: 5 epochs of 390 whole batches
# ours: the hand-out's batches for as many iterations as print the reference's 32 lines too
TWENTY: Changes = {"batch_size": 128, "iterations": 7_800}
# What the tuned settings were chosen by: single trials of 2,000 iterations, judged by a second classifier
# (seed 1) on the 10,000 training images that the GAN never sees. Score and Frechet distance of the mean
# weights after 1,000 and after 2,000 iterations; products in bf16, which the recorded runs are not.
#   gamma  beta2  rates fall    1,000        2,000
#   1      0.999  throughout    7.75  5.7    8.22  3.5
#   4      0.999  throughout                 8.06  4.0
#   1      0.99   throughout    8.02  4.6
#   0.3    0.999  throughout    7.93  5.3
#   0.5    0.99   second half   8.13  4.2    8.50  2.7   taken
# A rate of 5e-4 for G alone was behind after 500 iterations (6.33, 15.4; with 1e-3 7.09, 9.8). In all of
# these the scores still rise at the end, so the tuned training is twice as long.
PENALTY: Changes = {"penalty": 0.5}
FALLING: Changes = {"falling": 0.5}
BETA2: Changes = {"beta2": 0.99}
TUNED: Changes = {**PENALTY, **FALLING, **BETA2, "iterations": 16_000, "averaged": True}

_QUICK: Changes = {
    "iterations": 50,
    "log_every": 10,
    "look_every": 25,
    "samples": 500,
    "looked_at": 200,
    "first_draws": 2,
}
_SMOKE: Changes = {
    "images": 1_000,
    "iterations": 40,
    "log_every": 10,
    "look_every": 10,
    "samples": 500,
    "looked_at": 200,
    "first_draws": 2,
}
QUICK: Mapping[str, Changes] = dict.fromkeys(("gan", "gan_tuned"), _QUICK)
SMOKE: Mapping[str, Changes] = dict.fromkeys(
    ("gan", "gan_handout", "gan_twenty", "gan_penalty", "gan_falling", "gan_beta2", "gan_tuned"), _SMOKE
)
