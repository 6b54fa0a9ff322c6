"""What else the templates print: logs in the reference's format, the best variant, what the watch saw."""

from typing import Any

import numpy as np

from assignment3.page import claims, logs, tables, words
from writeup.page.context import Recorded
from writeup.page.templating import Tex
from writeup.results import values
from writeup.results.store import fingerprint
from writeup.results.values import Value


def text_cnn_best(recorded: Recorded) -> str:
    """The variant that the validation phrases favour, as part/variant."""
    return tables.best_text_variant(recorded.results, recorded.v)


def text_cnn_best_words(recorded: Recorded) -> Tex:
    """The same in words."""
    part, variant = text_cnn_best(recorded).split("/")
    pooling, kernel = variant.split("_")
    settings = tables.settings_of("text_cnn", recorded.results)[part]
    return Tex(f"{words.POOLING[pooling]}, $H' = {kernel}$ and the {settings} settings")


def text_cnn_vote(recorded: Recorded) -> dict[str, float | None]:
    """Percent of phrases and of sentences that most runs of the best variant get right."""
    part, variant = text_cnn_best(recorded).split("/")
    runs = recorded.results[part]
    return {kind: claims.majority(claims.correct(runs, variant, kind)) for kind in ("phrase", "sentence")}


def cvae_log(recorded: Recorded) -> list[str]:
    """The first run's training log in the reference's line format, in nats."""
    run = recorded.results["cvae"][0]
    return logs.cvae_lines(run.logs["steps"], round(run.scalars["train_examples"]), loss="loss")


def gan_log(recorded: Recorded) -> list[str]:
    """The first run's training log in the reference's line format."""
    return logs.gan_lines(recorded.results["gan"][0].logs["steps"])


def cvae_reference(recorded: Recorded) -> list[float]:
    """The first run's loss in the reference's normalisation, step by step."""
    return list(recorded.results["cvae"][0].logs["steps"]["reference_loss"])


def reference_batch(recorded: Recorded) -> int:
    """The batch size that cvae.py infers for the reference: both losses are logged."""
    steps = recorded.results["cvae"][0].logs["steps"]
    batch: int = round(steps["loss"][0] / steps["reference_loss"][0] / 784)
    return batch


def gan_shares(recorded: Recorded) -> dict[str, list[tuple[str, Value]]]:
    """By settings, of the rarest and the commonest class among all samples: digit, share in percent."""
    found = {}
    for part in tables.settings_of("gan", recorded.results):
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
    """What the collapse watch saw: the fewest classes after its first look, the first run's last score."""
    runs = recorded.results.get("gan_tuned", recorded.results["gan"])
    fewest = min(min(run.logs["watch"]["classes_present"][1:]) for run in runs)
    return {"fewest": fewest, "last_score": runs[0].logs["watch"]["classifier_score"][-1]}
