"""The names that the sheet and the hand-out ask for exist, are what is trained, and are what is listed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests import small
from tests.problems import merged
from torch import nn

from assignment3.cvae import network
from assignment3.cvae.network import CVAE
from assignment3.gan import model as gan
from assignment3.report import REPORT
from assignment3.text_cnn import model as text_cnn
from assignment3.text_cnn.model import CNN
from writeup.declare import Part
from writeup.runs.record import Trained

TEMPLATES = REPORT.source


Watch = Callable[..., list[Any]]  # of conftest.py, as `told`


def assignment(name: str) -> Part:
    return REPORT.part(name)


def of(trained: Trained, prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): torch.tensor(array)
        for name, array in trained.weights.items()
        if name.startswith(prefix)
    }


# --- 1 ---


def test_the_module_cnn_is_trained_on_its_own_logits(watch: Watch, told: list[float]) -> None:
    forward, loss = watch(CNN, "forward", bound=True), watch(text_cnn, "loss")
    part = assignment("text_cnn")
    config = small.config_of(part, baselines=False)
    trained = small.train(part, config)
    steps = [call for call in loss if call.result.requires_grad]
    assert [call.result.item() for call in steps] == told and len(steps) == len(forward)
    for step, network_call in zip(steps, forward, strict=True):
        (ids,), logits = network_call
        assert step.given[0] is logits and logits.shape == ids.shape[:1] and ids.dtype == torch.int64
    words = 2 + len({word for text in small.sentences().train_texts for word in text.split()})
    for size in (5, 7):
        for pooling in ("avg", "max"):
            cnn = CNN(config, words=words, kernel_size=size, pooling=pooling)
            cnn.load_state_dict(of(trained, f"{pooling}_{size}/last/"))
            assert isinstance(cnn.convolution, nn.Conv1d) and cnn.convolution.kernel_size == (size,)
    assert len(trained.weights) == 2 * 4 * len(cnn.state_dict())


# --- 3 ---


def test_the_cvae_is_trained_through_both_models_and_the_reparametrisation(
    watch: Watch, told: list[float]
) -> None:
    recognition = watch(CVAE, "recognition_model", bound=True)
    reparametrize = watch(CVAE, "reparametrize")
    generation = watch(CVAE, "generation_model", bound=True)
    nll, kl = watch(network, "bernoulli_nll"), watch(network, "gaussian_kl")
    part = assignment("cvae")
    trained = small.train(part)
    calls = list(zip(recognition, reparametrize, generation, nll, kl, told, strict=True))
    assert calls
    for q, z, p, reconstruction, divergence, loss in calls:
        (x, y), (mu, log_var) = q
        assert z.given[0] is mu and z.given[1] is log_var and z.given[2].shape == mu.shape
        assert p.given[0] is z.result and p.given[1] is y
        assert reconstruction.given[0] is p.result and reconstruction.given[1] is x
        assert divergence.given[0] is mu and divergence.given[1] is log_var
        assert (reconstruction.result + divergence.result).mean().item() == loss
    config = small.config_of(part)
    CVAE(config.hidden, config.latent).load_state_dict(of(trained, ""))


# --- 4 ---


def test_the_gan_is_made_of_the_functions_of_the_hand_out(watch: Watch, told: list[float]) -> None:
    names = "build_generator", "build_discriminator", "get_optimizer", "initialize_weights"
    generator, discriminator, optimizer, initialized = (watch(gan, name) for name in names)
    noise, step = watch(gan, "sample_noise"), watch(gan, "step")
    bce, d_loss, g_loss = (watch(gan, name) for name in ("bce_loss", "discriminator_loss", "generator_loss"))
    part = assignment("gan")
    config = small.config_of(part)
    trained = small.train(part)
    (G,), (D,) = ([call.result for call in calls] for calls in (generator, discriminator))
    owned = [
        {id(weights) for group in call.result.param_groups for weights in group["params"]}
        for call in optimizer
    ]
    assert owned == [{id(weights) for weights in net.parameters()} for net in (G, D)]
    for call in optimizer:
        (group,) = call.result.param_groups
        assert isinstance(call.result, torch.optim.Adam)
        assert group["lr"] == 1e-3 and tuple(group["betas"]) == (0.5, 0.999)
    assert {id(call.given[0]) for call in initialized} == {id(one) for net in (G, D) for one in net.modules()}
    assert len(told) == len(d_loss) == len(g_loss) == len(step) == config.iterations
    assert len(bce) == 3 * config.iterations
    played = [call.result for call in noise if call.given[:2] == (config.batch_size, config.noise_dim)]
    for number, call in enumerate(step):
        asked = played[2 * number : 2 * number + 2]
        assert call.given[3] is asked[0] and call.given[4] is asked[1]
        losses = d_loss[number].result.detach() + g_loss[number].result.detach()
        assert losses.item() == pytest.approx(told[number])
        parts = [one.result.item() for one in bce[3 * number : 3 * number + 3]]
        assert sum(parts) == pytest.approx(told[number])
    state = of(trained, gan.OWN)
    gan.build_generator(96).load_state_dict(state)
    assert all(torch.equal(state[name], weights) for name, weights in G.named_parameters())


# --- what is listed ---


@pytest.mark.parametrize(
    ("part", "name"), [(part, name) for part, names in merged("LISTED").items() for name in names]
)
def test_what_the_sheet_names_is_listed(part: str, name: str) -> None:
    """By the templates: as a whole, or its class is, or of a class what makes it and what it computes."""
    listed = {
        one
        for path in TEMPLATES.rglob("*.j2")
        for whose, names in re.findall(
            r'call code\("([\w.]+)", \[([^\]]*)\]', path.read_text(encoding="utf-8")
        )
        if whose == part or whose.startswith(f"assignment3.{part}.")
        for one in re.findall(r'"([\w.]+)"', names)
    }
    assert (
        name in listed
        or name.partition(".")[0] in listed
        or {f"{name}.__init__", f"{name}.forward"} <= listed
    )
