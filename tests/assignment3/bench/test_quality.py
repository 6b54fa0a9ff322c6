"""Both sides of every part train as long and are compared by the same measure."""

import dataclasses
import math

import pytest

from assignment3.bench import quality
from assignment3.bench.quality import Match
from assignment3.config import Digits, Gan, Quality, Siamese, TextCnn
from assignment3.parts import gan
from assignment3.shared import digits
from writeup import settings, training
from writeup.bench.setting import Setting
from writeup.errors import UserError
from writeup.results.store import Model


def match(part: str, sign: int, plain: list[float], ours: list[float]) -> Match:
    def train(seed: int, precision: str) -> tuple[float, float]:
        return ours[seed] + (precision == "fp32"), 1.0

    return Match(part, "m", "u", sign, 2, lambda seed: (plain[seed], 2.0), train, "bf16")


def test_means_and_spreads_are_over_the_seeds() -> None:
    chosen = [
        match("text_cnn", 1, [90.0, 90.2, 90.1], [92.0, 92.3, 92.0]),
        match("cvae", -1, [100.0, 101.0, 100.0], [103.0, 104.2, 103.1]),
    ]
    said = list[str]()
    found = quality.compare(chosen, 3, said.append)
    assert found.scalars["seeds"] == 3
    assert found.scalars["text_cnn/plain"] == pytest.approx(90.1)
    assert found.scalars["text_cnn/plain_std"] == pytest.approx(0.1)
    assert (found.scalars["cvae/plain_seconds"], found.scalars["cvae/ours_seconds"]) == (2.0, 1.0)
    assert found.tables["parts"] == {
        **{"part": ["text_cnn", "cvae"], "measure": ["m", "m"], "unit": ["u", "u"]},
        **{"sign": [1, -1], "digits": [2, 2]},
    }
    assert found.tables["runs"]["part"] == ["text_cnn"] * 3 + ["cvae"] * 3
    assert found.tables["runs"]["seed"] == [0, 1, 2] * 2
    assert found.tables["runs"]["plain"] == [90.0, 90.2, 90.1, 100.0, 101.0, 100.0]
    ours = [92.0, 92.3, 92.0, 103.0, 104.2, 103.1]
    assert found.tables["runs"]["ours"] == found.tables["runs"]["bf16"] == ours
    assert found.tables["runs"]["fp32"] == [one + 1 for one in ours]
    assert said[:3] == [
        "text_cnn seed 0, plain: 90 in 2.0 s",
        "text_cnn seed 0, fp32: 93 in 1.0 s",
        "text_cnn seed 0, bf16: 92 in 1.0 s",
    ]


def test_all_parts_are_trained_by_both_sides(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    for constant in ("CALIBRATION", "WATCHED"):
        monkeypatch.setattr(gan, constant, 40)
    small = Digits(feature_dim=8)
    judge = Model(small, training.weights_of(digits.build(small)))
    configs = {
        "text_cnn": TextCnn(
            batch_size=50, embedding_dim=4, feature_maps=4, test_phrases=40, validation_phrases=40
        ),
        "siamese": Siamese(height=16, width=16, embedding_dim=4),
        "cvae": setting.configs["cvae"],
        "gan": Gan(batch_size=4),
    }
    lengths = Quality(seeds=2, text_cnn=1, siamese=1, cvae=1, gan=2, held_out=30)
    executed = {part: settings.executed(config) for part, config in configs.items()}
    tiny = dataclasses.replace(setting, config=lengths, configs=executed, roles={"judge": judge})
    found = quality.measure(tiny)
    numbers = {f"{side}{what}" for side in quality.SIDES for what in ("", "_std", "_seconds")}
    assert found.scalars.keys() == {"seeds"} | {f"{part}/{name}" for part in configs for name in numbers}
    assert all(math.isfinite(value) for value in found.scalars.values())
    assert found.tables["parts"]["part"] == list(configs)
    assert found.tables["parts"]["sign"] == [1, 1, -1, -1]
    assert len(found.tables["runs"]["part"]) == 8


def test_one_seed_has_no_spread() -> None:
    with pytest.raises(UserError, match=r"quality.seeds: 1 is not allowed; allowed: numbers from 2"):
        settings.check("quality", Quality(seeds=1))
    settings.check("quality", Quality())
