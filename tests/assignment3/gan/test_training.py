"""The game of problem 4: order of images and steps, fresh noise, samples of the log, means, resuming."""

import copy
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests import small
from tests.assignment3.gan.small import CONFIG, fewer, images, judge
from torch import nn

from assignment3.gan import model
from assignment3.gan.settings import Gan
from writeup.errors import UserError
from writeup.runs import checkpoints
from writeup.runs.record import Model, Trained
from writeup.training import weights_of

DATA, JUDGE = images(), judge()
NETWORKS = {name: getattr(model, name) for name in ("build_generator", "build_discriminator")}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer(monkeypatch)


def trained(seed: int = 0, **changes: Any) -> Trained:
    return model.train(replace(CONFIG, **changes), DATA, seed=seed, judge=JUDGE)


def pair(seed: int = 0) -> tuple[model.Player, model.Player]:
    torch.manual_seed(seed)
    return model.start(CONFIG)


def test_a_step_equals_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain: layers in their usual order of memory, real and fake apart in D, D never frozen."""
    for name, build in NETWORKS.items():
        monkeypatch.setattr(model, name, build)
    G, D = pair()
    plain_G, plain_D = (
        copy.deepcopy(p.network).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        for p in (G, D)
    )
    real, z, fresh_z = torch.rand(16, 1, 28, 28) * 2 - 1, torch.rand(16, 96), torch.rand(16, 96)
    (d_loss, g_loss, d_real, d_fake), samples = model.step(G, D, real, z, fresh_z)

    adam = [torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.999)) for net in (plain_G, plain_D)]
    real_logits, fake_logits = plain_D(real), plain_D(plain_G(z).detach())
    plain_d_loss = -(real_logits.sigmoid().log().mean() + (1 - fake_logits.sigmoid()).log().mean())
    plain_d_loss.backward()
    adam[1].step()
    plain_samples = plain_G(fresh_z)
    plain_g_loss = -plain_D(plain_samples).sigmoid().log().mean()
    plain_g_loss.backward()
    adam[0].step()

    torch.testing.assert_close(d_loss, plain_d_loss.detach())
    torch.testing.assert_close(g_loss, plain_g_loss.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(d_real, real_logits.sigmoid().mean().detach())
    torch.testing.assert_close(d_fake, fake_logits.sigmoid().mean().detach())
    torch.testing.assert_close(samples, plain_samples.detach(), rtol=1e-4, atol=1e-5)
    for fast, plain in ((G.network, plain_G), (D.network, plain_D)):
        # Adam's first step has the size of the rate, whatever the gradient's: only rounding near 0 flips it.
        pairs = zip(fast.parameters(), plain.parameters(), strict=True)
        moved = torch.cat([(a - b).abs().flatten() for a, b in pairs])
        assert (moved > 1e-4).double().mean() < 0.005
    assert all(weights.requires_grad for weights in D.network.parameters())


def test_the_generators_step_leaves_the_discriminator_alone() -> None:
    """Of two runs that differ in the generator's noise alone, D ends the same."""
    ends = []
    real, z = torch.rand(16, 1, 28, 28), torch.rand(16, 96)
    for seed in (1, 2):
        G, D = pair()
        model.step(G, D, real, z, torch.rand(16, 96, generator=torch.Generator().manual_seed(seed)))
        ends.append(weights_of(D.network))
    assert all(np.array_equal(ends[0][name], array) for name, array in ends[1].items())


def test_images_come_in_their_order_and_incomplete_batches_are_left_out() -> None:
    pixels = torch.arange(7, dtype=torch.uint8)[:, None, None].expand(7, 28, 28)
    seen = [((model.batch(pixels, t, 3)[:, 0, 0, 0] + 1) / 2 * 255).round().tolist() for t in range(4)]
    assert seen == [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]]
    white = torch.full((3, 28, 28), 255, dtype=torch.uint8)
    assert model.batch(white, 0, 3).unique().tolist() == [1] and model.batch(white * 0, 0, 3).min() == -1


