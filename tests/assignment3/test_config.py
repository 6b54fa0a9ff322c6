import json

import pytest

from assignment3.report import REPORT
from writeup import settings
from writeup.cli import preset_configs
from writeup.errors import UserError


def test_full_preset_is_the_assignment() -> None:
    full = preset_configs(REPORT, "full")
    text, cvae, gan = full["text_cnn"], full["cvae"], full["gan"]
    assert (text.epochs, text.batch_size) == (25, 1000)
    assert (text.embedding_dim, text.feature_maps) == (300, 128)
    assert set(text.kernel_sizes) == {5, 7} and set(text.poolings) == {"avg", "max"}
    assert cvae.epochs == 10 and cvae.log_every == 16_000
    assert (gan.iterations, gan.batch_size, gan.log_every) == (8000, 60, 250)
    assert (gan.learning_rate, gan.beta1, gan.noise_dim) == (1e-3, 0.5, 96)


@pytest.mark.parametrize("preset", ["full", "quick", "smoke"])
def test_every_preset_is_valid(preset: str) -> None:
    for name, config in preset_configs(REPORT, preset).items():
        settings.check(name, config)
        json.dumps(settings.plain(config))


def test_smoke_has_the_full_presets_flags() -> None:
    """So that the probe of an adoption passes through the code that the full preset runs."""
    full, smoke = preset_configs(REPORT, "full"), preset_configs(REPORT, "smoke")
    for part in REPORT.parts:
        for name, value in settings.plain(full[part.name]).items():
            if isinstance(value, str) or value == 0:
                assert settings.plain(smoke[part.name])[name] == value, f"{part.name}.{name}"
    assert smoke["cvae_tuned"].guide_weight == 20 and smoke["gan_tuned"].penalty == 0.2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("txt.epochs=3", "unknown part 'txt'; allowed: digits, phrases, phrases_by_sentence, text_cnn"),
        ("cvae.precision=fp8", "allowed: auto, fp32, bf16"),
        ("text_cnn.poolings=min", "allowed: avg, max"),
        ("text_cnn.feature_dropout=1.0", "below 1"),
        ("siamese.members=0", "numbers above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        settings.override(preset_configs(REPORT, "full"), text)
