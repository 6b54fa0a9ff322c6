"""From which sentence a phrase comes."""

import numpy as np
import pytest

from assignment3.data import standins
from assignment3.data.sentences import owners


def test_a_phrase_belongs_to_the_longest_that_contains_it() -> None:
    phrases = ["a b c", "b c", "c", "x c", "q", "b c", "c x"]
    owner, sentences = owners(phrases)
    assert owner.tolist() == [0, 0, 0, 3, 4, 0, 6]
    assert sentences.tolist() == [1, 1, 3, 1, 1, 1, 1]  # "c" is in "a b c", "x c" and "c x"


def test_the_first_of_equally_long_ones_owns() -> None:
    assert owners(["w a", "a", "a v", "w a"])[0].tolist() == [0, 0, 2, 0]


def test_parts_of_words_and_scattered_words_do_not_count() -> None:
    assert owners(["ab c", "b c", "ab", "ab x c"])[0].tolist() == [0, 1, 3, 3]
    assert owners([])[0].tolist() == []


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    phrases = [" ".join(random.choice(list("abc"), size=random.integers(1, 7))) for _ in range(60)]

    def holds(i: int, j: int) -> bool:
        return f" {phrases[j]} " in f" {phrases[i]} "

    owner, sentences = owners(phrases)
    longest = {i for i in range(60) if not any(holds(j, i) and phrases[j] != phrases[i] for j in range(60))}
    for i in range(60):
        held = [j for j in range(60) if holds(j, i)]
        assert owner[i] == min(held, key=lambda j: (-len(phrases[j].split()), j))
        assert sentences[i] == len({phrases[j] for j in held if j in longest})


def test_a_sentence_owns_itself() -> None:
    owner, _ = owners(standins.sst2(train=300, dev=1).train_phrases)
    assert (owner[owner] == owner).all() and len(set(owner)) < 300