class Heard:
    """What the steps of a training are given and give."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real: list[torch.Tensor] = []
        self.noise: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.samples: list[torch.Tensor] = []
        self.penalties: list[float] = []
        step = model.step

        def heard(G: Any, D: Any, real: Any, z: Any, fresh_z: Any, penalty: float = 0.0) -> Any:
            before = copy.deepcopy(G.network).train()
            found = step(G, D, real, z, fresh_z, penalty)
            self.real.append(real)
            self.noise.append((z, fresh_z))
            self.samples.append(before(fresh_z).detach())
            self.penalties.append(penalty)
            return found

        monkeypatch.setattr(model, "step", heard)


def test_each_player_gets_fresh_noise_and_the_first_images_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(monkeypatch)
    trained()
    drawn = torch.stack([z for pair in heard.noise for z in pair])
    assert drawn.shape == (16, 16, 96) and len(torch.unique(drawn.flatten(1), dim=0)) == 16
    shown = torch.cat(heard.real[:4])[:, 0]
    expected = torch.from_numpy(DATA.train_images[[*range(32), *range(32)]]).float() / 255 * 2 - 1
    torch.testing.assert_close(shown, expected)


def test_a_log_line_shows_the_samples_before_the_generators_step(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(monkeypatch)
    found = trained()
    assert found.logs["steps"]["iteration"] == [0, 3, 6]
    grids = found.arrays["grids"]
    assert grids.shape == (3, 16, 28, 28) and grids.dtype == np.uint8
    for grid, t in zip(grids, (0, 3, 6), strict=True):
        expected = ((heard.samples[t][:16, 0] + 1) / 2 * 255).numpy()
        assert np.abs(grid - expected).max() <= 0.6, t


def test_the_penalty_counts_every_eighth_iteration_eightfold(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(monkeypatch)
    trained(penalty=0.25, iterations=10)
    assert heard.penalties == [2.0, *[0.0] * 7, 2.0, 0.0]


def test_the_penalty_moves_the_discriminator_and_leaves_its_logged_loss() -> None:
    real, z = torch.rand(16, 1, 28, 28) * 2 - 1, torch.rand(2, 16, 96)
    losses, weights = [], []
    for penalty in (0.0, 5.0):
        G, D = pair()
        losses.append(model.step(G, D, real, *z, penalty)[0][0])
        weights.append(torch.cat([w.detach().flatten() for w in D.network.parameters()]))
    assert losses[0] == losses[1] and not torch.equal(*weights)


def test_rates_fall_linearly_over_the_last_share_of_the_run() -> None:
    assert [model.rate_at(t, Gan(iterations=8)) for t in (0, 7)] == [1, 1]
    assert [model.rate_at(t, Gan(iterations=8, falling=1.0)) for t in (0, 2, 8)] == [1, 0.75, 0]
    assert [model.rate_at(t, Gan(iterations=8, falling=0.5)) for t in (0, 4, 6, 8)] == [1, 1, 0.5, 0]


def test_falling_rates_start_alike_and_move_less() -> None:
    start = pair()[0].network
    moved, first = [], []
    for falling in (0.0, 1.0):
        found = trained(falling=falling)
        end = model.restore(Model(CONFIG, found.weights), model.OWN)
        pairs = zip(end.parameters(), start.parameters(), strict=True)
        moved.append(sum((a - b).abs().sum().item() for a, b in pairs))
        first.append(found.scalars["first_d_loss"])
    assert first[0] == first[1] and 0.3 < moved[1] / moved[0] < 0.9


def test_the_players_rates_are_their_own() -> None:
    G, D = model.start(replace(CONFIG, generator_rate=2e-4, beta2=0.9))
    assert [player.optimizer.param_groups[0]["lr"] for player in (G, D)] == [2e-4, 1e-3]
    assert G.optimizer.param_groups[0]["betas"] == (0.5, 0.9)


def test_the_mean_follows_the_weights() -> None:
    mean, network = nn.Linear(2, 1), nn.Linear(2, 1)
    expected = 0.9 * mean.weight.detach() + 0.1 * network.weight.detach()
    model.follow(mean, network, 0.9)
    torch.testing.assert_close(mean.weight.detach(), expected)


def test_the_mean_looks_every_third_iteration_and_its_decay_counts_three_times() -> None:
    def weights(iterations: int) -> tuple[Any, Any]:
        found = trained(iterations=iterations, average=0.1, average_every=3).weights
        return found[f"{model.AVERAGED}0.weight"], found[f"{model.OWN}0.weight"]

    first, (mean, own), (later, moved) = weights(1)[0], weights(4), weights(5)
    np.testing.assert_allclose(mean, 0.1**3 * first + (1 - 0.1**3) * own, rtol=1e-4, atol=1e-7)
    assert np.array_equal(mean, later) and not np.array_equal(own, moved)


def test_the_mean_of_weights_is_not_felt_by_the_game() -> None:
    own, other = trained(), trained(average=0.5, averaged=True)
    assert own.logs == other.logs
    assert all(np.array_equal(a, other.weights[n]) for n, a in own.weights.items() if n.startswith(model.OWN))
    assert not np.array_equal(own.arrays["look/mean"], other.arrays["look/mean"])


def test_a_training_never_reads_the_test_images_nor_those_that_settings_leave_out() -> None:
    class Blind:
        train_images, train_labels = DATA.train_images[:40], DATA.train_labels[:40]

    blind = model.train(CONFIG, Blind(), seed=0, judge=JUDGE)  # type: ignore[arg-type]
    assert blind.logs == trained().logs


def test_seeds_repeat_themselves_and_differ() -> None:
    one, again, other = trained(seed=1), trained(seed=1), trained(seed=2)
    assert one.logs == again.logs and one.logs != other.logs
    assert all(np.array_equal(array, again.weights[name]) for name, array in one.weights.items())
    assert all(np.array_equal(array, again.arrays[name]) for name, array in one.arrays.items())


def test_a_diverging_loss_stops_with_one_line() -> None:
    with pytest.raises(UserError, match="gan: the loss became"):
        trained(discriminator_rate=1e30)


# --- resuming ---


class Killed(Exception):
    """What stands for the end of a process."""


@pytest.fixture
def killed_after() -> Iterator[Any]:
    """killed_after(losses): the training ends when it has told so many."""
    told = [0, math.inf]

    def observe(loss: float) -> None:
        told[0] += 1
        if told[0] >= told[1]:
            raise Killed

    def set_limit(limit: float) -> None:
        told[:] = [0, limit]

    with small.each_loss(observe):
        yield set_limit


RUN = {"falling": 1.0, "penalty": 0.1, "iterations": 10}


def resumed(place: Path, killed_after: Any) -> Trained:
    killed_after(8)
    with pytest.raises(Killed), checkpoints.kept_in(place, {}, first=0.0, share=math.inf):
        trained(**RUN)
    killed_after(math.inf)
    torch.manual_seed(99)  # another process has other random states
    with checkpoints.kept_in(place, {}, first=0.0, share=math.inf) as going:
        found = trained(**RUN)
        assert going is not None and going.resumed
    return found


def same(a: Trained, b: Trained) -> bool:
    arrays = [{**one.weights, **{f"array {n}": x for n, x in one.arrays.items()}} for one in (a, b)]
    return (
        a.logs == b.logs
        and a.scalars == b.scalars
        and arrays[0].keys() == arrays[1].keys()
        and all(
            np.array_equal(x, arrays[1][n]) and x.dtype == arrays[1][n].dtype for n, x in arrays[0].items()
        )
    )


def test_what_was_cut_off_goes_on_and_ends_the_same(tmp_path: Path, killed_after: Any) -> None:
    whole = trained(**RUN)
    assert same(resumed(tmp_path / "a", killed_after), whole)


@pytest.mark.parametrize("forgotten", ["Adam of G", "rate of D", "mean", "random", "recent", "looked"])
def test_a_part_of_the_state_that_is_forgotten_shows(
    forgotten: str, tmp_path: Path, killed_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, real = trained(**RUN), model.rounds
    monkeypatch.setattr(
        model,
        "rounds",
        lambda unit, numbers, state: real(
            unit, numbers, {name: part for name, part in state.items() if name != forgotten}
        ),
    )
    assert not same(resumed(tmp_path / "a", killed_after), whole)
