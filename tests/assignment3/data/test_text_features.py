"""From sentences to ids, batches and n-grams, against what is counted by hand."""

from itertools import pairwise

import torch

from assignment3.data.text_features import PAD, UNKNOWN, buckets, encode, ngrams, vocabulary


def test_vocabulary_and_encoding() -> None:
    words = vocabulary(["b a", "a c"])
    assert words == {"a": 2, "b": 3, "c": 4}
    examples = encode(["c", "a d b"], [1, 0], words)
    assert examples.ids.tolist() == [[4, PAD, PAD], [2, UNKNOWN, 3]]
    assert examples.lengths.tolist() == [1, 3] and examples.labels.tolist() == [1, 0]


def test_buckets_hold_each_index_once_by_length_in_changing_order() -> None:
    lengths = torch.randint(1, 30, (1003,), generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    first, second = buckets(lengths, 100, generator), buckets(lengths, 100, generator)
    for parts in (first, second, buckets(lengths, 100)):
        assert sorted(torch.cat(parts).tolist()) == list(range(1003))
        assert sorted(map(len, parts)) == [3] + [100] * 10
        spans = sorted((lengths[part].min().item(), lengths[part].max().item()) for part in parts)
        assert all(high <= low for (_, high), (low, _) in pairwise(spans))
    assert [lengths[part].min() for part in first] != [lengths[part].min() for part in second]
    assert {frozenset(part.tolist()) for part in first} != {frozenset(part.tolist()) for part in second}


def test_ngrams_are_distinct_and_whole() -> None:
    examples = encode(["a b c", "b c", "x b c"], [0, 0, 0], {"a": 2, "b": 3, "c": 4, "x": 5})
    assert ngrams(examples, 2).tolist() == [[2, 3], [3, 4], [5, 3]]
    assert ngrams(examples, 4).shape == (0, 4)
