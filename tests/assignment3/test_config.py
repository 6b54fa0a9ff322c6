import dataclasses
import json

import pytest

from assignment3 import config as configuration
from assignment3.config import DEPENDS, PARTS, PRESETS, as_json, check, override, preset
from writeup.errors import UserError


def test_full_preset_is_the_assignment() -> None:
    full = PRESETS["full"]
    assert (full.text_cnn.epochs, full.text_cnn.batch_size) == (25, 1000)
    assert (full.text_cnn.embedding_dim, full.text_cnn.feature_maps) == (300, 128)
    assert set(full.text_cnn.kernel_sizes) == {5, 7} and set(full.text_cnn.poolings) == {"avg", "max"}
    assert full.cvae.epochs == 10 and full.cvae.log_every == 16_000
    assert (full.gan.iterations, full.gan.batch_size, full.gan.log_every) == (8000, 60, 250)
    assert (full.gan.learning_rate, full.gan.beta1, full.gan.noise_dim) == (1e-3, 0.5, 96)


def test_every_preset_is_valid() -> None:
    for config in PRESETS.values():
        for part in PARTS:
            check(part, getattr(config, part))
            json.dumps(as_json(config, part))


def test_overrides_take_the_type_of_the_field() -> None:
    config = preset("full", ["text_cnn.epochs=3", "gan.learning_rate=2e-4", "text_cnn.kernel_sizes=3,5"])
    assert config.text_cnn.epochs == 3 and config.gan.learning_rate == 2e-4
    assert config.text_cnn.kernel_sizes == (3, 5)
    assert (
        dataclasses.replace(config, text_cnn=PRESETS["full"].text_cnn, gan=PRESETS["full"].gan)
        == PRESETS["full"]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text_cnn.epocs=3", "unknown field 'epocs' of text_cnn; allowed: epochs"),
        ("txt.epochs=3", "unknown part 'txt'; allowed: digits, text_cnn"),
        ("epochs=3", "expected part.field=value"),
        ("cvae.epochs", "expected part.field=value"),
        ("cvae.epochs=three", "'three' is not of type int"),
        ("cvae.epochs=0", "out of range"),
        ("cvae.epochs=-1", "out of range"),
        ("cvae.precision=fp8", "allowed: fp32, bf16"),
        ("cvae.learning_rate=nan", "out of range"),
        ("cvae.learning_rate=inf", "out of range"),
        ("text_cnn.poolings=min", "allowed: avg, max"),
        ("text_cnn.poolings=", "at least one"),
        ("text_cnn.feature_dropout=1.0", "0 <= p < 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        override(PRESETS["full"], text)


def test_unknown_preset_lists_the_known() -> None:
    with pytest.raises(UserError, match="allowed: full, quick, smoke"):
        preset("fast")


def test_a_judged_part_depends_on_the_judges_configuration() -> None:
    changed = override(PRESETS["full"], "digits.epochs=9")
    for part in PARTS:
        differs = as_json(changed, part) != as_json(PRESETS["full"], part)
        assert differs == (part == "digits" or "digits" in DEPENDS.get(part, ()))


def test_seeds_have_bounds() -> None:
    five = configuration.with_seeds(PRESETS["full"], 5).seeds
    assert set(five) == set(PARTS) and five["gan"] == 5 and five["digits"] == 1
    with pytest.raises(UserError, match="1 to 100"):
        configuration.with_seeds(PRESETS["full"], 0)
