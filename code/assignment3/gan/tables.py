"""Tables and notes of problem 4: logs beside the reference's, quality by settings, what the runs say."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assignment3.gan.words import SETTINGS
from assignment3.shared.quoted import stated
from assignment3.shared.tables import best
from writeup.page.context import Recorded
from writeup.page.source.formats import Table, Tex, bold, by_columns, fixed, integer, sig
from writeup.results import values
from writeup.results.store import Result, fingerprint
from writeup.results.tables import frame
from writeup.results.values import Value

ENDS = 3, 1  # lines of the log that its excerpt has at either end
LOSSES = "d_loss", "g_loss"


# --- the log ---


def log_lines(log: Mapping[str, Sequence[float]]) -> list[str]:
    """Lines such as "Iter: 250, D: 1.387, G:0.8243": losses to 4 significant digits, as handed out."""
    return [
        f"Iter: {iteration:.0f}, D: {d_loss:.4}, G:{g_loss:.4}"
        for iteration, d_loss, g_loss in zip(log["iteration"], log["d_loss"], log["g_loss"], strict=True)
    ]


def theirs() -> dict[int, tuple[float, float]]:
    """The reference's losses of D and G, by iteration."""
    return {round(t): (d_loss, g_loss) for t, d_loss, g_loss in stated()["gan"]["loss_log"]}


def log_excerpt(recorded: Recorded) -> list[str]:
    """The first and last lines of a run's log, behind each the reference's of the same iteration."""
    log = recorded.typical["gan"].logs["steps"]
    known = theirs()
    lines = [
        f"{line:<36} reference: D: {known[t][0]:.4}, G:{known[t][1]:.4}" if t in known else line
        for t, line in zip(log["iteration"], log_lines(log), strict=True)
    ]
    first, last = ENDS
    return lines if len(lines) <= first + last else [*lines[:first], "...", *lines[-last:]]


