"""The DC-GAN: shapes, losses by formula, the fast step against the plain one, sampling, collapse watch."""

import copy
import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from assignment3.config import Digits, Gan
from assignment3.measures import again
from assignment3.page.logs import gan_lines
from assignment3.parts import gan
from assignment3.shared import digits, scores
from writeup.errors import UserError
from writeup.results.store import Findings, Model, Result
from writeup.training import weights_of

CONFIG = Gan(iterations=8, batch_size=10, log_every=3, watch_every=5, samples=30, grid_at=(0, 5))
JUDGE = Digits(feature_dim=8)


@pytest.fixture(scope="module")
def data() -> SimpleNamespace:
    random = np.random.RandomState(0)
    labels = np.arange(70, dtype=np.uint8) % 10
    pixels = random.randint(0, 256, (70, 28, 28)).astype(np.uint8)
    return SimpleNamespace(
        train_images=pixels[:40], train_labels=labels[:40], test_images=pixels[40:], test_labels=labels[40:]
    )


@pytest.fixture(scope="module")
def judge() -> Model:
    torch.manual_seed(0)
    return Model(JUDGE, weights_of(digits.build(JUDGE)))


SCORES = "classifier_score", "frechet_distance", "diversity", "classes_present", "class_entropy"


def run(config: Gan, data: SimpleNamespace, judge: Model, *, seed: int) -> Findings:
    """Both stages."""
    trained = gan.train(config, data, seed=seed, judge=judge)
    return gan.evaluate(config, data, trained, seed=seed, judge=judge)


@pytest.fixture(autouse=True, scope="module")
def few_samples() -> object:
    """Batch norm's statistics, watch and curves from less than in a real run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gan, "CALIBRATION", 40)
        patch.setattr(gan, "WATCHED", 20)
        patch.setattr(gan, "CURVE_EVERY", 4)
        yield


def test_every_layer_of_the_generator_has_the_exercises_shape() -> None:
    G = gan.Generator()
    x, shapes = torch.rand(2, 96), []
    for layer in G.dense:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    x = x.view(2, 7, 7, 128).permute(0, 3, 1, 2)
    for layer in G.up:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(1024,)] * 3 + [(6272,)] * 3 + [(64, 14, 14)] * 3 + [(1, 28, 28)] * 2
    images = G(torch.rand(2, 96))
    assert images.shape == (2, 28, 28)
    assert images.abs().max() <= 1


def test_every_layer_of_the_discriminator_has_the_exercises_shape() -> None:
    D = gan.Discriminator()
    x, shapes = torch.rand(2, 1, 28, 28), []
    for layer in D.layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == (
        [(32, 24, 24)] + [(32, 12, 12)] * 2 + [(64, 8, 8)] + [(64, 4, 4)] * 2 + [(1024,)] * 3 + [(1,)]
    )
    assert D(torch.rand(2, 28, 28)).shape == (2,)


@pytest.mark.parametrize("second_order", [False, True])
def test_a_product_is_the_convolution_of_one_channel(second_order: bool) -> None:
    """Values and gradients of PyTorch's layer, and the gradients of the gradient that the penalty takes."""
    torch.manual_seed(0)
    ours = gan.FromOneChannel(1, 4, 5).double()
    images, g = torch.randn(3, 1, 9, 9, dtype=torch.float64), torch.randn(3, 4, 5, 5, dtype=torch.float64)
    found = []
    for layer in (ours, nn.Conv2d.forward.__get__(ours)):
        x = images.clone().requires_grad_()
        y = layer(x)
        (slope,) = torch.autograd.grad((y.square() * g).sum(), x, create_graph=True)
        goal = slope.square().sum() if second_order else (y * g).sum()
        found.append([y, slope, *torch.autograd.grad(goal, [x, ours.weight, ours.bias])])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


def test_a_product_is_the_transposed_convolution_to_one_channel() -> None:
    torch.manual_seed(0)
    ours = gan.ToOneChannel(6, 1, 4, stride=2, padding=1).double()
    plain = copy.deepcopy(ours)
    plain.forward = nn.ConvTranspose2d.forward.__get__(plain)  # type: ignore[method-assign]
    maps, g = torch.randn(3, 6, 5, 7, dtype=torch.float64), torch.randn(3, 1, 10, 14, dtype=torch.float64)
    found = []
    for layer in (ours, plain):
        x = maps.clone().requires_grad_()
        y = layer(x)
        found.append([y, *torch.autograd.grad((y * g).sum(), [x, *layer.parameters()])])
    assert found[0][0].shape == (3, 1, 10, 14)
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


