"""Settings that no run can have are refused by field."""

import pytest
from tests.assignment3.impossible import refused

IMPOSSIBLE = {  # what is said of them
    "text_cnn.kernel_sizes=1000": r"text_cnn\.kernel_sizes: \(1000,\) cannot be; allowed: at most \d+ words",
    "text_cnn.kernel_sizes=": "give at least one value",
    "text_cnn.kernel_sizes=0": "not allowed",
    "text_cnn.poolings=median": "not allowed; allowed: avg, max",
    "text_cnn.windows=some": "not allowed; allowed: all, own",
    "text_cnn.batch_size=100000000": "the number of sentences to train on",
    "text_cnn.embedding_dim=1000000000": r"embedding_dim.*GiB of memory",
}


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE.items())
def test_what_cannot_be_is_named(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(text, says, monkeypatch)
