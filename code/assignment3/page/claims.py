"""Which comparative sentences the runs carry: every claim is a test on paired figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from writeup.page.context import Recorded
from writeup.page.templating import Tex
from writeup.results.compare import Comparison, paired_bootstrap, paired_t
from writeup.results.store import Result

POOLING = {"avg": "average pooling", "max": "maximum pooling"}


# Who measures the distance of two faces: names of the recorded curves, and words.
RIVALS = {
    "network": "network and Fisher",
    "cnn": "network alone",
    "fisher": "Fisher",
    "pca": "whitened PCA",
    "pixels": "raw pixels",
}
AREAS = {name: {"network": "auc", "cnn": "cnn/auc"}.get(name, f"baseline_{name}/auc") for name in RIVALS}


PERCENTAGE_POINTS = Tex("percentage points")


@dataclass(frozen=True)
class Claim:
    """A comparison of `a` with `b`, with the words (LaTeX) for both."""

    a: Tex
    b: Tex
    comparison: Comparison
    unit: Tex = PERCENTAGE_POINTS


def text_cnn(recorded: Recorded) -> dict[str, Claim]:
    """Pooling compared at equal kernel size, and kernel size at equal pooling, on the same test phrases."""
    (runs,) = recorded.results.values()
    names = [
        name.removesuffix("/phrase_correct") for name in runs[0].arrays if name.endswith("/phrase_correct")
    ]
    found = {}
    for first, second in combinations(sorted(names, key=_strongest_first), 2):
        (pool_a, kernel_a), (pool_b, kernel_b) = first.rsplit("_", 1), second.rsplit("_", 1)
        if pool_a == pool_b:
            words = (f"$H' = {kernel_a}$", f"$H' = {kernel_b}$ with {POOLING[pool_a]}")
        elif kernel_a == kernel_b:
            words = (POOLING[pool_a], f"{POOLING[pool_b]} at $H' = {kernel_a}$")
        else:
            continue
        comparison = paired_bootstrap(correct(runs, first), correct(runs, second))
        found[f"{first}/{second}"] = Claim(Tex(words[0]), Tex(words[1]), comparison)
    return found


def correct(runs: Sequence[Result], variant: str, kind: str = "phrase") -> "np.ndarray[Any, Any]":
    """bool [S, N]: whether each run of `variant` is right on each test phrase (or "sentence")."""
    count = round(runs[0].scalars["test_phrases" if kind == "phrase" else "sentences"])
    return np.stack(
        [np.unpackbits(run.arrays[f"{variant}/{kind}_correct"])[:count].astype(bool) for run in runs]
    )


def siamese(recorded: Recorded) -> dict[str, Claim]:
    """Areas under the ROC compared fold by fold (means over the runs)."""
    runs = recorded.results["siamese"]

    def folds(name: str) -> list[float]:
        column = AREAS[name].replace("/", "_")
        return [float(x) for x in np.mean([run.tables["folds"][column] for run in runs], axis=0)]

    words = {
        "network": "the network joined with Fisher's metric",
        "cnn": "the network alone",
        "fisher": "Fisher's linear metric",
        "pca": "whitened PCA",
        "pixels": "the distance of raw pixels",
    }
    pairs = (("network", "cnn"), ("network", "fisher"), ("cnn", "fisher"), ("cnn", "pca"), ("cnn", "pixels"))
    return {f"{a}/{b}": Claim(Tex(words[a]), Tex(words[b]), paired_t(folds(a), folds(b))) for a, b in pairs}


# What is compared between the tuned and the assignment's settings: value, unit, and whether more is better.
SETTINGS_COMPARED = {
    "cvae": (
        ("conditional_accuracy", "percentage points of classes read as asked", 1),
        ("test_negative_elbo", "nats of $-\\mathrm{ELBO}$", -1),
    ),
    "gan": (
        ("classifier_score", "of classifier score", 1),
        ("frechet_distance", r"of Fr\'echet distance", -1),
    ),
}


def cvae(recorded: Recorded) -> dict[str, Claim]:
    """The tuned settings of the CVAE less the assignment's."""
    return settings_compared("cvae", recorded.results)


def gan(recorded: Recorded) -> dict[str, Claim]:
    """The tuned settings of the GAN less the assignment's."""
    return settings_compared("gan", recorded.results)


def settings_compared(part: str, results: Mapping[str, Sequence[Result]]) -> dict[str, Claim]:
    """The tuned settings less the assignment's, over the seeds that both ran with; none of fewer than two."""
    plain, tuned = ({run.seed: run for run in results.get(name, ())} for name in (part, f"{part}_tuned"))
    seeds = sorted(plain.keys() & tuned.keys())
    if len(seeds) < 2:
        return {}
    found = {}
    for value, unit, sign in SETTINGS_COMPARED[part]:
        a, b = ([sign * runs[seed].scalars[value] for seed in seeds] for runs in (tuned, plain))
        words = Tex("the tuned setting"), Tex("the assignment's")
        found[value] = Claim(*words, paired_t(a, b), Tex(unit))
    return found


def majority(right: "np.ndarray[Any, Any]") -> float | None:
    """Percent of examples that most of the runs get right: of two answers, that is what they vote for.

    right: bool [S, N]; None where S is even, for votes may then be tied.
    """
    return None if len(right) % 2 == 0 else 100 * float((right.mean(0) > 0.5).mean())


def quality(recorded: Recorded) -> dict[str, Claim]:
    """Our training less the plain loop's after equally many epochs, by part; the better side has more."""
    run = recorded.results["quality"][0]
    parts, runs = run.tables["parts"], run.tables["runs"]
    found = {}
    for part, sign in zip(parts["part"], parts["sign"], strict=True):
        rows = [i for i, name in enumerate(runs["part"]) if name == part]
        ours, plain = ([sign * runs[side][i] for i in rows] for side in ("ours", "plain"))
        found[part] = Claim(Tex("our training"), Tex("the plain loop"), paired_t(ours, plain))
    return found


def _strongest_first(name: str) -> tuple[bool, int]:
    pooling, kernel = name.rsplit("_", 1)
    return pooling != "max", int(kernel)
