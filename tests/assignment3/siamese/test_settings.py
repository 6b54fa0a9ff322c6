"""The given network's settings are those of the hand-out and of the published solutions."""

from assignment3.shared.quoted import quoted_numbers
from assignment3.siamese.settings import Siamese
from writeup import settings


def test_it_is_trained_as_it_was_handed_out() -> None:
    config = settings.plain(Siamese())
    stated = {"margin": 2.0, "held_out": [5, 6, 7], "folds": 5, **quoted_numbers()["solution_b"]["siamese"]}
    assert {name: config[name] for name in stated} == stated
    assert (config["epochs"], config["batch_size"], config["learning_rate"]) == (200, 64, 1e-4)
