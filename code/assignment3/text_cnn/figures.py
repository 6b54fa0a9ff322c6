"""The figures of problem 1, and what each shows in words and recorded numbers, for who cannot see it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from assignment3.shared import diagrams
from assignment3.text_cnn.words import POOLING
from writeup.page.figures import COLOURS, QUOTED, curve, panel, series_over_runs, spread_labels
from writeup.results.store import Result
from writeup.results.tables import frame

Runs = Sequence[Result]
LOWEST = 92.0  # percent: below lies the first epoch of some


# --- the network ---


def model(runs: Runs) -> Figure:
    """The network on one misread sentence: words, vectors, one window, what pooling leaves, the logit."""
    words, K, C, maps = _drawn_network(runs)
    H, side = len(words), 0.155
    figure, axes = diagrams.sheet(H * side + 0.5)
    low, middle = 0.42, 0.42 + H * side / 2
    for row, word in enumerate(words):
        diagrams.label(axes, 0.75, low + (H - row - 0.5) * side, word, at="right", mark=QUOTED)
    diagrams.cells(axes, 0.85, low, H, 6, side, tinted=range(K))
    diagrams.label(axes, 1.32, 0.2, f"words as vectors\n$C = {C}$, $H = {H}$")
    windows = H - K + 1
    bottom = middle - windows * side / 2
    window = low + (H - K / 2) * side
    top = bottom + (windows - 0.5) * side
    diagrams.arrow(axes, (1.8, window), (2.73, top))
    diagrams.label(axes, 2.25, max(window, top) + 0.16, f"$H' = {K}$ words")
    diagrams.cells(axes, 2.76, bottom, windows, 5, side, tinted=range(1))
    diagrams.label(axes, 3.15, 0.2, f"$F = {maps}$ filters\n$H'' = H - H' + 1 = {windows}$")
    diagrams.arrow(axes, (3.56, middle), (4.3, middle))
    diagrams.label(axes, 3.93, middle + 0.21, "mean or\nmaximum")
    diagrams.cells(axes, 4.33, middle - side / 2, 1, 5, side)
    diagrams.label(axes, 4.72, 0.2, "one number\na filter")
    diagrams.arrow(axes, (5.13, middle), (5.5, middle))
    diagrams.label(axes, 5.31, middle + 0.21, "ReLU,\nlinear")
    diagrams.box(axes, 5.5, middle - 0.15, 0.45, 0.3, "logit")
    return figure


def alt_model(runs: Runs) -> str:
    """What goes in, what comes out, and the sizes between."""
    words, K, C, maps = _drawn_network(runs)
    H = len(words)
    return (
        f"Diagram of the network on \u201c{' '.join(words)}\u201d: each of its {H} words becomes "
        f"a vector of {C} numbers; {maps} filters look at {K} neighbouring words at a time, in {H - K + 1} "
        "windows; pooling leaves one number a filter, the mean or the maximum over the windows; ReLU and a "
        "linear layer make one logit of these."
    )


def _drawn_network(runs: Runs) -> tuple[list[str], int, int, int]:
    """A misread sentence that has a window to spare, or the longest; H', C and F as set."""
    (run,) = runs
    config = run.provenance["train"]["config"]
    K = config["kernel_sizes"][0]
    sentences = [text.split() for text in run.tables["mistakes"]["text"]]
    words = next((one for one in sentences if K < len(one) <= 2 * K), max(sentences, key=len))
    return words + ["(pad)"] * max(0, K - len(words)), K, config["embedding_dim"], config["feature_maps"]


# --- training ---


def loss(runs: Runs) -> Figure:
    """Accuracy on the development sentences over the epochs, a curve a network."""
    figure, axes = panel(height=1.45)
    for index, name in enumerate(networks(runs)):
        logs = [run.logs[name] for run in runs]
        x = np.asarray(logs[0]["epoch"])
        curve(axes, x, series_over_runs(logs, "dev_accuracy"), _label(name), index)
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, min(LOWEST, high - 1)), high)
    axes.set_ylabel("development\naccuracy, percent")
    axes.set_xlabel("epoch")
    spread_labels(axes)
    return figure


def _label(name: str) -> str:
    pooling, kernel = name.split("_")
    return f"{POOLING[pooling].partition(' ')[0]}, $H' = {kernel}$"


def alt_loss(runs: Runs) -> str:
    """Where the accuracy of every network begins, turns and ends."""
    said = []
    for name in networks(runs):
        logs = [run.logs[name] for run in runs]
        epochs = logs[0]["epoch"]
        accuracy = series_over_runs(logs, "dev_accuracy").mean(axis=0)
        pooling, kernel = name.split("_")
        best = int(accuracy.argmax())
        turn = f"{accuracy[best]:.1f} in epoch {epochs[best]}, its highest, and to "
        said.append(
            f"{POOLING[pooling]} with kernel size {kernel} goes from {accuracy[0]:.1f} to "
            f"{turn if best + 1 < len(accuracy) else ''}{accuracy[-1]:.1f} percent in epoch {epochs[-1]}"
        )
    return f"Line chart of the accuracy on the development sentences over the epochs: {'; '.join(said)}."


