"""The samples of problem 4 before the classifier: calibration, looks, the table of a run, its checks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.assignment3.gan.small import CONFIG, fewer, images, judge

from assignment3.gan import checks, looks, model
from assignment3.shared import digits, scores
from writeup.results.store import Result
from writeup.runs.record import Findings, Model
from writeup.training import weights_of

DATA, JUDGE = images(), judge()
SCORES = {
    "classifier_score", "frechet_distance", "diversity", "reading_entropy", "classes_present",
    "class_entropy",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def few() -> object:
    with pytest.MonkeyPatch.context() as patch:
        fewer(patch)
        yield


def run(averaged: bool) -> tuple[model.Trained, Findings]:
    config = replace(CONFIG, averaged=averaged)
    trained = model.train(config, DATA, seed=2, judge=JUDGE)
    return trained, model.evaluate(config, DATA, trained, seed=2, judge=JUDGE)


@pytest.fixture(scope="module")
def own(few: object) -> tuple[model.Trained, Findings]:
    return run(averaged=False)


@pytest.fixture(scope="module")
def averaged(few: object) -> tuple[model.Trained, Findings]:
    return run(averaged=True)


def test_a_calibrated_sample_does_not_depend_on_its_batch_and_the_generator_stays_as_it_was() -> None:
    torch.manual_seed(0)
    G = model.build_generator(96)
    before = weights_of(G)
    fixed = model.settled(G, CONFIG, 0)
    assert all(np.array_equal(array, before[name]) for name, array in weights_of(G).items()) and G.training
    z = torch.rand(9, 96) * 2 - 1
    together, alone = looks.generate(fixed, z), looks.generate(fixed, z[:1])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-5)
    assert together.shape == (9, 28, 28) and together.min() >= 0 and together.max() <= 1


def test_calibration_takes_the_statistics_of_its_noise() -> None:
    torch.manual_seed(0)
    G, z = model.build_generator(96), torch.rand(40, 96)
    norm = looks.calibrated(G, z)[2]
    torch.testing.assert_close(norm.running_mean, G[:2](z).mean(0), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var, G[:2](z).var(0), rtol=1e-4, atol=1e-5)


def test_a_look_and_its_quality_are_those_of_all_probabilities_and_features() -> None:
    classifier = digits.restore(JUDGE)
    shown, real = torch.rand(50, 28, 28), torch.rand(40, 28, 28) / 2
    found = looks.quality(looks.look(classifier, shown), looks.look(classifier, real))
    p = digits.probabilities(classifier, shown).numpy()
    features = [digits.features(classifier, x).numpy() for x in (shown, real)]
    assert found["classifier_score"] == pytest.approx(scores.classifier_score(p))
    assert found["frechet_distance"] == pytest.approx(scores.frechet_distance(*features))
    assert found["reading_entropy"] == pytest.approx(scores.entropy(p.astype(float)).mean())
    assert found["classes_present"] == scores.classes_present(scores.class_histogram(p))


def test_nearest_neighbours_against_a_double_loop() -> None:
    shown, among = torch.rand(3, 28, 28), torch.rand(5, 28, 28)
    among[4] = shown[1]
    distances, indices = model.nearest_neighbours(shown, among)
    table = np.array([[float(((a - b) ** 2).sum().sqrt()) for b in among] for a in shown])
    np.testing.assert_allclose(distances, table.min(1), atol=1e-2)
    assert indices.tolist() == table.argmin(1).tolist()


def test_a_run_has_every_documented_name(own: tuple[model.Trained, Findings]) -> None:
    found = own[1]
    assert set(found.scalars) == {
        *SCORES,
        *(f"averaged/{name}" for name in SCORES),
        *(f"{mark}/{name}" for mark in ("quarter", "end") for name in (*SCORES, "iteration")),
        "real_classifier_score", "frechet_floor", "real_diversity", "neighbour_distance",
        "real_neighbour_distance", "generator_parameters", "discriminator_parameters", "first_d_loss",
        "first_g_loss",
    }  # fmt: skip
    assert {name: (array.shape, array.dtype.name) for name, array in found.arrays.items()} == {
        "grids": ((3, 16, 28, 28), "uint8"),
        "samples": ((30, 28, 28), "uint8"),
        "neighbours": ((2, 10, 28, 28), "uint8"),
        "first_losses": ((2, 2), "float32"),
    }
    assert found.logs["curves"]["iteration"] == [4, 8]
    course = found.tables["quality"]
    assert set(course) == {"iteration", *SCORES} and course["iteration"] == [3, 6, 8]
    assert found.scalars["quarter/iteration"] == 3 and found.scalars["end/iteration"] == 8
    assert sum(found.tables["class_histogram"]["samples"]) == 30
    neighbours = found.arrays["neighbours"][1]
    assert all((DATA.train_images[:40] == image).all((1, 2)).any() for image in neighbours)


def test_names_without_a_prefix_are_of_the_generator_that_settings_report(
    own: tuple[model.Trained, Findings], averaged: tuple[model.Trained, Findings]
) -> None:
    """One game, two reports of it."""
    for name in SCORES:
        assert own[1].scalars[name] == averaged[1].scalars[f"own/{name}"], name
        assert own[1].scalars[f"averaged/{name}"] == averaged[1].scalars[name], name
    assert own[1].scalars["frechet_distance"] != averaged[1].scalars["frechet_distance"]
    assert not np.array_equal(own[1].arrays["samples"], averaged[1].arrays["samples"])


def test_the_last_look_of_the_training_is_that_of_the_weights_it_leaves(
    own: tuple[model.Trained, Findings], averaged: tuple[model.Trained, Findings]
) -> None:
    for (trained, found), which in ((own, model.OWN), (averaged, model.AVERAGED)):
        generator = model.restore(Model(CONFIG, trained.weights), which)
        classifier = digits.restore(JUDGE)
        shown = model.samples_of(generator, CONFIG, 2, CONFIG.looked_at)
        features = [
            digits.features(classifier, x).numpy()
            for x in (shown, torch.from_numpy(DATA.test_images).float() / 255)
        ]
        expected = scores.frechet_distance(*features)
        assert found.tables["quality"]["frechet_distance"][-1] == pytest.approx(expected, rel=1e-5)
        assert found.scalars["end/frechet_distance"] == found.tables["quality"]["frechet_distance"][-1]


def test_looks_take_the_first_of_the_runs_samples() -> None:
    G = model.settled(model.build_generator(96), CONFIG, 0)
    few, many = (model.samples_of(G, CONFIG, 0, count) for count in (20, 30))
    torch.testing.assert_close(many[:20], few, rtol=1e-4, atol=1e-5)


def test_further_starts_are_first_lines_like_the_runs_own(own: tuple[model.Trained, Findings]) -> None:
    """A start with the run's own seed gives the run's first line; those drawn differ from all others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "STARTING", 2)
        line = model.first_losses(replace(CONFIG, first_draws=1), DATA, 0)
    np.testing.assert_allclose(
        line[0], [own[1].scalars["first_d_loss"], own[1].scalars["first_g_loss"]], rtol=1e-6
    )
    drawn = own[1].arrays["first_losses"]
    assert len(np.unique(np.vstack([line, drawn, model.first_losses(CONFIG, DATA, 3)]), axis=0)) == 5
    assert model.first_losses(replace(CONFIG, first_draws=0), DATA, 0).shape == (0, 2)


