"""Which texts to show of a text classifier: its surest mistakes, and the n-grams that its filters answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from writeup.results.rows import add_row

Table = dict[str, list[Any]]


def surest_mistakes(
    variant: str, sets: Mapping[str, tuple[Sequence[str], Tensor, Tensor]], rows: int = 5
) -> Table:
    """The wrong answers given with most certainty, `rows` of each set (texts, logits [N], labels [N]).

    `probability` is the one that the network gave to "positive"; `truth` is 1 where that is right.
    """
    table: Table = {"variant": [], "set": [], "text": [], "truth": [], "probability": []}
    for name, (texts, logits, labels) in sets.items():
        wrongness = (logits * (1 - 2 * labels)).cpu()  # above 0 where wrong; the larger the surer
        for i in torch.argsort(wrongness, descending=True, stable=True).tolist()[:rows]:
            if wrongness[i] > 0:
                p = float(torch.sigmoid(logits[i]))
                add_row(table, variant=variant, set=name, text=texts[i], truth=int(labels[i]), probability=p)
    return table


def strongest_ngrams(
    answers: Tensor, windows: Tensor, weights: Sequence[float], words: Mapping[str, int], rows: int = 3
) -> Table:
    """What the two filters of largest and the two of smallest output weight answer to, `rows` each.

    answers: what each filter says to each n-gram [M, F]; windows: the n-grams' word ids [M, n]; weights: of
    the filters in the output [F]. An n-gram which shares half its words or more with a stronger one is left
    out: mostly it is the same text, a word further on.
    """
    table: Table = {"filter": [], "sign": [], "weight": [], "ngram": [], "activation": []}
    text = {i: word for word, i in words.items()}
    order = sorted(range(len(weights)), key=lambda f: -weights[f])
    for f in (*order[:2], *order[:-3:-1]):
        taken: list[set[int]] = []
        for i in torch.argsort(answers[:, f], descending=True, stable=True).tolist():
            ids = set(windows[i].tolist())
            if all(2 * len(ids & other) < len(ids) for other in taken):
                taken.append(ids)
                ngram = " ".join(text[word] for word in windows[i].tolist())
                sign = "positive" if weights[f] > 0 else "negative"
                answer = float(answers[i, f])
                add_row(table, filter=f, sign=sign, weight=weights[f], ngram=ngram, activation=answer)
            if len(taken) == rows:
                break
    return table
