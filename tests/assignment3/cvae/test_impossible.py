"""Settings that no run can have are refused by field."""

import pytest
from tests.assignment3.impossible import refused

IMPOSSIBLE = {  # what is said of them
    "cvae.latent=1": "latent: 1 cannot be; allowed: at least 2",
    "cvae.loss=mse": "not allowed; allowed: bound, reference",
    "cvae.hidden=1000000000": "GiB of memory",
    "cvae.importance_images=100000000": "the number of images that are tested",
    "cvae.validation_images=100000000": "less than the",
}


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE.items())
def test_what_cannot_be_is_named(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(text, says, monkeypatch)
