"""Settings that no run can have are refused by field."""

import pytest
from tests.assignment3.impossible import refused

IMPOSSIBLE = {  # what is said of them
    "gan.images=100000000": "the number of training images",
    "gan.batch_size=15": "as many samples as a log line shows",
    "gan.iterations=1": "at least 2",
    "gan.samples=1": "at least 2, for a covariance",
}


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE.items())
def test_what_cannot_be_is_named(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(text, says, monkeypatch)
