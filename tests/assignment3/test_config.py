"""Settings and presets: the assignment's own values, what presets change of them, what cannot be meant."""

import dataclasses
import json

import pytest

from assignment3.report import PROBLEMS, REPORT
from assignment3.shared.quoted import quoted_numbers, stated
from writeup import settings
from writeup.errors import UserError
from writeup.request import preset_configs

FULL = preset_configs(REPORT, "full")


def has(part: str, **values: object) -> None:
    """The full preset's settings of a part have these values."""
    config = settings.plain(FULL[part])
    assert {name: config[name] for name in values} == values


def test_the_text_network_is_the_sheets_at_the_references_settings() -> None:
    has("text_cnn", epochs=25, batch_size=1000, embedding_dim=300, feature_maps=128, learning_rate=1e-3)
    has("text_cnn", kernel_sizes=[5, 7], poolings=["avg", "max"], windows="all", batches="shuffled")
    has("text_cnn", embedding_std=0.1)
    names = "epochs", "batch_size", "embedding_dim", "feature_maps"
    has("text_cnn", **{name: stated()["text_cnn"][name] for name in names})
    has("text_cnn_normal_start", embedding_std=1.0)
    has("text_cnn_masked", windows="own")
    has("text_cnn_like_length", batches="like_length")


def test_the_cvae_is_trained_as_it_was_handed_out() -> None:
    has("cvae", epochs=10, batch_size=32, hidden=400, latent=20, learning_rate=1e-3, log_every=500)
    has("cvae", loss="bound", pixels="grey", validation_images=0)
    has("cvae_binarised", loss="bound", pixels="binarised")
    has("cvae_reference", loss="reference", pixels="grey", first_lines=60)
    reference, config = stated()["cvae"], FULL["cvae"]
    lines = range(0, reference["train_examples"], config.batch_size * config.log_every)
    assert {examples for _, examples, _ in reference["loss_log"]} == set(lines)
    assert max(epoch for epoch, _, _ in reference["loss_log"]) == config.epochs == reference["epochs"]


def test_the_gan_is_trained_as_it_was_handed_out_for_as_long_as_the_reference() -> None:
    has("gan", images=50_000, batch_size=50, iterations=8000, log_every=250, noise_dim=96)
    has("gan", generator_rate=1e-3, discriminator_rate=1e-3, beta1=0.5, beta2=0.999)
    has("gan", falling=0.0, penalty=0.0, averaged=False)
    reference, config = stated()["gan"], FULL["gan"]
    assert config.iterations == reference["epochs"] * config.images // config.batch_size
    lines = [iteration for iteration, _, _ in reference["loss_log"]]
    assert lines == list(range(0, config.iterations, config.log_every)) and len(lines) == 32
    has("gan_handout", batch_size=128, iterations=5 * (50_000 // 128))
    has("gan_handout", batch_size=quoted_numbers()["handout"]["gan"]["batch_size"])
    has("gan_twenty", batch_size=128, iterations=20 * (50_000 // 128))
    assert list(range(0, FULL["gan_twenty"].iterations, config.log_every)) == lines


def changed(part: str) -> set[str]:
    """The settings in which a part differs from the one that it is a variant of."""
    base = settings.plain(FULL[part.partition("_tuned")[0].partition("_")[0]])
    return {name for name, value in settings.plain(FULL[part]).items() if base.get(name, value) != value}


def test_a_part_with_one_change_has_one() -> None:
    """Besides what only says how much is measured of it."""
    measured = {"baselines", "first_lines", "importance_samples"}
    for part, names in {
        "cvae_binarised": {"pixels"},
        "cvae_reference": {"loss"},
        "gan_penalty": {"penalty"},
        "gan_falling": {"falling"},
    }.items():
        assert changed(part) - measured == names, part


@pytest.mark.parametrize("preset", ["full", "quick", "smoke"])
def test_every_preset_is_valid(preset: str) -> None:
    for name, config in preset_configs(REPORT, preset).items():
        settings.check(name, config)
        json.dumps(settings.plain(config))


def test_presets_change_fields_that_are_there_of_parts_that_are_there() -> None:
    parts = {part.name: part for part in REPORT.parts}
    for problem in PROBLEMS:
        for changes in (problem.QUICK, problem.SMOKE):
            assert changes
            for name, fields in changes.items():
                there = {field.name for field in dataclasses.fields(parts[name].config)}
                assert set(fields) <= there, name


def test_quick_runs_each_problem_and_smoke_every_part() -> None:
    quick, smoke = (REPORT.presets[name] for name in ("quick", "smoke"))
    runs = {part.name for part in REPORT.parts} - set(quick.without)
    assert {"digits", *(problem.PARTS[0].name for problem in PROBLEMS)} <= runs == set(quick.changes)
    assert not quick.standins and smoke.standins and not smoke.without
    assert set(smoke.changes) == {part.name for part in REPORT.parts}


def test_the_small_presets_take_less_of_everything() -> None:
    """No preset trains for longer, on more, or a larger network."""
    lengths = (
        "epochs",
        "iterations",
        "members",
        "samples",
        "looked_at",
        "importance_samples",
        "images",
        "hidden",
    )
    for preset in ("quick", "smoke"):
        configs = preset_configs(REPORT, preset)
        for part in REPORT.parts:
            if part.name in REPORT.presets[preset].without:
                continue
            small, full = settings.plain(configs[part.name]), settings.plain(FULL[part.name])
            assert all(small[name] <= full[name] for name in lengths if name in full), part.name
            assert small != full


def test_smoke_has_the_full_presets_flags() -> None:
    """So that the probe of an adoption passes through the code that the full preset runs."""
    smoke = preset_configs(REPORT, "smoke")
    for part in REPORT.parts:
        for name, value in settings.plain(FULL[part.name]).items():
            if isinstance(value, str | bool) or value == 0:
                assert settings.plain(smoke[part.name])[name] == value, f"{part.name}.{name}"
    assert smoke["gan_tuned"].penalty == FULL["gan_tuned"].penalty > 0 < smoke["gan_tuned"].falling


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("txt.epochs=3", "unknown part 'txt'; allowed: digits, text_cnn, text_cnn_normal_start"),
        ("text_cnn.epoch=3", "unknown field 'epoch' of text_cnn; allowed: epochs, batch_size"),
        ("cvae.loss=elbo", "allowed: bound, reference"),
        ("text_cnn.poolings=min", "allowed: avg, max"),
        ("gan.beta1=1.0", "below 1"),
        ("cvae.epochs=0", "numbers above 0"),
        ("gan.averaged=yes", "true or false"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        settings.override(FULL, text)
