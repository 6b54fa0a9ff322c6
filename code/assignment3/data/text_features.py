"""From sentences to word ids and batches: vocabulary, encoding, batches of similar length, n-grams."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

PAD, UNKNOWN = 0, 1  # ids of the padding and of every word outside the vocabulary


class Examples(NamedTuple):
    """N encoded sentences, H the length of the longest."""

    ids: Tensor  # N H, int64, PAD after the last word
    lengths: Tensor  # N, in words
    labels: Tensor  # N, float32, 1: positive


def vocabulary(phrases: Iterable[str]) -> dict[str, int]:
    """The words of the texts (tokens between spaces), numbered from 2 in alphabetical order."""
    return {word: 2 + i for i, word in enumerate(sorted({word for text in phrases for word in text.split()}))}


def encode(phrases: Sequence[str], labels: Sequence[int], words: Mapping[str, int]) -> Examples:
    """Word ids of the texts, padded to one length."""
    rows = [[words.get(word, UNKNOWN) for word in text.split()] for text in phrases]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    return Examples(ids, (ids != PAD).sum(1), torch.tensor([float(label) for label in labels]))


def buckets(lengths: Tensor, batch_size: int, generator: torch.Generator | None = None) -> list[Tensor]:
    """Indices cut into batches [B] of similar length, so that next to nothing is padded.

    With a generator, equal lengths are ordered and the batches follow each other at random.
    """
    if generator is None:
        return list(torch.split(torch.argsort(lengths, stable=True), batch_size))
    ties = torch.rand(len(lengths), generator=generator, dtype=torch.float64)  # float32 rounds 40 + ties
    parts = torch.split(torch.argsort(lengths + ties), batch_size)
    return [parts[i] for i in torch.randperm(len(parts), generator=generator).tolist()]


def ngrams(examples: Examples, n: int) -> Tensor:
    """The distinct windows of `n` whole words in `examples`: word ids [M, n]."""
    ids = F.pad(examples.ids, (0, max(n - examples.ids.shape[1], 0)), value=PAD)
    windows = ids.unfold(1, n, 1)  # N H-n+1 n
    distinct: Tensor = windows[windows[:, :, -1] != PAD].unique(dim=0)
    return distinct
