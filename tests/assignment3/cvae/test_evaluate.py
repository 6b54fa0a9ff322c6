"""What is measured of the CVAE: bounds, mean images, reading, spreads, grids, first lines."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.assignment3.cvae.small import CONFIG, run
from tests.assignment3.cvae.test_network import small
from torch.distributions import Normal

from assignment3.cvae import checks, evaluate, model, network
from assignment3.shared import digits
from writeup.results.store import Result
from writeup.runs.record import Model


def test_the_stages_return_every_documented_name(data: SimpleNamespace, judge: Model) -> None:
    result = run(CONFIG, data, judge, seed=1)
    assert set(result.scalars) == {
        "test_negative_elbo",
        "test_reconstruction",
        "test_kl",
        "importance_bound",
        "importance_negative_elbo",
        "active_units",
        "train_examples",
        "parameters",
        "class_mean_reconstruction",
        "mean_image_reconstruction",
        "conditional_accuracy",
        "frechet_distance",
        "sample_spread",
        "test_spread",
    }
    s = result.scalars
    assert s["test_negative_elbo"] == s["test_reconstruction"] + s["test_kl"]
    assert s["importance_bound"] < s["importance_negative_elbo"]
    assert s["parameters"] == 795 * 12 + 13 * 12 + 2 * 13 * 3 + 14 * 12 + 13 * 12 + 13 * 784
    shapes = {name: array.shape for name, array in result.arrays.items()}
    assert shapes == {
        "one_per_class": (10, 28, 28),
        "samples": (10, 10, 28, 28),
        "reconstructions": (2, 10, 28, 28),
        "vary_z": (9, 9, 28, 28),
        "style": (8, 10, 28, 28),
    }
    assert all(array.dtype == np.uint8 for array in result.arrays.values())
    assert np.array_equal(result.arrays["reconstructions"][0], data.test_images[:10])


def test_what_is_asked_and_read_is_counted_and_gives_the_accuracy(
    data: SimpleNamespace, judge: Model
) -> None:
    found = run(CONFIG, data, judge, seed=1)
    table = found.tables["read"]
    assert list(table) == ["asked", *(str(c) for c in range(10))]
    assert table["3"] == [4] * 10 and table["4"] == [0] * 10  # the judge reads threes only
    assert found.scalars["conditional_accuracy"] == 10
    again = checks.derive(Result("cvae", 1, found.scalars, found.tables))
    assert again == {name: found.scalars[name] for name in again} and len(again) == 2


def test_both_bounds_are_those_of_the_ratios_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "DRAWS", 2)
    cvae, x, y = small()
    cvae, x, y = cvae.float(), x.float(), y.float()
    importance, elbo = evaluate.bounds(cvae, x, y, 3, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    mu, log_var = cvae.recognition_model(x, y)
    sigma = (log_var / 2).exp()
    for i in range(len(x)):
        z = mu[i] + sigma[i] * torch.randn(3, 3, generator=generator)
        logits = cvae.generation_model(z, y[i].expand(3, -1))
        log_likelihood = -network.bernoulli_nll(logits, x[i].expand(3, -1))
        log_ratio = (Normal(0, 1).log_prob(z) - Normal(mu[i], sigma[i]).log_prob(z)).sum(1)
        log_w = (log_likelihood + log_ratio).double()
        assert importance[i].item() == pytest.approx(log_w.exp().mean().log().item(), abs=1e-3)
        assert elbo[i].item() == pytest.approx(log_w.mean().item(), abs=1e-3)


def test_importance_bound_reaches_the_true_likelihood_of_a_model_that_ignores_z(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # p(x|z,y) = p(x|y) then, whatever q is; the ratio p(z)/q(z) averages to 1, its log to -KL.
    monkeypatch.setattr(evaluate, "DRAWS", 300)  # 2,000 are six of these and a rest
    cvae, x, y = small()
    cvae, x, y = cvae.float(), x.float(), y.float()
    with torch.no_grad():
        cvae.generation[0].weight[:, :3] = 0
    truth = -network.bernoulli_nll(cvae.generation_model(torch.zeros(6, 3), y), x)
    importance, elbo = evaluate.bounds(cvae, x, y, 2_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(importance, truth, rtol=0, atol=0.1)
    torch.testing.assert_close(
        elbo, truth - network.gaussian_kl(*cvae.recognition_model(x, y)), rtol=0, atol=0.1
    )
    assert (importance > elbo).all()


def test_mean_images_give_the_nats_of_the_formula(data: SimpleNamespace) -> None:
    found = evaluate.mean_images(CONFIG, data)
    pixels, x = (images.reshape(len(images), 784) / 255 for images in (data.train_images, data.test_images))
    means = {
        "class_mean": np.stack([pixels[data.train_labels == c].mean(0) for c in data.test_labels]),
        "mean_image": np.broadcast_to(pixels.mean(0), x.shape),
    }
    for name, p in means.items():
        p = p.clip(1e-4, 1 - 1e-4)
        nats = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1).mean()
        assert found[f"{name}_reconstruction"] == pytest.approx(nats, rel=1e-5)
    assert found["class_mean_reconstruction"] < found["mean_image_reconstruction"]


def test_the_spread_is_a_pixels_deviation_within_a_class() -> None:
    images = torch.zeros(4, 28, 28)
    images[1], images[2:] = 1.0, 0.5  # class 0: 0 and 1 everywhere; class 1: two alike
    assert evaluate.spread_within(images, torch.tensor([0, 0, 1, 1])) == pytest.approx(math.sqrt(0.5) / 2)


def test_one_draw_of_binarised_test_images_serves_all_runs(data: SimpleNamespace) -> None:
    config = dataclasses.replace(CONFIG, pixels="binarised")
    torch.manual_seed(1)
    first = evaluate.tested(config, data)[0]
    torch.manual_seed(2)
    again = evaluate.tested(config, data)[0]
    assert torch.equal(first, again) and set(first.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(
        evaluate.tested(CONFIG, data)[0].flatten(), torch.tensor(data.test_images).flatten() / 255
    )


def test_first_lines_are_those_that_training_prints(data: SimpleNamespace, judge: Model) -> None:
    config = dataclasses.replace(CONFIG, loss="reference", first_lines=40, epochs=1)
    lines = run(config, data, judge, seed=0).arrays["first_lines"]
    assert lines.shape == (40,) and len(np.unique(lines)) == 40
    printed = [model.train(config, data, seed=seed).logs["steps"]["loss"][0] for seed in range(20)]
    assert np.median(printed) == pytest.approx(np.median(lines), rel=0.25)
    assert 0.95 * math.log(2) / 16 < lines.min() < np.median(printed) < lines.max()  # logits near 0


def test_samples_are_the_sigmoid_of_the_logits_and_change_with_z(data: SimpleNamespace, judge: Model) -> None:
    cvae, _, y = small()
    cvae = cvae.float()
    z = torch.randn(6, 3)
    images = evaluate.sample(cvae, torch.arange(6), z)
    expected = cvae.generation_model(z, y.float()).sigmoid()
    torch.testing.assert_close(images.flatten(1), expected)
    arrays = run(CONFIG, data, judge, seed=0).arrays
    assert all(not np.array_equal(row[0], row[1]) for row in arrays["samples"])
    assert len(arrays["one_per_class"]) == digits.CLASSES


@pytest.mark.parametrize(
    ("field", "value"),
    [("latent", 1), ("batch_size", 81), ("samples_per_class", 1), ("importance_images", 41)],
)
def test_settings_that_no_run_can_have_are_named(field: str, value: int, data: SimpleNamespace) -> None:
    assert not list(checks.possible(CONFIG, data))
    wrong = dataclasses.replace(CONFIG, **{field: value})
    assert [name for name, _ in checks.possible(wrong, data)] == [field]
