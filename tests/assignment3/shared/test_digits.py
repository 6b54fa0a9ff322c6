"""The judge, its images and the scores: shapes, known values, a second library, determinism."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.nn import functional as F

from assignment3.data import images
from assignment3.shared import digits, scores
from assignment3.shared.settings import Digits
from writeup.errors import UserError
from writeup.runs.record import Model, Trained
from writeup.training import weights_of

CONFIG = Digits(epochs=10, batch_size=25, learning_rate=1e-2, feature_dim=16)


def patches(count: int, seed: int = 0) -> SimpleNamespace:
    """Digits that a network learns in a second: each class has its own coarse pattern, under noise."""
    random = np.random.RandomState(seed)
    patterns = np.kron(random.rand(10, 4, 4) > 0.5, np.ones((7, 7))) * 190
    labels = (np.arange(2 * count) % 10).astype(np.uint8)
    pixels = (patterns[labels] + random.randint(0, 60, (2 * count, 28, 28))).astype(np.uint8)
    return SimpleNamespace(
        train_images=pixels[:count],
        train_labels=labels[:count],
        test_images=pixels[count:],
        test_labels=labels[count:],
    )


@pytest.fixture(scope="module")
def data() -> SimpleNamespace:
    return patches(100)


def test_every_layer_has_the_shape_that_its_comment_states() -> None:
    model = digits.build(CONFIG)
    x = torch.rand(3, 1, 28, 28)
    shapes = []
    for layer in model.body:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == (
        [(16, 28, 28)] * 3 + [(16, 14, 14)] + [(48, 14, 14)] * 3 + [(48, 7, 7)] + [(96, 7, 7)] * 3
        + [(4704,)] + [(16,)] * 3
    )  # fmt: skip
    assert model(torch.rand(3, 28, 28)).shape == (3, 10)


def test_features_lead_to_the_probabilities_and_leave_the_model_as_it_was() -> None:
    model = digits.build(CONFIG).train()
    x = torch.rand(7, 28, 28)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    features, p = digits.features(model, x), digits.probabilities(model, x)
    assert features.shape == (7, 16) and not features.requires_grad and not p.requires_grad
    assert all(torch.equal(*pair) for pair in zip(digits.read(model, x), (p, features), strict=True))
    torch.testing.assert_close(F.softmax(model.head(features), 1), p)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_batches_of_the_judge_do_not_change_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = digits.build(CONFIG), torch.rand(7, 28, 28)
    whole = digits.probabilities(model, x)
    monkeypatch.setattr(digits, "EVALUATION_BATCH", 3)
    torch.testing.assert_close(digits.probabilities(model, x), whole)


def test_shifted_moves_each_image_whole_and_up_to_the_limit() -> None:
    x = torch.zeros(400, 28, 28)
    x[:, 10, 12] = 7
    moved = digits.shifted(x, torch.Generator().manual_seed(0))
    assert moved.shape == x.shape
    assert (moved.sum((1, 2)) == 7).all()
    offsets = {(int(row) - 10, int(column) - 12) for _, row, column in moved.nonzero()}
    assert offsets == {(row, column) for row in range(-2, 3) for column in range(-2, 3)}


def test_shifted_by_nothing_is_the_image() -> None:
    x = torch.rand(4, 28, 28)
    assert torch.equal(digits.shifted(x, torch.Generator(), most=0), x)


def test_training_learns_and_repeats_itself_and_evaluation_returns_every_name(data: SimpleNamespace) -> None:
    trained, again = (digits.train(CONFIG, data, seed=3) for _ in range(2))
    first, second = (digits.evaluate(CONFIG, data, one, seed=3) for one in (trained, again))
    assert set(first.scalars) == {"test_accuracy", "test_errors", "test_cross_entropy", "parameters"}
    assert first.scalars["test_accuracy"] >= 90
    assert first.scalars["test_accuracy"] == 100 - first.scalars["test_errors"]  # of 100 images
    assert first.scalars["parameters"] == 16 * 9 + 48 * 16 * 9 + 96 * 48 * 9 + 4704 * 16 + 2 * 176 + 170
    assert list(first.logs["epochs"]) == ["epoch", "train_loss", "train_accuracy"]
    assert first.logs["epochs"]["epoch"] == list(range(1, 11))
    assert first.scalars == second.scalars and first.logs == second.logs
    assert digits.train(CONFIG, data, seed=4).logs != first.logs


def test_restore_gives_the_network_of_the_weights_ready_to_judge() -> None:
    model = digits.build(CONFIG)
    model(torch.rand(20, 28, 28))  # batch norm's statistics are part of it
    restored = digits.restore(Model(CONFIG, weights_of(model)))
    x = torch.rand(7, 28, 28)
    assert model.training and not restored.training
    assert torch.equal(digits.probabilities(restored, x), digits.probabilities(model, x))
    strides = [[weights.stride() for weights in one.parameters()] for one in (model, restored)]
    assert strides[0] == strides[1]  # the same memory format, so the same rounding


def test_evaluate_counts_what_a_known_judge_reads(data: SimpleNamespace) -> None:
    weights = weights_of(digits.build(CONFIG))
    weights |= {"head.weight": np.zeros((10, 16), np.float32), "head.bias": 100 * np.eye(10)[7]}
    found = digits.evaluate(CONFIG, data, Trained(weights), seed=0)
    assert found.scalars["test_accuracy"] == 10
    confusion = found.tables["confusion"]
    assert confusion["digit"] == list(range(10))
    assert confusion["7"] == [10] * 10
    assert sum(sum(confusion[str(c)]) for c in range(10)) == 100


def test_a_diverging_loss_stops_with_one_line(data: SimpleNamespace) -> None:
    with pytest.raises(UserError, match="digits: the loss became"):
        digits.train(dataclasses.replace(CONFIG, learning_rate=1e30), data, seed=0)


def test_images_change_range_and_back() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    pixels.setflags(write=False)
    x = images.unit_range(pixels)
    assert x.dtype == torch.float32 and x.min() == 0 and x.max() == 1
    assert np.array_equal(images.to_bytes(x), pixels)
    assert images.to_bytes(torch.tensor([-0.5, 1.5])).tolist() == [0, 255]


def test_held_out_images_are_training_images_and_leave_the_training_set(data: SimpleNamespace) -> None:
    split = images.held_out(data, 30)
    assert len(split.train_images) == 70 and len(split.test_images) == 30
    label_of = {
        image.tobytes(): label for image, label in zip(data.train_images, data.train_labels, strict=True)
    }
    both = np.concatenate([split.train_images, split.test_images])
    assert {image.tobytes() for image in both} == set(label_of)
    labels = np.concatenate([split.train_labels, split.test_labels])
    assert [label_of[image.tobytes()] for image in both] == labels.tolist()


# --- scores ---


def test_entropy_of_known_distributions() -> None:
    assert scores.entropy([0.1] * 10) == pytest.approx(np.log(10))
    assert scores.entropy([0.0, 1.0, 0.0]) == 0
    assert scores.entropy([[0.5, 0.5], [1, 0]]) == pytest.approx([np.log(2), 0])


@pytest.mark.parametrize(
    ("p", "score"),
    [(np.eye(10), 10), (np.full((5, 10), 0.1), 1), (np.eye(10)[[4] * 8], 1), (np.eye(10)[[1, 2, 1, 2]], 2)],
    ids=["each class once, certain", "never certain", "one class", "two classes"],
)
def test_classifier_score_of_known_cases(p: np.ndarray, score: float) -> None:
    assert scores.classifier_score(p) == pytest.approx(score)


def test_classifier_score_is_the_formula_of_the_inception_score() -> None:
    p = np.random.RandomState(0).dirichlet(np.ones(10), 50)
    divergences = [sum(row * np.log(row / p.mean(0))) for row in p]
    assert scores.classifier_score(p) == pytest.approx(np.exp(np.mean(divergences)))


def test_frechet_distance_of_known_gaussians() -> None:
    points = np.array([[1, 0], [-1, 0], [0, 1], [0, -1.0]])  # mean 0, covariance 2/3 I
    assert scores.frechet_distance(points, points) == pytest.approx(0, abs=1e-12)
    assert scores.frechet_distance(points, points + np.array([3, 4])) == pytest.approx(25)
    # Covariances a I and b I: F (sqrt a - sqrt b)^2 with F = 2, a = 2/3, b = 9 a.
    assert scores.frechet_distance(points, 3 * points) == pytest.approx(2 * 2 / 3 * (1 - 3) ** 2)


def test_frechet_distance_agrees_with_a_general_matrix_square_root() -> None:
    random = np.random.RandomState(1)
    a = random.randn(60, 5) @ random.randn(5, 5)
    b = random.randn(80, 5) @ random.randn(5, 5) + 1
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    assert scores.frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert scores.frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_needs_no_more_than_the_moments() -> None:
    a, b = np.random.RandomState(0).rand(2, 30, 3)
    mean, covariance = scores.moments(a)
    np.testing.assert_allclose(mean, a.mean(0))
    np.testing.assert_allclose(covariance, (a - a.mean(0)).T @ (a - a.mean(0)) / 29)
    found = scores.frechet_of_moments(mean, covariance, *scores.moments(b))
    assert found == scores.frechet_distance(a, b)


def test_frechet_distance_bears_dead_units() -> None:
    a = np.random.RandomState(2).rand(40, 3) * [1, 0, 2]
    assert scores.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert scores.frechet_distance(a, a + np.array([0, 2, 0])) == pytest.approx(4)


def test_histogram_counts_every_class_also_the_missing_ones() -> None:
    p = np.eye(4)[[0, 2, 2]] * 0.6 + 0.1
    assert scores.class_histogram(p).tolist() == [1, 0, 2, 0]


def test_a_class_is_present_from_one_percent_on() -> None:
    assert scores.classes_present([990, 10, 0]) == 2
    assert scores.classes_present([991, 9, 0]) == 1