def test_losses_equal_their_definition() -> None:
    real, fake = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    D_real, D_fake = (1 / (1 + (-logits).exp()) for logits in (real, fake))
    expected = -(D_real.log().mean() + (1 - D_fake).log().mean())
    torch.testing.assert_close(gan.discriminator_loss(real, fake), expected)
    torch.testing.assert_close(gan.generator_loss(fake), -D_fake.log().mean())


def test_an_undecided_discriminator_loses_two_log_two() -> None:
    zero = torch.zeros(3)
    assert gan.discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert gan.generator_loss(zero).item() == pytest.approx(math.log(2))


def test_losses_stay_finite_where_the_sigmoid_saturates() -> None:
    sure = torch.full((2,), 200.0)
    assert gan.discriminator_loss(-sure, sure).item() == pytest.approx(400)
    assert gan.generator_loss(-sure).item() == pytest.approx(200)


def test_the_generators_gradient_does_not_vanish_where_the_discriminator_is_sure() -> None:
    logits = torch.full((1,), -20.0, requires_grad=True)
    gan.generator_loss(logits).backward()
    assert logits.grad is not None and logits.grad.item() == pytest.approx(-1, abs=1e-6)


def test_the_gradient_penalty_of_a_linear_discriminator_is_its_weights_square() -> None:
    w = torch.randn(28 * 28, dtype=torch.float64)
    linear = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(28 * 28, 1), torch.nn.Flatten(0)
    ).double()
    linear[1].weight.data[0] = w
    penalty = gan.gradient_penalty(linear, torch.rand(5, 28, 28, dtype=torch.float64))
    assert penalty.item() == pytest.approx(w.square().sum().item())


def test_the_gradient_penalty_is_the_mean_square_slope_and_can_be_descended() -> None:
    torch.manual_seed(0)
    D, real = gan.Discriminator().double(), torch.rand(2, 28, 28, dtype=torch.float64)
    penalty = gan.gradient_penalty(D, real)
    slope = torch.zeros_like(real)
    for i in range(28):
        for j in range(28):
            step = torch.zeros_like(real)
            step[:, i, j] = 1e-6
            slope[:, i, j] = ((D(real + step) - D(real - step)) / 2e-6).detach()
    assert penalty.item() == pytest.approx(slope.square().sum((1, 2)).mean().item(), rel=1e-4)
    penalty.backward()
    gradients = [weights.grad for weights in D.parameters() if weights.ndim > 1]
    assert all(gradient is not None and gradient.abs().max() > 0 for gradient in gradients)


def test_the_penalty_moves_the_discriminator_and_leaves_its_logged_loss() -> None:
    real, z = torch.rand(10, 28, 28) * 2 - 1, torch.rand(10, 96)
    losses, weights = [], []
    for penalty in (0.0, 5.0):
        torch.manual_seed(0)
        G, D = (gan.player(network, CONFIG) for network in (gan.Generator(), gan.Discriminator()))
        losses.append(gan.step(G, D, real, z, None, "fp32", penalty)[0])
        weights.append(torch.cat([w.detach().flatten() for w in D.network.parameters()]))
    assert losses[0] == losses[1] and not torch.equal(*weights)


def test_falling_rates_start_alike_and_move_less(data: SimpleNamespace, judge: Model) -> None:
    moved, first = [], []
    for schedule in ("constant", "linear"):
        config = dataclasses.replace(CONFIG, schedule=schedule)
        trained = gan.train(config, data, seed=0, judge=judge)
        torch.manual_seed(0)
        start = gan.player(gan.Generator(), config).network
        end = gan.restore(Model(config, trained.weights), gan.RAW)
        pairs = zip(end.parameters(), start.parameters(), strict=True)
        moved.append(sum((a - b).abs().sum().item() for a, b in pairs))
        first.append(trained.logs["steps"]["d_loss"][0])
    assert first[0] == first[1] and 0.3 < moved[1] / moved[0] < 0.9


def test_weights_start_as_in_dcgan() -> None:
    network = gan.player(gan.Generator(), CONFIG).network
    for module in network.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.ConvTranspose2d):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert module.bias is not None and module.bias.abs().max() == 0