def test_an_evaluation_repeats_itself_and_reads_the_trained_arrays_alone(
    own: tuple[model.Trained, Findings],
) -> None:
    trained, found = own
    torch.manual_seed(12345)
    again = model.evaluate(CONFIG, DATA, trained, seed=2, judge=JUDGE)
    assert again.scalars == found.scalars and again.tables == found.tables
    assert all(np.array_equal(array, found.arrays[name]) for name, array in again.arrays.items())
    assert found.logs == trained.logs and trained.scalars.items() <= found.scalars.items()
    other = {name: np.abs(array) + 1 for name, array in trained.weights.items()}
    changed = model.evaluate(CONFIG, DATA, replace(trained, weights=other), seed=2, judge=JUDGE)
    assert changed.scalars["frechet_distance"] != found.scalars["frechet_distance"]


def test_a_result_bears_out_its_own_numbers(
    own: tuple[model.Trained, Findings], averaged: tuple[model.Trained, Findings]
) -> None:
    for (_, found), other in ((own, "averaged/"), (averaged, "own/")):
        derived = checks.derive(Result("gan", 2, found.scalars, found.tables, found.logs, found.arrays))
        assert {"diversity", f"{other}class_entropy", "quarter/classifier_score", "first_g_loss"} <= set(
            derived
        )
        for name, value in derived.items():
            assert found.scalars[name] == pytest.approx(value), name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"images": 51}, "images"),
        ({"batch_size": 41}, "batch_size"),
        ({"batch_size": 15}, "batch_size"),
        ({"samples": 1, "looked_at": 1}, "samples"),
        ({"looked_at": 31}, "looked_at"),
        ({"iterations": 1}, "iterations"),
        ({"falling": 1.5}, "falling"),
        ({"noise_dim": 10**12}, "noise_dim"),
    ],
)
def test_settings_that_cannot_be_are_said(changes: dict[str, float], field: str) -> None:
    data: SimpleNamespace = DATA
    assert not list(checks.possible(CONFIG, data))  # type: ignore[arg-type]
    said = [name for name, _ in checks.possible(replace(CONFIG, **changes), data)]  # type: ignore[arg-type]
    assert field in said
