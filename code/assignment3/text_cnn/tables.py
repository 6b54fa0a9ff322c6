"""The tables and notes of problem 1."""

from math import isnan
from typing import Any

from assignment3.shared.quoted import quoted_numbers, stated
from assignment3.shared.tables import best
from assignment3.text_cnn import words
from assignment3.text_cnn.comparisons import named
from writeup.page.context import Recorded
from writeup.page.source.formats import Table, Tex, by_columns, fixed, integer, spread
from writeup.results.tables import frame

SETTINGS = {  # of the parts with one change each
    "text_cnn": "as set",
    "text_cnn_normal_start": r"embeddings start at $\mathcal{N}(0, 1)$",
    "text_cnn_masked": "only windows within the sentence are pooled",
    "text_cnn_like_length": "batches of sentences of like length",
}
SOLUTIONS = {"solution_a": "published solution A", "solution_b": "published solution B"}


def accuracies(recorded: Recorded) -> Table:
    """Every network: the reference's accuracy where it states one, ours, and ours after the last epoch."""
    there, v = stated()["text_cnn"]["accuracy"], recorded.v
    places = {name: f"text_cnn/{name}" for name in (*networks(recorded), *words.BASELINES)}
    places = {name: place for name, place in places.items() if f"{place}/test_accuracy" in v}
    if "text_cnn_tuned" in recorded.results:
        places[words.TOGETHER] = f"text_cnn_tuned/{words.TOGETHER}"
    return by_columns(
        {
            "network": ("l", [Tex(words.network(name)) for name in places]),
            "reference": ("r", [fixed(there[name]) if name in there else "" for name in places]),
            "ours": ("r", best([v[f"{place}/test_accuracy"] for place in places.values()], 2)),
            "ours, last epoch": (
                "r",
                [spread(v[f"{place}/last_epoch/test_accuracy"]) for place in places.values()],
            ),
        }
    )


def epochs(recorded: Recorded) -> Table:
    """Every network: the epoch that is kept, its accuracies, those of the last, and on new sentences."""
    v = recorded.v
    shown = [(f"text_cnn/{name}", words.network(name)) for name in (*networks(recorded), *words.BASELINES)]
    tuned = "text_cnn_tuned"
    shown += [(f"{tuned}/{words.TOGETHER}", words.TUNED), (f"{tuned}/member", "one of its members")]
    shown = [(place, word) for place, word in shown if f"{place}/test_accuracy" in v]

    def column(what: str) -> tuple[str, list[Any]]:
        return "r", best([v.get(f"{place}/{what}") for place, _ in shown], 2)

    kept = [v.get(f"{place}/best_epoch") for place, _ in shown]
    return by_columns(
        {
            "network": ("l", [Tex(word) for _, word in shown]),
            "epoch kept": ("r", ["" if one is None else spread(one, 1) for one in kept]),
            "development": column("dev_accuracy"),
            "test": column("test_accuracy"),
            "test, last epoch": column("last_epoch/test_accuracy"),
            "test, new": column("test_accuracy_new"),
        }
    )


def settings(recorded: Recorded) -> Table:
    """Test accuracies by network: ours as set, ours with one change each, the published solutions'."""
    v, there = recorded.v, quoted_numbers()
    parts = [part for part in SETTINGS if part in recorded.results]
    order = ["avg_5", "max_5", "avg_7", "max_7"]
    names = [name for name in order if name in networks(recorded)]

    def column(name: str) -> list[Any]:
        ours = [v.get(f"{part}/{name}/test_accuracy") for part in parts]
        theirs = [there[one]["text_cnn"]["accuracy"].get(name) for one in SOLUTIONS]
        return [
            *("" if one is None else spread(one) for one in ours),
            *("" if one is None else fixed(one) for one in theirs),
        ]

    rows = [*(Tex(SETTINGS[part]) for part in parts), *SOLUTIONS.values()]
    return by_columns(
        {
            "settings": ("l", rows),
            **{_heading(name): ("r", column(name)) for name in names},
        }
    )


def _heading(name: str) -> str:
    pooling, size = name.split("_")
    return f"{words.POOLING[pooling].partition(' ')[0]}, {size}"


def filters(recorded: Recorded) -> Table:
    """What the filters with the largest weights answer to; a filter is named once."""
    found = frame(recorded.typical["text_cnn"], "ngrams")
    once = found[["filter", "weight"]].where(found["filter"] != found["filter"].shift())
    return by_columns(
        {
            "filter": ("r", ["" if isnan(one) else integer(one) for one in once["filter"]]),
            "weight": ("r", ["" if isnan(one) else fixed(one) for one in once["weight"]]),
            Tex("$n$-gram"): ("l", list(found["ngram"])),
            "activation": ("r", [fixed(one) for one in found["activation"]]),
        }
    )


# --- notes ---


def networks(recorded: Recorded) -> list[str]:
    """The networks with a convolution, as they are recorded: those of `words.POOLING` with a kernel size."""
    run = recorded.results["text_cnn"][0]
    return [name for pooling in words.POOLING for name in named(run, pooling)]


def networks_in_words(recorded: Recorded) -> dict[str, Tex]:
    """The same by size, then pooling, in words."""
    names = sorted(networks(recorded), key=lambda name: (name.split("_")[1], name))
    return {name: Tex(words.network(name)) for name in names}


def beside_reference(recorded: Recorded) -> dict[str, Any]:
    """Ours less the reference's figures, in points. less: by network; most: the farthest; parted: whether
    maximum pooling lies above and average pooling below; last: how far avg_5 lies below its
    figure after the last epoch.
    """
    there, v = stated()["text_cnn"]["accuracy"], recorded.v
    less = {
        name: v[f"text_cnn/{name}/test_accuracy"].mean - there[name]
        for name in networks(recorded)
        if name in there
    }
    if not less:
        return {}
    last = v.get("text_cnn/avg_5/last_epoch/test_accuracy")
    return {
        "less": less,
        "most": max(map(abs, less.values())),
        "parted": all((one > 0) == name.startswith("max") for name, one in less.items()),
        "last": None if last is None else there["avg_5"] - last.mean,
    }


def falls(recorded: Recorded) -> dict[str, float]:
    """By pooling, of the smallest kernel: by how many points the development accuracy falls in the end."""
    v, found = recorded.v, {}
    for name in sorted(networks(recorded), reverse=True):
        place = f"text_cnn/{name}"
        lost = v[f"{place}/dev_accuracy"].mean - v[f"{place}/last_epoch/dev_accuracy"].mean
        found[name.partition("_")[0]] = lost
    return found


def order(recorded: Recorded) -> dict[str, bool]:
    """Whether the networks stand in the same order on the test sentences that are new."""

    def ranked(what: str) -> list[str]:
        names = [*networks(recorded), *words.BASELINES]
        known = [name for name in names if f"text_cnn/{name}/{what}" in recorded.v]
        return sorted(known, key=lambda name: recorded.v[f"text_cnn/{name}/{what}"].mean)

    return {"same": ranked("test_accuracy") == ranked("test_accuracy_new")}


NEGATIONS = {"not", "n't", "no", "never", "nothing", "none", "nor", "neither", "without"}


def negations(recorded: Recorded) -> dict[str, Any]:
    """How many of the sentences misread with most confidence are shown, and how many hold a negation."""
    texts = recorded.typical["text_cnn"].tables["mistakes"]["text"]
    negated = sum(bool(NEGATIONS & set(text.split())) for text in texts)
    mostly = 2 * negated > len(texts)
    return {"shown": len(texts), "negated": negated, "mostly": mostly, "texts": texts}