def gan_log(recorded: Recorded) -> Table:
    """Every line of a run's log beside the reference's, in two blocks; a loss of the reference is bold where
    it lies outside the range of all our runs, if there are two.
    """
    runs, log, known = recorded.results["gan"], recorded.typical["gan"].logs["steps"], theirs()
    all_losses = losses(runs)
    low, high = all_losses.min(axis=0), all_losses.max(axis=0)

    def quoted(k: int, index: int) -> Tex:
        loss = known.get(log["iteration"][k], (None, None))[index]
        if loss is None:
            return Tex("--")
        within = len(runs) < 2 or low[k, index] <= loss <= high[k, index]
        return sig(loss, 4) if within else bold(sig(loss, 4))

    rows: list[list[object]] = [
        [integer(t), *(sig(log[name][k], 4) for name in LOSSES), quoted(k, 0), quoted(k, 1)]
        for k, t in enumerate(log["iteration"])
    ]
    half = -(-len(rows) // 2)
    blank: list[object] = [""] * len(rows[0])
    right = [*rows[half:], blank][:half]
    both = [[*one, *other] for one, other in zip(rows[:half], right, strict=True)]
    head = ["iteration", Tex("$D$"), Tex("$G$"), Tex("reference: $D$"), Tex("$G$")]
    return Table(head * 2, both, "r" * 2 * len(head))


def losses(runs: Sequence[Result]) -> NDArray[np.float64]:
    """The losses of the log's lines, [runs, lines, 2]."""
    return np.array([[run.logs["steps"][name] for name in LOSSES] for run in runs], float).transpose(0, 2, 1)


def outside(line: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which losses [lines, 2] lie outside the range of other runs' losses [runs, lines, 2]."""
    found: NDArray[np.bool_] = (line < others.min(axis=0)) | (line > others.max(axis=0))
    return found


def gan_outside(recorded: Recorded) -> dict[str, float]:
    """How many lines of the reference's log have a loss outside the range of our runs; and of each of our
    runs, outside the range of the others. The first line stands apart.
    """
    runs = recorded.results["gan"]
    iterations, known = runs[0].logs["steps"]["iteration"], theirs()
    kept = [k for k, t in enumerate(iterations) if k and t in known]
    ours = losses(runs)[:, kept]
    reference = np.array([known[iterations[k]] for k in kept]).reshape(-1, 2)
    if len(runs) < 2 or not kept:
        return {}
    away = outside(reference, ours)
    mutual = [outside(ours[k], np.delete(ours, k, axis=0)) for k in range(len(runs))]
    each = sorted(float(one.any(axis=1).sum()) for one in mutual)
    return {
        "lines": float(len(kept)),
        "reference": float(away.any(axis=1).sum()),
        "ours": float(np.median(each)),
        "ours_least": each[0],
        "ours_most": each[-1],
    }


def gan_ahead(recorded: Recorded) -> bool:
    """Whether D gets ahead in the reference's log and in each of ours: from the earlier half of the lines to
    the later its mean loss falls and G's rises.
    """
    logs = [*losses(recorded.results["gan"]), np.array(list(theirs().values()))]
    halves = [np.array_split(log, 2) for log in logs]
    return all(
        later[:, 0].mean() < earlier[:, 0].mean() and later[:, 1].mean() > earlier[:, 1].mean()
        for earlier, later in halves
    )


def gan_first(recorded: Recorded) -> dict[str, float]:
    """The first line of the log over all starts: those of the runs and those drawn besides."""
    runs = recorded.results["gan"]
    own = np.array([[run.scalars[f"first_{name}"] for name in LOSSES] for run in runs])
    starts = np.concatenate([own, *(run.arrays["first_losses"] for run in runs)])
    return {
        "starts": float(len(starts)),
        "d_least": float(starts[:, 0].min()),
        "d_most": float(starts[:, 0].max()),
        "g_least": float(starts[:, 1].min()),
        "g_most": float(starts[:, 1].max()),
        "d_above": float((starts[:, 0] >= theirs()[0][0]).sum()),
    }


def gan_levels(recorded: Recorded) -> dict[str, float]:
    """Mean loss of D over lines of the log after the first, the reference's and ours by settings: over those
    that the hand-out's size prints too ("early/") and over all ("all/").
    """
    known = theirs()
    shown = [name for name in ("gan", "gan_handout", "gan_twenty") if name in recorded.results]
    logs = {name: [run.logs["steps"] for run in recorded.results[name]] for name in shown}
    early = [t for t in logs["gan_handout"][0]["iteration"] if t and t in known]
    found: dict[str, float] = {}
    for kind, lines in {"early": early, "all": [t for t in known if t]}.items():
        whole = {name: some for name, some in logs.items() if {*lines} <= {*some[0]["iteration"]}}
        if lines and "gan" in whole:
            levels = {name: [_level(log, lines) for log in some] for name, some in whole.items()}
            found |= {f"{kind}/{name}": float(np.mean(level)) for name, level in levels.items()}
            found[f"{kind}/reference"] = float(np.mean([known[t][0] for t in lines]))
            found[f"{kind}/first"], found[f"{kind}/last"] = float(lines[0]), float(lines[-1])
    return found


def _level(log: Mapping[str, Sequence[float]], lines: Sequence[int]) -> float:
    losses = dict(zip(log["iteration"], log["d_loss"], strict=True))
    return float(np.mean([losses[t] for t in lines]))


# --- quality ---


def gan(recorded: Recorded) -> Table:
    """Both generators of each setting, beside real images."""
    v, configs = recorded.v, recorded.configs
    parts = [name for name in SETTINGS if name in recorded.results]

    def column(names: list[str], real: str = "", *, least: bool = False) -> Any:
        cells = best([v[name] for name in names], 2, least=least)
        return "r", [*cells, fixed(v[f"gan/{real}"]) if real else ""]

    own = [f"{part}/own/" if configs[part].averaged else f"{part}/" for part in parts]
    mean = [f"{part}/" if configs[part].averaged else f"{part}/averaged/" for part in parts]
    return by_columns(
        {
            "settings": ("l", [*(Tex(SETTINGS[part]) for part in parts), "real images"]),
            "score": column([f"{one}classifier_score" for one in own], "real_classifier_score"),
            "distance": column([f"{one}frechet_distance" for one in own], "frechet_floor", least=True),
            "score, mean weights": column([f"{one}classifier_score" for one in mean]),
            "distance, mean weights": column([f"{one}frechet_distance" for one in mean], least=True),
        }
    )


def gan_course(recorded: Recorded) -> dict[str, float]:
    """The means over the runs at the look with the highest mean score, and at the last one; and how many runs
    end below their quarter. classes: to so many equally frequent ones the entropy of the histogram amounts.
    """
    runs = recorded.results["gan"]
    looks = frame(runs, "quality").assign(classes=lambda look: np.exp(look["class_entropy"]))
    mean = looks.groupby("iteration", as_index=False).mean().drop(columns="seed")
    top, end = mean.loc[mean["classifier_score"].idxmax()], mean.iloc[-1]
    ends = [[run.scalars[f"{mark}/classifier_score"] for mark in ("quarter", "end")] for run in runs]
    return {
        **{f"best_{name}": float(value) for name, value in top.items()},
        **{f"end_{name}": float(value) for name, value in end.items()},
        "runs": float(len(runs)),
        "ended_below": float(sum(end < quarter for quarter, end in ends)),
    }


def gan_shares(recorded: Recorded) -> list[tuple[str, Value]]:
    """The rarest and the commonest class among the samples of all runs: digit, share in percent."""
    runs = recorded.results["gan"]
    counts = np.array([run.tables["class_histogram"]["samples"] for run in runs])
    shares = [
        ("gan", fingerprint(run), {str(y): share for y, share in enumerate(100 * row / row.sum())})
        for run, row in zip(runs, counts, strict=True)
    ]
    v, total = values.collect(shares), counts.sum(axis=0)
    return [(digit, v[f"gan/{digit}"]) for digit in (str(total.argmin()), str(total.argmax()))]
