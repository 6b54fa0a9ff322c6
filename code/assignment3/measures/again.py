"""Scalars computed again from what a result records beside them; no torch.

Whoever renders a result compares: a number that its own arrays and tables do not bear out stops the build.
"""

import numpy as np

from assignment3.measures import verification
from assignment3.shared import scores
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
    """From the order of the test pairs by distance, and how many of them each verdict accepts."""
    folds = result.tables["folds"]
    rows: list[dict[str, float]] = []
    for k, pairs in enumerate(folds["pairs"]):
        same = {
            name.removeprefix("order_"): np.unpackbits(bits[k])[:pairs].astype(bool)
            for name, bits in result.arrays.items()
            if name.startswith("order_")
        }
        row = {"always_different_accuracy": 100 * float((~same["cnn"]).mean())}
        for name, prefix, column in (("cnn", "cnn/", "accepted"), ("network", "", "joined_accepted")):
            right = np.where(np.arange(pairs) < folds[column][k], same[name], ~same[name])
            rates = [100 * float(right[kind].mean()) for kind in (same[name], ~same[name])]
            row |= {f"{prefix}{what}": value for what, value in _areas(same[name]).items()}
            row |= {f"{prefix}accuracy": 100 * float(right.mean())}
            row |= {f"{prefix}balanced_accuracy": float(np.mean(rates))}
        for name in ("pca", "fisher", "pixels"):
            found = _areas(same[name])
            row |= {f"baseline_{name}/{what}": found[what] for what in ("auc", "eer")}
        rows.append(row)
    scalars = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    for prefix in ("", "cnn/"):
        areas = [row[f"{prefix}auc"] for row in rows]
        scalars |= {f"{prefix}auc_fold_{k}": area for k, area in enumerate(areas, 1)}
        scalars[f"{prefix}auc_std"] = float(np.std(areas, ddof=1))
        for name in ("pca", "fisher", "pixels"):
            scalars[f"{prefix}folds_above_{name}"] = sum(
                ours > row[f"baseline_{name}/auc"] for ours, row in zip(areas, rows, strict=True)
            )
    for name in rows[0]:
        if not np.allclose(folds[name.replace("/", "_")], [row[name] for row in rows], rtol=1e-7):
            raise ValueError(f"the folds' {name} is not what their pairs give")
    return scalars


def _areas(same: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> dict[str, float]:
    """Scores that depend on the order of the pairs alone."""
    ranks = np.arange(len(same))
    return {
        "auc": verification.auc(ranks, same),
        "eer": 100 * verification.equal_error_rate(ranks, same),
        "verification_rate_at_1pct": 100 * verification.verification_rate(ranks, same, 0.01),
    }


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
