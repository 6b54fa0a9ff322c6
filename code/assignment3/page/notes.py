"""What else the templates print: logs in the reference's format, the best variant, what the watch saw."""

from typing import Any

import numpy as np

from assignment3.page import logs, words
from assignment3.page.tables.text_cnn import best_text_variant, text_variants
from assignment3.shared.cells import settings_of
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.page.templating import Tex
from writeup.results import values
from writeup.results.rows import rows
from writeup.results.store import fingerprint
from writeup.results.values import Value

EXCERPT = 4  # lines of a log at either end


def text_cnn_best(recorded: Recorded) -> str:
    """The variant that the validation phrases favour, as part/variant."""
    return best_text_variant(recorded.results, recorded.v)


def text_cnn_best_words(recorded: Recorded) -> Tex:
    """The same in words."""
    part, variant = text_cnn_best(recorded).split("/")
    pooling, kernel = variant.split("_")
    settings = settings_of("text_cnn", recorded.results)[part]
    return Tex(f"{words.POOLING[pooling]}, $H' = {kernel}$ and the {settings} settings")


def text_cnn_networks(recorded: Recorded) -> dict[str, Tex]:
    """The assignment's variants of the text CNN, in its order, in words."""
    names = [name.split("/")[1] for name in text_variants(recorded.results)]
    return {name: Tex(words.network(name)) for name in sorted(names)}


def cvae_log(recorded: Recorded) -> list[str]:
    """A run's training log in the reference's line format, in nats, at the steps that the reference states;
    behind each the loss that it states there, in its own unit.
    """
    run = recorded.typical["cvae"]
    log = run.logs["steps"]
    lines = logs.cvae_lines(log, round(run.scalars["train_examples"]))
    theirs = {(epoch, examples): loss for epoch, examples, loss in stated()["cvae"]["loss_log"]}
    ours = zip(log["epoch"], log["examples"], lines, strict=True)
    return [
        f"{line:<60} reference: {theirs[epoch, examples]:.6f}"
        for epoch, examples, line in ours
        if (epoch, examples) in theirs
    ]


def cvae_log_excerpt(recorded: Recorded) -> list[str]:
    """The ends of the same log."""
    return excerpt(cvae_log(recorded))


def gan_log(recorded: Recorded) -> list[str]:
    """A run's training log in the reference's line format."""
    return logs.gan_lines(recorded.typical["gan"].logs["steps"])


def gan_log_excerpt(recorded: Recorded) -> list[str]:
    """The ends of the same log."""
    return excerpt(gan_log(recorded))


def excerpt(lines: list[str]) -> list[str]:
    """The first and the last lines, and dots for what lies between."""
    return lines if len(lines) <= 2 * EXCERPT else [*lines[:EXCERPT], "...", *lines[-EXCERPT:]]


def siamese_history(recorded: Recorded) -> dict[str, float]:
    """The contrastive loss of the first batch and of the last epoch, means over folds and runs."""
    logs = [rows(run.logs["loss"]) for run in recorded.results["siamese"]]
    ends = {"first": 0, "last": max(row["epoch"] for log in logs for row in log)}
    return {
        name: float(np.mean([row["train_loss"] for log in logs for row in log if row["epoch"] == epoch]))
        for name, epoch in ends.items()
    }


def gan_shares(recorded: Recorded) -> dict[str, list[tuple[str, Value]]]:
    """By settings, of the rarest and the commonest class among all samples: digit, share in percent."""
    found = {}
    for part in settings_of("gan", recorded.results):
        runs = recorded.results[part]
        counts = np.array([run.tables["class_histogram"]["samples"] for run in runs])
        shares = [
            (part, fingerprint(run), {str(y): share for y, share in enumerate(100 * row / row.sum())})
            for run, row in zip(runs, counts, strict=True)
        ]
        v, total = values.collect(shares), counts.sum(axis=0)
        extremes = (str(total.argmin()), str(total.argmax()))
        found[part] = [(digit, v[f"{part}/{digit}"]) for digit in extremes]
    return found


def gan_watch(recorded: Recorded) -> dict[str, Any]:
    """What the collapse watch saw: the fewest classes after its first look, and one run's last score."""
    runs = recorded.results.get("gan_tuned", recorded.results["gan"])
    fewest = min(min(run.logs["watch"]["classes_present"][1:]) for run in runs)
    shown = recorded.typical.get("gan_tuned", recorded.typical["gan"])
    return {"fewest": fewest, "last_score": shown.logs["watch"]["classifier_score"][-1]}
