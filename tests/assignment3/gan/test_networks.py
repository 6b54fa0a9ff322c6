"""The networks of problem 4 and their start, by the sheet and the hand-out."""

import math

import pytest
import torch
from torch import nn

from assignment3.gan import model
from assignment3.gan.settings import Gan

CONFIG = Gan()


def shapes(network: nn.Sequential, x: torch.Tensor) -> list[tuple[int, ...]]:
    found = []
    for layer in network:
        x = layer(x)
        found.append(tuple(x.shape[1:]))
    return found


def test_every_stage_of_the_generator_has_the_shape_of_the_hand_out() -> None:
    G = model.build_generator(96)
    assert shapes(G, torch.rand(2, 96)) == (
        [(1024,)] * 3 + [(6272,)] * 3 + [(128, 7, 7)] + [(64, 14, 14)] * 3 + [(1, 28, 28)] * 2
    )
    assert G(torch.rand(2, 96)).abs().max() <= 1
    assert [type(layer).__name__ for layer in G] == [
        *("Linear", "ReLU", "BatchNorm1d", "Linear", "ReLU", "BatchNorm1d", "Unflatten"),
        *("ConvTranspose2d", "ReLU", "BatchNorm2d", "ConvTranspose2d", "Tanh"),
    ]


def test_every_stage_of_the_discriminator_has_the_shape_of_the_hand_out() -> None:
    D = model.build_discriminator()
    assert shapes(D, torch.rand(2, 1, 28, 28)) == (
        [(32, 24, 24)] * 2 + [(32, 12, 12)] + [(64, 8, 8)] * 2 + [(64, 4, 4)] + [(1024,)] * 3 + [(1,)]
    )
    assert {layer.negative_slope for layer in D if isinstance(layer, nn.LeakyReLU)} == {0.01}


def test_both_networks_have_as_many_weights_as_their_layers_by_hand() -> None:
    G, D = (
        sum(weights.numel() for weights in network.parameters())
        for network in (model.build_generator(96), model.build_discriminator())
    )
    dense = 96 * 1024 + 1024 + 2 * 1024 + 1024 * 6272 + 6272 + 2 * 6272
    assert dense + 128 * 64 * 16 + 64 + 2 * 64 + 64 * 16 + 1 == G
    assert D == 32 * 25 + 32 + 64 * 32 * 25 + 64 + 1024 * 1024 + 1024 + 1024 + 1


def test_linear_and_transposed_layers_start_within_xaviers_bounds_and_convolutions_as_in_pytorch() -> None:
    torch.manual_seed(0)
    G, D = model.start(CONFIG)
    for module in [*G.network.modules(), *D.network.modules()]:
        if isinstance(module, nn.Linear):
            inputs, outputs = module.in_features, module.out_features
        elif isinstance(module, nn.ConvTranspose2d):
            inputs, outputs = module.in_channels * 16, module.out_channels * 16
        elif isinstance(module, nn.Conv2d):
            bound = 1 / math.sqrt(module.in_channels * 25)
            assert 0.9 * bound < module.weight.abs().max() <= bound
            continue
        else:
            continue
        bound = math.sqrt(6 / (inputs + outputs))
        assert 0.99 * bound < module.weight.abs().max().item() <= bound
        assert module.weight.var().item() == pytest.approx(bound**2 / 3, rel=0.1)
        assert module.bias is not None and module.bias.abs().max() > 0  # the hand-out leaves biases


def test_noise_is_uniform_from_minus_one_to_one() -> None:
    z = model.sample_noise(2000, 96, torch.Generator().manual_seed(0))
    assert z.shape == (2000, 96)
    assert z.min().item() == pytest.approx(-1, abs=1e-3) and z.max().item() == pytest.approx(1, abs=1e-3)
    assert z.mean().item() == pytest.approx(0, abs=0.01) and z.var().item() == pytest.approx(1 / 3, abs=0.01)


def test_the_optimizer_is_the_hand_outs_adam() -> None:
    adam = model.get_optimizer(nn.Linear(2, 1))
    assert isinstance(adam, torch.optim.Adam)
    assert adam.defaults["lr"] == 1e-3 and adam.defaults["betas"] == (0.5, 0.999)
    assert (CONFIG.generator_rate, CONFIG.discriminator_rate) == (1e-3, 1e-3)
    assert (CONFIG.beta1, CONFIG.beta2) == (0.5, 0.999)
