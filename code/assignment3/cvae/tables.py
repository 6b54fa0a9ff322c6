"""Tables of problem 3, and what else its templates print: logs, counts of lines, literature."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assignment3.cvae.words import TITLES
from assignment3.shared.quoted import stated
from writeup.page.context import Recorded
from writeup.page.figures import Array
from writeup.page.source.formats import Table, Tex, by_columns, fixed, integer, spread
from writeup.results.store import Result

ENDS = 3, 1  # lines of a log that its excerpt has at either end
DIGITS = 6  # decimals of a printed loss
Line = tuple[int, int]  # epoch, images seen in it


def settings(recorded: Recorded) -> Table:
    """The bounds on the test images, and how samples are read, a column per setting."""
    entries: dict[str, tuple[str, int]] = {
        Tex(r"$-\mathrm{ELBO}$"): ("test_negative_elbo", 2),
        "its divergence": ("test_kl", 2),
        Tex("active dimensions of $z$"): ("active_units", 1),
        Tex(r"class read as asked for, \%"): ("conditional_accuracy", 2),
        Tex(r"Fr\'echet distance of samples"): ("frechet_distance", 2),
    }

    def cells(part: str) -> tuple[str, list[object]]:
        values = [(recorded.v.get(f"{part}/{name}"), digits) for name, digits in entries.values()]
        return "r", ["" if value is None else spread(value, digits) for value, digits in values]

    parts = {part: head for part, head in TITLES.items() if part in recorded.results}
    return by_columns({"": ("l", list(entries)), **{head: cells(part) for part, head in parts.items()}})


def log(recorded: Recorded) -> Table:
    """All lines of a run's log, in nats, and those of the reference that are known, in thousandths. A row for
    each count of images, a column for each epoch.
    """
    given = _lines(recorded.typical["cvae"])
    blocks = ("given, nats", given, 1.0, 1), (Tex("reference, $10^{-3}$"), theirs(), 1e3, 3)
    epochs, places = (sorted({line[k] for line in given}) for k in (0, 1))
    rows = [
        [head if place == places[0] else "", integer(place)]
        + [fixed(scale * known[e, place], digits) if (e, place) in known else "" for e in epochs]
        for head, known, scale, digits in blocks
        for place in places
    ]
    return Table(["log", "images", *map(str, epochs)], rows, "l" + "r" * (len(epochs) + 1))


def reference_counts(recorded: Recorded) -> dict[str, Any]:
    """How the reference's log lies to our runs with its loss: first lines, and how many others lie outside.

    first: the reference's first line, and the range of untrained models; below: how many of these lie under
    it. averaged: what the first line would be if the divergence were averaged as well, with logits near 0.
    theirs, own: lines after the first outside the range of all our runs but one, of the reference and of that
    one, least and greatest over the run that is left out. level: mean of the lines after the first.
    """
    runs = recorded.results["cvae_reference"]
    draws = np.concatenate([run.arrays["first_lines"] for run in runs])
    stated_lines, ours = theirs(), lines_of(runs)
    later = [line for line in stated_lines if line in ours and line != (1, 0)]
    reference = np.array([stated_lines[line] for line in later])
    lines = np.array([ours[line] for line in later])  # lines, runs
    found: dict[str, Any] = {
        "first": stated_lines[1, 0],
        "draws": float(len(draws)),
        "least": float(draws.min()),
        "greatest": float(draws.max()),
        "below": float((draws < stated_lines[1, 0]).sum()),
        "lines": float(len(later)),
        "reference_level": float(reference.mean()) if later else 0.0,
        "level": float(lines.mean()) if later else 0.0,
        "averaged": float(np.log(2)) / recorded.configs["cvae_reference"].batch_size,
    }
    if len(runs) > 2:
        left_out = [np.delete(lines, i, axis=1) for i in range(len(runs))]
        found["theirs"] = _ends([outside(reference, some) for some in left_out])
        found["own"] = _ends([outside(lines[:, i], some) for i, some in enumerate(left_out)])
    return found


def outside(lines: Array, runs: Array) -> int:
    """How many of the lines [L] lie outside the range of the same lines of runs [L, S]."""
    return int(((lines < runs.min(axis=1)) | (lines > runs.max(axis=1))).sum())


def _ends(counts: Sequence[int]) -> tuple[float, float]:
    return float(min(counts)), float(max(counts))


def binarised(recorded: Recorded) -> dict[str, float]:
    """Upper bounds for all binarised test images, in nats an image: of -log p(x|y), and by it of -log p(x).

    The importance-weighted bound was computed for a few images. By how much it is tighter there than -ELBO
    from the same draws is taken off -ELBO of all. p(x) is at least p(y) p(x|y), with p(y) a tenth.
    """
    v = recorded.v
    bounds = [v[f"cvae_binarised/importance_{name}"].mean for name in ("negative_elbo", "bound")]
    tighter = bounds[0] - bounds[1]
    given_class = v["cvae_binarised/test_negative_elbo"].mean - tighter
    return {"tighter": tighter, "given_class": given_class, "without_class": given_class + float(np.log(10))}


def commonest_mistake(recorded: Recorded) -> dict[str, dict[str, float]]:
    """By setting, over all runs: the class that is read most often where another is asked for; its share."""
    found = {}
    for part in ("cvae", "cvae_tuned"):
        if runs := recorded.results.get(part):
            names = [str(y) for y in range(10)]
            counts = np.sum([[run.tables["read"][y] for y in names] for run in runs], axis=0).T.astype(float)
            totals = counts.sum(axis=1)
            np.fill_diagonal(counts, 0)
            asked, read = divmod(int((counts / totals[:, None]).argmax()), len(names))
            found[part] = {
                "asked": float(asked),
                "read": float(read),
                "percent": float(100 * counts[asked, read] / totals[asked]),
            }
    return found


def log_lines(log: Mapping[str, Sequence[float]], train_examples: int) -> list[str]:
    """Lines such as "Train Epoch: 1 [16000/60000 (27%)] Loss: 0.006640", as the hand-out prints them."""
    return [
        f"Train Epoch: {epoch:.0f} [{examples:.0f}/{train_examples} ({examples / train_examples:.0%})] "
        f"Loss: {value:.{DIGITS}f}"
        for epoch, examples, value in zip(log["epoch"], log["examples"], log["loss"], strict=True)
    ]


def log_excerpt(recorded: Recorded) -> list[str]:
    """The ends of the log of the median run with the given settings, in nats an image."""
    run = recorded.typical["cvae"]
    lines = log_lines(run.logs["steps"], round(run.scalars["train_examples"]))
    first, last = ENDS
    return lines if len(lines) <= first + last else [*lines[:first], "...", *lines[-last:]]


def theirs() -> dict[Line, float]:
    """The lines of the reference's log that are known."""
    return {(round(epoch), round(seen)): loss for epoch, seen, loss in stated()["cvae"]["loss_log"]}


def lines_of(runs: Sequence[Result]) -> dict[Line, Array]:
    """The printed loss of each line, of all runs."""
    each = [_lines(run) for run in runs]
    return {line: np.array([one[line] for one in each]) for line in each[0]}


def _lines(run: Result) -> dict[Line, float]:
    log = run.logs["steps"]
    places = zip(log["epoch"], log["examples"], log["loss"], strict=True)
    return {(round(epoch), round(seen)): loss for epoch, seen, loss in places}
