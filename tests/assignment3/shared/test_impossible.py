"""Settings that no run can have are refused by field."""

import pytest
from tests.assignment3.impossible import refused

IMPOSSIBLE = {  # what is said of them
    "digits.batch_size=100000000": "the number of images to train on",
}


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE.items())
def test_what_cannot_be_is_named(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(text, says, monkeypatch)