def networks(runs: Runs) -> list[str]:
    """Those with a convolution: a pooling and a kernel size."""
    return [name for name in runs[0].logs if name.split("_")[0] in POOLING and name.count("_") == 1]


# --- words ---


SHOWN, NGRAMS = 4, 2  # sentences, and n-grams of a filter, that are drawn
SIDES = {1: (COLOURS[0], "positive"), -1: (COLOURS[1], "negative")}


def words(runs: Runs) -> Figure:
    """What each word of misread sentences does to the logit, a bar up or down; and what filters answer to."""
    (run,) = runs
    fired, effects, shown = strongest(run), frame(run, "effects"), misread(run)
    step, line, left = 0.34, 0.175, 0.68
    height = step * len(shown) + line * (len(fired) + 1) + 0.45
    figure, axes = diagrams.sheet(height)
    scale = 0.14 / float(effects["effect"].abs().max())
    y = height - 0.1
    diagrams.label(axes, 0.0, y, "truth", at="left")
    diagrams.label(axes, left, y, "what each word says: bar up for positive, down for negative", at="left")
    for sentence, _, truth in shown:
        y -= step
        diagrams.label(axes, 0.0, y, SIDES[truth][1], at="left")
        of = effects[effects["sentence"] == sentence]
        _weighed(axes, left, y, list(zip(of["word"], of["effect"], strict=True)), scale)
    y -= step
    diagrams.label(axes, 0.0, y, "votes", at="left")
    diagrams.label(axes, left, y, "what the filters with the largest output weights answer to", at="left")
    for sign, ngrams in fired:
        y -= line
        diagrams.label(axes, 0.0, y, sign, at="left")
        diagrams.label(axes, left, y, ";   ".join(map(_shown, ngrams)), at="left", mark=QUOTED)
    return figure


def _weighed(axes: Axes, x: float, y: float, said: list[tuple[str, float]], scale: float) -> None:
    """Words side by side, above or below each a bar as high as the word's effect."""
    canvas: Any = FigureCanvasAgg(axes.figure)  # type: ignore[arg-type]
    renderer = canvas.get_renderer()
    for word, effect in said:
        text = axes.text(
            x, y, _shown(word), fontsize=diagrams.SMALL + 1, va="center", ha="left", label=QUOTED
        )
        width = text.get_window_extent(renderer).width / renderer.dpi
        foot = y + (0.075 if effect > 0 else -0.075)
        colour = SIDES[1 if effect > 0 else -1][0]
        axes.add_patch(Rectangle((x, foot), width, scale * effect, facecolor=colour, linewidth=0))
        x += width + 0.07


def _shown(text: str) -> str:
    """Without what matplotlib's mathematics or the font would take for something else."""
    return text.replace("$", r"\$").replace("_num_", "(number)").replace("_", " ")


def misread(run: Result) -> list[tuple[int, str, int]]:
    """The surest mistakes, some for each truth where there are: their row, text and truth (1 or -1)."""
    rows = [(k, text, 1 if truth else -1) for k, (text, truth) in enumerate(
        zip(run.tables["mistakes"]["text"], run.tables["mistakes"]["truth"], strict=True)
    )]  # fmt: skip
    rare = min((1, -1), key=lambda side: sum(truth == side for *_, truth in rows))
    few = [row for row in rows if row[2] == rare][:2]
    return sorted([*few, *[row for row in rows if row[2] != rare][: SHOWN - len(few)]])


def strongest(run: Result) -> list[tuple[str, list[str]]]:
    """For each side, the different n-grams that its recorded filters answer most."""
    groups = frame(run, "ngrams").groupby("sign", sort=False)
    return [(str(sign), list(dict.fromkeys(of["ngram"]))[:NGRAMS]) for sign, of in groups]


def alt_words(runs: Runs) -> str:
    """Of each misread sentence the word that did most of it; of each side what its filters answer."""
    (run,) = runs
    effects, said = frame(run, "effects"), []
    for sentence, text, truth in misread(run):
        of = effects[effects["sentence"] == sentence]
        most = of.loc[(-truth * of["effect"]).idxmax()]
        said.append(
            f"\u201c{text}\u201d is {SIDES[truth][1]}; \u201c{most['word']}\u201d moves the logit by "
            f"{most['effect']:.1f}"
        )
    fired = "; ".join(f"{sign}: \u201c{ngrams[0]}\u201d" for sign, ngrams in strongest(run))
    return (
        "Misread sentences with a bar at each word, up where it speaks for positive, down for negative. "
        f"{'. '.join(said)}. Filters answer most to: {fired}."
    )
