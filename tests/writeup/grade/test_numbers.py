"""A number is what its digits and the words around it say, and nothing else."""

import pytest

from writeup.grade.numbers import Rule, Token, Vocabulary, bound, compute, pieces, tokens
from writeup.results.values import Value

AUC = Value("pairs/cnn/auc", 0.98301, 0.00052, 5, "f")
EER = Value("pairs/cnn/eer", 7.004, 0.19, 5, "f")
NUMBERS = {"pairs/cnn/auc": AUC, "pairs/cnn/eer": EER, "config/pairs/folds": 5.0, "claims/rate": 0.0471}
WORDS = Vocabulary({"*/auc": "area under", "*/eer": "error rate"}, {})


def what(text: str, rules: tuple[Rule, ...] = (), words: Vocabulary = WORDS) -> list[str]:
    found = tokens(text)
    joined = "±" in text
    first = bound(found[0], found[1] if joined else None, text, NUMBERS, words, rules)
    return [first] if joined else [bound(one, None, text, NUMBERS, words, rules) for one in found]


def values(found: list[Token]) -> list[float]:
    return [one.value for one in found]


def test_numbers_are_read_as_they_are_printed() -> None:
    assert values(tokens("67 349 phrases, −1.5 and 10\n000; 5, 6")) == [67349, -1.5, 10000, 5, 6]
    assert values(tokens("on CIFAR-10 and H100 with conv1d: 3−1")) == [3, 1]
    assert values(pieces("2 157", tokens("2 157")[0])) == [2, 157]


def test_a_number_is_bound_by_its_digits_and_its_words() -> None:
    assert what("an area under the ROC of 0.983") == ["pairs/cnn/auc"]
    assert what("an area under the ROC of 0.984") == [""]
    assert what("an error rate of 0.983") == [""]


def test_a_spread_belongs_to_its_mean() -> None:
    assert what("an area under the ROC of 0.983 ± 0.001") == ["pairs/cnn/auc"]
    assert what("an area under the ROC of 0.983 ± 0.002") == [""]
    assert what("an area under the ROC of 0.001") == [""]


def test_a_share_may_be_printed_in_percent() -> None:
    words = Vocabulary({"claims/*": "of the cases"}, {})
    assert what("in 4.7 % of the cases", words=words) == ["claims/rate"]
    assert what("in 4.7 of the cases", words=words) == [""]


def test_what_a_pattern_demands_besides_has_to_be_there() -> None:
    words = Vocabulary(dict(WORDS.words), {"pairs/*": "network alone"})
    assert what("area under the ROC 0.983", words=words) == [""]
    assert what("the network alone: area under the ROC 0.983", words=words) == ["pairs/cnn/auc"]


def test_rules_name_constants_and_arithmetic() -> None:
    rules = (Rule("interval", constants=[95]), Rule("a fold", computed=["40 / {config/pairs/folds}"]))
    assert what("95 interval", rules) == ["constant 95"] and what("94 interval", rules) == [""]
    assert what("8 subjects a fold", rules) == ["40 / {config/pairs/folds}"]
    assert list(compute("40 / {not/there}", NUMBERS)) == []
    assert list(compute("2 * {config/*/folds}", NUMBERS)) == [10]


def test_what_rounds_to_nothing_is_not_printed_as_nothing() -> None:
    words = Vocabulary({"claims/*": "rate"}, {})
    assert what("a rate of 0", words=words) == [""]


@pytest.mark.parametrize(
    ("behind", "found"), [(" %, and", True), (" nats", False), (" of it", False), ("\n%", True)]
)
def test_a_number_that_has_a_unit_is_followed_by_it(behind: str, found: bool) -> None:
    words = Vocabulary({"*/eer": "error rate"}, {}, {"*/eer": "%"})
    token = tokens("an error rate of 7.00")[0]
    assert bool(bound(token, None, "error rate", NUMBERS, words, (), behind)) == found


def test_a_number_that_has_no_unit_is_followed_by_none() -> None:
    token = tokens("an area under the ROC of 0.983")[0]
    assert bound(token, None, "area under", NUMBERS, WORDS, (), " of 1")
    assert not bound(token, None, "area under", NUMBERS, WORDS, (), " nats")