@pytest.mark.parametrize("draws", [1, 2])
def test_the_fast_step_equals_the_plain_one(draws: int) -> None:
    """Plain: D sees real and fake apart, G runs anew (on the same or a fresh z), D stays unfrozen."""
    torch.manual_seed(0)
    G, D = (gan.player(network, CONFIG) for network in (gan.Generator(), gan.Discriminator()))
    plain_G, plain_D = copy.deepcopy((G.network, D.network))
    real, z, fresh_z = torch.rand(10, 28, 28) * 2 - 1, torch.rand(10, 96), torch.rand(10, 96)
    d_loss, g_loss, d_real, d_fake = gan.step(G, D, real, z, fresh_z if draws == 2 else None, "fp32")

    adam = [torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.999)) for net in (plain_G, plain_D)]
    real_logits, fake_logits = plain_D(real), plain_D(plain_G(z).detach())
    plain_d_loss = gan.discriminator_loss(real_logits, fake_logits)
    plain_d_loss.backward()
    adam[1].step()
    plain_g_loss = gan.generator_loss(plain_D(plain_G(fresh_z if draws == 2 else z)))
    plain_g_loss.backward()
    adam[0].step()

    torch.testing.assert_close(d_loss, plain_d_loss.detach())
    torch.testing.assert_close(g_loss, plain_g_loss.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(d_real, real_logits.sigmoid().mean().detach())
    torch.testing.assert_close(d_fake, fake_logits.sigmoid().mean().detach())
    for fast, plain in ((G.network, plain_G), (D.network, plain_D)):
        # Adam's first step has the size of the rate, whatever the gradient's: only rounding near 0 flips it.
        pairs = zip(fast.parameters(), plain.parameters(), strict=True)
        moved = torch.cat([(a - b).abs().flatten() for a, b in pairs])
        assert (moved > 1e-4).double().mean() < 0.005
    assert all(weights.requires_grad for weights in D.network.parameters())


def test_batches_visit_every_image_at_most_once_per_epoch() -> None:
    ahead: dict[str, torch.Tensor] = {}
    generator = torch.Generator().manual_seed(0)
    drawn = [gan.next_batch(ahead, 7, 3, generator).tolist() for _ in range(6)]
    epochs = [drawn[i] + drawn[i + 1] for i in (0, 2, 4)]
    assert all(len(set(epoch)) == 6 for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert len(gan.next_batch({}, 2, 60, torch.Generator())) == 2


def test_noise_is_uniform_from_minus_one_to_one() -> None:
    z = gan.noise(2000, CONFIG, torch.Generator().manual_seed(0))
    assert z.shape == (2000, 96)
    assert z.min().item() == pytest.approx(-1, abs=1e-3) and z.max().item() == pytest.approx(1, abs=1e-3)
    assert z.var().item() == pytest.approx(1 / 3, abs=0.01)


def test_the_average_follows_the_weights() -> None:
    average, network = nn.Linear(2, 1), nn.Linear(2, 1)
    expected = 0.9 * average.weight.detach() + 0.1 * network.weight.detach()
    gan.follow(average, network, 0.9)
    torch.testing.assert_close(average.weight.detach(), expected)


def test_the_average_looks_every_third_iteration_and_its_decay_counts_three_times(
    data: SimpleNamespace, judge: Model
) -> None:
    def weights(iterations: int) -> tuple[np.ndarray, np.ndarray]:
        changes = {"iterations": iterations, "average": 0.1, "average_every": 3, "grid_at": ()}
        trained = gan.train(dataclasses.replace(CONFIG, **changes), data, seed=0, judge=judge)
        averaged, raw = (trained.weights[f"{which}dense.0.weight"] for which in (gan.AVERAGED, gan.RAW))
        return averaged, raw

    first, (averaged, raw), (later, moved) = weights(1)[0], weights(4), weights(5)
    np.testing.assert_allclose(averaged, 0.1**3 * first + (1 - 0.1**3) * raw, rtol=1e-4, atol=1e-7)
    assert np.array_equal(averaged, later) and not np.array_equal(raw, moved)


def test_a_calibrated_sample_does_not_depend_on_its_batch() -> None:
    torch.manual_seed(0)
    G = gan.Generator()
    z = torch.rand(9, 96) * 2 - 1
    gan.calibrate(G, CONFIG, seed=0)
    together, alone = gan.generate(G, z), gan.generate(G, z[:1])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-5)
    assert together.min() >= 0 and together.max() <= 1
    # Calibration has replaced the initial statistics by those of the generator's own activations.
    inputs = gan.noise(40, CONFIG, torch.Generator().manual_seed(0))
    torch.testing.assert_close(G.dense[2].running_mean, G.dense[:2](inputs).mean(0), rtol=1e-4, atol=1e-5)


def test_restore_gives_the_calibrated_generator() -> None:
    G = gan.player(gan.Generator(), CONFIG).network
    gan.calibrate(G, CONFIG, seed=0)
    restored, z = gan.restore(Model(CONFIG, weights_of(G, gan.RAW)), gan.RAW), torch.rand(9, 96) * 2 - 1
    assert torch.equal(gan.generate(restored, z), gan.generate(G, z))


def test_nearest_neighbours_against_a_double_loop() -> None:
    images, among = torch.rand(3, 28, 28), torch.rand(5, 28, 28)
    among[4] = images[1]
    distances, indices = gan.nearest_neighbours(images, among)
    table = np.array([[float(((a - b) ** 2).sum().sqrt()) for b in among] for a in images])
    np.testing.assert_allclose(distances, table.min(1), atol=1e-2)
    assert indices.tolist() == table.argmin(1).tolist()


def test_the_stages_return_every_documented_name_and_repeat_themselves(
    data: SimpleNamespace, judge: Model
) -> None:
    result, repeated = (run(CONFIG, data, judge, seed=2) for _ in range(2))
    assert set(result.scalars) == {
        *SCORES,
        *(f"raw/{name}" for name in SCORES),
        "real_classifier_score",
        "frechet_floor",
        "real_diversity",
        "neighbour_distance",
        "real_neighbour_distance",
        "generator_parameters",
        "discriminator_parameters",
        "first_d_loss",
        "first_g_loss",
    }
    assert result.scalars["first_d_loss"] == pytest.approx(2 * math.log(2), abs=0.15)
    assert 1 <= result.scalars["classifier_score"] <= 10
    histogram = result.tables["class_histogram"]
    assert histogram["digit"] == list(range(10))
    assert sum(histogram["samples"]) == sum(histogram["raw"]) == sum(histogram["real"]) == 30
    within = result.tables["within_classes"]
    assert within["digit"] == histogram["digit"] and within["samples"] != within["raw"]
    assert result.scalars["classes_present"] == scores.classes_present(histogram["samples"])
    shapes = {name: (array.shape, array.dtype.name) for name, array in result.arrays.items()}
    grid = ((8, 10, 28, 28), "uint8")
    assert shapes == {
        "grid_0": grid,
        "grid_5": grid,
        "grid_final": grid,
        "neighbours": ((2, 10, 28, 28), "uint8"),
    }
    assert not np.array_equal(result.arrays["grid_0"], result.arrays["grid_final"])
    logs = result.logs
    assert logs["steps"]["iteration"] == [0, 3, 6]
    assert logs["curves"]["iteration"] == [4, 8]
    assert logs["watch"]["iteration"] == [0, 5, 8]
    assert (
        list(logs["steps"]) == list(logs["curves"]) == ["iteration", "d_loss", "g_loss", "d_real", "d_fake"]
    )
    assert list(logs["watch"]) == ["iteration", "classes_present", "classifier_score"]
    derived = again.gan(Result("gan", 2, result.scalars, result.tables, result.logs))
    assert {f"{prefix}{name}" for prefix in ("", "raw/") for name in SCORES[2:]} < set(derived)
    for name, value in derived.items():
        assert result.scalars[name] == pytest.approx(value), name
    neighbours = result.arrays["neighbours"][1]
    assert all((data.train_images == image).all((1, 2)).any() for image in neighbours)
    assert result.scalars == repeated.scalars and result.logs == repeated.logs


def test_choosing_settings_never_reads_the_test_images(data: SimpleNamespace, judge: Model) -> None:
    config = dataclasses.replace(CONFIG, iterations=1, validation_images=20, noise_draws=2)
    blind = SimpleNamespace(train_images=data.train_images, train_labels=data.train_labels)
    assert run(config, blind, judge, seed=0).scalars["frechet_floor"] > 0


def test_a_diverging_loss_stops_with_one_line(data: SimpleNamespace, judge: Model) -> None:
    with pytest.raises(UserError, match="gan: the loss became"):
        gan.train(dataclasses.replace(CONFIG, learning_rate=1e30), data, seed=0, judge=judge)


def test_log_lines_are_the_references_to_the_letter() -> None:
    log = {
        "iteration": [0, 250, 4000],
        "d_loss": [1.6031, 1.3871, 1.1672],
        "g_loss": [0.095461, 0.82432, 1.24],
    }
    assert gan_lines(log) == [
        "Iter: 0, D: 1.603, G:0.09546",
        "Iter: 250, D: 1.387, G:0.8243",
        "Iter: 4000, D: 1.167, G:1.24",
    ]
