"""Settings that no run can have are refused by field."""

import pytest
from tests.assignment3.impossible import refused

IMPOSSIBLE = {  # what is said of them
    "siamese.held_out=5": r"siamese\.held_out: \(5,\) cannot be; allowed: at least 2 subjects",
    "siamese.held_out=5,41": "numbers of subjects, 1 to 40",
    "siamese.folds=1": "not allowed; allowed: numbers from 2",
    "siamese.folds=21": "folds: 21 cannot be; allowed: 2 to 13",
    "siamese.baseline_dim=1000": "the number of images that a fold does not test",
    "siamese.batch_size=100000000": "its activations alone would fill the memory",
}


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE.items())
def test_what_cannot_be_is_named(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(text, says, monkeypatch)
