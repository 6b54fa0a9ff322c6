"""What to show of a classifier of sentences: its surest mistakes, what each of their words does, and the
n-grams that its filters answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from assignment3.data.text_features import PAD
from writeup.results.tables import add_row

Table = dict[str, list[Any]]


def surest_mistakes(logits: Tensor, labels: Tensor, rows: int) -> list[int]:
    """The wrong answers given with most certainty, the surest first."""
    wrongness = (logits * (1 - 2 * labels)).cpu()  # above 0 where wrong; the larger the surer
    order = torch.argsort(wrongness, descending=True, stable=True).tolist()
    return [i for i in order[:rows] if wrongness[i] > 0]


def mistakes_table(chosen: Sequence[int], texts: Sequence[str], logits: Tensor, labels: Tensor) -> Table:
    """`probability` is the one that the network gives to "positive"; `truth` is 1 where that is right."""
    table: Table = {"text": [], "truth": [], "probability": []}
    for i in chosen:
        p = float(torch.sigmoid(logits[i]))
        add_row(table, text=texts[i], truth=int(labels[i]), probability=p)
    return table


def effects_of_words(
    chosen: Sequence[int], texts: Sequence[str], ids: Tensor, logits_of: Callable[[Tensor], Tensor]
) -> Table:
    """By how much each word raises the logit: the logit of the whole less that of the text without the word.

    ids: of all texts [N, H]. `sentence` counts the chosen ones from 0.
    """
    table: Table = {"sentence": [], "word": [], "effect": []}
    for sentence, i in enumerate(chosen):
        words = texts[i].split()
        shorter = [
            torch.cat([ids[i, :j], ids[i, j + 1 :], ids.new_full((1,), PAD)]) for j in range(len(words))
        ]
        whole, *without = logits_of(torch.stack([ids[i], *shorter])).tolist()
        for word, logit in zip(words, without, strict=True):
            add_row(table, sentence=sentence, word=word, effect=whole - logit)
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
