"""Settings of the measurements, and their train stage, which does nothing. No torch: rendering reads it."""

from dataclasses import dataclass
from typing import Any

from writeup.runs.record import Trained
from writeup.settings import limited


@dataclass(frozen=True)
class Bench:
    """Our training beside plain loops: how much of each a round does. Batches of one kind are alike, so a few
    suffice.
    """

    rounds: int = limited(5, least=2)  # the first warms up
    plain_text_steps: int = 4
    plain_pair_steps: int = 6  # an epoch
    plain_cvae_steps: int = 200
    plain_gan_steps: int = 15
    text_epochs: int = 1
    pair_epochs: int = 2
    cvae_images: int = 6_400  # of an epoch: as many as the plain loop takes
    gan_iterations: int = 20
    profiled_images: int = 3_200  # of the CVAE's epoch: the profiler keeps every event, 3 MB a step
    matrix: int = 2048  # side of the matrices whose product gives the machine's peak
    products: int = 3  # of them, timed together


@dataclass(frozen=True)
class Growth:
    """How the cost of training and of a report grows: sizes, each twice the one before."""

    preset: str = "smoke"  # whose settings the homework's parts have
    seeds_of: str = "cvae"  # the part that is run with more and more seeds
    doublings: int = 1  # of the lengths and of the seeds
    repeats: int = limited(3, least=1)  # of which the median counts
    figures: tuple[int, ...] = (25, 50, 100)  # of a report
    numbers: int = 10  # of each figure


@dataclass(frozen=True)
class Faults:
    """How many faults are tried on the program that makes the report."""

    kills: int = limited(105, least=1)  # by turns in each of the seven phases of a build
    trainings: int = limited(15, least=1)  # kills within a training, by turns of the kinds of parts
    rounds: int = limited(2, least=1)  # in each of which every kind of stored file is damaged in every way
    every: int = 1  # of the bad inputs and of the full disks each so many-th is tried
    seed: int = limited(0, least=0)


@dataclass(frozen=True)
class Calibration:
    """How many worlds are made up to see how often the rules of the claims err."""

    worlds: int = limited(3000, least=1)  # of each kind over seeds, and of the claims of a problem
    test_sets: int = limited(1500, least=1)  # with runs and sentences
    faces: int = limited(600, least=1)  # with runs and subjects
    seed: int = limited(0, least=0)


@dataclass(frozen=True)
class Lies:
    """What tests/lies plants: lies, or changes of code."""

    marked: str = limited("lie", choices=("lie", "identity"))


@dataclass(frozen=True)
class Forgeries:
    """Records that are forged, beside recomputations of their runs."""

    folder: str = "report/evidence/again"  # of the recomputations, as results
    seed: int = limited(0, least=0)


@dataclass(frozen=True)
class Archives:
    """Archives that mean harm, each verified as somebody else would."""

    every: int = 1  # each so many-th is tried
    seed: int = limited(0, least=0)


@dataclass(frozen=True)
class Damages:
    """Reports damaged on purpose, to see what the grader notices."""

    each: int = limited(6, least=1)  # damages of a kind; thrice as many of numbers and words
    most: int = limited(1000, least=1)  # damages at most, in the order of the list


def train(config: Any, data: Any, *, seed: int) -> Trained:
    """The train stage of every measurement: what it finds is found by its evaluation."""
    return Trained({})


def nothing() -> None:
    """The data of a measurement that needs none."""
