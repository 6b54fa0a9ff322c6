"""Scalars computed again from what a result records beside them; no torch.

Whoever renders a result compares: a number that its own arrays and tables do not bear out stops the build.
"""

import numpy as np

from assignment3.measures import scores
from writeup.results.store import Result


def digits(result: Result) -> dict[str, float]:
    """From the confusion of true and read classes."""
    table = result.tables["confusion"]
    counts = np.array([table[str(digit)] for digit in table["digit"]]).T  # true, read
    right, images = int(counts.trace()), int(counts.sum())
    return {"test_accuracy": 100 * right / images, "test_errors": images - right}


def text_cnn(result: Result) -> dict[str, float]:
    """From the bits that say which test examples are judged rightly, and from the course of the training."""
    found: dict[str, float] = {}
    sizes = {"phrase": "test_phrases", "sentence": "sentences"}
    for array, bits in result.arrays.items():
        name, _, kind = array.removesuffix("_correct").partition("/")
        size = int(result.scalars[sizes[kind]])
        right = np.unpackbits(bits)
        if len(bits) != -(-size // 8) or right[size:].any():
            raise ValueError(f"{array} holds no {size} bits")
        found[f"{name}/{kind}_accuracy"] = 100 * float(right[:size].mean())
        validation = result.logs[name]["validation_accuracy"]
        best = int(np.argmax(validation))
        found |= {f"{name}/validation_accuracy": validation[best], f"{name}/best_epoch": best + 1.0}
    return found


def siamese(result: Result) -> dict[str, float]:
    """Means over the folds, from the table of the folds."""
    folds = result.tables["folds"]
    areas = folds["auc"]
    found = {
        name: float(np.mean(folds[name.replace("/", "_")]))
        for name in result.scalars
        if name.replace("/", "_") in folds
    }
    found |= {f"auc_fold_{k}": area for k, area in zip(folds["fold"], areas, strict=True)}
    found["auc_std"] = float(np.std(areas, ddof=1))
    for name in ("pca", "fisher", "pixels"):
        rival = folds[f"baseline_{name}_auc"]
        found[f"folds_above_{name}"] = sum(ours > other for ours, other in zip(areas, rival, strict=True))
    return found


def cvae(result: Result) -> dict[str, float]:
    """The bound is the sum of its two terms; all else of it was measured on images that are not recorded."""
    known = result.scalars
    return {"test_negative_elbo": known["test_reconstruction"] + known["test_kl"]}


def gan(result: Result) -> dict[str, float]:
    """Of both generators' classes, from the tables by class; the first losses, from the log."""
    histogram, within = result.tables["class_histogram"], result.tables["within_classes"]
    found = {f"first_{name}": result.logs["steps"][name][0] for name in ("d_loss", "g_loss")}
    for prefix, column in (("", "samples"), ("raw/", "raw")):
        derived = scores.of_histogram(histogram[column])
        derived["diversity"] = scores.diversity(within[column], within["real"])
        found |= {prefix + name: value for name, value in derived.items()}
    return found
